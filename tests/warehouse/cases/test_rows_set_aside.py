"""Rows that were set aside count against no one: what they would have proven is not known until somebody decides."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.clinic import (
    CLEARINGHOUSE,
    EHR,
    SCHEDULING,
    Clinic,
    answer,
    call,
    charge,
    claim,
    coverage,
    note,
    patient,
    practitioner,
    reconciliation,
    stay,
    visit,
)
from throughline.told import words
from throughline.told.shapes import Undecided
from throughline.warehouse import derive, sql

TCM = "transitional_care"
PEOPLE = ("p1", "p2", "p3")


def set_aside(
    clinic: Clinic,
    feed: str,
    subject: str | None = None,
    *,
    source: str = EHR,
    subject_source: str | None = None,
    row: int = 1,
    payer: str | None = None,
) -> Any:
    """Set a row of tonight's delivery of a feed aside, as a gate does; returns the delivery's exception."""
    batch = derive(source, feed, clinic.seq)
    clinic.conn.execute(
        "insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no,"
        " source_id, reason, subject_source, subject_id, payer_id)"
        " values (%s, %s, %s, %s, %s, %s, %s, 'class missing', %s, %s, %s)",
        (
            derive("quarantine", batch, row),
            batch,
            source,
            feed,
            clinic.seq,
            row,
            f"x{row}",
            (subject_source or source) if subject else None,
            subject,
            payer,
        ),
    )
    return derive("exception", "rows_set_aside", "batch", batch)


def decide(clinic: Clinic, row: int = 1) -> None:
    """Let the night that is open correct, load or reject a row."""
    clinic.conn.execute(
        "update quality.quarantine set status = 'corrected', closed_seq = %s where row_no = %s",
        (clinic.seq, row),
    )


def home(clinic: Clinic, *who: str) -> None:
    """Patients with Part B who went home on Thursday, 2 July: they must be reached by Tuesday, 7 July."""
    clinic.know(practitioner())
    for each in who:
        clinic.know(patient(each), coverage(each), stay(each, "2026-07-01", "2026-07-02 11:00"))


def night(clinic: Clinic, on: str, *rows: tuple[str, str | None]) -> list[Any]:
    """Run a night in which rows of feeds, each about a patient or nobody, are set aside."""
    clinic.begin(on)
    made = [set_aside(clinic, feed, who, row=n) for n, (feed, who) in enumerate(rows, 1)]
    clinic.derive()
    assert clinic.derived_digest() == clinic.digest()
    return made


def raised(clinic: Clinic, who: str) -> list[str]:
    """The reasons of the open exceptions about the case of a patient."""
    rows = clinic.rows(
        "select reason from operations.exception where status = 'open' and case_id = %s order by 1",
        clinic.case(who, TCM).case_id,
    )
    return [row.reason for row in rows]


def state(clinic: Clinic, who: str) -> tuple[str, str | None, str | None]:
    case = clinic.case(who, TCM)
    return case.state, case.asks, case.next_step


def open_exceptions(clinic: Clinic) -> list[Any]:
    return clinic.rows(
        "select exception_id, reason, owner_team, due_at, detail from operations.exception"
        " where status = 'open' and about_kind = 'batch'"
    )


def test_a_row_that_names_its_patient_makes_only_theirs_unknown(clinic: Clinic) -> None:
    home(clinic, *PEOPLE)
    night(clinic, "2026-07-02")
    [exception] = night(clinic, "2026-07-03", ("communication", "p1"))
    # a call is still made: tasks go on
    assert state(clinic, "p1")[:2] == ("unknown", "outreach")
    assert state(clinic, "p2")[:2] == ("pending", "outreach")
    [opened] = open_exceptions(clinic)
    assert (opened.exception_id, opened.reason) == (exception, "rows_set_aside")
    assert (opened.detail["rows"], opened.detail["cases"]) == (1, 1)


def test_past_its_deadline_it_waits_on_the_exception_and_is_not_missed(clinic: Clinic) -> None:
    home(clinic, *PEOPLE)
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-06")
    [exception] = night(clinic, "2026-07-07", ("communication", "p1"))
    assert state(clinic, "p1") == ("unknown", "wait", "exception")
    assert state(clinic, "p2") == ("missed", "missed_clock", "exception")
    assert raised(clinic, "p1") == []
    [step] = clinic.rows(
        "select next_step_ref, next_due_at from cases.case_record where case_id = %s",
        clinic.case("p1", TCM).case_id,
    )
    [opened] = open_exceptions(clinic)
    assert step.next_step_ref == str(exception)
    assert step.next_due_at == opened.due_at


def test_only_after_the_exceptions_own_date_it_is_verified_by_hand(clinic: Clinic) -> None:
    home(clinic, *PEOPLE)
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-07", ("communication", "p1"))
    night(clinic, "2026-07-08")
    assert state(clinic, "p1") == ("unknown", "verify_by_hand", "exception")
    assert raised(clinic, "p1") == ["verify_by_hand"]


def test_a_row_that_names_nobody_holds_back_every_deadline_of_its_days(clinic: Clinic) -> None:
    home(clinic, "p1", "p2")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-06")
    night(clinic, "2026-07-07", ("communication", None))
    for who in ("p1", "p2"):
        assert state(clinic, who) == ("unknown", "wait", "exception")
    # one exception for the delivery, none for each case
    [opened] = open_exceptions(clinic)
    assert opened.detail["cases"] == 2
    assert raised(clinic, "p1") == raised(clinic, "p2") == []


def test_before_their_deadline_nobodys_row_changes_nothing(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-03", ("communication", None))
    assert state(clinic, "p1")[:2] == ("pending", "outreach")
    [opened] = open_exceptions(clinic)
    [case] = clinic.rows(
        "select s.due_at from cases.stage as s inner join cases.case_record as c"
        " on c.case_id = s.case_id and c.stage = s.stage where c.case_id = %s",
        clinic.case("p1", TCM).case_id,
    )
    assert opened.due_at == case.due_at


def test_a_case_that_began_later_is_not_touched(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02", ("communication", None))
    clinic.know(patient("late"), coverage("late"), stay("late", "2026-07-05", "2026-07-06 11:00"))
    for on in ("2026-07-06", "2026-07-07", "2026-07-08", "2026-07-09"):
        night(clinic, on)
    assert state(clinic, "late")[:2] == ("missed", "missed_clock")


def test_a_deadline_that_had_passed_before_stays_missed(clinic: Clinic) -> None:
    home(clinic, "p1")
    for on in ("2026-07-02", "2026-07-07", "2026-07-08"):
        night(clinic, on)
    night(clinic, "2026-07-09", ("communication", None))
    assert state(clinic, "p1")[0] == "missed"


def test_another_feed_changes_nothing(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-07", ("document_reference", "p1"), ("encounter", None))
    assert state(clinic, "p1")[:2] == ("missed", "missed_clock")


def test_what_is_proven_stays_proven(clinic: Clinic) -> None:
    home(clinic, "p1")
    clinic.know(call("p1", "2026-07-03 10:00"))
    night(clinic, "2026-07-03")
    night(clinic, "2026-07-06", ("communication", "p1"))
    assert clinic.case("p1", TCM).stages["contacted"] == "complete"
    assert state(clinic, "p1")[:2] == ("pending", "scheduling")


def test_a_row_about_a_patient_whom_nobody_has_touches_nobody(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-07", ("communication", "stranger"))
    assert state(clinic, "p1")[0] == "missed"


def test_a_booking_under_a_number_that_nobody_has_may_be_anybodys(clinic: Clinic) -> None:
    home(clinic, "p1")
    clinic.know(call("p1", "2026-07-03 10:00"))
    night(clinic, "2026-07-03")
    clinic.begin("2026-07-16")
    set_aside(clinic, "appointment", "MRN-unknown", source=SCHEDULING)
    clinic.derive()
    assert state(clinic, "p1")[0] == "unknown"
    assert clinic.derived_digest() == clinic.digest()


@pytest.mark.parametrize("who", ["p1", None])
def test_once_it_is_decided_the_deadline_counts(clinic: Clinic, who: str | None) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-07", ("communication", who))
    clinic.begin("2026-07-08")
    decide(clinic)
    clinic.derive()
    assert clinic.derived_digest() == clinic.digest()
    assert state(clinic, "p1") == ("missed", "missed_clock", "exception")
    assert open_exceptions(clinic) == []


def test_a_corrected_row_that_proves_the_stage_leaves_nothing_behind(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-07", ("communication", "p1"))
    clinic.know(call("p1", "2026-07-07 10:00"))
    clinic.begin("2026-07-08")
    decide(clinic)
    clinic.derive()
    assert clinic.case("p1", TCM).stages["contacted"] == "complete"
    assert open_exceptions(clinic) == []


def seen(clinic: Clinic, who: str) -> None:
    """The case of a patient who was reached and seen, up to the signed note."""
    clinic.know(
        call(who, "2026-07-03 10:00"),
        visit(who, "2026-07-08 10:00"),
        note(who, "2026-07-08 17:00"),
        reconciliation(who, "2026-07-08 10:00"),
    )


@pytest.mark.parametrize("who", ["p1", None])
def test_a_charge_set_aside_is_no_missing_charge(clinic: Clinic, who: str | None) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    seen(clinic, "p1")
    night(clinic, "2026-07-08", ("charge_item", who))
    assert clinic.case("p1", TCM).stage == "billed"
    assert state(clinic, "p1") == ("unknown", "wait", "exception")
    assert raised(clinic, "p1") == []
    # a claim is made of charges, whatever its stage names: the case is counted
    [opened] = open_exceptions(clinic)
    assert opened.detail["cases"] == 1


def test_no_claim_is_made_while_a_charge_of_the_patient_is_missing(clinic: Clinic) -> None:
    home(clinic, "p1", "p2")
    night(clinic, "2026-07-02")
    for who in ("p1", "p2"):
        seen(clinic, who)
        clinic.know(charge(who, "2026-07-08 17:00", "99495"))
    night(clinic, "2026-07-08")
    night(clinic, "2026-07-14", ("charge_item", "p1"))
    assert state(clinic, "p2")[:2] == ("pending", "billing")
    assert state(clinic, "p1") == ("unknown", "wait", "exception")


@pytest.mark.parametrize(
    ("payer", "expected"), [("MEDB1", []), (None, []), ("AETNA", ["payment_overdue"])]
)
def test_held_money_of_a_payer_excuses_that_payer_only(
    clinic: Clinic, payer: str | None, expected: list[str]
) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    seen(clinic, "p1")
    clinic.know(charge("p1", "2026-07-08 17:00", "99495"))
    clinic.know(*claim("p1", "2026-07-08", ["99495"], sent="2026-08-05"))
    clinic.know(answer("p1", "2026-08-06"))
    night(clinic, "2026-08-06")
    clinic.begin("2026-09-05")
    set_aside(clinic, "payment", source=CLEARINGHOUSE, payer=payer)
    clinic.derive()
    assert clinic.derived_digest() == clinic.digest()
    assert clinic.case("p1", TCM).stage == "settled"
    assert raised(clinic, "p1") == expected
    [opened] = open_exceptions(clinic)
    assert opened.detail["cases"] == (0 if expected else 1)


def test_a_second_run_of_the_night_changes_nothing(clinic: Clinic) -> None:
    home(clinic, *PEOPLE)
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-07", ("communication", "p1"), ("communication", None))
    before = clinic.digest(), clinic.rows("select * from operations.exception order by 1")
    clinic.derive()
    assert before == (clinic.digest(), clinic.rows("select * from operations.exception order by 1"))


def test_an_open_call_goes_on_while_its_case_waits(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    [trigger] = clinic.rows("select trigger_ref from cases.case_record where workflow = %s", TCM)
    clinic.task(
        "p1", TCM, trigger.trigger_ref, "contacted", "outreach", planned=1, due="2026-07-06"
    )
    night(clinic, "2026-07-07", ("communication", "p1"))
    assert state(clinic, "p1") == ("unknown", "wait", "exception")
    assert [r.status for r in clinic.rows("select status from tasks.task")] == ["requested"]


def test_a_file_that_nobody_could_read_holds_back_every_feed_of_its_source(clinic: Clinic) -> None:
    home(clinic, "p1")
    night(clinic, "2026-07-02")
    night(clinic, "2026-07-06")
    clinic.begin("2026-07-07")
    clinic.conn.execute(
        "insert into landing.file (file_id, source, business_date, known_seq, original_name, path,"
        " bytes, sha256, received_at, status, refused_reason) values (md5('f')::uuid, 'ehr',"
        " '2026-07-07', %s, 'a.pgp', '', 0, '', now(), 'refused', 'no_interchange_header')",
        (clinic.seq,),
    )
    clinic.derive()
    assert clinic.derived_digest() == clinic.digest()
    assert state(clinic, "p1")[:2] == ("unknown", "wait")
    assert raised(clinic, "p1") == []
    clinic.conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        " opened_at, due_at, detail) select exception_id, 'file', file_id::text, 'file_refused', 'data_engineering',"
        " %s, now(), '2026-07-20', '{\"cases\": 0}' from landing.undecided_file",
        (clinic.seq - 1,),
    )
    clinic.derive()
    [refused] = clinic.rows("select detail, due_at::date::text from operations.exception")
    # it counts what began after it, and keeps its date
    assert tuple(refused) == ({"cases": 1}, "2026-07-20")
    clinic.begin("2026-07-08")
    clinic.conn.execute(
        "update landing.file set closed_seq = %s, closed_by = 'decision'", (clinic.seq,)
    )
    clinic.derive()
    assert clinic.derived_digest() == clinic.digest()
    assert state(clinic, "p1")[:2] == ("missed", "missed_clock")


def test_both_sums_of_money_are_told(clinic: Clinic) -> None:
    clinic.begin("2026-07-06")
    number = set_aside(clinic, "payment", source=CLEARINGHOUSE, payer="MEDB1")
    set_aside(clinic, "payment", source=CLEARINGHOUSE, payer="MEDB1", row=2)
    clinic.conn.execute(
        "update quality.quarantine set stated_amount = 160, explained_amount = 140.5,"
        " reason = 'same version, other content'"
    )
    clinic.derive()
    rows = clinic.rows(
        "select detail -> 'sums', owner_team from operations.exception where exception_id = %s",
        number,
    )
    assert rows == [([[160, 140.5]], "billing")]
    [row] = sql.run(clinic.conn, "told/numbers/undecided.sql", seq=clinic.seq).rows
    assert "same version, other content ($160.00 and $140.50)" in words.undecided(Undecided(*row))
