"""Takes over an existing population from a folder of FHIR R4 NDJSON and continues it from its last date.

The folder's resources are served unchanged, except for two things that a practice adds when it takes over charts:
its own record number and the patient's practitioner. If the folder has no coverages, they are created from the
insurance named on the claims.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from sandbox import claims
from sandbox.ehr import records
from sandbox.ehr.bulk import TYPES
from sandbox.ehr.store import instant, micros
from sandbox.misbehaviour import Misbehaviour
from sandbox.world import life, people
from sandbox.world.engine import World, at, midnight
from sandbox.world.model import Coverage, Patient

if TYPE_CHECKING:
    from sandbox.hub import Hub

NIGHTS_BEFORE = 2
"""Days of new life before the first night."""
FIRST_STAYS = 5
FIRST_VISITS = 5


class PopulationUnreadable(ValueError):
    """The folder has no patients, or a file is not NDJSON; the message names the file and line."""


def make(hub: Hub, folder: Path, seed: int, activity: float, misbehaviour: Misbehaviour) -> World:
    """Take a folder's people over. Raises :class:`PopulationUnreadable`."""
    last = last_date(folder)
    first_day = last + timedelta(days=1)
    world = World(seed, first_day, first_day + timedelta(days=NIGHTS_BEFORE), activity)
    hub.connect(world, misbehaviour)
    insured = _insurance(folder)
    has_coverage = any(True for _ in _lines(folder, "Coverage"))
    resources = list(_resources(folder, "Patient"))
    if not resources:
        raise PopulationUnreadable(f"{folder}: no Patient.ndjson")
    people.practice(world, len(resources))
    begun = midnight(first_day)
    for kind in TYPES:
        if kind == "Patient":
            continue
        hub.store.bulk_insert(kind, _stamped(folder, kind, begun))
    for index, resource in enumerate(resources):
        _take_over(world, resource, index, insured.get(resource["id"], ("", last)), has_coverage)
    claims.attach(world)
    life.start(world)
    _begin(world)
    return world


def last_date(folder: Path) -> date:
    """The last date of these lives: the export's own stamp in a file name, else the last encounter's start."""
    stamps = [
        int(m[1]) for f in folder.iterdir() if (m := re.search(r"\.(\d{13})\.ndjson", f.name))
    ]
    if stamps:
        return datetime.fromtimestamp(max(stamps) / 1000, UTC).date()
    starts = [
        str((e.get("period") or {}).get("start", ""))[:10] for e in _resources(folder, "Encounter")
    ]
    if not any(starts):
        raise PopulationUnreadable(f"{folder}: no Encounter with a date")
    return _day(max(starts), f"{folder}: the last start of an Encounter")


def _day(text: str, what: str) -> date:
    """The first day of a FHIR date or instant, which may be a year or a month alone (R4, "date")."""
    year, month, day = (*text[:10].split("-"), "1", "1")[:3]
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise PopulationUnreadable(f"{what}: not a date") from error


def _moment(text: str, what: str) -> datetime:
    """A FHIR dateTime in UTC; the start of its day if it has no time."""
    if len(text) <= 10:
        return midnight(_day(text, what))
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise PopulationUnreadable(f"{what}: not a time") from error


def _files(folder: Path, kind: str) -> list[Path]:
    return sorted(
        f for f in folder.iterdir() if re.fullmatch(rf"{kind}(\.[^.]+)?\.ndjson(\.gz)?", f.name)
    )


def _lines(folder: Path, kind: str) -> Iterator[tuple[Path, int, bytes]]:
    for file in _files(folder, kind):
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            for number, line in enumerate(opened, 1):
                if line.strip():
                    yield file, number, line


def _resources(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for file, number, line in _lines(folder, kind):
        try:
            found = orjson.loads(line)
        except ValueError as error:
            raise PopulationUnreadable(f"{file.name} line {number}: not JSON") from error
        if not isinstance(found, dict) or found.get("resourceType") != kind or not found.get("id"):
            raise PopulationUnreadable(f"{file.name} line {number}: not a {kind}")
        yield found


def _stamped(folder: Path, kind: str, begun: datetime) -> Iterator[tuple[str, int, bytes]]:
    """Resources with the version that the server gives them; a repeated id is served once."""
    seen: set[str] = set()
    when = micros(begun)
    for resource in _resources(folder, kind):
        if resource["id"] in seen:
            continue
        seen.add(resource["id"])
        resource["meta"] = {
            **(resource.get("meta") or {}),
            "versionId": "1",
            "lastUpdated": instant(begun),
        }
        yield resource["id"], when, orjson.dumps(resource)


def _insurance(folder: Path) -> dict[str, tuple[str, date]]:
    """Of each patient the insurance on the last claim, and the first date of a claim with it."""
    last: dict[str, tuple[str, str]] = {}
    first: dict[tuple[str, str], str] = {}
    for claim in _resources(folder, "Claim"):
        patient = str((claim.get("patient") or {}).get("reference", "")).removeprefix("Patient/")
        named = ((claim.get("insurance") or [{}])[0].get("coverage") or {}).get("display", "")
        when = str((claim.get("billablePeriod") or {}).get("start") or claim.get("created", ""))[
            :10
        ]
        if when >= last.get(patient, ("", ""))[0]:
            last[patient] = (when, named)
        if when and when < first.get((patient, named), "9"):
            first[(patient, named)] = when
    return {
        p: (named, _day(first[(p, named)], f"a Claim of Patient/{p}"))
        for p, (when, named) in last.items()
        if when
    }


def _take_over(
    world: World,
    resource: dict[str, Any],
    index: int,
    insured: tuple[str, date],
    has_coverage: bool,
) -> None:
    name = next(
        (n for n in resource.get("name") or [] if n.get("use") == "official"),
        (resource.get("name") or [{}])[0],
    )
    address = (resource.get("address") or [{}])[0]
    phone = next(
        (
            str(t.get("value", ""))
            for t in resource.get("telecom") or []
            if t.get("system") == "phone"
        ),
        "",
    )
    doctors = people.billable(world)
    who = Patient(
        id=resource["id"],
        person=f"person-{resource['id']}",
        mrn=f"LK{90000001 + index * 7:08d}",
        family=str(name.get("family", "Unknown")),
        given=str((name.get("given") or ["Unknown"])[0]),
        sex={"female": "F", "male": "M"}.get(str(resource.get("gender")), "U"),
        birth_date=_day(
            str(resource.get("birthDate", "1950")), f"birthDate of Patient/{resource['id']}"
        ),
        phone="".join(c for c in phone if c.isdigit()),
        street=str((address.get("line") or [""])[0]),
        city=str(address.get("city", "")),
        state=str(address.get("state", "")),
        postal_code=str(address.get("postalCode", "")),
        practitioner_id=doctors[index % len(doctors)].id,
        is_foreign=True,
        foreign_number=f"f{index + 1:05d}",
    )
    dead = resource.get("deceasedDateTime")
    if dead or resource.get("deceasedBoolean"):
        who.deceased_at = (
            _moment(str(dead), f"deceasedDateTime of Patient/{resource['id']}")
            if dead
            else world.clock.now
        )
    who.consents = tuple(c for c in ("automated_contact", "sms") if world.chance(who.id, c) < 0.75)
    if not has_coverage:
        who.coverages = _coverages(world, who, index, *insured)
    if not who.deceased_at:
        who.wellness = people.wellness_history(world, who.id, who)
    world.patients[who.id] = who
    world.by_mrn[who.mrn] = who.id
    own = records.patient(world, who)
    resource["identifier"] = [*(resource.get("identifier") or []), *own["identifier"]]
    resource.setdefault("active", True)
    resource["generalPractitioner"] = own["generalPractitioner"]
    world.resources.put(resource, world.clock.now, is_new=True)
    for number in range(len(who.coverages)):
        world.resources.put(records.coverage(who, number), world.clock.now, is_new=True)
    for category in who.consents:
        world.resources.put(
            records.consent(who, category, True, world.clock.now), world.clock.now, is_new=True
        )
    people.write_person(world, who)


def _coverages(world: World, who: Patient, index: int, named: str, since: date) -> list[Coverage]:
    """The payer of this world that is most like the one named on the claims."""
    lower = named.lower()
    if not named or "no_insurance" in lower:
        return []
    old = date(who.birth_date.year + 65, who.birth_date.month, 1)
    starts = old if old <= world.first_day else since
    if "medicare" in lower or "dual" in lower:
        made = [_coverage(world, who, index, "part_b", starts, 1, "dual" in lower)]
        if "dual" in lower:
            made.append(_coverage(world, who, index, "medicaid", since, 2))
        return made
    if "humana" in lower and old <= world.first_day:
        return [_coverage(world, who, index, "advantage", starts, 1)]
    return [
        _coverage(world, who, index, "medicaid" if "medicaid" in lower else "commercial", since, 1)
    ]


def _coverage(
    world: World, who: Patient, index: int, kind: str, starts: date, order: int, qmb: bool = False
) -> Coverage:
    payer, name = people.PAYERS[kind]
    member = people.member_id(world, who.id, kind, 700000 + index)
    return Coverage(
        f"cov-{who.number}-{order}", kind, payer, name, member, starts, None, order, qmb
    )


def _begin(world: World) -> None:
    """Schedule some stays and visits: in a small population, little would happen by chance in two days."""
    alive = [who for who in world.patients.values() if not who.deceased_at]
    order = sorted(alive, key=lambda who: world.chance(who.id, "first"))
    medicare = [who for who in order if life.is_medicare(who)]
    for who in medicare[:FIRST_STAYS]:
        world.schedule(
            at(world.first_day, 8.2 + world.chance(who.id, "first stay")),
            "admit",
            (who.id, "observation"),
        )
    for who in [w for w in order if w not in medicare[:FIRST_STAYS]][:FIRST_VISITS]:
        world.schedule(
            at(world.first_day, 9 + 6 * world.chance(who.id, "first visit")), "walk_in", who.id
        )
