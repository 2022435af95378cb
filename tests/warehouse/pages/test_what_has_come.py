"""What has come, on the page of what can be known, is counted once after each step of a night that ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.definitions import readiness as definitions
from throughline.pages.starting import readiness

Browser = Callable[[str], TestClient]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return a list that grows with each count of what has come; nothing is kept of another test, or for one."""
    times: list[int] = []
    real = definitions.came

    def came(conn: warehouse.Connection) -> dict[str, str]:
        times.append(1)
        return real(conn)

    monkeypatch.setattr(definitions, "came", came)
    readiness._came.forget()
    yield times
    readiness._came.forget()


def test_what_has_come_is_counted_anew_after_a_step_of_a_night_ended(
    conn: warehouse.Connection, opened_as: Browser, counted: list[int]
) -> None:
    def step(status: str) -> None:
        conn.execute(
            "insert into operations.step (seq, step, status) values (3, 'load', %s)"
            " on conflict (seq, step, part) do update set status = excluded.status, finished_at = now()",
            (status,),
        )

    def told() -> str:
        return str(opened_as("viewer").get("/readiness").text)

    (contacts,) = conn.execute(
        "select count(*) from evidence.fact where kind = 'contact' and retracted_seq is null"
    ).fetchone() or (0,)
    assert contacts
    assert f"contact: {contacts:,}, newest of" in told()
    conn.execute(
        "update evidence.fact set retracted_seq = 3 where fact_id = (select fact_id from evidence.fact"
        " where kind = 'contact' and retracted_seq is null limit 1)"
    )
    step("running")
    assert f"contact: {contacts:,}, newest of" in told(), "the step has not ended"
    assert len(counted) == 1, "counted once, whoever asks"
    step("done")
    assert f"contact: {contacts - 1:,}, newest of" in told()
    assert f"contact: {contacts - 1:,}, newest of" in told()
    assert len(counted) == 2
    conn.execute(
        "update operations.night set status = 'finished', finished_at = now() where seq = 3"
    )
    told()
    assert len(counted) == 3, "the end of a night counts as well"
