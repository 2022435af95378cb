"""The lists of what waits to be called or released say that sending is paused, since when and by whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from throughline import warehouse


@pytest.mark.parametrize("place", ["/calls", "/claims"])
def test_a_pause_is_said_until_it_ends(
    conn: warehouse.Connection, opened_as: Callable[[str], TestClient], place: str
) -> None:
    def decide(act: str, at: str) -> None:
        conn.execute(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, decided_at)"
            " values (gen_random_uuid(), '<b>ann</b>', %s, 'sending', 'sending', 'a wrong fee', %s)",
            (act, at),
        )

    viewer = opened_as("viewer")
    assert "aused" not in viewer.get(place).text
    decide("pause_sending", "2026-09-04 12:30Z")
    told = viewer.get(place).text
    assert "Sending is paused since Fri 04 Sep 2026 08:30, by &lt;b&gt;ann&lt;/b&gt;;" in told
    assert 'href="/sending">Look at sending' in told
    assert "a wrong fee" not in told
    decide("resume_sending", "2026-09-04 13:00Z")
    assert "aused" not in viewer.get(place).text
