"""The bytes of what is asked of one receiver: those that the warehouse wrote when it still wrote them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from throughline.tasks.wire import WRITERS, Work
from throughline.tasks.wire.json_text import json_text

CALL = Work(
    transmission_id=UUID("e2f3c2ee-948f-6f1d-1a4d-d2a81f0839ea"),
    effect_key="contact|e76e1b90|2026-07-07",
    kind="outreach",
    task_id=UUID("32a79dde-d723-c62d-a0e9-78b12290e6ba"),
    priority="urgent",
    asked_at=datetime(2026, 7, 7, 7, tzinfo=UTC),
    patient_id="p1",
    mrn="MRN-p1",
    practitioner_npi="1000000001",
    not_before=date(2026, 7, 7),
    not_after=date(2026, 7, 20),
    call_from=datetime(2026, 7, 7, 12, tzinfo=UTC),
    call_until=datetime(2026, 7, 9, 1, tzinfo=UTC),
)
BOOKING = replace(CALL, kind="booking", visit_type='T"CM', mrn='M"R\\N-é\t1')
NOTE = replace(
    CALL,
    kind="documentation",
    effect_key="documentation|p1-visit|1",
    priority="routine",
    encounter_id="p1-visit",
    practitioner_id="dr1",
)
BILL = replace(CALL, kind="work_item", encounter_id="p1-visit", payer_id="MEDB1")

REQUEST = (
    '{"medium": [{"coding": [{"code": "PHONE", "system":'
    ' "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"}]}], "status": "active", "payload":'
    ' [{"contentString": "Please call the patient and offer an appointment."}], "subject": {"reference":'
    ' "Patient/p1"}, "priority": "urgent", "identifier": [{"value": "contact|e76e1b90|2026-07-07",'
    ' "system": "urn:throughline:effect"}], "resourceType": "CommunicationRequest"}'
)
TASK = (
    '{"for": {"reference": "Patient/p1"}, "code": {"coding": [{"code": "outreach", "system":'
    ' "urn:throughline:task-kind"}]}, "focus": {"type": "CommunicationRequest", "identifier": {"value":'
    ' "contact|e76e1b90|2026-07-07", "system": "urn:throughline:effect"}}, "intent": "order", "status":'
    ' "requested", "priority": "urgent", "authoredOn": "2026-07-07T07:00:00Z", "identifier": [{"value":'
    ' "contact|e76e1b90|2026-07-07", "system": "urn:throughline:effect"}, {"value":'
    ' "32a79dde-d723-c62d-a0e9-78b12290e6ba", "system": "urn:throughline:task"}], "restriction":'
    ' {"period": {"end": "2026-07-09T01:00:00Z", "start": "2026-07-07T12:00:00Z"}}, "resourceType": "Task"}'
)
SIGN = (
    '{"for": {"reference": "Patient/p1"}, "code": {"coding": [{"code": "documentation", "system":'
    ' "urn:throughline:task-kind"}]}, "focus": {"reference": "Encounter/p1-visit"}, "owner": {"reference":'
    ' "Practitioner/dr1"}, "intent": "order", "status": "requested", "priority": "routine", "authoredOn":'
    ' "2026-07-07T07:00:00Z", "identifier": [{"value": "documentation|p1-visit|1", "system":'
    ' "urn:throughline:effect"}, {"value": "32a79dde-d723-c62d-a0e9-78b12290e6ba", "system":'
    ' "urn:throughline:task"}], "resourceType": "Task"}'
)
BOOK = (
    '{"mrn": "M\\"R\\\\N-é\\t1", "not_after": "2026-07-20", "not_before": "2026-07-07", "request_id":'
    ' "e2f3c2ee-948f-6f1d-1a4d-d2a81f0839ea", "visit_type": "T\\"CM", "practitioner_npi": "1000000001"}'
)
ITEM = (
    '{"reason": "no claim was sent for this visit", "payer_id": "MEDB1", "encounter_id": "p1-visit",'
    ' "work_item_id": "e2f3c2ee-948f-6f1d-1a4d-d2a81f0839ea"}'
)
WRITTEN = {
    "a call": (CALL, f"{REQUEST}\n{TASK}"),
    "a note": (NOTE, SIGN),
    "a note of nobody known": (
        replace(NOTE, practitioner_id=None),
        SIGN.replace(' "owner": {"reference": "Practitioner/dr1"},', ""),
    ),
    "a booking": (BOOKING, BOOK),
    "a booking with anybody": (
        replace(BOOKING, practitioner_npi=None),
        BOOK.replace(', "practitioner_npi": "1000000001"', ""),
    ),
    "a visit to bill": (BILL, ITEM),
    "a visit of no known payer": (
        replace(BILL, payer_id=None),
        ITEM.replace(' "payer_id": "MEDB1",', ""),
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_bytes_are_those_that_they_were(name: str) -> None:
    work, text = WRITTEN[name]
    assert WRITERS[work.kind](work) == text.encode()


def test_shorter_keys_go_first_and_then_their_bytes() -> None:
    assert json_text({"bb": 1, "é": 2, "a": {"zz": [{"y": 0, "x": 0}], "z": 1}, "B": 3}) == (
        '{"B": 3, "a": {"z": 1, "zz": [{"x": 0, "y": 0}]}, "bb": 1, "é": 2}'.encode()
    )
