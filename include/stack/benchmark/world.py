"""Writes the files of a practice of any size, with the same number of facts per patient.

This is not a simulation: each patient has the same history, shifted by a few days, so that the three
sizes differ only in size. The files are FHIR NDJSON, HL7 v2 and X12, generated from a seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from stack.benchmark import interchanges
from stack.benchmark.practice import BILLING_NPI, PAYERS, Resource, npi

FIRST_NIGHT = date(2026, 9, 1)
MR_SYSTEM = "urn:oid:2.16.840.1.113883.19.5.99999.1"
NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
TIN_SYSTEM = "urn:oid:2.16.840.1.113883.4.4"
MDM = "https://lakeside.example/fhir/StructureDefinition/mdm-level"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FACILITY = "urn:sandbox:facility"
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
PRACTITIONERS = 40
VISITS = 3
UNCLAIMED = 100
"""One in this many patients has a visit that was never billed."""
EACH, UNSAID = 20, 10
"""Before the last night, one in so many patients came home from the hospital, and one had a visit that is not billed.

Of one in `UNSAID` who came home, nobody says where to.
"""
OLDER, A_YEAR, LATE = 1000, 3, 900
"""The number of the first visit of earlier years, how many there are in each of them, and the number of a late one."""


@dataclass(frozen=True)
class Delivery:
    """One night's files: NDJSON by resource type, and files for the two drop folders."""

    ndjson: dict[str, Path]
    scheduling: list[Path]
    clearinghouse: list[Path]
    facts: int


def _meta(day: date, version: int = 1) -> Resource:
    return {"lastUpdated": f"{day}T20:00:00.000Z", "versionId": str(version)}


def _ref(kind: str, key: str) -> Resource:
    return {"reference": f"{kind}/{key}"}


def _identity(number: int, rng: random.Random) -> Resource:
    return {
        "mrn": f"M{number:08d}",
        "member": f"W{number:09d}",
        "family": f"Fam{number:06d}",
        "given": rng.choice(("Ann", "Bo", "Cy", "Di", "Ed", "Flo")),
        "birth": date(1940, 1, 1) + timedelta(days=(number * 37) % 22000),
        "sex": "female" if number % 2 else "male",
        "phone": f"555{number:07d}",
        "payer": PAYERS[number % len(PAYERS)],
        "practitioner": number % PRACTITIONERS,
    }


def _patient(number: int, who: Resource, day: date) -> Iterator[tuple[str, Resource]]:
    key = f"p{number}"
    yield (
        "Patient",
        {
            "resourceType": "Patient",
            "id": key,
            "meta": _meta(day),
            "active": True,
            "identifier": [
                {"type": {"coding": [{"code": "MR"}]}, "system": MR_SYSTEM, "value": who["mrn"]}
            ],
            "name": [{"family": who["family"], "given": [who["given"]]}],
            "birthDate": str(who["birth"]),
            "gender": who["sex"],
            "telecom": [{"system": "phone", "value": who["phone"]}],
            "address": [
                {
                    "line": ["1 Main St"],
                    "city": "Lakeside",
                    "state": "NY",
                    "postalCode": f"{12000 + number % 900}",
                }
            ],
            "generalPractitioner": [_ref("Practitioner", f"d{who['practitioner']}")],
        },
    )
    payer, name, sopt, _ = who["payer"]
    yield (
        "Coverage",
        {
            "resourceType": "Coverage",
            "id": f"c{number}",
            "meta": _meta(day),
            "status": "active",
            "type": {"coding": [{"system": "https://nahdo.org/sopt", "code": sopt}]},
            "subscriberId": who["member"],
            "beneficiary": _ref("Patient", key),
            "order": 1,
            "payor": [{"identifier": {"value": payer}, "display": name}],
            "period": {"start": "2024-01-01"},
        },
    )
    yield (
        "Condition",
        {
            "resourceType": "Condition",
            "id": f"k{number}",
            "meta": _meta(day),
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "code": {"coding": [{"system": ICD, "code": "I10"}]},
            "subject": _ref("Patient", key),
        },
    )


def _visit(
    number: int, visit: int, who: Resource, seen: date, day: date
) -> Iterator[tuple[str, Resource]]:
    key, patient = f"e{number}-{visit}", _ref("Patient", f"p{number}")
    doctor = _ref("Practitioner", f"d{who['practitioner']}")
    begin, end = f"{seen}T14:00:00Z", f"{seen}T14:30:00Z"
    yield (
        "Encounter",
        {
            "resourceType": "Encounter",
            "id": key,
            "meta": _meta(day),
            "status": "finished",
            "class": {"system": ACT, "code": "AMB"},
            "type": [{"coding": [{"system": CPT, "code": "99213"}]}],
            "subject": patient,
            "participant": [{"individual": doctor}],
            "period": {"start": begin, "end": end},
            "appointment": [{"identifier": {"value": f"A{number}-{visit}"}}],
            "serviceProvider": _ref("Organization", "practice"),
        },
    )
    yield (
        "DocumentReference",
        {
            "resourceType": "DocumentReference",
            "id": f"n{number}-{visit}",
            "meta": _meta(day),
            "status": "current",
            "docStatus": "final",
            "date": f"{seen}T16:00:00Z",
            "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
            "subject": patient,
            "author": [doctor],
            "authenticator": doctor,
            "context": {"encounter": [_ref("Encounter", key)]},
        },
    )
    yield (
        "ChargeItem",
        {
            "resourceType": "ChargeItem",
            "id": f"h{number}-{visit}",
            "meta": _meta(day),
            "status": "billable",
            "code": {"coding": [{"system": CPT, "code": "99213"}]},
            "subject": patient,
            "context": _ref("Encounter", key),
            "occurrenceDateTime": begin,
            "performer": [{"actor": doctor}],
            "quantity": {"value": 1},
            "priceOverride": {"value": 140.0, "currency": "USD"},
            "enteredDate": f"{seen}T16:05:00Z",
            "reason": [{"coding": [{"system": ICD, "code": "I10"}]}],
            "extension": [{"url": MDM, "valueCode": "low"}],
        },
    )


def _stay(number: int, who: Resource, day: date) -> Resource:
    """Return a stay in the hospital that ended today, so that somebody has to call, or too long ago for that."""
    nth = number // EACH
    left = day - timedelta(days=7 * (nth % 2))
    ended = "home" if nth % UNSAID else ""
    return {
        "resourceType": "Encounter",
        "id": f"s{number}",
        "meta": _meta(day),
        "status": "finished",
        "class": {"system": ACT, "code": "IMP"},
        "type": [{"coding": [{"system": FACILITY, "code": "acute"}]}],
        "subject": _ref("Patient", f"p{number}"),
        "participant": [{"individual": _ref("Practitioner", f"d{who['practitioner']}")}],
        "period": {
            "start": f"{left - timedelta(days=3)}T14:00:00Z",
            "end": f"{left}T15:00:00Z",
        },
        "serviceProvider": _ref("Organization", "practice"),
        "hospitalization": (
            {"dischargeDisposition": {"coding": [{"system": DISPOSITION, "code": ended}]}}
            if ended
            else {}
        ),
    }


def _staff(day: date) -> Iterator[tuple[str, Resource]]:
    yield (
        "Organization",
        {
            "resourceType": "Organization",
            "id": "practice",
            "meta": _meta(day),
            "active": True,
            "name": "Lakeside Medical Group",
            "identifier": [
                {"system": NPI_SYSTEM, "value": BILLING_NPI},
                {"system": TIN_SYSTEM, "value": "123456789"},
            ],
            "address": [
                {"line": ["100 Lake St"], "city": "Lakeside", "state": "NY", "postalCode": "12000"}
            ],
        },
    )
    for index in range(PRACTITIONERS):
        yield (
            "Practitioner",
            {
                "resourceType": "Practitioner",
                "id": f"d{index}",
                "meta": _meta(day),
                "active": True,
                "identifier": [{"system": NPI_SYSTEM, "value": npi(index + 1)}],
                "name": [{"family": f"Doctor{index}", "given": ["Pat"]}],
                "qualification": [{"code": {"coding": [{"code": "MD"}]}}],
            },
        )


def _siu(number: int, visit: int, who: Resource, seen: date, day: date) -> str:
    at = f"{seen:%Y%m%d}1400"
    return "\r".join(
        (
            f"MSH|^~\\&|SCHED|LAKESIDE|TL|LAKESIDE|{day:%Y%m%d}1200||SIU^S12|S{number}-{visit}|P|2.5.1",
            f"SCH||A{number}-{visit}|||||OFFICE^Office visit|OFFICE|30|MIN|^^^{at}|||||||||||||BOOKED",
            f"TQ1|1||||||{at}-0400",
            f"PID|1||{who['mrn']}^^^LAKESIDE^MR||{who['family']}^{who['given']}||"
            f"{who['birth']:%Y%m%d}|{who['sex'][0].upper()}",
            "RGS|1",
            f"AIP|1||{npi(who['practitioner'] + 1)}^Doctor^Pat",
        )
    )


def _visits(number: int, years: int) -> Iterator[tuple[int, int]]:
    """Yield each visit of a first load, with how many days ago it was; those of earlier `years` were settled then."""
    for visit in range(VISITS):
        yield visit, number % 20 + 5 * visit + 1
    for older in range(years * A_YEAR):
        yield OLDER + older, number % 20 + 365 + 365 * older // A_YEAR


def write(
    folder: Path,
    patients: int,
    night: int,
    share: float,
    seed: int = 1,
    years: int = 0,
    *,
    is_last: bool = False,
) -> Delivery:
    """Write the files of night 0 (everything) or a later one (`share` of the patients changed).

    The first load also has the visits of so many earlier `years`. A changed patient has one more visit with note,
    charge, booking, claim, acceptance and payment, and a new answer about eligibility. The last night also tells of
    many discharges and unbilled visits, so that the lists of the pages are long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{seed}-{patients}-{night}")
    day = FIRST_NIGHT + timedelta(days=night)
    first = night == 0
    numbers = (
        range(patients) if first else sorted(rng.sample(range(patients), int(patients * share)))
    )
    ndjson: dict[str, Any] = {}
    rows: list[tuple[int, int, Resource, date]] = []
    asked: list[tuple[int, Resource]] = []
    paths: dict[str, Path] = {}
    facts = 0

    def put(kind: str, resource: Resource) -> None:
        nonlocal facts
        if kind not in ndjson:
            paths[kind] = folder / f"{kind}-{night}.ndjson"
            ndjson[kind] = paths[kind].open("w", encoding="utf-8")
        ndjson[kind].write(json.dumps(resource, separators=(",", ":")) + "\n")
        facts += 1

    if first:
        for kind, resource in _staff(day):
            put(kind, resource)
    siu_path = folder / f"siu-{night}.hl7"
    with siu_path.open("w", encoding="utf-8", newline="") as siu:
        siu.write(f"FHS|^~\\&|SCHED\rBHS|^~\\&|SCHED||||{day:%Y%m%d}2000\r")
        messages = 0
        for number in numbers:
            who = _identity(number, random.Random(number))
            asked.append((number, who))
            if first:
                for kind, resource in _patient(number, who, day):
                    put(kind, resource)
            for visit, ago in _visits(number, years) if first else [(VISITS + night, 1)]:
                seen = day - timedelta(days=ago)
                for kind, resource in _visit(number, visit, who, seen, day):
                    put(kind, resource)
                siu.write(_siu(number, visit, who, seen, day) + "\r")
                messages += 1
                if not (first and visit == 0 and number % UNCLAIMED == 0):
                    rows.append((number, visit, who, seen))
        for number in range(0, patients - EACH + 1, EACH) if is_last else ():
            home, unbilled = number + EACH // 2, number + EACH // 4
            put("Encounter", _stay(home, _identity(home, random.Random(home)), day))
            who = _identity(unbilled, random.Random(unbilled))
            for kind, resource in _visit(unbilled, LATE, who, day - timedelta(days=10), day):
                put(kind, resource)
        siu.write(f"BTS|{messages}\rFTS|1\r")
    for handle in ndjson.values():
        handle.close()
    claims = interchanges.claims(folder, day, rows) + interchanges.answers(folder, day, asked)
    return Delivery(paths, [siu_path], claims, facts + messages + 3 * len(rows))


def moment(night: int) -> datetime:
    """Return the server's time of the export of a night (UTC)."""
    return datetime.combine(FIRST_NIGHT + timedelta(days=night + 1), datetime.min.time(), UTC)
