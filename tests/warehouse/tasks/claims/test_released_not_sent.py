"""A batch that was attested and is not sent: the pages and `make status` say which, and what holds it."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from tests.warehouse.clinic import charge, deleted
from tests.warehouse.tasks.claims.conftest import AT
from tests.warehouse.tasks.desk import FOURTH, SECOND, THIRD, Desk
from tests.warehouse.tasks.outside import Outside
from throughline.exceptions import open_exception
from throughline.told import claims, status
from throughline.told.standing import HELD_BY

Browser = Callable[[str], TestClient]


def decide(desk: Desk, act: str, seconds: int) -> None:
    desk.conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, decided_at)"
        " values (gen_random_uuid(), 'operator', %s, 'sending', 'sending', 'x', now() + %s * interval '1 s')",
        (act, seconds),
    )
    desk.conn.commit()


@pytest.fixture
def said(desk: Desk, browser: Browser, batch: UUID) -> Callable[[], tuple[str, str, str]]:
    """Return a function for what holds the batch: by the list of batches, by its own page and by `make status`."""

    def found(text: str) -> str:
        return next((name for name, why in HELD_BY.items() if why in unescape(text)), "")

    def say() -> tuple[str, str, str]:
        page = browser("biller").get("/claims").text
        section = (
            page.split('id="released"')[1].split("</section>")[0] if 'id="released"' in page else ""
        )
        assert (str(batch)[:8] in section) == bool(section)
        lines = status.tell(desk.conn).splitlines()
        desk.conn.rollback()
        line = next((each for each in lines if each.startswith("Released, not sent")), "")
        assert (
            f"2 claims to SUNADV, $400, batch {str(batch)[:8]}, attested by biller on " in line
        ) == bool(line)
        waits = io.StringIO()
        claims.show_waiting(desk.conn, waits)
        assert str(batch)[:8] not in waits.getvalue() or not line
        return found(section), found(browser("biller").get(f"/claims/{batch}").text), found(line)

    return say


def test_what_holds_a_released_batch_is_said(
    desk: Desk, outside: Outside, batch: UUID, said: Callable[[], tuple[str, str, str]]
) -> None:
    assert said() == ("", "", ""), "it waits for a person"
    decide(desk, "pause_sending", 0)
    desk.release(batch, by="biller")
    assert desk.dispatch() == {}
    assert said() == ("paused",) * 3
    decide(desk, "resume_sending", 1)
    assert said() == ("soon",) * 3
    outside.down.add("files")
    assert desk.dispatch() == {"unreachable": 1}
    assert said() == ("tried",) * 3
    desk.open(SECOND)
    assert desk.dispatch() == {"unreachable": 1}
    assert said() == ("tried",) * 3
    outside.down.clear()
    assert desk.dispatch() == {"accepted": 1}
    assert said() == ("", "", "")
    assert len(outside.files()) == 1
    assert desk.broken() == []


def test_a_released_batch_whose_support_fell_away_is_asked_about_anew(
    desk: Desk,
    outside: Outside,
    batch: UUID,
    browser: Browser,
    said: Callable[[], tuple[str, str, str]],
) -> None:
    decide(desk, "pause_sending", 0)
    desk.release(batch, by="biller")
    desk.know(deleted(charge("p1", AT, modifiers=["25"])))
    desk.open(SECOND)
    (anew,) = desk.prepare()
    assert desk.dispatch() == {}
    assert said() == ("", "", "")
    assert (
        "It was not sent: before it went out, a claim fell or changed."
        in browser("biller").get(f"/claims/{batch}").text
    )
    assert f"/claims/{anew}" in browser("biller").get("/claims").text, (
        "what still holds waits again"
    )
    assert outside.files() == []


def test_an_exception_about_a_released_batch_is_what_holds_it(
    desk: Desk, batch: UUID, said: Callable[[], tuple[str, str, str]]
) -> None:
    decide(desk, "pause_sending", 0)
    desk.release(batch, by="biller")
    open_exception(
        desk.conn, desk.seq, desk.cut_off, "claim_invalid", "claim_batch", str(batch),
        detail={"why": "not the bytes that were released"},
    )  # fmt: skip
    desk.conn.commit()
    assert said() == ("exception",) * 3


def test_a_receiver_that_stays_away_becomes_an_exception_and_is_still_tried(
    desk: Desk, outside: Outside, batch: UUID, said: Callable[[], tuple[str, str, str]]
) -> None:
    desk.release(batch, by="biller")
    outside.down.add("files")
    for day in (SECOND, THIRD, FOURTH):
        assert desk.dispatch() == {"unreachable": 1}
        assert desk.open_exceptions() == []
        desk.open(day)
    assert desk.dispatch() == {"unreachable": 1}
    assert desk.open_exceptions() == ["uncertain_transmission"]
    assert said() == ("tried",) * 3
    outside.down.clear()
    assert desk.dispatch() == {"accepted": 1}
    assert desk.open_exceptions() == []
    assert len(outside.files()) == 1
