"""A booking request that was declined ends its task at once; what was booked, the schedule shows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.clinic import appointment, call, coverage, patient, stay
from tests.warehouse.tasks.desk import FIFTH, FIRST, FOURTH, SECOND, THIRD, Desk
from tests.warehouse.tasks.outside import Outside
from throughline import cases, evidence, identity, tasks
from throughline.tasks import answers

TCM = "transitional_care"


def know(desk: Desk, *people: str) -> None:
    """They were discharged and reached: their cases ask for a booking."""
    for who in people:
        desk.know(
            patient(who),
            coverage(who, "COMM1", "5"),
            stay(who, "2026-07-01", "2026-07-05 11:00"),
            call(who, "2026-07-06 10:00"),
        )


def night(
    desk: Desk, on: str, *, again: bool = False, late: tuple[str, ...] = ()
) -> dict[str, int]:
    """Run a night in the order of its steps; returns what asking came to."""
    if not again:
        desk.begin(on, late=late)
    identity.link_persons(desk.conn, desk.seq)
    evidence.assert_facts(desk.conn, desk.seq)
    cases.build_work_list(desk.conn, desk.seq, desk.cut_off)
    cases.open_cases(desk.conn, desk.seq, desk.cut_off)
    desk.conn.commit()
    found = ask(desk)
    cases.reconcile(desk.conn, desk.seq, desk.cut_off)
    cases.settle(desk.conn, desk.seq)
    desk.conn.commit()
    desk.work()
    cases.settle(desk.conn, desk.seq)
    desk.conn.commit()
    return found


def ask(desk: Desk, **more: Any) -> dict[str, int]:
    found = tasks.ask(desk.conn, desk.seq, desk.outside.clients, sleep=lambda _: None, **more)
    desk.conn.commit()
    return found


def front_desk(outside: Outside, answer: str) -> None:
    """Let the front desk answer whatever it was asked and has not answered."""
    for (kind, _), body in outside.made.items():
        if kind == "booking-requests":
            body.setdefault("status", answer)


def of(desk: Desk) -> list[tuple[str, str | None]]:
    """How each booking task stands, and why."""
    desk.conn.rollback()
    return [(t.status, t.status_reason) for t in desk.tasks("scheduling")]


def agrees(desk: Desk) -> None:
    assert desk.digest() == desk.derived_digest()
    desk.conn.rollback()


@pytest.mark.parametrize(
    ("answer", "ended"),
    [("declined", ("rejected", "the request was declined")), ("no_slot", ("failed", "no slot"))],
)
def test_a_request_that_comes_to_nothing_is_made_again_the_same_night(
    desk: Desk, outside: Outside, answer: str, ended: tuple[str, str]
) -> None:
    know(desk, "p1")
    assert night(desk, FIRST) == {}
    before, cut_off, digest = desk.seq, desk.cut_off, desk.digest()
    front_desk(outside, answer)
    assert night(desk, SECOND) == {"asked": 1, answer: 1}
    assert of(desk) == [ended, ("requested", None)]
    assert [x.attempt for x in desk.sent("booking")] == [1, 1]
    assert set(outside.times.values()) == {1}
    assert len(outside.times) == 2
    assert desk.case("p1", TCM).stage == "scheduled"
    agrees(desk)
    # what was answered in the second night was not known in the first
    desk.seq, desk.cut_off = before, cut_off
    assert desk.derived_digest() == digest


@pytest.mark.parametrize("answer", ["received", "pending", "booked", "who knows", None])
def test_any_other_answer_ends_nothing(desk: Desk, outside: Outside, answer: str | None) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    if answer is not None:
        front_desk(outside, answer)
    assert night(desk, SECOND) == {"asked": 1}
    assert of(desk) == [("requested", None)]
    assert len(outside.times) == 1


def test_no_answer_that_ends_it_while_the_schedule_shows_a_booking(
    desk: Desk, outside: Outside
) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    front_desk(outside, "declined")
    desk.know(appointment("p1", "2026-07-09 09:00", recorded="2026-07-07 09:00"))
    night(desk, SECOND)
    assert of(desk) == [("completed", "proven")]
    agrees(desk)


def test_when_all_tries_came_to_nothing_a_person_is_asked(desk: Desk, outside: Outside) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    for on in (SECOND, THIRD, FOURTH):
        front_desk(outside, "no_slot")
        night(desk, on)
        agrees(desk)
    assert of(desk) == [("failed", "no slot")] * 3
    assert desk.exceptions("p1") == ["attempts_exhausted"]
    assert night(desk, FIFTH) == {}


def test_a_stale_schedule_is_not_known_and_asks_for_nothing(desk: Desk, outside: Outside) -> None:
    """The booking may be in the delivery that did not come."""
    know(desk, "p1")
    night(desk, FIRST)
    front_desk(outside, "declined")
    night(desk, SECOND, late=("scheduling.appointment",))
    assert desk.case("p1", TCM).state == "unknown"
    assert len(of(desk)) == 1
    agrees(desk)


# ---- whatever becomes of the call ------------------------------------------------------------------


@pytest.mark.parametrize("faults", [["lost"], [503], ["lost", 503, "lost"]])
def test_a_lost_answer_is_asked_for_again(
    desk: Desk, outside: Outside, faults: list[object]
) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    front_desk(outside, "declined")
    outside.unheard["scheduling"].extend(faults)
    assert night(desk, SECOND) == {"asked": 1, "declined": 1}
    assert outside.questions["scheduling"] == len(faults) + 1


@pytest.mark.parametrize("fault", ["down", "never heard", 401, 404])
def test_whoever_cannot_be_asked_is_asked_the_next_night(
    desk: Desk, outside: Outside, fault: object
) -> None:
    know(desk, "p1", "p2")
    night(desk, FIRST)
    front_desk(outside, "declined")
    if fault == "down":
        outside.down.add("scheduling")
    else:
        outside.unheard["scheduling"].extend([fault] * 50)
    assert night(desk, SECOND) == {"asked": 2}
    assert of(desk) == [("requested", None)] * 2
    assert outside.questions["scheduling"] <= 12
    outside.down.clear()
    outside.unheard["scheduling"].clear()
    assert night(desk, THIRD) == {"asked": 2, "declined": 2}
    assert [status for status, _ in of(desk)] == ["rejected"] * 2 + ["requested"] * 2


def test_asked_again_in_the_same_night_nothing_is_asked_twice(desk: Desk, outside: Outside) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    front_desk(outside, "declined")
    night(desk, SECOND)
    digest = desk.digest()
    desk.conn.rollback()
    questions = outside.questions["scheduling"]
    assert night(desk, SECOND, again=True) == {}
    assert outside.questions["scheduling"] == questions
    assert (desk.digest(), len(outside.times)) == (digest, 2)
    agrees(desk)


def test_a_process_that_dies_before_it_wrote_asks_again(desk: Desk, outside: Outside) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    front_desk(outside, "declined")
    desk.begin(SECOND)
    assert desk.dies_at("answers.before_write", lambda: ask(desk))
    assert ask(desk) == {"asked": 1, "declined": 1}
    assert ask(desk) == {}


def test_a_night_asks_about_so_many_and_no_longer_than_so_long(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(desk, "p1", "p2", "p3")
    night(desk, FIRST)
    front_desk(outside, "received")
    desk.begin(SECOND)
    monkeypatch.setattr(answers, "MOST", 2)
    assert ask(desk) == {"asked": 2}
    monkeypatch.setattr(answers, "AT_ONCE", 1)
    monkeypatch.setattr(answers, "MOST", 10)
    outside.questions.clear()
    times = iter([0.0, 0.0, answers.LONGEST_S + 1])
    ask(desk, clock=lambda: next(times))
    assert outside.questions["scheduling"] == 1


def test_an_older_night_asks_nothing(desk: Desk, outside: Outside) -> None:
    know(desk, "p1")
    night(desk, FIRST)
    front_desk(outside, "declined")
    first = desk.seq
    desk.begin(SECOND)
    desk.seq = first
    assert ask(desk) == {}
    assert outside.questions["scheduling"] == 0
