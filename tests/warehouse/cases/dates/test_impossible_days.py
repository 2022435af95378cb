"""A visit that cannot have been on its day is never a claim: somebody finds out what is wrong, day or patient."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.warehouse.clinic import (
    EHR,
    Clinic,
    Record,
    again,
    answer,
    call,
    charge,
    claim,
    coverage,
    moment,
    note,
    patient,
    payment,
    practitioner,
    stay,
    visit,
)
from throughline.exceptions.choices import choices
from throughline.told import exceptions

DAY, LATER = "2026-07-07", "2026-07-08"
CHARGE = "charge_capture"
ON = "2026-07-01"


def dated(version: str, **values: Any) -> Record:
    """A newer version of the patient, as of a day of the chart."""
    record = again(patient("p1"), **values)
    return Record("patient", "p1", EHR, "p1", record.values, version=f"{version}T09:00:00Z")


def died(on: str, by: str | None = None) -> Record:
    """The patient died on a day, by the chart's calendar."""
    return dated(
        DAY, is_deceased=True, deceased_at=moment(on), deceased_by=date.fromisoformat(by or on)
    )


def unbilled(on: str = ON, **charged: Any) -> list[Record]:
    return [
        practitioner(), patient("p1"), coverage("p1", "COMM1", "5"), visit("p1", f"{on} 10:00"),
        note("p1", f"{on} 17:00"), charge("p1", f"{on} 10:00", **charged),
    ]  # fmt: skip


def stands(clinic: Clinic, workflow: str = CHARGE) -> tuple[str, str | None, list[str]]:
    """Whether the case is open, what it asks for, and what bars its claim."""
    case = clinic.case("p1", workflow)
    assert clinic.derived_digest() == clinic.digest()
    barred = clinic.rows("select reason from cases.do_not_bill")
    return case.status, case.asks, [row.reason for row in barred]


FREE: tuple[str, str, list[str]] = ("open", "billing", [])
BARRED = ("open", "impossible_date", ["impossible_date"])


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (died("2026-06-30"), BARRED),
        (died(ON), FREE),  # seen, and died the same day
        (died("2026-07-02"), FREE),
        # a moment late in the evening, in UTC the next day: the chart's calendar counts
        (died("2026-06-30 23:30", "2026-06-30"), BARRED),
        # a month or a year alone: died by its end
        (dated(DAY, is_deceased=True, deceased_by=date(2026, 6, 30)), BARRED),
        (dated(DAY, is_deceased=True, deceased_by=date(2026, 7, 31)), FREE),
        (dated(DAY, is_deceased=True, deceased_by=date(2026, 12, 31)), FREE),
        # no date: died by the day on which the chart said so
        (dated(DAY, is_deceased=True), FREE),
        (dated(ON, is_deceased=True), FREE),
        (dated("2026-06-30", is_deceased=True), BARRED),
        # born on the day of the visit, or the day after
        (dated(DAY, birth_date=date(2026, 7, 1)), FREE),
        (dated(DAY, birth_date=date(2026, 7, 2)), BARRED),
        (dated(DAY, birth_date=None), FREE),
    ],
)  # fmt: skip
def test_by_the_day(clinic: Clinic, record: Record, expected: tuple[Any, ...]) -> None:
    clinic.know(*unbilled(), record)
    clinic.night(DAY)
    assert stands(clinic) == expected


def test_the_death_that_was_first_said_counts_until_it_is_taken_back(clinic: Clinic) -> None:
    clinic.know(*unbilled(), dated("2026-06-28", is_deceased=True))
    clinic.night(DAY)
    assert stands(clinic) == BARRED
    # the chart writes the record again each day, and says no date
    clinic.know(dated("2026-07-07", is_deceased=True, city="Boston"))
    clinic.night(LATER)
    assert stands(clinic) == BARRED
    clinic.know(dated("2026-07-08", is_deceased=False))
    clinic.night("2026-07-09")
    assert stands(clinic) == FREE
    assert clinic.exceptions("p1") == []
    # said anew after it was taken back, it is as of then
    clinic.know(dated("2026-07-09", is_deceased=True))
    clinic.night("2026-07-10")
    assert stands(clinic) == FREE


@pytest.mark.parametrize(
    ("charged", "expected"),
    [
        ({"occurred_at": moment("2026-07-03 10:00")}, BARRED),
        ({"occurred_at": moment("2026-07-03 10:00"), "no_charge_reason": "courtesy"}, None),
        # entered after the death is no service after it
        ({"entered_at": moment("2026-07-05 10:00")}, FREE),
        ({"occurred_at": None, "entered_at": moment("2026-07-05 10:00")}, FREE),
    ],
)
def test_a_charge_has_a_day_of_its_own(
    clinic: Clinic, charged: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    clinic.know(*unbilled(**charged), died("2026-07-02"))
    clinic.night(DAY)
    if expected is None:
        assert clinic.rows("select from cases.case_record") == []
    else:
        assert stands(clinic) == expected


def test_a_note_may_be_signed_after_the_death(clinic: Clinic) -> None:
    late = note("p1", "2026-07-05 17:00")
    clinic.know(
        *[r for r in unbilled() if r.table != "document_reference"], late, died("2026-07-02")
    )
    clinic.night(DAY)
    assert stands(clinic) == FREE


def test_what_is_still_to_come_waits_until_it_has_come(clinic: Clinic) -> None:
    clinic.know(*unbilled(occurred_at=moment("2026-07-09 10:00")))
    clinic.night(DAY)
    assert stands(clinic) == BARRED
    # nothing came: time alone
    clinic.night(LATER)
    assert stands(clinic) == FREE


def test_every_workflow_that_bills_asks(clinic: Clinic) -> None:
    clinic.know(
        practitioner(), patient("p1"), coverage("p1"), stay("p1", "2026-06-30", "2026-07-01 11:00"),
        call("p1", "2026-07-02 10:00"), visit("p1", "2026-07-06 10:00"),
    )  # fmt: skip
    clinic.night(DAY)
    clinic.know(died("2026-07-04"))
    clinic.night(LATER)
    # nobody is asked to document, call or see a patient on that visit
    assert stands(clinic, "transitional_care") == BARRED


def told(clinic: Clinic) -> str:
    ids = [
        str(r.exception_id)
        for r in clinic.rows("select exception_id from operations.exception where status = 'open'")
    ]
    (stuck,) = exceptions.rows(clinic.conn, ids)
    assert (stuck.reason, stuck.owner_team) == ("impossible_date", "billing")
    assert {c.act for c in choices(stuck.reason, stuck.detail, in_case=True)} == {
        "acknowledge", "close_case", "assign",
    }  # fmt: skip
    return exceptions.why(stuck, "America/New_York")


@pytest.mark.parametrize(
    ("record", "charged", "said"),
    [
        (
            died("2026-06-30"),
            {},
            "Visit p1-visit is dated 2026-07-01, after the patient's death. The patient died on 2026-06-30.",
        ),
        (
            dated("2026-06-29", is_deceased=True),
            {},
            "Visit p1-visit is dated 2026-07-01, after the patient's death. The patient had died by 2026-06-29; the day"
            " is not known.",
        ),
        (
            died("2026-07-02"),
            {"occurred_at": moment("2026-07-03 10:00")},
            "The charge of visit p1-visit is dated 2026-07-03, after the patient's death.",
        ),
        (
            dated(DAY, birth_date=date(2026, 7, 2)),
            {},
            "Visit p1-visit is dated 2026-07-01, before the patient was born.",
        ),
        (
            dated(DAY),
            {"occurred_at": moment("2027-07-01 10:00")},
            "The charge of visit p1-visit is dated 2027-07-01, which is still to come.",
        ),
    ],
)
def test_it_says_what_contradicts_what(
    clinic: Clinic, record: Record, charged: dict[str, Any], said: str
) -> None:
    clinic.know(*unbilled(**charged), record)
    clinic.night(DAY)
    words = told(clinic)
    assert said in words
    assert "corrects the date, the death or the patient" in words


def test_nobody_lets_it_go_on_and_closing_it_ends_it(clinic: Clinic) -> None:
    clinic.know(*unbilled(), died("2026-06-30"))
    clinic.night(DAY)
    (found,) = clinic.rows("select exception_id from operations.exception where status = 'open'")
    for on, act in ((LATER, "retry"), ("2026-07-09", "continue")):
        clinic.decide(act, "exception", str(found.exception_id), action=act)
        clinic.night(on)
        assert stands(clinic)[2] == ["impossible_date"], act
    clinic.decide("close_case", "case", str(clinic.case("p1", CHARGE).case_id))
    clinic.night("2026-07-10")
    assert stands(clinic) == ("closed", None, [])


@pytest.mark.parametrize("on", ["2026-06-30", ON])
def test_what_was_paid_for_such_a_day_is_an_overpayment(clinic: Clinic, on: str) -> None:
    clinic.know(*unbilled())
    clinic.night(DAY)
    clinic.know(*claim("p1", ON, ["99214"], payer="COMM1", sent=LATER), answer("p1", LATER))
    clinic.night(LATER)
    clinic.know(payment("p1", "2026-07-20", 200))
    clinic.night("2026-07-20")
    assert clinic.case("p1", CHARGE).status == "completed"
    clinic.know(died(on))
    clinic.night("2026-07-21")
    expected = ["overpayment"] if on < ON else []
    assert clinic.exceptions("p1") == expected
    assert clinic.derived_digest() == clinic.digest()
