"""Nights that run again: a rerun that brings nothing leaves nothing, and no night rewrites another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from tests.warehouse.cases.committed import ZONE, chain, night, of_its_own
from tests.warehouse.clinic import (
    Clinic,
    again,
    appointment,
    call,
    charge,
    consent,
    coverage,
    deleted,
    moment,
    note,
    patient,
    stay,
    visit,
)
from throughline import cases
from throughline.exceptions.resolve import resolve
from throughline.proven.close import close_night
from throughline.proven.replay import replay
from throughline.warehouse import nights

FIRST, SECOND, THIRD, FOURTH = "2026-07-06", "2026-07-07", "2026-07-08", "2026-07-09"
ROWS = (
    "select case_id, status, close_reason, stage, stage_state, wanted, wanted_detail, next_step, next_step_ref,"
    " next_due_at, encounter_ref, patient_control_number, expected_code, expected_amount, recheck_at,"
    " waits_on_feeds, opened_seq, closed_seq, trigger_on from cases.case_record order by case_id",
    "select case_id, stage, state, fact_id, proven_at, due_at, reason, detail from cases.stage order by 1, 2",
    "select event_id, case_id, kind, stage, from_state, to_state, known_seq from cases.event order by event_id",
    "select exception_id, reason, status, opened_seq, closed_seq, due_at from operations.exception order by 1",
    "select task_id, status, planned_seq, closed_seq, due_at, effect_key from tasks.task order by task_id",
    "select fact_id, known_seq, retracted_seq from evidence.fact order by fact_id",
    "select person_id, source, source_id, status, known_seq, retired_seq from identity.link order by 1, 2, 3, 5",
    "select person_id, workflow, check_on from cases.watch order by 1, 2",
    "select seq, status, state_digest, plan_digest from operations.night where status <> 'void' order by seq",
    "select total from cases.digest",
)


@pytest.fixture
def clinic(new_warehouse: Callable[[], str]) -> Iterator[Clinic]:
    """Return a practice of its own: the end of a night commits."""
    yield from of_its_own(new_warehouse())


def rerun(clinic: Clinic, on: str, until: str = "", kind: str | None = None) -> int:
    """Run a business date again; what is pending came late."""
    clinic.seq = nights.open_night(clinic.conn, date.fromisoformat(on), ZONE, kind).seq
    records, clinic.pending = clinic.pending, []
    for record in records:
        clinic._load(record)
    chain(clinic, clinic.seq, until)
    return clinic.seq


def status(clinic: Clinic, seq: int) -> str:
    return nights.by_seq(clinic.conn, seq).status


def everything(clinic: Clinic) -> list[list[Any]]:
    found = [clinic.rows(query) for query in ROWS]
    clinic.conn.rollback()
    return found


def differing(clinic: Clinic) -> list[int]:
    """Return the numbers of the finished nights that do not come to what they recorded."""
    seqs = clinic.rows("select seq from operations.night where status = 'finished' order by seq")
    return [row.seq for row in seqs if not replay(clinic.conn, row.seq).agrees]


def two_nights(clinic: Clinic) -> list[int]:
    """Let two nights plan calls and a booking, and learn what takes an earlier word back."""
    clinic.know(stay("p1", "2026-07-03", "2026-07-06 11:00"))
    first = night(clinic, FIRST)
    clinic.know(call("p1", "2026-07-07 09:00"), stay("p2", "2026-07-05", "2026-07-07 10:00"))
    second = night(clinic, SECOND)
    assert clinic.case("p2", "transitional_care").asks == "outreach"
    planned = clinic.rows(
        "select kind from tasks.task where workflow = 'transitional_care' order by planned_seq, kind"
    )
    assert planned == [("outreach",), ("outreach",), ("scheduling",)]
    return [first, second]


@pytest.mark.parametrize("on", [FIRST, SECOND], ids=["an earlier date", "the newest date"])
def test_a_rerun_that_brings_nothing_leaves_nothing(clinic: Clinic, on: str) -> None:
    _, newest = two_nights(clinic)
    before = everything(clinic)

    for _ in range(2):
        assert status(clinic, rerun(clinic, on)) == "void"
        assert everything(clinic) == before

    chain(clinic, newest)
    assert everything(clinic) == before
    assert differing(clinic) == []


def test_a_rerun_opens_nothing_that_waits_for_the_next_night(clinic: Clinic) -> None:
    """What a case gives free as it ends is taken up on the morning after, however often its date is run."""
    clinic.know(
        stay("p1", "2026-06-10", "2026-06-15 11:00"),
        stay("p1", "2026-06-18 12:00", "2026-06-20 12:00", "snf", key="again"),
        visit("p1", "2026-06-25 09:00"), note("p1", "2026-06-25"), charge("p1", "2026-06-25"),
    )  # fmt: skip
    night(clinic, FIRST)
    assert clinic.case("p1", "transitional_care").reason == "readmitted"
    before = everything(clinic)
    assert status(clinic, rerun(clinic, FIRST)) == "void"
    assert everything(clinic) == before

    clinic.know(stay("p3", "2026-07-02", "2026-07-06 15:00"))
    assert status(clinic, rerun(clinic, FIRST)) == "finished"
    assert not clinic.cases_of("p1", "charge_capture")
    night(clinic, SECOND)
    assert clinic.case("p1", "charge_capture").asks == "billing"
    assert differing(clinic) == []


def test_the_night_after_a_void_rerun_is_as_without_it(clinic: Clinic) -> None:
    two_nights(clinic)
    rerun(clinic, SECOND)
    clinic.know(appointment("p1", "2026-07-13 09:00", recorded="2026-07-08 10:00"))
    night(clinic, THIRD)
    assert clinic.case("p1", "transitional_care").stage == "seen"
    assert clinic.derived_digest() == clinic.digest()
    assert differing(clinic) == []


def test_a_rerun_with_late_records_stands_and_the_next_without_any_is_void(clinic: Clinic) -> None:
    two_nights(clinic)
    clinic.know(stay("p3", "2026-07-02", "2026-07-06 15:00"))
    late = rerun(clinic, FIRST)
    assert status(clinic, late) == "finished"
    before = everything(clinic)
    assert status(clinic, rerun(clinic, FIRST)) == "void"
    assert status(clinic, rerun(clinic, SECOND)) == "void"
    assert everything(clinic) == before
    chain(clinic, late)
    assert everything(clinic) == before
    assert differing(clinic) == []


@pytest.mark.parametrize("until", ["cases", "reconciled", "planned", "settled"])
def test_a_rerun_that_was_cut_off_is_overtaken_by_the_next_night(
    clinic: Clinic, until: str
) -> None:
    two_nights(clinic)
    cut_off = rerun(clinic, SECOND, until)
    assert status(clinic, cut_off) == "running"
    night(clinic, THIRD)
    assert clinic.derived_digest() == clinic.digest()
    assert differing(clinic) == []


@pytest.mark.parametrize("until", ["loaded", "facts", "cases", "reconciled", "planned", "settled"])
def test_a_night_that_was_cut_off_is_made_good_by_the_next(clinic: Clinic, until: str) -> None:
    clinic.know(
        patient("p4"), coverage("p4"), consent("p4"), stay("p4", "2026-07-02", "2026-07-06 12:00")
    )
    two_nights(clinic)
    clinic.know(call("p2", "2026-07-08 09:00"), stay("p3", "2026-07-04", "2026-07-08 10:00"))
    asked = "select exception_id, status from operations.exception where reason = 'contact_blocked'"
    exception_id = clinic.rows(asked)[0].exception_id
    resolve(clinic.conn, exception_id, "Ada Lead", "acknowledge")
    cut_off = night(clinic, THIRD, until)
    last = night(clinic, FOURTH)
    assert clinic.derived_digest() == clinic.digest()
    assert clinic.case("p3", "transitional_care").status == "open"
    assert clinic.case("p2", "transitional_care").stage == "scheduled"
    assert (exception_id, "resolved") in clinic.rows(asked)
    before = everything(clinic)
    chain(clinic, cut_off)
    assert status(clinic, cut_off) != "finished"
    assert [
        rows
        for query, rows in zip(ROWS, everything(clinic), strict=True)
        if "operations.night" not in query
    ] == [rows for query, rows in zip(ROWS, before, strict=True) if "operations.night" not in query]
    assert last not in differing(clinic)


@pytest.mark.parametrize("taken_up_by", ["itself", "the next"])
@pytest.mark.parametrize("until", ["facts", "cases", "reconciled", "planned", "settled"])
def test_whoever_was_on_the_list_of_a_night_that_was_cut_off_is_looked_at_again(
    clinic: Clinic, until: str, taken_up_by: str
) -> None:
    """A visit is looked at three business days later, since its claim may come; opening its case moves that day on."""
    clinic.know(
        patient("p4"), coverage("p4", "COMM1", "5"), visit("p4", f"{FIRST} 09:00"), note("p4", f"{FIRST} 17:00"),
        charge("p4", f"{FIRST} 09:00"),
    )  # fmt: skip
    for day in (FIRST, SECOND, THIRD):
        night(clinic, day)
    assert clinic.rows("select check_on from cases.watch where workflow = 'charge_capture'") == [
        (date.fromisoformat(FOURTH),)
    ]
    cut_off = night(clinic, FOURTH, until)
    if until == "cases":
        assert clinic.rows("select reason from operations.work_item as w inner join cases.case_record as c"
                           " on c.person_id = w.person_id and c.workflow = 'charge_capture'"
                           " where w.seq = %s", cut_off) == [("due",)]  # fmt: skip
    if taken_up_by == "itself":
        chain(clinic, cut_off)
    else:
        night(clinic, "2026-07-10")
    has_task = until in ("planned", "settled") and taken_up_by == "the next"
    assert clinic.case("p4", "charge_capture").asks == ("open" if has_task else "billing")
    assert clinic.derived_digest() == clinic.digest()
    assert differing(clinic) == []


def test_a_dag_of_an_earlier_night_changes_nothing(clinic: Clinic) -> None:
    first, second = two_nights(clinic)
    clinic.know(
        again(stay("p1", "2026-07-03", "2026-07-06 11:00"), ends_at=None, status="in-progress"),
        deleted(call("p1", "2026-07-07 09:00")),
        again(patient("p3"), phone=None),
    )
    night(clinic, THIRD)
    assert differing(clinic) == []
    before = everything(clinic)
    for seq in (first, second):
        chain(clinic, seq)
        assert everything(clinic) == before
    assert differing(clinic) == []


def test_until_when_a_case_waits_does_not_hang_on_the_night_that_looks(clinic: Clinic) -> None:
    """The wait ends between the cut-offs of two nights: nobody moves it to the later one."""
    clinic.know(
        stay("p3", "2026-07-03", "2026-07-06 11:00"),
        call("p3", "2026-07-06 15:00"),
        appointment("p3", "2026-07-07 09:00", recorded="2026-07-06 15:00"),
    )
    first = night(clinic, FIRST)
    waits = clinic.rows(
        "select next_step, next_due_at from cases.case_record where workflow = 'transitional_care'"
    )
    assert waits == [("wait", moment("2026-07-10"))]
    night(clinic, SECOND)
    night(clinic, THIRD)
    before = everything(clinic)
    chain(clinic, first)
    assert everything(clinic) == before


@pytest.mark.parametrize("deleted_of", [0, 1])
def test_facts_of_an_earlier_night_come_back_as_they_were(clinic: Clinic, deleted_of: int) -> None:
    seqs = two_nights(clinic)
    clinic.know(deleted(call("p1", "2026-07-07 09:00")))
    night(clinic, THIRD)
    before = everything(clinic)
    # no trigger of the warehouse lets this happen
    clinic.conn.execute("set local session_replication_role = replica")
    clinic.conn.execute("delete from evidence.fact where known_seq = %s", (seqs[deleted_of],))
    clinic.conn.commit()
    chain(clinic, seqs[deleted_of])
    assert everything(clinic) == before
    assert differing(clinic) == []


def test_a_date_is_its_night_and_not_what_ran_by_day_after_it(clinic: Clinic) -> None:
    _, newest = two_nights(clinic)
    case = clinic.case("p2", "transitional_care")
    clinic.decide("waive_stage", "case", str(case.case_id), stage="contacted")
    by_day = nights.open_night(clinic.conn, date.fromisoformat(SECOND), ZONE, "intraday").seq
    as_of = nights.by_seq(clinic.conn, by_day).cut_off
    cases.build_work_list(clinic.conn, by_day, as_of)
    cases.reconcile(clinic.conn, by_day, as_of)
    cases.settle(clinic.conn, by_day)
    close_night(clinic.conn, by_day, ZONE)
    clinic.seq = by_day
    assert differing(clinic) == []
    before = everything(clinic)
    current = nights.current(clinic.conn, date.fromisoformat(SECOND)).seq
    assert current == newest
    chain(clinic, current)
    assert everything(clinic) == before
    assert differing(clinic) == []


def test_a_night_gives_the_chain_back_with_its_end(clinic: Clinic) -> None:
    """Nothing that dies after it, before the page say, leaves the chain to a night that is over."""
    day, next_day = date.fromisoformat(FIRST), date.fromisoformat(SECOND)
    nights.take_lease(clinic.conn, "night", day)
    night(clinic, FIRST)
    nights.take_lease(clinic.conn, "the next", next_day)
    # what runs by day after the first is none of its own
    by_day = nights.open_night(clinic.conn, day, ZONE, "intraday").seq
    close_night(clinic.conn, by_day, ZONE)
    with pytest.raises(nights.LeaseHeldError):
        nights.take_lease(clinic.conn, "a third", day)
    nights.release_lease(clinic.conn, next_day)
