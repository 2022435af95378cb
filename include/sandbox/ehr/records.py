"""How the EHR writes down what it knows, as FHIR R4 resources (plain dictionaries)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.world.engine import World
from sandbox.world.model import Organization, Patient, Practitioner, Stay, Visit

MRN_SYSTEM = "urn:oid:2.16.840.1.113883.19.5.99999.1"
NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
TAX_SYSTEM = "urn:oid:2.16.840.1.113883.4.4"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "urn:oid:2.16.840.1.113883.6.285"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FACILITY = "urn:sandbox:facility"
VISIT_TYPE = "urn:lakeside:visit-type"
OUTCOME = "urn:lakeside:contact-outcome"
RESULT = "urn:lakeside:contact-result"
CONSENT = "urn:lakeside:consent"
TAXONOMY = "http://nucc.org/provider-taxonomy"
SOPT = "https://nahdo.org/sopt"
PLACE_OF_SERVICE = (
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
)
EXTENSION = "https://lakeside.example/fhir/StructureDefinition/"

SOPT_CODES = {"part_b": "12", "advantage": "11", "medicaid": "2", "commercial": "5"}
"""Source of payment typology: 12 Medicare fee for service, 11 Medicare managed care, 2 Medicaid, 5 private."""

TYPE_CODES = {
    # SNOMED CT: check up, follow-up, nurse visit, video visit, home visit.
    "OFFICE": ("185349003", "AMB"), "TCM": ("390906007", "AMB"), "AWV": ("410620009", "AMB"),
    "NURSE": ("439740005", "AMB"), "VIDEO": ("448337001", "VR"), "HOME": ("439708006", "HH"),
}  # fmt: skip

Resource = dict[str, Any]


def stamp(moment: datetime) -> str:
    """A FHIR dateTime in UTC."""
    return moment.isoformat(timespec="seconds")[:19] + "Z"


def reference(kind: str, identifier: str) -> Resource:
    """A relative reference."""
    return {"reference": f"{kind}/{identifier}"}


def concept(system: str, code: str, display: str = "") -> Resource:
    """A CodeableConcept with one coding."""
    coding = {"system": system, "code": code}
    return {"coding": [coding | {"display": display} if display else coding]}


def patient(world: World, who: Patient) -> Resource:
    """Patient, with its links after a merge."""
    out: Resource = {
        "resourceType": "Patient",
        "id": who.id,
        "identifier": [
            {
                "use": "usual",
                "type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR"),
                "system": MRN_SYSTEM,
                "value": who.mrn,
            }
        ],
        "active": who.is_active,
        "name": [{"use": "official", "family": who.family, "given": [who.given]}],
        "telecom": [{"system": "phone", "value": who.phone, "use": "mobile"}] if who.phone else [],
        "gender": {"F": "female", "M": "male"}.get(who.sex, "unknown"),
        "birthDate": who.birth_date.isoformat(),
        "address": [
            {
                "use": "home",
                "line": [who.street],
                "city": who.city,
                "state": who.state,
                "postalCode": who.postal_code,
                "country": "US",
            }
        ],
        "communication": [
            {"language": concept("urn:ietf:bcp:47", who.language), "preferred": True}
        ],
        "generalPractitioner": [reference("Practitioner", who.practitioner_id)],
        "managingOrganization": reference("Organization", world.practice.id),
    }
    if who.interpreter:
        out["extension"] = [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
                "valueBoolean": True,
            }
        ]
    if who.is_confidential:
        system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
        out["meta"] = {"security": [{"system": system, "code": "R"}]}
        out["address"][0]["extension"] = [
            {"url": EXTENSION + "confidential-address", "valueBoolean": True}
        ]
    if who.deceased_at:
        out["deceasedDateTime"] = stamp(who.deceased_at)
    if who.replaced_by:
        out["link"] = [{"other": reference("Patient", who.replaced_by), "type": "replaced-by"}]
    return out


def coverage(who: Patient, index: int) -> Resource:
    """Coverage number ``index`` of a patient. Subscriber is always the patient."""
    has = who.coverages[index]
    period = {"start": has.starts.isoformat()}
    if has.ends:
        period["end"] = has.ends.isoformat()
    out: Resource = {
        "resourceType": "Coverage",
        "id": has.id,
        "status": "active",
        "type": concept(SOPT, SOPT_CODES[has.kind]),
        "subscriberId": has.member_id,
        "beneficiary": reference("Patient", who.id),
        "relationship": concept(
            "http://terminology.hl7.org/CodeSystem/subscriber-relationship", "self"
        ),
        "period": period,
        "payor": [
            {
                "identifier": {"system": "urn:lakeside:payer", "value": has.payer_id},
                "display": has.payer_name,
            }
        ],
        "order": has.order,
    }
    if has.is_qmb:
        out["extension"] = [
            {"url": EXTENSION + "qualified-medicare-beneficiary", "valueBoolean": True}
        ]
    return out


def consent(
    who: Patient, category: str, permits: bool, recorded: datetime, identifier: str = ""
) -> Resource:
    """Consent to be contacted in a way (``automated_contact``, ``contact``, ``sms``)."""
    return {
        "resourceType": "Consent",
        "id": identifier or f"con-{who.id}-{category.replace('_', '-')}",
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept(CONSENT, category)],
        "patient": reference("Patient", who.id),
        "dateTime": stamp(recorded),
        "policyRule": concept(ACT, "OPTIN" if permits else "OPTOUT"),
        "provision": {
            "type": "permit" if permits else "deny",
            "period": {"start": stamp(recorded)},
        },
    }


def practitioner(who: Practitioner) -> Resource:
    """Practitioner with NPI, degree and taxonomy."""
    degree = concept("http://terminology.hl7.org/CodeSystem/v2-0360", who.qualification)
    return {
        "resourceType": "Practitioner",
        "id": who.id,
        "identifier": [{"system": NPI_SYSTEM, "value": who.npi}],
        "active": True,
        "name": [{"family": who.family, "given": [who.given]}],
        "qualification": [{"code": degree}, {"code": concept(TAXONOMY, who.taxonomy)}],
    }


def organization(what: Organization) -> Resource:
    """Organization with NPI, tax number, kind and address."""
    identifiers = [{"system": NPI_SYSTEM, "value": what.npi}] if what.npi else []
    if what.tax_id:
        identifiers.append({"system": TAX_SYSTEM, "value": what.tax_id})
    kinds = [concept("http://terminology.hl7.org/CodeSystem/organization-type", "prov")]
    kinds.append(concept(FACILITY, what.kind))
    if what.taxonomy:
        kinds.append(concept(TAXONOMY, what.taxonomy))
    return {
        "resourceType": "Organization",
        "id": what.id,
        "identifier": identifiers,
        "active": True,
        "type": kinds,
        "name": what.name,
        "telecom": [{"system": "phone", "value": what.phone}],
        "address": [
            {
                "line": [what.street],
                "city": what.city,
                "state": what.state,
                "postalCode": what.postal_code,
            }
        ],
    }


def location(what: Organization, place_of_service: str) -> Resource:
    """The one location of an organization, with its CMS place of service code."""
    return {
        "resourceType": "Location",
        "id": f"loc-{what.id}",
        "status": "active",
        "name": what.name,
        "type": [
            concept(PLACE_OF_SERVICE, place_of_service)
        ],
        "managingOrganization": reference("Organization", what.id),
        "address": {"line": [what.street], "city": what.city, "state": what.state, "postalCode": what.postal_code},
    }  # fmt: skip


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
