"""What the EHR knows, as US Core 7.0.0 has it: no general practitioner, no authenticator, hardly a coverage type."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

MRN_SYSTEM = "urn:oid:1.2.840.114350.1.13.707.2.7.5.737384.14"
CSN_SYSTEM = "urn:oid:1.2.840.114350.1.13.707.2.7.3.698084.8"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
NUCC = "http://nucc.org/provider-taxonomy"
NPI = "http://hl7.org/fhir/sid/us-npi"
MD, NP, RN = "e-prac-osei", "e-prac-lund", "e-prac-diaz"
DENVER, COLBY, HOSPITAL, COLBY_HOSPITAL = "e-loc-den", "e-loc-col", "e-loc-sjh", "e-loc-ctz"


def practice() -> list[Resource]:
    """The people and places of the practice and of two hospitals."""
    people = [
        (MD, "1689999997", "Osei", "Amara", "207Q00000X"),
        (NP, "1588888887", "Lund", "Peter", "363LF0000X"),
        (RN, "1487777777", "Diaz", "Carmen", "163W00000X"),
    ]
    places = [
        (DENVER, "Platte Valley Family Medicine, Denver"),
        (COLBY, "Platte Valley Family Medicine, Colby"),
        (HOSPITAL, "Saint Joseph Hospital"),
        (COLBY_HOSPITAL, "Citizens Medical Center, Colby"),
    ]
    return [
        {
            "resourceType": "Organization",
            "id": "e-org-pvfm",
            "active": True,
            "name": "Platte Valley Family Medicine",
        },
        *(
            {
                "resourceType": "Practitioner",
                "id": key,
                "identifier": [{"system": NPI, "value": npi}],
                "name": [{"family": family, "given": [given]}],
                "qualification": [{"code": {"coding": [{"system": NUCC, "code": taxonomy}]}}],
            }
            for key, npi, family, given, taxonomy in people
        ),
        *(
            {"resourceType": "Location", "id": key, "status": "active", "name": name}
            for key, name in places
        ),
    ]


def patient(mrn: str, family: str, given: str, born: str, sex: str, **more: Any) -> Resource:
    """A patient under the practice's record number."""
    return {
        "resourceType": "Patient",
        "id": f"e-pat-{mrn}",
        "identifier": [{"system": MRN_SYSTEM, "value": mrn, "type": {"coding": [{"code": "MR"}]}}],
        "name": [{"use": "official", "family": family, "given": [given]}],
        "birthDate": born,
        "gender": sex,
        "telecom": [{"system": "phone", "value": f"303-555-{mrn}"}],
        "address": [{"city": "Denver", "state": "CO", "postalCode": "80205"}],
        **more,
    }


def coverage(mrn: str, payer: str, plan: str = "") -> Resource:
    """Who pays, by the name that the EHR has for it; it says no type."""
    classes = (
        [{"type": {"coding": [{"code": "plan"}]}, "value": "P1", "name": plan}] if plan else []
    )
    return {
        "resourceType": "Coverage",
        "id": f"e-cov-{mrn}",
        "status": "active",
        "beneficiary": {"reference": f"Patient/e-pat-{mrn}"},
        "subscriberId": f"W{mrn}",
        "relationship": {"coding": [{"code": "self"}]},
        "period": {"start": "2024-01-01"},
        "payor": [{"display": payer}],
        **({"class": classes} if classes else {}),
    }


def stay(
    mrn: str, begins: str, ends: str = "", to: str = "", place: str = HOSPITAL, number: int = 1
) -> Resource:
    """A stay in a hospital; without `to`, nobody wrote down where the patient went."""
    said: Resource = {
        "resourceType": "Encounter",
        "id": f"e-stay-{mrn}-{number}",
        "identifier": [{"system": CSN_SYSTEM, "value": f"8{mrn}{number}"}],
        "status": "finished" if ends else "in-progress",
        "class": {"system": ACT, "code": "IMP", "display": "inpatient encounter"},
        "type": [{"text": "Hospital Encounter"}],
        "subject": {"reference": f"Patient/e-pat-{mrn}"},
        "period": {"start": begins, **({"end": ends} if ends else {})},
        "location": [{"location": {"reference": f"Location/{place}"}}],
    }
    if to:
        said["hospitalization"] = {"dischargeDisposition": {"coding": [{"code": to}], "text": to}}
    return said


def visit(mrn: str, begins: str, by: str = MD, place: str = DENVER, number: int = 1) -> Resource:
    """A visit at the practice that took place; the billing system knows it by its number (CSN)."""
    return {
        "resourceType": "Encounter",
        "id": f"e-enc-{mrn}-{number}",
        "identifier": [{"system": CSN_SYSTEM, "value": f"9{mrn}{number}"}],
        "status": "finished",
        "class": {"system": ACT, "code": "AMB", "display": "ambulatory"},
        "type": [{"text": "Office Visit"}],
        "subject": {"reference": f"Patient/e-pat-{mrn}"},
        "participant": [{"individual": {"reference": f"Practitioner/{by}"}}],
        "period": {"start": begins, "end": begins},
        "location": [{"location": {"reference": f"Location/{place}"}}],
    }


def note(mrn: str, of: int, date: str, status: str = "final", by: str = MD) -> Resource:
    """A progress note of a visit."""
    return {
        "resourceType": "DocumentReference",
        "id": f"e-doc-{mrn}-{of}",
        "status": "current",
        "docStatus": status,
        "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
        "subject": {"reference": f"Patient/e-pat-{mrn}"},
        "date": date,
        "author": [{"reference": f"Practitioner/{by}"}],
        "context": {"encounter": [{"reference": f"Encounter/e-enc-{mrn}-{of}"}]},
    }


def reconciled(mrn: str, of: int, date: str) -> Resource:
    """Medications were reconciled at a visit."""
    return {
        "resourceType": "Procedure",
        "id": f"e-proc-{mrn}-{of}",
        "status": "completed",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "430193006"}]},
        "subject": {"reference": f"Patient/e-pat-{mrn}"},
        "encounter": {"reference": f"Encounter/e-enc-{mrn}-{of}"},
        "performedDateTime": date,
    }
