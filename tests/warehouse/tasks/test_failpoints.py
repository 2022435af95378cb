"""A process that dies anywhere and runs again leaves what an undisturbed night leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.warehouse.tasks.desk import FIRST, POINTS, SECOND, Desk, billable, member, seen
from tests.warehouse.tasks.outside import Outside

EACH_CALL_ONCE = 1
PASSED_AGAIN = (
    "dispatch.after_mark",
    "dispatch.after_call",
    "dispatch.after_outcome",
    "files.after_hand_over",
)


def prepared(desk: Desk) -> Desk:
    """A night with work of every kind, and a released batch of the night before."""
    people = [f"p{n}" for n in range(1, 4)]
    desk.know(billable("b1"), billable("b2"), billable("b3"))
    desk.know((*member(who, "MEDB1"), seen(who)) for who in people)
    desk.open(FIRST)
    for who in ("b1", "b2"):
        desk.bills(who)
    desk.plan()
    (batch,) = desk.prepare()
    desk.open(SECOND)
    desk.release(batch)
    desk.bills("b3")
    for who in people:
        desk.wants(who, "outreach", encounter=f"{who}-visit")
        desk.wants(who, "outreach", workflow="annual_wellness", trigger="year")
        desk.wants(
            who, "eligibility", workflow="annual_wellness", trigger="asked", payer_id="MEDB1"
        )
        desk.wants(
            who,
            "scheduling",
            trigger="slot",
            encounter=f"{who}-visit",
            visit_type="TCM",
            not_after="2026-07-20",
        )
        desk.wants(who, "documentation", trigger="note", encounter=f"{who}-visit")
        desk.bills(who, payer="MEDB1")
    # the first answer to a call is lost, so that there is something to be looked up
    desk.outside.trouble["billing"].append("lost")
    return desk


def account(desk: Desk) -> dict[str, Any]:
    """What is left: here, and at the receivers."""
    outside = desk.outside
    return {
        "tasks": desk.rows("select task_id, kind, effect_key, status, due_at, detail::text from tasks.task order by 1"),
        "transmissions": desk.rows(
            "select transmission_id, effect_key, kind, attempt, outcome, outcome_reason, outcome_seq, payload"
            " from tasks.transmission where kind not in ('eligibility', 'claim_batch') order by 1"
        ),
        # an interchange number that died with its process is never used again
        "files": desk.rows(
            "select transmission_id, effect_key, kind, attempt, outcome, outcome_reason, outcome_seq"
            " from tasks.transmission where kind in ('eligibility', 'claim_batch') order by 1"
        ),
        "serves": desk.rows("select * from tasks.transmission_task order by 1, 2"),
        "claims": desk.rows("select patient_control_number, status, batch_id from tasks.claim order by 1"),
        "batches": desk.rows("select batch_id, status, claim_count from tasks.claim_batch order by 1"),
        "events": desk.rows("select event_id, kind from tasks.event order by 1"),
        "exceptions": desk.open_exceptions(),
        "broken": desk.broken(),
        "made": sorted(outside.made),
        "times": Counter(outside.times.values()),
        "handed over": Counter(name.rpartition(".")[2] for name, _ in outside.files()),
        "said": Counter(
            line for _, content in outside.files() for line in content.decode().splitlines()
            if line.startswith(("CLM*", "TRN*"))
        ),
    }  # fmt: skip


def steps(desk: Desk) -> dict[str, Callable[[], Any]]:
    return {"plan": desk.plan, "prepare": desk.prepare, "dispatch": desk.dispatch}


def run(desk: Desk) -> None:
    for step in steps(desk).values():
        step()


@pytest.fixture
def undisturbed(new_desk: Callable[[], Desk]) -> dict[str, Any]:
    """Return the account of a night in which nobody died."""
    return _undisturbed(new_desk)


_known: dict[str, dict[str, Any]] = {}


def _undisturbed(new_desk: Callable[[], Desk]) -> dict[str, Any]:
    if not _known:
        desk = prepared(new_desk())
        run(desk)
        _known["account"] = account(desk)
    return _known["account"]


def test_the_undisturbed_night_does_every_kind_of_work_once(undisturbed: dict[str, Any]) -> None:
    assert undisturbed["times"] == {EACH_CALL_ONCE: 15}
    assert undisturbed["broken"] == []
    assert undisturbed["handed over"] == {"270": 1, "837": 1}
    assert set(undisturbed["said"].values()) == {1}
    assert {x.outcome for x in undisturbed["transmissions"]} == {"accepted"}
    assert [b.status for b in undisturbed["batches"]].count("sent") == 1


@pytest.mark.parametrize(
    ("step", "point", "nth"),
    [(step, point, nth) for step, points in POINTS.items() for point in points for nth in (1, 2)
     if nth == 1 or point in PASSED_AGAIN],
)  # fmt: skip
def test_a_process_that_died_and_ran_again_left_the_same(
    new_desk: Callable[[], Desk], undisturbed: dict[str, Any], step: str, point: str, nth: int
) -> None:
    desk = prepared(new_desk())
    for name, do in steps(desk).items():
        if name == step and not desk.dies_at(point, do, nth):
            pytest.fail("the point is not passed so often")
        do()
    assert account(desk) == undisturbed
    run(desk)
    assert account(desk) == undisturbed, "a third time changes nothing"


def test_every_point_of_the_code_is_among_those_that_are_tried() -> None:
    import re
    from pathlib import Path

    from throughline import tasks

    folder = Path(tasks.__file__).parent
    there = set(
        re.findall(
            r'failpoints\.hit\("([^"]+)"\)', "".join(f.read_text() for f in folder.glob("*.py"))
        )
    )
    of_answers = {"answers.before_write"}  # tried in test_answers
    assert there == {point for points in POINTS.values() for point in points} | of_answers


def test_one_that_dies_at_every_call_gets_there_in_the_end(
    new_desk: Callable[[], Desk], undisturbed: dict[str, Any]
) -> None:
    desk = prepared(new_desk())
    desk.plan()
    desk.prepare()
    for point in POINTS["dispatch"]:
        desk.dies_at(point, desk.dispatch)
    desk.dispatch()
    assert account(desk) == undisturbed


@pytest.mark.parametrize(
    "point", ["dispatch.after_mark", "dispatch.after_call", "dispatch.after_outcome"]
)
def test_one_that_died_is_settled_by_the_next_night_too(
    new_desk: Callable[[], Desk], point: str
) -> None:
    desk = prepared(new_desk())
    desk.plan()
    desk.prepare()
    assert desk.dies_at(point, desk.dispatch)
    desk.open("2026-07-08")
    run(desk)
    assert set(desk.outside.times.values()) == {EACH_CALL_ONCE}
    assert len(desk.outside.times) == 15
    assert set(desk.outcomes()) == {"accepted"}


def test_who_cannot_be_asked_after_a_death_stays_uncertain(desk: Desk, outside: Outside) -> None:
    desk.know(member("p1"))
    desk.open(FIRST)
    desk.wants("p1", "scheduling", visit_type="TCM", not_after="2026-07-20")
    desk.plan()
    assert desk.dies_at("dispatch.after_mark", desk.dispatch)
    outside.down.add("scheduling")
    assert desk.dispatch() == {"uncertain": 1}
    assert desk.sent()[0].outcome_reason == "interrupted"
    outside.down.clear()
    desk.open(SECOND)
    assert desk.dispatch() == {"rejected": 1}
    assert not outside.times
