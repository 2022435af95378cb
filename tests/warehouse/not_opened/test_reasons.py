"""What could have opened a case and did not is counted, with every reason."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import Clinic, Record, again, coverage, note, patient, stay, visit

HOME = "2026-07-06 11:00"
NIGHT = "2026-07-07"


def reasons(clinic: Clinic, workflow: str = "transitional_care") -> list[str]:
    """Return why a workflow opened no case, whatever the person."""
    return [
        row.reason
        for row in clinic.rows(
            f"select reason from cases.not_opened where workflow = '{workflow}' order by 1"
        )
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        (
            {"stay": {"discharge_disposition_code": None, "discharge_disposition_system": None}},
            ["disposition_not_stated"],
        ),
        ({"stay": {"discharge_disposition_code": "snf"}}, ["went_elsewhere"]),
        ({"patient": {"general_practitioner_id": None}}, ["attribution_not_stated"]),
        ({"coverage": None}, ["coverage_not_stated"]),
        ({"coverage": {"type_code": None, "payer_id": "NOBODY"}}, ["payer_class_not_stated"]),
        ({"coverage": {"type_code": "81", "payer_id": "NOBODY"}}, ["payer_class_not_meant"]),
        (
            {
                "patient": {"general_practitioner_id": None},
                "coverage": None,
                "stay": {"discharge_disposition_code": None},
            },
            ["attribution_not_stated", "coverage_not_stated", "disposition_not_stated"],
        ),
    ],
)
def test_a_discharge_that_opens_no_case_says_why(
    clinic: Clinic, changed: dict[str, dict[str, object] | None], expected: list[str]
) -> None:
    records: list[Record] = []
    for name, one in (
        ("patient", patient("p1")),
        ("coverage", coverage("p1")),
        ("stay", stay("p1", "2026-07-03", HOME)),
    ):
        change = changed.get(name, {})
        if change is not None:
            records.append(again(one, **change) if change else one)
    clinic.know(*records)
    clinic.night(NIGHT)
    assert reasons(clinic) == expected
    assert bool(
        clinic.rows("select from cases.case_record where workflow = 'transitional_care'")
    ) is not bool(expected)


def test_a_reason_goes_when_the_record_says_what_was_missing(clinic: Clinic) -> None:
    unsaid = again(stay("p1", "2026-07-03", HOME), discharge_disposition_code=None)
    clinic.know(patient("p1"), coverage("p1"), unsaid)
    clinic.night(NIGHT)
    assert reasons(clinic) == ["disposition_not_stated"]
    clinic.know(again(unsaid, discharge_disposition_code="home"))
    clinic.night("2026-07-08")
    assert reasons(clinic) == []
    assert clinic.case("p1", "transitional_care").stage == "contacted"
    assert clinic.digest() == clinic.derived_digest()


def test_a_disposition_that_nobody_has_mapped_is_a_reason(clinic: Clinic) -> None:
    clinic.know(
        patient("p1"),
        coverage("p1"),
        again(stay("p1", "2026-07-03", HOME), discharge_disposition_code="GONE"),
    )
    clinic.night(NIGHT)
    assert reasons(clinic) == ["disposition_not_mapped"]


def test_a_discharge_that_is_learned_of_too_late_is_counted(clinic: Clinic) -> None:
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-05-03", "2026-05-06 11:00"))
    clinic.night(NIGHT)
    assert reasons(clinic) == ["learned_too_late"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"practitioner_id": None}, ["practitioner_not_stated"]),
        ({"practitioner_id": "unheard"}, ["practitioner_not_known"]),
        ({"note": None}, ["note_not_signed"]),
    ],
)
def test_a_visit_without_a_claim_that_opens_no_case_says_why(
    clinic: Clinic, changed: dict[str, object], expected: list[str]
) -> None:
    seen = visit("p1", "2026-06-15 10:00")
    change = {name: value for name, value in changed.items() if name != "note"}
    clinic.know(patient("p1"), coverage("p1"), again(seen, **change) if change else seen)
    if "note" not in changed:
        clinic.know(note("p1", "2026-06-15 12:00"))
    clinic.night(NIGHT)
    assert reasons(clinic, "charge_capture") == expected


def test_a_wellness_visit_of_nobodys_patient_is_counted(clinic: Clinic) -> None:
    clinic.know(again(patient("p1"), general_practitioner_id=None), coverage("p1"))
    clinic.night(NIGHT)
    assert reasons(clinic, "annual_wellness") == ["attribution_not_stated"]
