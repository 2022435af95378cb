"""The plan: the one next task of each case, the same however often it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.warehouse.clinic import coverage, patient, practitioner, stay
from tests.warehouse.tasks.desk import FIRST, SECOND, THIRD, Desk, member, office, seen
from throughline import cases, tasks
from throughline.warehouse import derive

COLUMNS = "task_id, case_id, stage, kind, attempt, status, owner_team, priority, due_at, effect_key, detail::text"


def a_night(desk: Desk) -> None:
    desk.know(member("p1"), member("p2", "MEDB1"), seen("p1"), seen("p2"))
    desk.open(FIRST)
    desk.wants("p1", "outreach", days=2, priority="urgent")
    desk.wants("p2", "scheduling", visit_type="TCM")
    desk.wants("p2", "eligibility", workflow="annual_wellness", payer_id="MEDB1")
    desk.wants("p1", "documentation", trigger="note", encounter="p1-visit")
    desk.wants("p1", "review", trigger="review")
    desk.bills("p1")
    desk.bills("p2", payer="MEDB1")


def rows(desk: Desk) -> list[Any]:
    return desk.rows(f"select {COLUMNS} from tasks.task order by 1")


def test_each_case_gets_the_task_it_asks_for(desk: Desk) -> None:
    a_night(desk)
    assert desk.plan() == {
        "outreach": 1, "scheduling": 1, "eligibility": 1, "documentation": 1, "review": 1, "billing": 2
    }  # fmt: skip
    by_kind = {t.kind: t for t in desk.tasks() if t.kind != "billing"}
    p1, p2 = desk.person("p1"), desk.person("p2")
    assert by_kind["outreach"].effect_key == f"contact|{p1}|2026-07-07"
    assert by_kind["scheduling"].effect_key == f"booking|{p2}|TCM|stay|p2|1"
    assert by_kind["eligibility"].effect_key == f"eligibility|{p2}|MEDB1|2026-07-06"
    assert by_kind["documentation"].effect_key == "documentation|p1-visit|1"
    assert by_kind["review"].effect_key.startswith("review|")
    assert (by_kind["outreach"].priority, by_kind["review"].priority) == ("urgent", "routine")
    assert str(by_kind["outreach"].due_at.astimezone().date()) in ("2026-07-08", "2026-07-09")
    assert {t.effect_key: t.detail["route"] for t in desk.tasks("billing")} == {
        "claim|p1-visit": "claim", "claim|p2-visit": "work_item"
    }  # fmt: skip
    events = desk.rows("select kind, to_status from tasks.event")
    assert [tuple(e) for e in events] == [("planned", "requested")] * 7


def test_planned_again_it_is_the_same(desk: Desk) -> None:
    a_night(desk)
    desk.plan()
    first, digest = rows(desk), tasks.plan_digest(desk.conn, 1)
    desk.plan()
    assert (rows(desk), tasks.plan_digest(desk.conn, 1)) == (first, digest)
    desk.conn.execute("delete from tasks.event")
    desk.conn.execute("delete from tasks.task")
    assert tasks.plan_digest(desk.conn, 1) == "0"
    desk.plan()
    assert (rows(desk), tasks.plan_digest(desk.conn, 1)) == (first, digest)
    assert desk.rows("select count(*) as n from tasks.event")[0].n == 7


def test_what_nobody_asks_for_any_more_is_taken_back_in_the_same_night(desk: Desk) -> None:
    a_night(desk)
    desk.plan()
    desk.conn.execute("update cases.case_record set wanted = 'wait' where wanted = 'review'")
    desk.plan()
    assert "review" not in {t.kind for t in desk.tasks()}
    assert len(desk.tasks()) == 6


def test_a_night_that_is_not_the_newest_plans_nothing(desk: Desk) -> None:
    a_night(desk)
    desk.open(SECOND)
    assert tasks.plan(desk.conn, 1, desk.cut_off) == {}
    assert desk.tasks() == []


def test_a_case_with_an_open_task_gets_no_other(desk: Desk) -> None:
    a_night(desk)
    desk.plan()
    desk.open(SECOND)
    assert desk.plan() == {}
    done = next(t for t in desk.tasks() if t.kind == "outreach")
    desk.ends(done.task_id, "failed")
    desk.wants("p1", "outreach", attempt=2)
    assert desk.plan() == {"outreach": 1}
    assert {t.attempt for t in desk.tasks("outreach")} == {1, 2}


def test_no_night_at_all_plans_nothing(desk: Desk) -> None:
    assert tasks.plan(desk.conn, 1, datetime(2026, 7, 2, 7, tzinfo=UTC)) == {}


@pytest.mark.parametrize("later", [False, True], ids=["same night", "a night later"])
def test_a_replay_plans_what_was_planned(desk: Desk, later: bool) -> None:
    desk.know(practitioner(), office(), *(
        (patient(who), coverage(who), stay(who, "2026-07-01", "2026-07-06 11:00")) for who in ("p1", "p2", "p3")
    ))  # fmt: skip
    desk.begin(FIRST)
    desk.derive()
    desk.conn.commit()
    counts = desk.plan()
    assert counts.get("outreach") == 3, counts
    desk.dispatch()
    recorded = tasks.plan_digest(desk.conn, 1)
    as_of = desk.cut_off
    if later:
        for on in (SECOND, THIRD):
            desk.know(patient("p1", is_active=False))
            desk.begin(on)
            desk.derive()
            desk.conn.commit()
            desk.work()
    cases.derive_all(desk.conn, 1, as_of)
    assert tasks.replay_plan(desk.conn, 1, as_of) == recorded
    desk.conn.rollback()
    if later:
        second = tasks.plan_digest(desk.conn, desk.seq)
        cases.derive_all(desk.conn, desk.seq, desk.cut_off)
        assert tasks.replay_plan(desk.conn, desk.seq, desk.cut_off) == second
        desk.conn.rollback()


def test_a_task_whose_call_certainly_failed_fails_and_the_next_attempt_is_planned(
    desk: Desk,
) -> None:
    desk.know(
        practitioner(), patient("p1"), coverage("p1"), stay("p1", "2026-07-01", "2026-07-06 11:00")
    )
    desk.begin(FIRST)
    desk.derive()
    desk.conn.commit()
    desk.outside.trouble["ehr"].append(422)
    desk.plan()
    desk.dispatch()
    assert desk.outcomes("outreach") == ["rejected"]
    desk.begin(SECOND)
    desk.derive()
    desk.conn.commit()
    desk.plan()
    desk.dispatch()
    assert desk.outcomes("outreach") == ["rejected", "accepted"]
    first, second = desk.tasks("outreach")
    assert (first.status, first.status_reason, second.attempt) == ("failed", "http_422", 2)
    assert first.effect_key != second.effect_key
    assert second.task_id == derive("task", second.case_id, second.stage, "outreach", 2)


def test_the_route_of_a_claim_is_replayed_as_it_was(desk: Desk) -> None:
    """Another group bills from now on: the plan of the night before stays what it was."""
    desk.conn.execute(
        "update cases.setting_known set key = 'SUNADV|1234567893' where name = 'sole_submitter'"
    )
    a_night(desk)
    desk.plan()
    recorded = tasks.plan_digest(desk.conn, 1)
    wanted = (
        "create temp table w_state on commit drop as"
        " select c.*, c.wanted as asks, c.time_zone as zone from cases.case_record as c"
    )
    as_of = desk.cut_off
    try:
        desk.know(seen("p1", service_provider_id="elsewhere"))
        desk.open(SECOND)
        desk.conn.execute(wanted.encode())
        assert tasks.replay_plan(desk.conn, 1, as_of) == recorded
        desk.conn.rollback()
    finally:
        desk.conn.rollback()
        desk.conn.execute(
            "update cases.setting_known set key = 'SUNADV|any' where name = 'sole_submitter'"
        )
        desk.conn.commit()
