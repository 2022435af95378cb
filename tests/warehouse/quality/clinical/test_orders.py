"""Orders, and what answers them: tasks, reports, bookings; prescriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.warehouse.deliveries import Hand
from tests.warehouse.quality.clinical.records import (
    LOINC,
    P1,
    SNOMED,
    concept,
    record,
)


def ordered(key: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return an order."""
    said = {
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "code": concept((SNOMED, "306114003")),
        "subject": P1,
        "encounter": {"reference": "Encounter/e1"},
        "authoredOn": "2026-02-01T10:00:00-05:00",
        "requester": {"reference": "Practitioner/dr1"},
        "performerType": concept(("http://nucc.org/provider-taxonomy", "207RC0000X")),
        "identifier": [{"type": concept(("", "PLAC")), "value": "PL-1"}],
        **more,
    }
    return record("ServiceRequest", key, version, **said)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "order"),
        ({"intent": "filler-order"}, "order"),
        ({"status": "completed"}, "order"),
        ({"status": "revoked"}, "order_revoked"),
        ({"doNotPerform": True, "reasonCode": [concept(("", "declined"))]}, "not_done"),
        ({"doNotPerform": True, "status": "revoked"}, None),
        ({"intent": "proposal"}, None),
        ({"intent": "plan"}, None),
        ({"status": "draft"}, None),
        ({"status": "entered-in-error"}, None),
    ],
)
def test_which_kind_of_fact_an_order_states(
    told: Callable[..., list[dict[str, Any]]], more: dict[str, Any], kind: str | None
) -> None:
    found = told("service_request", [ordered("o1", **more)], "service_request/o1")
    assert [f["kind"] for f in found] == ([kind] if kind else [])


def test_an_order_its_task_report_and_booking_share_its_id(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    (order,) = told("service_request", [ordered("o1")], "service_request/o1")
    assert order["identifiers"] == {"order": "o1", "encounter": "e1", "placer_order": "PL-1"}
    specialty = {"system": "http://nucc.org/provider-taxonomy", "code": "207RC0000X"}
    assert (order["detail"]["requester_id"], order["detail"]["specialty"]) == ("dr1", [specialty])
    answers: dict[str, Any] = {"basedOn": [{"reference": "ServiceRequest/o1"}], "subject": P1}
    whose: dict[str, Any] = {"for": P1}
    task = record("Task", "t1", status="accepted", code=concept(("", "fulfill")), authoredOn="2026-02-02",
                  focus={"reference": "ServiceRequest/o1"}, output=[{"type": concept((LOINC, "11488-4")),
                  "valueReference": {"reference": "DocumentReference/d1"}}], **whose)  # fmt: skip
    report = record("DiagnosticReport", "g1", status="final", code=concept((LOINC, "24604-1")),
                    effectivePeriod={"start": "2026-02-03", "end": "2026-02-04"},
                    result=[{"reference": "Observation/r1"}], **answers)  # fmt: skip
    booking = record("Appointment", "a1", status="booked", start="2026-03-02T14:00:00Z",
                     created="2026-02-02T15:00:00Z", appointmentType={"coding": [{"code": "OFFICE"}]},
                     participant=[{"actor": P1, "status": "accepted"},
                                  {"actor": {"reference": "Practitioner/dr2"}, "status": "accepted"}],
                     basedOn=answers["basedOn"])  # fmt: skip
    (fact,) = told("task", [task], "task/t1")
    assert (fact["kind"], fact["status"], fact["identifiers"]) == (
        "referral_task",
        "accepted",
        {"task": "t1", "order": ["o1"], "output": ["d1"]},
    )
    assert fact["codings"] == [{"code": "fulfill"}, {"system": LOINC, "code": "11488-4"}]
    (fact,) = told("diagnostic_report", [report], "diagnostic_report/g1")
    assert (fact["kind"], fact["identifiers"]["order"], fact["identifiers"]["observation"]) == (
        "report",
        ["o1"],
        ["r1"],
    )
    # the last day of a period belongs to it
    assert (fact["starts_at"], fact["ends_at"]) == (
        "2026-02-03 05:00:00+00",
        "2026-02-05 05:00:00+00",
    )
    (fact,) = told("appointment", [booking], "appointment/a1")
    assert (fact["kind"], fact["code"], fact["identifiers"]) == (
        "booking",
        "OFFICE",
        {"appointment": "a1", "order": ["o1"]},
    )
    assert (fact["occurred_at"], fact["starts_at"]) == (
        "2026-02-02 15:00:00+00",
        "2026-03-02 14:00:00+00",
    )
    assert fact["detail"]["practitioner_id"] == "dr2"


@pytest.mark.parametrize(
    ("more", "kinds", "code"),
    [
        ({"status": "proposed"}, [], None),
        ({"status": "waitlist"}, [], None),
        ({"status": "checked-in"}, ["arrived"], "OFFICE"),
        ({"status": "fulfilled"}, ["arrived"], "OFFICE"),
        ({"status": "noshow"}, ["no_show"], "OFFICE"),
        ({"status": "cancelled", "cancelationReason": concept(("", "pat-fb"))}, ["booking_cancelled"], "patient"),
        ({"status": "cancelled", "cancelationReason": concept(("", "prov"))}, ["booking_cancelled"], "clinic"),
        ({"status": "cancelled"}, ["booking_cancelled"], "unknown"),
        ({"status": "entered-in-error"}, [], None),
    ],
)  # fmt: skip
def test_which_kind_of_fact_a_booking_states(
    told: Callable[..., list[dict[str, Any]]],
    more: dict[str, Any],
    kinds: list[str],
    code: str | None,
) -> None:
    said = record("Appointment", "a1", start="2026-03-02T14:00:00Z", appointmentType={"coding": [{"code": "OFFICE"}]},
                  participant=[{"actor": P1, "status": "accepted"}], **more)  # fmt: skip
    found = told("appointment", [said], "appointment/a1")
    assert ([f["kind"] for f in found], found[0]["code"] if found else None) == (kinds, code)


def test_a_booking_of_two_patients_is_nobodys(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    both = [
        {"actor": {"reference": f"Patient/p{number}"}, "status": "accepted"} for number in (1, 2)
    ]
    said = record(
        "Appointment", "a1", status="booked", start="2026-03-02T14:00:00Z", participant=both
    )
    told("appointment", [said])
    assert [row[1] for row in hand.quarantined()] == ["several_patients"]


def prescribed(key: str, **more: Any) -> dict[str, Any]:
    """Return a prescription."""
    rxnorm = concept(("http://www.nlm.nih.gov/research/umls/rxnorm", "860975"))
    said = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": rxnorm,
        "subject": P1,
    }
    return record("MedicationRequest", key, authoredOn="2026-02-01", **said | more)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "medication"),
        ({"status": "stopped", "statusReason": concept(("", "altchoice"))}, "medication_stopped"),
        ({"status": "cancelled"}, "medication_stopped"),
        ({"intent": "plan", "reportedBoolean": True}, None),
        ({"doNotPerform": True}, "not_done"),
        ({"status": "draft"}, None),
    ],
)
def test_which_kind_of_fact_a_prescription_states(
    told: Callable[..., list[dict[str, Any]]], more: dict[str, Any], kind: str | None
) -> None:
    found = told("medication_request", [prescribed("m1", **more)], "medication_request/m1")
    assert [f["kind"] for f in found] == ([kind] if kind else [])


def test_a_medication_may_stand_in_its_prescription(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    inside = {"resourceType": "Medication", "id": "x", "code": concept(("urn:rx", "1"))}
    by_id = {"medicationCodeableConcept": None}
    records = [
        prescribed("m1", **by_id, contained=[inside], medicationReference={"reference": "#x"}),
        prescribed("m2", **by_id, medicationReference={"reference": "Medication/m9"}),
    ]
    (fact,) = told("medication_request", records, "medication_request/m1", "medication_request/m2")
    assert fact["code"] == "1"
    assert hand.rows(
        "select medication_id from core.medication_request where source_id = 'm2'"
    ) == [("m9",)]
