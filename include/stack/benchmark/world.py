"""The files of a practice of any size with the same number of facts per patient.

Not a simulation: each patient has the same life shifted by a few days, so that three sizes differ
in nothing but size. Written with code of its own, by seed, in FHIR NDJSON, HL7 v2 and X12.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST_NIGHT = date(2026, 9, 1)
MR_SYSTEM = "urn:oid:2.16.840.1.113883.19.5.99999.1"
NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
TIN_SYSTEM = "urn:oid:2.16.840.1.113883.4.4"
MDM = "https://lakeside.example/fhir/StructureDefinition/mdm-level"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CPT = "http://www.ama-assn.org/go/cpt"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
BILLING_NPI = "1999999984"
PRACTITIONERS = 40
PAYERS = (
    ("MEDB1", "MEDICARE PART B", "121", "MB"),
    ("SUNADV", "SUNRISE ADVANTAGE", "112", "16"),
    ("MCAID", "STATE MEDICAID", "2", "MC"),
    ("COMM1", "COMMERCIAL MUTUAL", "5", "CI"),
)
VISITS = 3
UNCLAIMED = 100
"""One patient of so many has a visit that was never billed."""

Resource = dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One night's files: NDJSON by resource type, and files for the two drop folders."""

    ndjson: dict[str, Path]
    scheduling: list[Path]
    clearinghouse: list[Path]
    facts: int


def npi(number: int) -> str:
    """Return a valid NPI (Luhn check digit over the prefix 80840) for a small number."""
    body = f"1{number:08d}"
    digits = [int(c) for c in "80840" + body]
    total = sum(
        sum(divmod(digit * 2, 10)) if index % 2 == 0 else digit
        for index, digit in enumerate(reversed(digits))
    )
    return body + str(-total % 10)


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


def _interchange(
    kind: str, version: str, group: str, body: list[str], control: int, day: date
) -> str:
    isa = (
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{'LAKEBILL':15}*ZZ*{'CLEARING':15}*{day:%y%m%d}*1200*^*00501"
        f"*{control:09d}*0*P*:~"
    )
    head = [
        isa,
        f"GS*{group}*LAKEBILL*CLEARING*{day:%Y%m%d}*1200*{control}*X*{version}~",
        f"ST*{kind}*0001*{version}~" if kind != "835" else f"ST*{kind}*0001~",
    ]
    return (
        "\n".join(
            (*head, *body, f"SE*{len(body) + 2}*0001~", f"GE*1*{control}~", f"IEA*1*{control:09d}~")
        )
        + "\n"
    )


def _claim(number: int, visit: int, who: Resource, seen: date, level: int) -> list[str]:
    payer, name, _, filing = who["payer"]
    doctor = npi(who["practitioner"] + 1)
    return [
        f"HL*{level}*1*22*0~",
        f"SBR*P*18*******{filing}~",
        f"NM1*IL*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        "N3*1 MAIN ST~",
        "N4*LAKESIDE*NY*12000~",
        f"DMG*D8*{who['birth']:%Y%m%d}*{who['sex'][0].upper()}~",
        f"NM1*PR*2*{name}*****PI*{payer}~",
        f"CLM*B{number}-{visit}*140***11:B:1*Y*A*Y*Y~",
        f"REF*EA*{who['mrn']}~",
        "HI*ABK:I10~",
        f"NM1*82*1*DOCTOR*PAT****XX*{doctor}~",
        "LX*1~",
        "SV1*HC:99213*140*UN*1***1~",
        f"DTP*472*D8*{seen:%Y%m%d}~",
        f"REF*6R*B{number}-{visit}-1~",
    ]


def _accepted(number: int, visit: int, who: Resource, seen: date, level: int) -> list[str]:
    return [
        f"HL*{level}*3*PT~",
        f"NM1*QC*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        f"TRN*2*B{number}-{visit}~",
        f"STC*A2:20:PR*{seen:%Y%m%d}*WQ*140~",
        f"REF*1K*P{number}-{visit}~",
        f"DTP*472*D8*{seen:%Y%m%d}~",
    ]


def _paid(number: int, visit: int, who: Resource, seen: date, _: int) -> list[str]:
    return [
        f"CLP*B{number}-{visit}*1*140*100**MB*P{number}-{visit}*11*1~",
        f"NM1*QC*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        "SVC*HC:99213*140*100**1~",
        f"DTM*472*{seen:%Y%m%d}~",
        "CAS*CO*45*40~",
        f"REF*6R*B{number}-{visit}-1~",
    ]


def _eligible(number: int, who: Resource, day: date, level: int) -> list[str]:
    """The payer's answer: covered, and from which day the next wellness visit is paid.

    The days lie over a year, so that each night a few become due.
    """
    insurance = "MB" if who["payer"][3] == "MB" else "HN"
    due = day + timedelta(days=(number * 7) % 365 - 7)
    return [
        f"HL*{level}*2*22*0~",
        f"TRN*2*Q{number:09d}*9LAKEBILL~",
        f"NM1*IL*1*{who['family']}*{who['given']}****MI*{who['member']}~",
        f"DMG*D8*{who['birth']:%Y%m%d}*{who['sex'][0].upper()}~",
        f"EB*1**30*{insurance}~",
        "DTP*291*RD8*20240101-20991231~",
        "EB*D**********IN**HC:G0439~",
        f"DTP*348*D8*{due:%Y%m%d}~",
    ]


HEADS: dict[str, tuple[str, str, list[str]]] = {
    "837": (
        "005010X222A1",
        "HC",
        [
            "BHT*0019*00*1*20260901*1200*CH~",
            "NM1*41*2*LAKESIDE*****46*LAKEBILL~",
            "PER*IC*BILLING*TE*5551234567~",
            "NM1*40*2*CLEARING*****46*CLEARING~",
            "HL*1**20*1~",
            "PRV*BI*PXC*207Q00000X~",
            f"NM1*85*2*LAKESIDE MEDICAL GROUP*****XX*{BILLING_NPI}~",
            "N3*100 LAKE ST~",
            "N4*LAKESIDE*NY*120000000~",
            "REF*EI*123456789~",
        ],
    ),
    "277": (
        "005010X214",
        "HN",
        [
            "BHT*0085*08*1*20260901*1200*TH~",
            "HL*1**20*1~",
            "NM1*PR*2*PAYER*****PI*MEDB1~",
            "TRN*1*1~",
            "DTP*050*D8*20260901~",
            "DTP*009*D8*20260901~",
            "HL*2*1*21*1~",
            "NM1*41*2*LAKESIDE*****46*LAKEBILL~",
            "TRN*2*1~",
            "STC*A2:20:PR*20260901*WQ*1~",
            "HL*3*2*19*1~",
            f"NM1*85*2*LAKESIDE MEDICAL GROUP*****XX*{BILLING_NPI}~",
        ],
    ),
    "835": (
        "005010X221A1",
        "HP",
        [
            "BPR*I*1*C*ACH*CCP*01*999999999*DA*1*1512345678**01*999988880*DA*2*20260901~",
            "TRN*1*{control}*1512345678~",
            "DTM*405*20260901~",
            "N1*PR*PAYER~",
            "N3*1 PAY ST~",
            "N4*ALBANY*NY*12000~",
            "PER*BL*HELP*TE*5550000000~",
            f"N1*PE*LAKESIDE MEDICAL GROUP*XX*{BILLING_NPI}~",
            "LX*1~",
        ],
    ),
}
ANSWER = [
    "BHT*0022*11*1*{day}*1200~",
    "HL*1**20*1~",
    "NM1*PR*2*PAYER*****PI*{payer}~",
    "HL*2*1*21*1~",
    f"NM1*1P*2*LAKESIDE MEDICAL GROUP*****XX*{BILLING_NPI}~",
]
LOOPS = {"837": _claim, "277": _accepted, "835": _paid}
CLAIMS_PER_FILE = 5000


def _answers(folder: Path, night: date, rows: list[tuple[int, Resource]]) -> list[Path]:
    """A 271 for each payer that tells when the next wellness visit is due, and the 999 of the night."""
    files = []
    for place, (payer, *_) in enumerate(PAYERS[:2]):
        mine = [row for row in rows if row[1]["payer"][0] == payer]
        for part, start in enumerate(range(0, len(mine), CLAIMS_PER_FILE)):
            body = [line.format(day=f"{night:%Y%m%d}", payer=payer) for line in ANSWER]
            for level, row in enumerate(mine[start : start + CLAIMS_PER_FILE], start=3):
                body += _eligible(*row, night, level)
            control = int(f"{night:%m%d}{5 + place}{part:03d}")
            files.append(folder / f"{night:%Y%m%d}-271-{place}-{part}.x12")
            files[-1].write_text(_interchange("271", "005010X279A1", "HB", body, control, night))
    control = int(f"{night:%m%d}9000")
    body = [
        f"AK1*HC*{control}*005010X222A1~",
        "AK2*837*0001*005010X222A1~",
        "IK5*A~",
        "AK9*A*1*1*1~",
    ]
    files.append(folder / f"{night:%Y%m%d}-999.x12")
    files[-1].write_text(_interchange("999", "005010X231A1", "FA", body, control, night))
    return files


def _x12(folder: Path, night: date, rows: list[tuple[int, int, Resource, date]]) -> list[Path]:
    files = []
    for kind, loop in LOOPS.items():
        version, group, head = HEADS[kind]
        for part, start in enumerate(range(0, len(rows), CLAIMS_PER_FILE)):
            control = int(f"{night:%m%d}{kind[0]}{part:03d}")
            body = [line.format(control=f"T{kind}{control}") for line in head]
            for level, row in enumerate(rows[start : start + CLAIMS_PER_FILE], start=4):
                body += loop(*row, level)
            path = folder / f"{night:%Y%m%d}-{kind}-{part}.x12"
            path.write_text(_interchange(kind, version, group, body, control, night))
            files.append(path)
    return files


def write(folder: Path, patients: int, night: int, share: float, seed: int = 1) -> Delivery:
    """Write the files of night 0 (everything) or a later one (`share` of the patients changed).

    A changed patient has one more visit with note, charge, booking, claim, acceptance and payment, and
    a new answer about eligibility.
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
            for visit in range(VISITS) if first else [VISITS + night]:
                seen = day - timedelta(days=(number % 20) + 5 * visit + 1 if first else 1)
                for kind, resource in _visit(number, visit, who, seen, day):
                    put(kind, resource)
                siu.write(_siu(number, visit, who, seen, day) + "\r")
                messages += 1
                if not (first and visit == 0 and number % UNCLAIMED == 0):
                    rows.append((number, visit, who, seen))
        siu.write(f"BTS|{messages}\rFTS|1\r")
    for handle in ndjson.values():
        handle.close()
    claims = _x12(folder, day, rows) + _answers(folder, day, asked)
    return Delivery(paths, [siu_path], claims, facts + messages + 3 * len(rows))


def moment(night: int) -> datetime:
    """Return the server's time of the export of a night (UTC)."""
    return datetime.combine(FIRST_NIGHT + timedelta(days=night + 1), datetime.min.time(), UTC)
