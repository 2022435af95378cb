"""Writes a small folder of FHIR R4 NDJSON, like another practice's export, that a world can take over.

It has old and young patients, insurance named only on claims, partial dates (a birth year, a day of death), and one
gzipped file. All people are invented here.
"""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LAST = date(2026, 6, 1)
"""Day of the last encounter: a Monday."""
PATIENTS = 24
PARTLY_BORN = 2
"""People whose birth date is known only to the year or month."""
INSURANCES = (
    "Medicare",
    "Medicare",
    "Humana",
    "Dual Eligible",
    "Blue Cross Blue Shield",
    "Medicaid",
    "NO_INSURANCE",
)


def write(folder: Path) -> dict[str, int]:
    """Write the folder; returns the number of resources by type."""
    folder.mkdir(parents=True)
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(PATIENTS):
        for resource in _life(number):
            found.setdefault(resource["resourceType"], []).append(resource)
    for kind, resources in found.items():
        lines = "".join(json.dumps(resource) + "\n" for resource in resources).encode()
        if kind == "Condition":
            (folder / f"{kind}.ndjson.gz").write_bytes(gzip.compress(lines))
        else:
            (folder / f"{kind}.ndjson").write_bytes(lines)
    return {kind: len(resources) for kind, resources in found.items()}


def _life(number: int) -> list[dict[str, Any]]:
    born = 1940 + number if number % 4 else 1988
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"system": "urn:example:elsewhere", "value": f"E{number:04d}"}],
        "name": [{"use": "official", "family": f"Farrow{number}", "given": ["Juniper"]}],
        "gender": ("female", "male", "other")[number % 3],
        "birthDate": {3: f"{born}", 7: f"{born}-03"}.get(number, f"{born}-03-14"),
        "telecom": [{"system": "phone", "value": f"555-01{number:02d}"}],
        "address": [
            {"line": ["2 Mill Lane"], "city": "Leominster", "state": "MA", "postalCode": "01453"}
        ],
    }
    if number in (5, 9):
        patient["deceasedDateTime"] = "2026-04-30" if number == 5 else "2026-04-30T06:30:00+02:00"
    of = {"reference": f"Patient/p{number}"}
    made = [patient]
    for visit in range(2):
        day = LAST - timedelta(days=number + 200 * visit)
        start, end = f"{day}T14:00:00Z", f"{day}T14:30:00Z"
        encounter = f"e{number}-{visit}"
        made += [
            {
                "resourceType": "Encounter", "id": encounter, "status": "finished", "subject": of,
                "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "period": {"start": start, "end": end},
            },
            {
                "resourceType": "Condition", "id": f"c{number}-{visit}", "subject": of,
                "encounter": {"reference": f"Encounter/{encounter}"}, "onsetDateTime": start,
                "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}]},
            },
            {
                "resourceType": "Claim", "id": f"k{number}-{visit}", "status": "active", "use": "claim", "patient": of,
                "billablePeriod": {"start": start, "end": end}, "created": end,
                "insurance": [{"sequence": 1, "focal": True,
                               "coverage": {"display": INSURANCES[number % len(INSURANCES)]}}],
                "item": [{"sequence": 1, "productOrService": {"text": "visit"},
                          "encounter": [{"reference": f"Encounter/{encounter}"}]}],
                "total": {"value": 120.0, "currency": "USD"},
            },
        ]  # fmt: skip
    return made
