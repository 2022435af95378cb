"""What is only observed is planned and shown and goes nowhere; what is live again waits for a named person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.tasks.desk import (
    FIFTH,
    FIRST,
    FOURTH,
    SECOND,
    THIRD,
    Desk,
    billable,
    member,
    seen,
)
from tests.warehouse.tasks.held.test_pausing import say
from tests.warehouse.tasks.outside import Outside
from tests.warehouse.tasks.test_answers import agrees, know, night, of
from tests.warehouse.tasks.test_dispatch import EVERY, SYSTEM, ask
from throughline import decisions, sources, tasks
from throughline.decisions import NoReasonError, NotAllowedError, Request
from throughline.proven import invariants
from throughline.tasks import observing
from throughline.told import standing
from throughline.told.numbers import Numbers, collect
from throughline.warehouse import modes, nights

TCM, WELLNESS = "transitional_care", "annual_wellness"
ROLE = {"outreach": "ehr|outreach", "scheduling": "scheduling|schedule", "documentation": "ehr|documentation",
        "billing": "billing|billing"}  # fmt: skip


def mode(desk: Desk, scope: str, name: str = "", said: str = "observe") -> None:
    """Let the definitions of the open night say so."""
    modes.register(desk.conn, desk.seq, (), {(scope, name): said})
    desk.conn.commit()


def let_out(desk: Desk, workflow: str = TCM, who: str = "operator", **said: Any) -> None:
    (held,) = [one for one in observing.held(desk.conn) if one.workflow == workflow]
    request = Request(
        "release_observed", "held", workflow, who, "we have looked", {"list": held.number} | said
    )
    decisions.record(desk.conn, request)
    desk.conn.commit()


def takes(desk: Desk, on: str) -> None:
    """Open a night that takes the decisions that nobody has taken."""
    desk.open(on)
    nights.take_decisions(desk.conn, desk.seq)
    desk.conn.commit()


def broken(desk: Desk) -> list[str]:
    found = [b.check.name for b in invariants.check(desk.conn) if b.check.invariant[:2] == "16"]
    desk.conn.rollback()
    return found + desk.broken()


def replays(desk: Desk) -> None:
    """The plan of the newest night is the same if it is made again, and if it is computed from what was known."""
    before = tasks.plan_digest(desk.conn, desk.seq)
    desk.plan()
    assert tasks.plan_digest(desk.conn, desk.seq) == before


def told(desk: Desk) -> list[str]:
    numbers: Numbers = collect(desk.conn, desk.seq, "America/New_York")
    desk.conn.rollback()
    return standing.what_holds(numbers)


@pytest.mark.parametrize("scope", ["practice", "workflow", "target"])
@pytest.mark.parametrize("wanted", EVERY)
def test_what_is_observed_goes_out_only_after_somebody_let_it_out(
    desk: Desk, outside: Outside, wanted: str, scope: str
) -> None:
    workflow = "charge_capture" if wanted == "billing" else TCM
    name = {"practice": "", "workflow": workflow, "target": ROLE[wanted]}[scope]
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    sources.register(desk.conn, desk.seq)
    mode(desk, scope, name)
    ask(desk, "p1", wanted)
    assert desk.work() == {}
    desk.open(SECOND)
    assert desk.work() == {}
    replays(desk)
    assert (outside.made, desk.tasks(), desk.sent(), desk.open_exceptions()) == ({}, [], [], [])
    (line,) = told(desk)
    assert "since 2026-07-06" in line
    assert "would have gone out" in line
    desk.open(THIRD)
    mode(desk, scope, name, "live")
    assert desk.work() == {}, "nothing of before goes out by itself"
    desk.open(FOURTH)
    assert desk.work() == {}
    replays(desk)
    assert (outside.made, desk.tasks()) == ({}, [])
    (line,) = told(desk)
    assert "is live again: " in line
    assert "wait until somebody lets them out" in line
    let_out(desk, workflow)
    assert "operator has let them out" in told(desk)[0]
    assert desk.work() == {}, "the next night plans it"
    takes(desk, FIFTH)
    assert desk.work() == {"accepted": 1}
    replays(desk)
    assert (set(outside.times.values()), broken(desk), told(desk)) == ({1}, [], [])


def test_what_begins_after_the_switch_goes_out_at_once(desk: Desk, outside: Outside) -> None:
    desk.know(member("p1"), seen("p1"), member("p2"), seen("p2"))
    desk.open(FIRST)
    mode(desk, "practice")
    ask(desk, "p1", "outreach")
    desk.work()
    desk.open(SECOND)
    mode(desk, "practice", said="live")
    ask(desk, "p2", "outreach")
    assert desk.work() == {"accepted": 1}
    assert [t.person_id for t in desk.tasks()] == [desk.person("p2")]
    assert broken(desk) == []


def test_what_has_its_bytes_when_observing_begins_does_not_go_out(
    desk: Desk, outside: Outside
) -> None:
    know(desk, "p1")
    outside.down.add("scheduling")
    night(desk, FIRST)
    assert desk.outcomes() == ["intended"]
    outside.down.clear()
    desk.begin(SECOND)
    mode(desk, "practice")
    night(desk, SECOND, again=True)
    assert (outside.made, desk.outcomes()) == ({}, ["withheld"])
    desk.begin(THIRD)
    mode(desk, "practice", said="live")
    night(desk, THIRD, again=True)
    assert of(desk) == [("cancelled", "observed")], "it counts as no attempt"
    assert [(o.attempt, o.is_held) for o in desk.rows("select * from tasks.observed")] == [
        (2, True)
    ]
    agrees(desk)
    assert outside.made == {}
    let_out(desk)
    desk.begin(FOURTH)
    nights.take_decisions(desk.conn, desk.seq)
    night(desk, FOURTH, again=True)
    agrees(desk)
    assert set(outside.times.values()) == {1}
    assert broken(desk) == []


def test_what_waited_without_bytes_when_observing_began_does_not_go_out(
    desk: Desk, outside: Outside
) -> None:
    know(desk, "p1")
    say(desk.conn, "pause_sending")
    night(desk, FIRST)
    assert (of(desk), desk.sent()) == ([("requested", None)], [])
    say(desk.conn, "resume_sending")
    desk.begin(SECOND)
    mode(desk, "workflow", TCM)
    night(desk, SECOND, again=True)
    assert of(desk) == [("cancelled", "observed")]
    night(desk, THIRD)
    assert (outside.made, len(desk.rows("select * from tasks.observed"))) == ({}, 1)
    agrees(desk)


@pytest.mark.parametrize(
    "shared", [False, True], ids=["its own receiver", "two sources, one receiver"]
)
def test_a_call_whose_answer_was_lost_is_not_made_again_while_observing(
    desk: Desk, outside: Outside, shared: bool
) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    if shared:
        desk.conn.execute(
            """
            insert into operations.role (source, role, connection)
            select distinct on (o.source) o.source, r.role, r.connection
            from operations.role as r inner join operations.source as o on o.source != r.source
            where r.role = 'outreach' and not exists (
                select from operations.role as x where x.source = o.source and x.role = 'outreach'
            )
            """
        )
        desk.conn.commit()
    ask(desk, "p1", "outreach")
    desk.plan()
    assert desk.dies_at("dispatch.after_mark", desk.dispatch)
    desk.open(SECOND)
    mode(desk, "practice")
    assert desk.work() == {}
    assert (outside.made, desk.outcomes(), broken(desk)) == ({}, ["withheld"], [])


def test_one_workflow_is_live_and_another_observed_for_the_same_patient(
    desk: Desk, outside: Outside
) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    mode(desk, "workflow", WELLNESS)
    ask(desk, "p1", "outreach")
    desk.wants("p1", "outreach", workflow=WELLNESS)
    assert desk.work() == {"accepted": 1}
    (sent,) = desk.sent()
    assert sent.serves == 1
    (line,) = told(desk)
    assert line.startswith(
        "Observing annual wellness since 2026-07-06: 1 call, 0 bookings, 0 visits to bill"
    )
    assert broken(desk) == []


def test_a_shared_call_goes_out_for_the_workflow_that_is_live(desk: Desk, outside: Outside) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    ask(desk, "p1", "outreach")
    desk.wants("p1", "outreach", workflow=WELLNESS)
    outside.down.add("ehr")
    desk.work()
    outside.down.clear()
    desk.open(SECOND)
    mode(desk, "workflow", WELLNESS)
    assert desk.work() == {"accepted": 1}
    assert broken(desk) == []


def test_one_person_is_one_call_and_each_booking_and_claim_counts(desk: Desk) -> None:
    desk.know(member("p1"), seen("p1"), member("p2"), seen("p2"))
    desk.open(FIRST)
    mode(desk, "practice")
    ask(desk, "p1", "outreach")
    desk.wants("p1", "outreach", workflow=WELLNESS)
    ask(desk, "p2", "billing")
    desk.work()
    (line,) = told(desk)
    assert line.startswith("Observing since 2026-07-06: 1 call, 0 bookings, 1 visit to bill ")


def test_no_batch_is_made_or_asked_and_one_that_waits_is_taken_back(
    desk: Desk, outside: Outside
) -> None:
    desk.know(billable("p1"), billable("p2"))
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    desk.release(batch)
    desk.open(SECOND)
    mode(desk, "target", "clearinghouse|payer")
    sources.register(desk.conn, desk.seq)
    mode(desk, "target", "clearinghouse|payer")
    desk.bills("p2")
    desk.plan()
    assert desk.prepare() == []
    assert desk.dispatch() == {}
    assert outside.files() == []
    assert [b.status for b in desk.rows("select status from tasks.claim_batch")] == ["refused"]
    assert tasks.claims.to_ask(desk.conn, desk.seq) == []
    things = observing.things(desk.conn)
    assert [(t.kind, t.amount > 0) for t in things] == [("billing", True)]
    assert broken(desk) == []


def test_inquiries_are_observed(desk: Desk, outside: Outside) -> None:
    desk.know(member("p1", "MEDB1"))
    desk.open(FIRST)
    mode(desk, "practice")
    desk.wants("p1", "eligibility", workflow=WELLNESS, payer_id="MEDB1")
    assert desk.work() == {}
    assert (outside.files(), desk.sent()) == ([], [])
    assert "1 eligibility inquiry would have" in told(desk)[0]


def test_a_target_of_two_is_observed_and_the_other_gets_its_own(desk: Desk) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    sources.register(desk.conn, desk.seq)
    mode(desk, "target", "scheduling|schedule")
    ask(desk, "p1", "outreach")
    assert desk.work() == {"accepted": 1}
    assert "Observing what goes to scheduling as schedule since" in told(desk)[0]


def test_a_night_keeps_the_mode_that_it_had(desk: Desk) -> None:
    for day, said in ((FIRST, "live"), (SECOND, "observe"), (THIRD, "observe"), (FOURTH, "live")):
        desk.open(day)
        mode(desk, "workflow", TCM, said)

    def observed(seq: int, workflow: str) -> bool:
        return bool(desk.rows("select operations.observes(%s, %s, null)", seq, workflow)[0][0])

    assert [observed(seq, TCM) for seq in (1, 2, 3, 4)] == [False, True, True, False]
    assert not observed(2, WELLNESS)
    assert len(desk.rows("select * from operations.mode")) == 2, "a row for each change"


def test_a_workflow_that_is_switched_off_stays_observed(desk: Desk) -> None:
    desk.open(FIRST)
    mode(desk, "workflow", TCM)
    desk.open(SECOND)
    modes.register(desk.conn, desk.seq, ("practice", "workflow"), {("practice", ""): "live"})
    assert desk.rows("select operations.observes(2, %s, null)", TCM)[0][0]


def test_who_may_lets_out_the_list_that_was_shown_and_once(desk: Desk) -> None:
    desk.know(member("p1"), seen("p1"), member("p2"), seen("p2"))
    desk.open(FIRST)
    mode(desk, "practice")
    ask(desk, "p1", "outreach")
    desk.work()
    desk.open(SECOND)
    mode(desk, "practice", said="live")
    desk.work()
    with pytest.raises(NotAllowedError, match="may not release observed"):
        let_out(desk, who="viewer")
    desk.conn.rollback()
    with pytest.raises(NotAllowedError, match=r"is the list .{8}: 1 call"):
        let_out(desk, list="another1")
    desk.conn.rollback()
    (held,) = observing.held(desk.conn)
    said = {"list": held.number}
    with pytest.raises(NoReasonError):
        decisions.record(desk.conn, Request("release_observed", "held", TCM, "operator", "", said))
    desk.conn.rollback()
    let_out(desk)
    assert observing.held(desk.conn) == []
    with pytest.raises(NotAllowedError, match="nothing of this workflow is held"):
        decisions.record(
            desk.conn, Request("release_observed", "held", TCM, "operator", "x y", said)
        )
    desk.conn.rollback()


def test_what_was_let_out_and_is_observed_again_is_held_again(desk: Desk, outside: Outside) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    mode(desk, "practice")
    ask(desk, "p1", "outreach")
    desk.work()
    desk.open(SECOND)
    mode(desk, "practice", said="live")
    desk.work()
    let_out(desk)
    takes(desk, THIRD)
    mode(desk, "practice")
    assert desk.work() == {}
    takes(desk, FOURTH)
    mode(desk, "practice", said="live")
    assert desk.work() == {}
    assert outside.made == {}
    let_out(desk)
    takes(desk, FIFTH)
    assert desk.work() == {"accepted": 1}
    assert (set(outside.times.values()), broken(desk)) == ({1}, [])


def test_a_clock_that_ends_while_observing_is_shown_and_not_missed(
    desk: Desk, outside: Outside
) -> None:
    know(desk, "p1")
    desk.begin(FIRST)
    mode(desk, "practice")
    night(desk, FIRST, again=True)
    for day in (SECOND, THIRD, FOURTH, FIFTH, "2026-07-13"):
        night(desk, day)
    assert [c.stage_state for c in desk.rows("select * from cases.case_record")] == ["missed"]
    numbers = collect(desk.conn, desk.seq, "America/New_York")
    desk.conn.rollback()
    assert sum(row.missed for row in numbers.funnel) == 0
    assert sum(row.observed for row in numbers.funnel) == 1
    assert "The clocks of 1 open case ended meanwhile and count in no rate." in told(desk)[0]
    assert outside.made == {}
    agrees(desk)


def test_without_observing_the_clock_is_missed(desk: Desk) -> None:
    know(desk, "p1")
    for day in (FIRST, SECOND, THIRD, FOURTH, FIFTH, "2026-07-13"):
        night(desk, day)
    numbers = collect(desk.conn, desk.seq, "America/New_York")
    desk.conn.rollback()
    assert [
        sum(getattr(row, name) for row in numbers.funnel) for name in ("missed", "observed")
    ] == [1, 0]


assert set(SYSTEM) == set(ROLE)
