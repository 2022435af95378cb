"""FHIR R4: the Task that asks staff for something, and the CommunicationRequest that a call is about.

Neither contains a diagnosis, a reason for the visit or a speciality.
"""

from __future__ import annotations

from typing import Any

from throughline.tasks.wire.json_text import instant, json_text
from throughline.tasks.wire.work import Work

EFFECT_SYSTEM = "urn:throughline:effect"
TASK_SYSTEM = "urn:throughline:task"
KIND_SYSTEM = "urn:throughline:task-kind"
PARTICIPATION_MODE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"


def outreach(work: Work) -> bytes:
    """Return two lines: the CommunicationRequest, and the Task to carry it out within the hours for calls."""
    request = {
        "resourceType": "CommunicationRequest",
        "identifier": [_effect(work)],
        "status": "active",
        "priority": work.priority,
        "subject": _reference("Patient", work.patient_id),
        "medium": [{"coding": [{"system": PARTICIPATION_MODE, "code": "PHONE"}]}],
        "payload": [{"contentString": "Please call the patient and offer an appointment."}],
    }
    task = _task(work) | {
        # A logical reference, so that the bytes do not depend on the id that the receiver assigns.
        "focus": {"type": "CommunicationRequest", "identifier": _effect(work)},
        "restriction": {
            "period": {"start": instant(work.call_from), "end": instant(work.call_until)}
        },
    }
    return json_text(request) + b"\n" + json_text(task)


def documentation(work: Work) -> bytes:
    """Return the Task to sign a visit's note, for its practitioner if known."""
    task = _task(work) | {"focus": _reference("Encounter", work.encounter_id)}
    if work.practitioner_id is not None:
        task["owner"] = _reference("Practitioner", work.practitioner_id)
    return json_text(task)


def _task(work: Work) -> dict[str, Any]:
    return {
        "resourceType": "Task",
        "identifier": [_effect(work), {"system": TASK_SYSTEM, "value": str(work.task_id)}],
        "status": "requested",
        "intent": "order",
        "priority": work.priority,
        "code": {"coding": [{"system": KIND_SYSTEM, "code": work.kind}]},
        "for": _reference("Patient", work.patient_id),
        "authoredOn": instant(work.asked_at),
    }


def _effect(work: Work) -> dict[str, str]:
    return {"system": EFFECT_SYSTEM, "value": work.effect_key}


def _reference(kind: str, key: str | None) -> dict[str, str]:
    return {"reference": f"{kind}/{key}"}
