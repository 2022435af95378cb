"""What is taken back is taken back, what is late accuses nobody, and the history shows both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.warehouse.clinic import (
    Clinic,
    Record,
    again,
    answer,
    appointment,
    call,
    charge,
    claim,
    consent,
    coverage,
    deleted,
    eligibility,
    moment,
    note,
    patient,
    payment,
    practitioner,
    reconciliation,
    stay,
    visit,
)

TCM, AWV, CHARGE = "transitional_care", "annual_wellness", "charge_capture"
HOME = stay("p1", "2026-07-01", "2026-07-06 11:00")
BASE = [patient("p1"), coverage("p1", "COMM1", "5")]


def carried(clinic: Clinic, until: str) -> dict[str, Record]:
    """Carry the patient from a discharge on 6 July as far as `until`; returns the records by name."""
    steps: list[tuple[str, str, dict[str, Record | list[Record]]]] = [
        ("opened", "2026-07-06", {"stay": HOME}),
        ("contacted", "2026-07-07", {"call": call("p1", "2026-07-07 10:00")}),
        ("scheduled", "2026-07-08", {"slot": appointment("p1", "2026-07-10 09:00")}),
        (
            "seen",
            "2026-07-10",
            {
                "visit": visit("p1", "2026-07-10 09:00"),
                "charge": charge("p1", "2026-07-10 09:00", "99496", level="high"),
                "medicines": reconciliation("p1", "2026-07-10 09:00"),
            },
        ),
        ("documented", "2026-07-11", {"note": note("p1", "2026-07-11 10:00")}),
        (
            "billed",
            "2026-07-14",
            {
                "claim": claim("p1", "2026-07-10", ["99496"], payer="COMM1"),
                "accepted": answer("p1", "2026-07-14"),
            },
        ),
        ("settled", "2026-07-25", {"paid": payment("p1", "2026-07-25", 150, contractual=50)}),
    ]
    records: dict[str, Record] = {}
    clinic.know(BASE)
    for stage, day, found in steps:
        for name, record in found.items():
            clinic.know(record)
            records[name] = record if isinstance(record, Record) else record[0]
        clinic.night(day)
        if stage == until:
            return records
    raise AssertionError(until)


def kept_is_derived(clinic: Clinic) -> None:
    assert clinic.digest() == clinic.derived_digest()


def test_carried_the_whole_way(clinic: Clinic) -> None:
    carried(clinic, "settled")
    case = clinic.case("p1", TCM)

    assert (case.status, case.code) == ("completed", "99496")
    assert case.done == ("contacted", "scheduled", "seen", "documented", "billed", "settled")
    assert clinic.history(case, "seen")[-1] == "proven"
    assert not clinic.exceptions("p1")
    kept_is_derived(clinic)


# ---- the event itself --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        again(HOME, status="entered-in-error"),
        again(HOME, status="cancelled"),
        deleted(HOME),
        again(HOME, status="in-progress", ends_at=None),
        again(HOME, discharge_disposition_code="snf"),
    ],
    ids=["in error", "cancelled", "deleted", "not discharged after all", "to a nursing facility"],
)
def test_a_discharge_that_was_none_closes_its_case_and_brings_it_back(
    clinic: Clinic, record: Record
) -> None:
    carried(clinic, "contacted")
    clinic.know(record)
    clinic.night("2026-07-08")
    case = clinic.case("p1", TCM)
    assert (case.status, case.reason) == ("closed", "trigger_withdrawn")
    assert not clinic.exceptions("p1")
    kept_is_derived(clinic)

    clinic.know(again(HOME))
    clinic.night("2026-07-09")
    case = clinic.case("p1", TCM)
    assert (case.status, case.stage, case.done) == ("open", "scheduled", ("contacted",))
    assert [
        row.kind
        for row in clinic.rows(
            "select kind from cases.event where case_id = %s and kind in ('closed', 'reopened') order by known_seq",
            case.case_id,
        )
    ] == ["closed", "reopened"]
    kept_is_derived(clinic)


def test_a_corrected_discharge_moves_its_clock(clinic: Clinic) -> None:
    carried(clinic, "opened")
    assert clinic.case("p1", TCM).due_on == date(2026, 7, 8)
    clinic.know(again(HOME, ends_at=moment("2026-07-07 09:00")))
    clinic.night("2026-07-07")

    assert clinic.case("p1", TCM).due_on == date(2026, 7, 9)
    assert len(clinic.cases_of("p1", TCM)) == 1
    kept_is_derived(clinic)


def test_a_corrected_disposition_opens_a_case(clinic: Clinic) -> None:
    clinic.know(BASE, again(HOME, discharge_disposition_code="snf"))
    clinic.night("2026-07-06")
    assert not clinic.cases_of("p1", TCM)
    clinic.know(again(HOME))
    clinic.night("2026-07-07")
    assert clinic.case("p1", TCM).status == "open"


# ---- the evidence of stages --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "name", "changes", "falls", "stands"),
    [
        ("contacted", "call", None, "contacted", "contacted"),
        ("contacted", "call", {"status": "entered-in-error"}, "contacted", "contacted"),
        ("contacted", "call", {"outcome_code": "left_message"}, "contacted", "contacted"),
        ("scheduled", "slot", {"status": "cancelled"}, "scheduled", "scheduled"),
        ("scheduled", "slot", {"status": "noshow"}, "scheduled", "scheduled"),
        ("scheduled", "slot", None, "scheduled", "scheduled"),
        ("seen", "visit", None, "seen", "seen"),
        ("seen", "visit", {"status": "entered-in-error"}, "seen", "seen"),
        ("seen", "visit", {"status": "in-progress"}, "seen", "seen"),
        ("seen", "visit", {"practitioner_id": "nurse1"}, "seen", "seen"),
        ("seen", "visit", {"starts_at": moment("2026-07-05 09:00")}, "seen", "seen"),
        ("documented", "note", None, "documented", "documented"),
        ("documented", "note", {"status": "entered-in-error"}, "documented", "documented"),
        ("documented", "note", {"doc_status": "preliminary"}, "documented", "documented"),
        ("documented", "note", {"type_code": "18842-5"}, "documented", "documented"),
        ("documented", "note", {"encounter_id": "p1-other"}, "documented", "documented"),
        ("billed", "accepted", None, "billed", "billed"),
        ("settled", "paid", None, "settled", "settled"),
    ],
)
def test_evidence_that_falls_away_takes_its_stage_along(
    clinic: Clinic,
    until: str,
    name: str,
    changes: dict[str, object] | None,
    falls: str,
    stands: str,
) -> None:
    record = carried(clinic, until)[name]
    assert falls in clinic.case("p1", TCM).done
    clinic.know(deleted(record) if changes is None else again(record, **changes))
    clinic.night(
        "2026-07-26" if until == "settled" else "2026-07-15" if until == "billed" else "2026-07-12"
    )
    case = clinic.case("p1", TCM)

    assert (case.status, case.stage) == ("open", stands)
    assert falls not in case.done
    assert clinic.history(case, falls)[-2:] == ["proven", "taken_back"]
    kept_is_derived(clinic)

    clinic.know(again(record))
    clinic.night("2026-07-27")
    assert falls in clinic.case("p1", TCM).done
    assert clinic.history(case, falls)[-1] == "proven"
    kept_is_derived(clinic)


def test_a_note_that_is_superseded_stays_signed(clinic: Clinic) -> None:
    record = carried(clinic, "documented")["note"]
    clinic.know(
        again(record, status="superseded"),
        note("p1", "2026-07-12", key="amended", doc_status="preliminary"),
    )
    clinic.night("2026-07-12")
    assert "documented" in clinic.case("p1", TCM).done


def test_a_practitioner_who_may_not_bill_after_all(clinic: Clinic) -> None:
    carried(clinic, "documented")
    clinic.know(practitioner(is_billable=False))
    clinic.night("2026-07-12")
    assert clinic.case("p1", TCM).stage == "scheduled"
    kept_is_derived(clinic)


# ---- after the money came ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("visit", None),
        ("visit", {"status": "entered-in-error"}),
        ("note", None),
        ("note", {"status": "entered-in-error"}),
    ],
)
def test_paid_and_the_evidence_fell_away_is_an_overpayment(
    clinic: Clinic, name: str, changes: dict[str, object] | None
) -> None:
    record = carried(clinic, "settled")[name]
    clinic.know(deleted(record) if changes is None else again(record, **changes))
    clinic.night("2026-07-26")

    def overpaid() -> list[tuple[float, str, str]]:
        return [
            (float(row.amount), row.owner_team, row.status)
            for row in clinic.rows(
                "select * from operations.exception where reason = 'overpayment'"
            )
        ]

    assert overpaid() == [(150.0, "compliance", "open")]
    assert clinic.case("p1", TCM).status == "open"
    clinic.derive()
    assert overpaid() == [(150.0, "compliance", "open")]
    for day in ("2026-07-27", "2026-08-20"):
        clinic.night(day)
        assert overpaid() == [(150.0, "compliance", "open")]
    kept_is_derived(clinic)


@pytest.mark.parametrize(
    ("changes", "is_overpaid"),
    [
        (None, True),
        ({"status": "entered-in-error"}, True),
        ({"status": "not-billable"}, True),
        ({"code": "99214"}, True),
        ({"status": "billed"}, False),
        ({"diagnoses": ["I10"]}, False),
    ],
)
def test_paid_and_its_charge_was_corrected_is_an_overpayment(
    clinic: Clinic, changes: dict[str, object] | None, is_overpaid: bool
) -> None:
    """Who sends a wrong code corrects the charge: what was paid by then is somebody's to give back."""
    record = carried(clinic, "settled")["charge"]
    wanted = ["overpayment"] * is_overpaid
    clinic.know(deleted(record) if changes is None else again(record, **changes))
    for day in ("2026-07-26", "2026-08-20"):
        clinic.night(day)
        assert clinic.exceptions("p1") == wanted
    assert "settled" in clinic.case("p1", TCM).done
    kept_is_derived(clinic)


def test_a_charge_that_was_corrected_before_the_money_came_is_an_overpayment_when_it_comes(
    clinic: Clinic,
) -> None:
    record = carried(clinic, "billed")["charge"]
    clinic.know(again(record, code="99214"))
    clinic.night("2026-07-15")
    assert clinic.exceptions("p1") == []
    clinic.know(payment("p1", "2026-07-25", 150, contractual=50))
    clinic.night("2026-07-25")
    assert "overpayment" in clinic.exceptions("p1")
    kept_is_derived(clinic)


def test_the_charge_that_was_captured_for_no_visit_is_an_overpayment(clinic: Clinic) -> None:
    seen = visit("p1", "2026-07-01 09:00")
    clinic.know(BASE, seen, note("p1", "2026-07-01"), charge("p1", "2026-07-01"))
    clinic.night("2026-07-08")
    clinic.know(
        claim("p1", "2026-07-01", payer="COMM1", sent="2026-07-09"),
        answer("p1", "2026-07-10"),
        payment("p1", "2026-07-24", 150, contractual=50),
    )
    clinic.night("2026-07-24")
    assert clinic.case("p1", CHARGE).status == "completed"

    clinic.know(again(seen, status="entered-in-error"))
    clinic.night("2026-07-25")
    assert clinic.exceptions("p1") == ["overpayment"]
    assert clinic.case("p1", CHARGE).reason == "trigger_withdrawn"


def test_a_reversal_reopens_nothing_before_its_correction_is_due(clinic: Clinic) -> None:
    carried(clinic, "settled")
    clinic.know(payment("p1", "2026-07-28", -150, contractual=-50, status="22"))
    clinic.night("2026-07-28")
    case = clinic.case("p1", TCM)
    assert (case.status, case.stage, case.asks) == ("open", "settled", "wait")
    assert not clinic.exceptions("p1")

    clinic.know(payment("p1", "2026-07-29", 145, contractual=55, key="c"))
    clinic.night("2026-07-29")
    assert clinic.case("p1", TCM).status == "completed"
    kept_is_derived(clinic)


def test_a_reversal_and_its_correction_in_one_night_change_nothing(clinic: Clinic) -> None:
    carried(clinic, "settled")
    clinic.know(
        payment("p1", "2026-07-28", -150, contractual=-50, status="22"),
        payment("p1", "2026-07-28", 145, contractual=55, key="c"),
    )
    clinic.night("2026-07-28")
    case = clinic.case("p1", TCM)
    assert case.status == "completed"
    assert clinic.history(case, "settled").count("taken_back") == 0


def test_a_reversal_without_a_correction_is_somebodys_in_two_weeks(clinic: Clinic) -> None:
    carried(clinic, "settled")
    clinic.know(payment("p1", "2026-07-28", -150, contractual=-50, status="22"))
    clinic.night("2026-07-28")
    clinic.night("2026-08-11")
    assert clinic.exceptions("p1") == ["payment_overdue"]


# ---- persons -----------------------------------------------------------------------------------


def test_a_merge_carries_the_case_over(clinic: Clinic) -> None:
    carried(clinic, "scheduled")
    old = clinic.case("p1", TCM)
    clinic.know(patient("p2"), again(patient("p1"), replaced_by="p2", is_active=False))
    clinic.night("2026-07-09")

    case = clinic.case("p2", TCM)
    assert (case.stage, case.done) == ("seen", ("contacted", "scheduled"))
    (row,) = clinic.rows(
        "select status, close_reason from cases.case_record where case_id = %s", old.case_id
    )
    assert tuple(row) == ("closed", "trigger_withdrawn")
    kept_is_derived(clinic)


def test_doubt_blocks_all_until_a_person_settles_it(clinic: Clinic) -> None:
    carried(clinic, "documented")
    twin = {
        "family": "Family-p1",
        "given": "Given-p1",
        "birth_date": date(1950, 1, 1),
        "phone": "5",
    }
    clinic.know(patient("p1", **twin), patient("p2", **twin))
    clinic.night("2026-07-13")
    case = clinic.case("p1", TCM)
    assert (case.stage, case.state, case.asks) == ("billed", "blocked", "identity_doubt")
    assert clinic.exceptions("p1") == ["identity_doubt"]

    clinic.night("2026-07-14", late=["clearinghouse.claim"])
    assert clinic.case("p1", TCM).asks == "identity_doubt"

    clinic.decide("unlink", "record", "ehr|p2", person_id=str(clinic.person("p1")))
    clinic.night("2026-07-15")
    assert clinic.case("p1", TCM).asks == "billing"
    assert not clinic.exceptions("p1")
    kept_is_derived(clinic)


@pytest.mark.parametrize(
    ("record", "before", "after"),
    [
        # within 30 days of the discharge: the visit stays billable, though not as transitional care
        (
            again(patient("p1"), is_deceased=True, deceased_at=moment("2026-07-12")),
            "excluded",
            "charge_check",
        ),
        (again(patient("p1"), is_active=False), "closed", "billing"),
        (stay("p1", "2026-07-12", key="again"), "excluded", "billing"),
    ],
    ids=["died", "left", "admitted"],
)
def test_what_ends_outreach_ends_no_bill(
    clinic: Clinic, record: Record, before: str, after: str
) -> None:
    carried(clinic, "scheduled")
    clinic.know(record)
    clinic.night("2026-07-13")
    assert clinic.case("p1", TCM).status == before
    assert clinic.case("p1", TCM).asks is None

    clinic.conn.rollback()
    other = Clinic(clinic.conn)
    carried(other, "documented")
    other.know(record)
    other.night("2026-07-13")
    assert (other.case("p1", TCM).status, other.case("p1", TCM).asks) == ("open", after)


def test_an_opt_out_stops_at_once_and_ends_on_its_day(clinic: Clinic) -> None:
    carried(clinic, "opened")
    clinic.know(consent("p1", ends_at=moment("2026-07-08 12:00")))
    clinic.night("2026-07-06")
    assert clinic.case("p1", TCM).asks == "contact_blocked"
    clinic.night("2026-07-07")
    assert clinic.case("p1", TCM).asks == "contact_blocked"
    clinic.night("2026-07-08")
    assert clinic.case("p1", TCM).asks != "contact_blocked"
    kept_is_derived(clinic)


# ---- late data ---------------------------------------------------------------------------------

CALLS, CLAIMS = ["ehr.communication"], ["clearinghouse.claim"]


def test_a_late_feed_makes_unknown_and_never_missed(clinic: Clinic) -> None:
    clinic.know(BASE, HOME)
    clinic.night("2026-07-06", late=CALLS)
    case = clinic.case("p1", TCM)
    assert (case.state, case.asks, case.next_step) == ("unknown", "wait", "wait")

    # the clock ends with 8 July: from the morning before, somebody verifies by hand
    for day in ("2026-07-07", "2026-07-08", "2026-07-09"):
        clinic.night(day, late=CALLS)
        case = clinic.case("p1", TCM)
        assert (case.state, case.asks, case.next_step) == ("unknown", "verify_by_hand", "exception")
        kept_is_derived(clinic)

    clinic.know(call("p1", "2026-07-08 16:00"))
    clinic.night("2026-07-10")
    case = clinic.case("p1", TCM)
    assert (case.stage, case.done) == ("scheduled", ("contacted",))
    assert not clinic.exceptions("p1")
    assert not clinic.rows("select from operations.exception where reason = 'missed_clock'")


def test_the_feed_comes_and_proves_nothing(clinic: Clinic) -> None:
    clinic.know(BASE, HOME)
    clinic.night("2026-07-06")
    clinic.night("2026-07-08", late=CALLS)
    assert clinic.exceptions("p1") == ["verify_by_hand"]
    clinic.night("2026-07-09")
    assert clinic.exceptions("p1") == ["missed_clock"]
    assert clinic.case("p1", TCM).state == "missed"


def test_a_visit_is_no_leak_while_claims_are_late(clinic: Clinic) -> None:
    clinic.know(
        BASE, visit("p1", "2026-07-01 09:00"), note("p1", "2026-07-01"), charge("p1", "2026-07-01")
    )
    clinic.night("2026-07-08", late=CLAIMS)
    case = clinic.case("p1", CHARGE)
    assert (case.state, case.asks) == ("unknown", "wait")
    assert not clinic.exceptions("p1")

    clinic.know(claim("p1", "2026-07-01", payer="COMM1", sent="2026-07-03"))
    clinic.night("2026-07-09")
    assert (clinic.case("p1", CHARGE).status, clinic.case("p1", CHARGE).reason) == (
        "excluded",
        "billed_in_time",
    )


def test_a_claim_after_the_lag_was_a_leak(clinic: Clinic) -> None:
    clinic.know(
        BASE, visit("p1", "2026-07-01 09:00"), note("p1", "2026-07-01"), charge("p1", "2026-07-01")
    )
    clinic.night("2026-07-08")
    assert clinic.case("p1", CHARGE).asks == "billing"
    clinic.know(claim("p1", "2026-07-01", payer="COMM1", sent="2026-07-08"))
    clinic.night("2026-07-09")
    case = clinic.case("p1", CHARGE)
    assert (case.status, case.stage, case.asks) == ("open", "billed", "wait")


# ---- two cases, one visit ----------------------------------------------------------------------


def test_one_visit_serves_one_case_at_a_time(clinic: Clinic) -> None:
    """A visit that looks unbilled belongs to the discharge that becomes known later, and comes back."""
    clinic.know(
        BASE, visit("p1", "2026-07-01 09:00"), note("p1", "2026-07-01"), charge("p1", "2026-07-01")
    )
    clinic.night("2026-07-08")
    assert clinic.case("p1", CHARGE).status == "open"

    late = stay("p1", "2026-06-20", "2026-06-29 11:00")
    clinic.know(late, call("p1", "2026-06-30 10:00"))
    clinic.night("2026-07-09")
    assert (clinic.case("p1", CHARGE).status, clinic.case("p1", CHARGE).reason) == (
        "excluded",
        "billed_with_other_case",
    )
    assert clinic.case("p1", TCM).asks == "billing"

    clinic.know(again(late, status="entered-in-error"))
    clinic.night("2026-07-10")
    assert clinic.case("p1", TCM).reason == "trigger_withdrawn"
    assert clinic.case("p1", CHARGE).status == "open"
    kept_is_derived(clinic)


def test_a_visit_is_captured_when_the_case_that_held_it_ends(clinic: Clinic) -> None:
    clinic.know(
        BASE,
        stay("p1", "2026-06-10", "2026-06-15 11:00"),
        stay("p1", "2026-06-18 12:00", "2026-06-20 12:00", "snf", key="again"),
        visit("p1", "2026-06-25 09:00"),
        note("p1", "2026-06-25"),
        charge("p1", "2026-06-25"),
    )
    clinic.night("2026-07-06")
    assert clinic.case("p1", TCM).reason == "readmitted"
    clinic.night("2026-07-07")
    assert clinic.case("p1", CHARGE).asks == "billing"


def test_a_wellness_visit_and_a_discharge_share_visit_and_claim(clinic: Clinic) -> None:
    clinic.know(patient("p1"), coverage("p1"))
    clinic.night("2026-07-01")
    clinic.know(
        HOME,
        call("p1", "2026-07-07 10:00"),
        eligibility("p1", "2026-07-02", following="2026-01-01"),
    )
    clinic.night("2026-07-07")
    clinic.know(
        visit("p1", "2026-07-10 09:00"),
        note("p1", "2026-07-10"),
        reconciliation("p1", "2026-07-10"),
        charge("p1", "2026-07-10", "99496", level="high"),
        charge("p1", "2026-07-10", "G0439", level=None, key="well"),
    )
    clinic.night("2026-07-20")
    both = [clinic.case("p1", workflow) for workflow in (TCM, AWV)]
    assert [case.asks for case in both] == ["billing", "billing"]
    assert {
        row.encounter_ref for row in clinic.rows("select encounter_ref from cases.case_record")
    } == {"p1-visit"}

    clinic.know(
        claim("p1", "2026-07-10", ["99496", "G0439"]),
        answer("p1", "2026-07-22"),
        payment("p1", "2026-08-06", 150, contractual=50),
    )
    clinic.night("2026-08-06")
    assert [clinic.case("p1", workflow).status for workflow in (TCM, AWV)] == [
        "completed",
        "completed",
    ]
    assert not clinic.cases_of("p1", CHARGE)


# ---- wellness, year after year -----------------------------------------------------------------


def test_wellness_comes_up_again_every_year(clinic: Clinic) -> None:
    clinic.know(patient("p1"), coverage("p1", starts="2020-03-01"))
    clinic.night("2026-07-01")
    clinic.know(call("p1", "2026-07-02 10:00", "declined"))
    clinic.night("2026-07-02")
    assert clinic.case("p1", AWV).reason == "declined"
    clinic.night("2026-07-03")
    clinic.night("2027-02-28")
    assert len(clinic.cases_of("p1", AWV)) == 1
    clinic.night("2027-03-01")
    assert [case.status for case in clinic.cases_of("p1", AWV)] == ["closed", "open"]
    kept_is_derived(clinic)


@pytest.mark.parametrize(
    ("covered", "payer", "named", "again_on"),
    [
        (coverage("p1", starts="2020-03-01"), "MEDB1", "2026-05-01", "2027-05-01"),
        (coverage("p1", starts="2020-03-01"), "MEDB1", "2025-12-01", "2026-12-01"),
        (coverage("p1", "SUNADV", "11", starts="2020-03-01"), "SUNADV", "2026-05-01", "2027-01-01"),
    ],
    ids=["part B, later", "part B, earlier", "by calendar year"],
)
def test_whoever_declined_is_not_asked_again_because_the_payer_names_another_day(
    clinic: Clinic, covered: Record, payer: str, named: str, again_on: str
) -> None:
    clinic.know(patient("p1"), covered)
    clinic.night("2026-07-01")
    clinic.know(
        call("p1", "2026-07-02 10:00", "declined"), eligibility("p1", "2026-07-02", following=named, payer=payer)
    )  # fmt: skip
    clinic.night("2026-07-02")
    assert clinic.case("p1", AWV).reason == "declined"
    for on in ("2026-07-03", "2026-07-06", str(date.fromisoformat(again_on) - timedelta(days=1))):
        clinic.night(on)
        assert len(clinic.cases_of("p1", AWV)) == 1
    clinic.night(again_on)
    assert [case.status for case in clinic.cases_of("p1", AWV)] == ["closed", "open"]
    kept_is_derived(clinic)


def test_not_due_yet_waits_for_its_day_and_asks_again(clinic: Clinic) -> None:
    clinic.know(patient("p1"), coverage("p1"))
    clinic.night("2026-07-01")
    clinic.know(eligibility("p1", "2026-07-02", following="2026-11-01"))
    clinic.night("2026-07-02")
    assert clinic.case("p1", AWV).reason == "not_due_yet"
    clinic.night("2026-10-31")
    assert len(clinic.cases_of("p1", AWV)) == 1
    clinic.night("2026-11-01")
    case = clinic.case("p1", AWV)
    assert (case.status, case.stage, case.asks) == ("open", "due", "eligibility")
    kept_is_derived(clinic)


def test_coverage_that_begins_later_opens_on_its_day(clinic: Clinic) -> None:
    clinic.know(patient("p1"), coverage("p1", starts="2026-08-01"))
    clinic.night("2026-07-01")
    clinic.night("2026-07-31")
    assert not clinic.cases_of("p1", AWV)
    clinic.night("2026-08-01")
    assert clinic.case("p1", AWV).asks == "eligibility"


# ---- tasks end by evidence ---------------------------------------------------------------------


def test_tasks_end_as_the_evidence_says(clinic: Clinic) -> None:
    carried(clinic, "opened")
    first = clinic.task(
        "p1",
        TCM,
        "encounter/p1-stay",
        "contacted",
        "outreach",
        planned=1,
        due="2026-07-08",
        effect="contact|x",
    )

    def task(task_id: object) -> tuple[str, str]:
        (row,) = clinic.rows(
            "select status, status_reason from tasks.task where task_id = %s", task_id
        )
        return tuple(row)

    clinic.know(call("p1", "2026-07-06 15:00", "no_answer"))
    clinic.night("2026-07-07")
    assert task(first) == ("failed", "no_answer")

    second = clinic.task(
        "p1",
        TCM,
        "encounter/p1-stay",
        "contacted",
        "outreach",
        planned=2,
        due="2026-07-12",
        attempt=2,
        effect="contact|y",
    )
    clinic.know(
        Record(
            "task",
            "t1",
            "ehr",
            "p1",
            {
                "status": "rejected",
                "our_identifier": "contact|y",
                "last_modified_at": moment("2026-07-08 09:00"),
                "business_status": "no capacity",
            },
        )
    )
    clinic.night("2026-07-08")
    assert task(second) == ("rejected", "no capacity")

    third = clinic.task(
        "p1",
        TCM,
        "encounter/p1-stay",
        "contacted",
        "outreach",
        planned=3,
        due="2026-07-12",
        attempt=3,
        effect="contact|z",
    )
    clinic.know(call("p1", "2026-07-08 17:00"))
    clinic.night("2026-07-09")
    assert task(third) == ("completed", "proven")
    kept_is_derived(clinic)


def test_no_patient_is_named_in_an_exception(clinic: Clinic) -> None:
    clinic.know(BASE, HOME, consent("p1"))
    clinic.night("2026-07-06")
    texts = " ".join(
        str(row) for row in clinic.rows("select detail, resolution from operations.exception")
    )
    for word in ("Family", "Given", "MRN", "M-p1", "02134"):
        assert word not in texts


@pytest.mark.parametrize("ends", [again, deleted], ids=["another number", "deleted"])
def test_a_claim_is_of_the_practice_while_its_practitioner_is(
    clinic: Clinic, ends: Callable[..., Record]
) -> None:
    """Whether a claim is anybody else's is asked as of the night: what is known later changes no earlier one."""
    guest = practitioner("doctor2", "7777777777")
    clinic.know(BASE, HOME, claim("p1", "2026-07-07", ["99496"], npi="7777777777", payer="COMM1"))
    clinic.night("2026-07-07")
    assert clinic.case("p1", TCM).reason == "billed_elsewhere"
    nights = [(clinic.seq, clinic.cut_off, clinic.digest())]

    clinic.know(guest)
    clinic.night("2026-07-08")
    assert clinic.case("p1", TCM).status == "open"
    nights.append((clinic.seq, clinic.cut_off, clinic.digest()))

    clinic.know(ends(guest, npi="8888888888") if ends is again else ends(guest))
    clinic.night("2026-07-09")
    assert clinic.case("p1", TCM).reason == "billed_elsewhere"
    nights.append((clinic.seq, clinic.cut_off, clinic.digest()))
    for clinic.seq, clinic.cut_off, digest in nights:
        assert clinic.derived_digest() == digest
