"""What a person asks for again when it is live, or what begins anew then, is not held for having been observed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.clinic import coverage, deleted, patient, stay
from tests.warehouse.tasks.desk import Desk
from tests.warehouse.tasks.held.test_observing import broken, let_out, mode, told
from tests.warehouse.tasks.outside import Outside
from tests.warehouse.tasks.test_answers import agrees, night
from throughline.exceptions.resolve import resolve
from throughline.warehouse import nights


def missed(desk: Desk) -> list[Any]:
    """Return the exceptions that say that a clock was missed."""
    return desk.rows(
        "select exception_id from operations.exception where reason = 'missed_clock' and status = 'open'"
    )


def retried(desk: Desk) -> None:
    """A person answers each missed clock with `retry`: ask again."""
    for row in missed(desk):
        resolve(desk.conn, row[0], "operator", "retry", "call her all the same")
    desk.conn.commit()


def home(desk: Desk) -> None:
    """Two days ago a patient came home, and is to be called by Wednesday 8 July."""
    desk.know(
        patient("p1"), coverage("p1", "COMM1", "5"), stay("p1", "2026-07-03", "2026-07-06 11:00")
    )


def nightly(desk: Desk, on: str, said: str | None = None) -> None:
    desk.begin(on)
    if said:
        mode(desk, "practice", said=said)
    nights.take_decisions(desk.conn, desk.seq)
    night(desk, on, again=True)


@pytest.mark.parametrize("is_let_out", [True, False])
def test_a_retry_when_live_is_not_held_again(
    desk: Desk, outside: Outside, is_let_out: bool
) -> None:
    home(desk)
    nightly(desk, "2026-07-06", "observe")
    nightly(desk, "2026-07-07", "live")
    assert told(desk)[0].startswith("Transitional care is live again: 1 call")
    if is_let_out:
        let_out(desk)
    nightly(desk, "2026-07-09")
    assert (len(missed(desk)), outside.made) == (1, {})
    retried(desk)
    nightly(desk, "2026-07-10")
    assert told(desk) == []
    assert ([t.kind for t in desk.tasks()], set(outside.times.values())) == (["outreach"], {1})
    assert broken(desk) == []
    agrees(desk)


def test_a_retry_while_observing_goes_nowhere(desk: Desk, outside: Outside) -> None:
    home(desk)
    nightly(desk, "2026-07-06", "observe")
    nightly(desk, "2026-07-09")
    retried(desk)
    nightly(desk, "2026-07-10")
    nightly(desk, "2026-07-13", "live")
    assert (outside.made, desk.tasks()) == ({}, [])
    assert "is live again: 1 call" in told(desk)[0]


def test_a_case_that_begins_anew_when_live_is_not_held(desk: Desk, outside: Outside) -> None:
    """A discharge was cancelled, and the patient went home after all: nothing of it is of before."""
    home(desk)
    nightly(desk, "2026-07-06", "observe")
    desk.know(deleted(stay("p1", "2026-07-03", "2026-07-06 11:00")))
    nightly(desk, "2026-07-07", "live")
    assert told(desk) == []
    desk.know(stay("p1", "2026-07-03", "2026-07-08 11:00"))
    nightly(desk, "2026-07-08")
    assert told(desk) == []
    assert ([t.kind for t in desk.tasks()], set(outside.times.values())) == (["outreach"], {1})
    assert broken(desk) == []
