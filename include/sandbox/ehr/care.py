"""FHIR resources of what was done for a patient: visits and stays, notes, charges, conditions, calls."""

from __future__ import annotations

from datetime import datetime

from sandbox.ehr.records import (
    ACT,
    CPT,
    EXTENSION,
    FACILITY,
    HCPCS,
    ICD10,
    LOINC,
    OUTCOME,
    RESULT,
    SNOMED,
    TYPE_CODES,
    VISIT_TYPE,
    Resource,
    concept,
    reference,
    stamp,
)
from sandbox.world.engine import World
from sandbox.world.model import Stay, Visit


def visit_encounter(world: World, visit: Visit) -> Resource:
    """Encounter of a visit at the practice."""
    code, kind = TYPE_CODES[visit.kind]
    period = {"start": stamp(visit.starts_at)}
    if visit.status == "finished":
        period["end"] = stamp(visit.ends_at)
    out: Resource = {
        "resourceType": "Encounter",
        "id": visit.id,
        "identifier": [{"system": "urn:lakeside:visit-number", "value": visit.visit_number}],
        "status": visit.status,
        "class": {"system": ACT, "code": kind},
        "type": [
            {
                "coding": [
                    {"system": SNOMED, "code": code},
                    {"system": VISIT_TYPE, "code": visit.kind},
                ]
            }
        ],
        "subject": reference("Patient", visit.patient_id),
        "participant": [{"individual": reference("Practitioner", visit.practitioner_id)}],
        "period": period,
        "serviceProvider": reference("Organization", world.practice.id),
        "location": [{"location": reference("Location", f"loc-{world.practice.id}")}],
    }
    if visit.appointment_id:
        out["appointment"] = [
            {"identifier": {"system": "urn:lakeside:appointment", "value": visit.appointment_id}}
        ]
    return out


DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
NUBC = "https://www.nubc.org/CodeSystem/PatDischargeStatus"
STAY_CLASS = {"acute": "IMP", "observation": "OBSENC", "ed": "EMER"}


def stay_encounter(stay: Stay) -> Resource:
    """Encounter of a stay in a facility, with its disposition once discharged."""
    out: Resource = {
        "resourceType": "Encounter",
        "id": stay.id,
        "identifier": [{"system": "urn:lakeside:visit-number", "value": stay.id.upper()}],
        "status": stay.status,
        "class": {"system": ACT, "code": STAY_CLASS.get(stay.facility, "IMP")},
        "type": [concept(FACILITY, stay.facility)],
        "subject": reference("Patient", stay.patient_id),
        "participant": [{"individual": reference("Practitioner", stay.practitioner_id)}],
        "period": {"start": stamp(stay.starts_at)},
        "serviceProvider": reference("Organization", stay.organization_id),
    }
    if stay.ends_at:
        out["period"]["end"] = stamp(stay.ends_at)
        if stay.disposition:
            system = NUBC if stay.disposition.isdigit() else DISPOSITION
            out["hospitalization"] = {"dischargeDisposition": concept(system, stay.disposition)}
    return out


def note(visit: Visit, signed_by: str = "", status: str = "current") -> Resource:
    """The progress note of a visit; signed when ``note_signed_at`` is set."""
    signed = visit.note_signed_at
    out: Resource = {
        "resourceType": "DocumentReference",
        "id": visit.note_id,
        "status": status,
        "docStatus": "final" if signed else "preliminary",
        "type": concept(LOINC, "11506-3", "Progress note"),
        "category": [
            concept(
                "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                "clinical-note",
            )
        ],
        "subject": reference("Patient", visit.patient_id),
        "date": stamp(visit.ends_at),
        "author": [reference("Practitioner", visit.practitioner_id)],
        "content": [
            {"attachment": {"contentType": "text/plain", "url": f"Binary/{visit.note_id}"}}
        ],
        "context": {
            "encounter": [reference("Encounter", visit.id)],
            "period": {"start": stamp(visit.starts_at)},
        },
    }
    if signed:
        out["authenticator"] = reference("Practitioner", signed_by or visit.practitioner_id)
        out["extension"] = [{"url": EXTENSION + "authenticated-at", "valueDateTime": stamp(signed)}]
    return out


def charge_items(visit: Visit, status: str = "billable") -> list[Resource]:
    """The clinician's charges of a visit."""
    return [_charge_item(visit, index, status) for index in range(len(visit.charges))]


def _charge_item(visit: Visit, index: int, status: str) -> Resource:
    charge = visit.charges[index]
    extensions: list[Resource] = []
    if charge.mdm:
        extensions.append({"url": EXTENSION + "mdm-level", "valueCode": charge.mdm})
    extensions += [{"url": EXTENSION + "modifier", "valueCode": m} for m in charge.modifiers]
    if charge.no_charge_reason:
        extensions.append(
            {"url": EXTENSION + "no-charge-reason", "valueCode": charge.no_charge_reason}
        )
    if charge.is_global_period:
        extensions.append({"url": EXTENSION + "global-period", "valueBoolean": True})
    if charge.is_self_pay_restricted:
        extensions.append({"url": EXTENSION + "self-pay-restriction", "valueBoolean": True})
    system = HCPCS if charge.code[0].isalpha() else CPT
    return {
        "resourceType": "ChargeItem",
        "id": charge.id,
        "extension": extensions,
        "status": "not-billable" if charge.no_charge_reason and status == "billable" else status,
        "code": concept(system, charge.code),
        "subject": reference("Patient", visit.patient_id),
        "context": reference("Encounter", visit.id),
        "occurrenceDateTime": stamp(visit.starts_at),
        "performer": [{"actor": reference("Practitioner", visit.practitioner_id)}],
        "quantity": {"value": charge.units},
        "priceOverride": {"value": float(charge.amount), "currency": "USD"},
        "enterer": reference("Practitioner", visit.practitioner_id),
        "enteredDate": stamp(visit.charge_entered_at or visit.ends_at),
        "reason": [concept(ICD10, code) for code in charge.diagnoses],
    }


def condition(
    identifier: str, patient_id: str, encounter_id: str, code: str, recorded: datetime
) -> Resource:
    """A diagnosis: of an encounter, or of the problem list when there is no encounter."""
    category = "encounter-diagnosis" if encounter_id else "problem-list-item"
    out: Resource = {
        "resourceType": "Condition",
        "id": identifier,
        "clinicalStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-clinical", "active"
        ),
        "verificationStatus": concept(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"
        ),
        "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", category)],
        "code": concept(ICD10, code),
        "subject": reference("Patient", patient_id),
        "onsetDateTime": stamp(recorded),
        "recordedDate": stamp(recorded),
    }
    if encounter_id:
        out["encounter"] = reference("Encounter", encounter_id)
    return out


def procedure(
    identifier: str,
    patient_id: str,
    encounter_id: str,
    code: str,
    when: datetime,
    practitioner_id: str,
    system: str = SNOMED,
) -> Resource:
    """A completed procedure, such as medication reconciliation (SNOMED CT 430193006)."""
    out: Resource = {
        "resourceType": "Procedure",
        "id": identifier,
        "status": "completed",
        "code": concept(system, code),
        "subject": reference("Patient", patient_id),
        "performedDateTime": stamp(when),
        "performer": [{"actor": reference("Practitioner", practitioner_id)}],
    }  # fmt: skip
    if encounter_id:
        out["encounter"] = reference("Encounter", encounter_id)
    return out


def communication(
    identifier: str, patient_id: str, sent: datetime, sender: str, outcome: str, result: str, medium: str,
    request_id: str = "", task_id: str = "", about: str = "",
) -> Resource:  # fmt: skip
    """A try to reach a patient, with its coded outcome; ``result`` is what was agreed when reached."""
    out: Resource = {
        "resourceType": "Communication",
        "id": identifier,
        "status": "completed",
        "statusReason": concept(OUTCOME, outcome),
        "category": [concept("urn:lakeside:contact-category", "outreach")],
        "medium": [concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", medium)],
        "subject": reference("Patient", patient_id),
        "recipient": [reference("Patient", patient_id)],
        "sender": reference("Practitioner", sender),
        "sent": stamp(sent),
    }
    if outcome in TWO_WAY:
        out["received"] = stamp(sent)
    if result:
        out["reasonCode"] = [concept(RESULT, result)]
    if request_id:
        out["basedOn"] = [reference("CommunicationRequest", request_id)]
    if task_id:
        out["partOf"] = [reference("Task", task_id)]
    if about:
        out["about"] = [reference("Encounter", about)]
    return out


TWO_WAY = {"reached", "declined", "deceased", "readmitted", "done_elsewhere"}
