"""Builds the EHR's records as FHIR R4 resources (plain dictionaries)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.world.engine import World
from sandbox.world.model import Organization, Patient, Practitioner

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
