"""Each effect once to the outside, whatever becomes of the call."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.warehouse.clinic import consent, coverage, patient, stay
from tests.warehouse.tasks.desk import FIRST, FOURTH, SECOND, THIRD, Desk, member, seen
from tests.warehouse.tasks.outside import Outside
from throughline import exceptions
from throughline.transports import https
from throughline.warehouse import nights


def a_night(desk: Desk, *people: str, wanted: str = "outreach") -> None:
    """Let each of them be called, or whatever is wanted."""
    desk.know(*(member(who) for who in people), *(seen(who) for who in people))
    desk.open(FIRST)
    for who in people:
        ask(desk, who, wanted)


def ask(desk: Desk, who: str, wanted: str) -> None:
    booking: dict[str, Any] = {"visit_type": "TCM", "not_after": "2026-07-20"}
    if wanted == "billing":
        desk.bills(who, payer="MEDB1")
    else:
        desk.wants(
            who,
            wanted,
            trigger=wanted,
            encounter=f"{who}-visit",
            **(booking if wanted == "scheduling" else {}),
        )


EVERY = ("outreach", "scheduling", "documentation", "billing")
SYSTEM = {
    "outreach": "ehr",
    "scheduling": "scheduling",
    "documentation": "ehr",
    "billing": "billing",
}


def test_two_workflows_that_want_one_person_make_one_call(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1", "p2")
    desk.wants("p1", "outreach", workflow="annual_wellness", priority="urgent")
    assert desk.work() == {"accepted": 2}
    assert sorted(x.serves for x in desk.sent()) == [1, 2]
    assert set(outside.times.values()) == {1}
    assert Counter(kind for kind, _ in outside.times) == {"Task": 2, "CommunicationRequest": 2}
    urgent = [
        r for (kind, _), r in outside.made.items() if kind == "Task" and r["priority"] == "urgent"
    ]
    assert len(urgent) == 1


def test_a_later_case_joins_the_call_that_stands(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1")
    desk.work()
    desk.open(SECOND)
    desk.wants("p1", "outreach", workflow="annual_wellness")
    assert desk.work() == {}
    (sent,) = desk.sent()
    assert sent.serves == 2
    assert len({t.effect_key for t in desk.tasks()}) == 1
    assert set(outside.times.values()) == {1}


def test_a_task_that_was_to_join_when_the_night_broke_off_still_joins(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1")
    desk.work()
    desk.open(SECOND)
    desk.wants("p1", "outreach", workflow="annual_wellness")
    desk.plan()  # and no dispatch
    desk.open(THIRD)
    desk.work()
    (sent,) = desk.sent()
    assert sent.serves == 2
    assert set(outside.times.values()) == {1}


def test_a_call_that_a_broken_night_planned_falls_into_the_next_window(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1")
    desk.plan()
    desk.open(SECOND)
    desk.wants("p1", "outreach", workflow="annual_wellness")
    desk.work()
    (sent,) = desk.sent()
    assert sent.serves == 2
    assert sent.effect_key.endswith("2026-07-08")
    (task,) = [r for (kind, _), r in outside.made.items() if kind == "Task"]
    assert task["restriction"]["period"]["start"] == "2026-07-08T12:00:00Z"
    assert task["restriction"]["period"]["end"] > task["restriction"]["period"]["start"]


@pytest.mark.parametrize("wanted", EVERY)
def test_a_lost_answer_is_looked_up_and_nothing_is_made_twice(
    desk: Desk, outside: Outside, wanted: str
) -> None:
    a_night(desk, "p1", wanted=wanted)
    outside.trouble[SYSTEM[wanted]].append("lost")
    if wanted == "outreach":
        outside.trouble["ehr"].appendleft(None)  # the request is taken, the task's answer is lost
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}
    assert desk.sent()[0].external_ref


@pytest.mark.parametrize("is_conditional", [True, False])
def test_a_lost_answer_to_the_first_of_two_resources(
    desk: Desk, outside: Outside, is_conditional: bool
) -> None:
    outside.is_conditional = is_conditional
    a_night(desk, "p1")
    outside.trouble["ehr"].append("lost")
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}
    assert len(outside.times) == 2


@pytest.mark.parametrize("fault", [500, 503, "cut_off"])
@pytest.mark.parametrize("wanted", EVERY)
def test_what_failed_before_the_work_is_looked_up_and_sent_once_more(
    desk: Desk, outside: Outside, wanted: str, fault: object
) -> None:
    outside.is_conditional = False
    a_night(desk, "p1", wanted=wanted)
    outside.trouble[SYSTEM[wanted]].append(fault)
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}


@pytest.mark.parametrize("faults", [(500, 500), (500, "lost"), ("lost", "lost"), ("lost", 500)])
def test_each_of_two_resources_may_lose_its_own_answer(
    desk: Desk, outside: Outside, faults: tuple[object, object]
) -> None:
    outside.is_conditional = False
    a_night(desk, "p1")
    outside.trouble["ehr"] += [faults[0], *([None] if faults[0] == 500 else []), faults[1]]
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}
    assert len(outside.times) == 2


def test_what_fails_twice_is_left_uncertain(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1", wanted="scheduling")
    outside.trouble["scheduling"] += [500, 500]
    assert desk.work() == {"uncertain": 1}
    assert outside.writes["scheduling"] == 2


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_gave_up_proves_nothing(desk: Desk, outside: Outside, status: int) -> None:
    a_night(desk, "p1", wanted="scheduling")
    outside.trouble["scheduling"].append(status)
    assert desk.work() == {"uncertain": 1}
    assert outside.writes["scheduling"] == 1


def test_no_answer_in_time_is_looked_up_the_next_night(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "READ_S", 0.2)
    a_night(desk, "p1", wanted="scheduling")
    outside.trouble["scheduling"].append("silent")
    assert desk.work() == {"uncertain": 1}
    assert desk.dispatch() == {}, "it may still be on its way"
    assert desk.outcomes() == ["uncertain"]
    desk.open(SECOND)
    assert desk.work() == {"rejected": 1}
    (sent,) = desk.sent()
    assert (sent.outcome, sent.outcome_reason, sent.outcome_seq) == (
        "rejected",
        "did not arrive",
        2,
    )
    assert outside.writes["scheduling"] == 1


def test_what_was_sent_a_night_late_is_not_given_up_in_the_same_night(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "READ_S", 0.2)
    a_night(desk, "p1", wanted="scheduling")
    outside.down.add("scheduling")
    assert desk.work() == {"unreachable": 1}
    outside.down.clear()
    desk.open(SECOND)
    outside.trouble["scheduling"].append("silent")
    assert desk.work() == {"uncertain": 1}
    assert desk.dispatch() == {}
    assert desk.outcomes() == ["uncertain"]


def test_what_arrived_after_all_is_accepted_the_next_night(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "READ_S", 0.2)
    a_night(desk, "p1", wanted="billing")
    outside.trouble["billing"].append("silent")
    assert desk.work() == {"uncertain": 1}
    (sent,) = desk.sent()
    outside.made["work-items", sent.effect_key] = {"work_item_id": "w1"}
    desk.open(SECOND)
    assert desk.work() == {"accepted": 1}
    assert desk.sent()[0].external_ref == "w1"


@pytest.mark.parametrize("wanted", EVERY)
def test_who_is_not_there_gets_it_the_next_night(desk: Desk, outside: Outside, wanted: str) -> None:
    a_night(desk, "p1", "p2", wanted=wanted)
    outside.down.add(SYSTEM[wanted])
    assert desk.work() == {"unreachable": 2}
    assert desk.outcomes() == ["intended", "intended"]
    assert [x.sent_at for x in desk.sent()] == [None, None]
    outside.down.clear()
    desk.open(SECOND)
    assert desk.work() == {"accepted": 2}
    assert set(outside.times.values()) == {1}


def test_a_dead_system_is_tried_a_handful_of_times_and_the_others_get_theirs(
    desk: Desk, outside: Outside
) -> None:
    people = [f"p{n}" for n in range(20)]
    a_night(desk, *people, wanted="scheduling")
    for who in people[:3]:
        desk.bills(who, payer="MEDB1", workflow="charge_capture")
    outside.down.add("scheduling")
    assert desk.work() == {"unreachable": 20, "accepted": 3}
    assert all(x.sent_at is None for x in desk.sent("booking"))


@pytest.mark.parametrize("is_conditional", [True, False])
def test_a_system_that_goes_away_between_two_resources(
    desk: Desk, outside: Outside, is_conditional: bool
) -> None:
    outside.is_conditional = is_conditional
    a_night(desk, "p1")
    outside.trouble["ehr"] += [None, *[429] * 5, *[429] * 5]
    assert desk.work() == {"unreachable": 1}
    assert desk.outcomes() == ["intended"]
    desk.open(SECOND)
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}
    assert len(outside.times) == 2


@pytest.mark.parametrize("wanted", EVERY)
def test_what_is_refused_goes_to_a_person(desk: Desk, outside: Outside, wanted: str) -> None:
    a_night(desk, "p1", wanted=wanted)
    outside.trouble[SYSTEM[wanted]].append(422)
    assert desk.work() == {"rejected": 1}
    assert desk.sent()[0].outcome_reason == "http_422"
    assert desk.open_exceptions() == ["transmission_rejected"]
    assert desk.dispatch() == {}, "a task has one try"


def test_what_stays_uncertain_past_its_deadline_goes_to_a_person_and_never_out_again(
    desk: Desk, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "READ_S", 0.2)
    a_night(desk, "p1", wanted="scheduling")
    outside.trouble["scheduling"].append("silent")
    desk.work()
    outside.down.add("scheduling")
    for on in (SECOND, THIRD):
        desk.open(on)
        assert desk.work() == {}
        assert desk.open_exceptions() == []
    desk.open(FOURTH)
    assert desk.work() == {}
    assert desk.open_exceptions() == ["uncertain_transmission"]
    assert outside.writes["scheduling"] == 1
    outside.down.clear()
    desk.open("2026-07-10")
    assert desk.work() == {"rejected": 1}
    assert desk.open_exceptions() == []
    assert outside.writes["scheduling"] == 1


def test_a_night_that_is_not_the_newest_sends_nothing(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1")
    desk.plan()
    desk.open(SECOND)
    assert desk.dispatch(1) == {}
    assert desk.sent() == []
    assert not outside.times


REASONS = {
    "died": lambda who: patient(who, is_deceased=True, deceased_at="2026-07-06 08:00-04:00"),
    "opt_out": lambda who: consent(who),
    "admitted": lambda who: stay(who, "2026-07-07 10:00"),
    # nobody has mapped what it is: it may be a stay
    "unmapped": lambda who: stay(who, "2026-07-07 10:00", kind="5"),
    "left_practice": lambda who: patient(who, is_active=False),
}


@pytest.mark.parametrize("was_marked", [False, True], ids=["unsent", "interrupted"])
@pytest.mark.parametrize("reason", [*REASONS, "hospice", "identity_doubt"])
def test_what_may_not_be_done_any_more_is_withheld_when_it_would_be_sent(
    desk: Desk, outside: Outside, reason: str, was_marked: bool
) -> None:
    a_night(desk, "p1", "p2")
    for wanted in EVERY[1:]:
        ask(desk, "p1", wanted)
    ask(desk, "p2", "billing")
    desk.plan()
    if was_marked:
        assert desk.dies_at("dispatch.after_mark", desk.dispatch)
    else:
        outside.down |= set(SYSTEM.values())
        desk.dispatch()
        outside.down.clear()
    if reason in REASONS:
        desk.know(REASONS[reason]("p1"))
    desk.open(SECOND)
    if reason == "hospice":
        tell(desk, "p1", "hospice")
    if reason == "identity_doubt":
        doubt(desk, "p1", "p2")
    counts = desk.work()
    mine = {
        x.kind: (x.outcome, x.outcome_reason)
        for x in desk.sent()
        if x.person_id == desk.person("p1")
    }
    if reason == "identity_doubt":
        assert set(mine.values()) == {("withheld", "identity_doubt")}
        assert counts == {}, "the other one of the two is in doubt, too"
        assert desk.prevented() == [("claim", reason)] * 2 + [("contact", reason)] * 4
        assert not outside.times
        return
    reason = "admitted" if reason == "unmapped" else reason
    assert mine == {
        "outreach": ("withheld", reason), "booking": ("withheld", reason),
        "documentation": ("accepted", None), "work_item": ("accepted", None),
    }, "services rendered stay billable"  # fmt: skip
    assert desk.prevented() == [("contact", reason)] * 2
    assert counts == {"accepted": 4}
    assert set(outside.times.values()) == {1}


def tell(desk: Desk, who: str, kind: str) -> None:
    """Let a system of record state something of a patient."""
    desk.conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) values (gen_random_uuid(), 'ehr', %s, %s, '2026-07-05', %s, 'ehr',"
        " %s, '1', gen_random_uuid())",
        (who, kind, desk.seq, f"{kind}/{who}"),
    )
    desk.conn.commit()


@pytest.mark.parametrize("first", ["died", "opt_out", "admitted", "unmapped"])
def test_of_two_reasons_one_is_given(desk: Desk, outside: Outside, first: str) -> None:
    a_night(desk, "p1", "p2")
    ask(desk, "p1", "billing")
    desk.plan()
    outside.down |= set(SYSTEM.values())
    desk.dispatch()
    outside.down.clear()
    desk.know(REASONS[first]("p1"))
    desk.open(SECOND)
    doubt(desk, "p1", "p2")
    assert desk.work() == {}
    mine = {x.kind: x.outcome_reason for x in desk.sent() if x.person_id == desk.person("p1")}
    assert mine == {"outreach": "identity_doubt", "work_item": "identity_doubt"}
    assert not outside.times


def doubt(desk: Desk, who: str, other: str) -> None:
    """Let it be in doubt whether two records are of one person."""
    desk.conn.execute(
        "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
        " values ('ehr', %s, %s, 'demographics', 0.9, 'doubt', %s)",
        (who, desk.person(other), desk.seq),
    )
    desk.conn.commit()


def test_nobody_is_asked_for_what_no_case_needs_any_more(desk: Desk, outside: Outside) -> None:
    a_night(desk, "p1")
    outside.down.add("ehr")
    desk.work()
    outside.down.clear()
    desk.open(SECOND)
    desk.ends(desk.tasks()[0].task_id)
    desk.dispatch()
    assert desk.sent()[0].outcome_reason == "no longer needed"
    assert not outside.times


def test_who_cannot_be_named_to_the_receiver_is_an_exception_that_ends(
    desk: Desk, outside: Outside
) -> None:
    desk.know(patient("p1", mrn=None), coverage("p1"))
    desk.open(FIRST)
    ask(desk, "p1", "scheduling")
    assert desk.work() == {}
    assert desk.open_exceptions() == ["not_in_receiver"], "the telephone number is good"
    # an earlier version said that it is wrong
    told = str(desk.tasks()[0].task_id)
    at = nights.by_seq(desk.conn, desk.seq).cut_off
    exceptions.open_exception(desk.conn, desk.seq, at, "bad_contact_data", "task", told)
    desk.conn.commit()
    assert desk.work() == {}
    assert desk.open_exceptions() == ["not_in_receiver"]
    desk.know(patient("p1"))
    desk.open(SECOND)
    assert desk.work() == {"accepted": 1}
    assert desk.open_exceptions() == []


def test_a_receiver_whose_answers_cannot_be_read_is_asked_again(
    desk: Desk, outside: Outside
) -> None:
    a_night(desk, "p1", wanted="billing")
    outside.trouble["billing"].append("lost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside, "_found", lambda *_: http_answer(b"<html>"))
        assert desk.work() == {"uncertain": 1}
    desk.open(SECOND)
    assert desk.work() == {"accepted": 1}
    assert set(outside.times.values()) == {1}


def http_answer(body: bytes) -> object:
    from tests.unit.throughline.sources.servers import Answer

    return Answer(200, body)
