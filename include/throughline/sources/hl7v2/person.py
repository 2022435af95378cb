"""What a message says of a person: PID and PD1, and which numbers were merged into which (MRG)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import msgspec

from throughline.sources.fhir.values import digits
from throughline.sources.hl7v2 import people
from throughline.sources.hl7v2.message import Message, day, last_day
from throughline.sources.hl7v2.people import Identifier
from throughline.sources.hl7v2.settings import Settings
from throughline.sources.hl7v2.told import DELETES, Told

SEX = "patient.sex"
_YES = frozenset({"Y", "YES", "TRUE", "1"})
_NO = frozenset({"N", "NO", "FALSE", "0"})


def patient_id(m: Message, made: datetime | None, settings: Settings) -> str | None:
    """Return the id of the patient: the number by which the sender tells its patients apart."""
    return _number(m, m.first("PID"), _day(made), settings)


def _number(m: Message, pid: list[str], on: date | None, settings: Settings) -> str | None:
    found = people.identifiers(m, pid, on)
    number = people.record_number(found, settings.patient_authority, settings.patient_type)
    return number or _alone(found, settings, settings.patient_authority)


def _alone(found: list[Identifier], settings: Settings, *authorities: str | None) -> str | None:
    """Return a number that is alone, has no type, and is of one of these authorities.

    Senders of before version 2.3 name no type, and some of today leave it out.
    """
    if len(found) != 1 or found[0].type is not None:
        return None
    is_any = settings.patient_authority is None
    return found[0].value if is_any or found[0].authority in authorities else None


def _prior(m: Message, mrg: list[str], settings: Settings) -> str | None:
    """Return the number that was merged away (MRG-1), by the rule of PID-3.

    Some senders write nothing but the number (hl7v2-fhir-converter #223, read 2026-11-29): one that is alone is that
    of the patient, unless it names another authority or type.
    """
    found = [
        Identifier(value, m.part(cx, 4), m.part(cx, 5))
        for cx in m.repetitions(mrg, 1)
        if (value := m.part(cx, 1)) is not None
    ]
    number = people.record_number(found, settings.patient_authority, settings.patient_type)
    return number or _alone(found, settings, settings.patient_authority, None)


def merged(
    m: Message, made: datetime, settings: Settings
) -> Iterator[tuple[str | None, list[str], list[str | None]]]:
    """Yield each patient of a message: the id, the PID, and the numbers that the MRG segments after it name."""
    pid: list[str] | None = None
    priors: list[str | None] = []
    for fields in m.fields:
        if fields[0] == "PID":
            if pid is not None:
                yield _number(m, pid, made.date(), settings), pid, priors
            pid, priors = fields, []
        elif fields[0] == "MRG" and pid is not None:
            priors.append(_prior(m, fields, settings))
    yield _number(m, pid or [], made.date(), settings), pid or [], priors


def person(m: Message, pid: list[str], told: Told, made: datetime, settings: Settings) -> None:
    """Note what PID and PD1 say of a patient."""
    on = made.date()
    said = told.fields
    numbers = people.identifiers(m, pid, on)
    said["identifiers"] = msgspec.to_builtins(numbers)
    mrn = people.record_number(numbers, settings.mrn_authority, settings.mrn_type)
    if mrn is not None:
        said["mrn"] = mrn
    family, given = people.name(m, pid, on)
    if family is not None or given is not None:
        said["family"], said["given"] = family, given
    told.says("birth_date", pid, 7, lambda: day(m.value(pid, 7)))
    told.says("sex", pid, 8, lambda: settings.codes[SEX](*m.coded(pid, 8)))
    _address(m, pid, told, on)
    phone = digits(people.telephone(m, pid, on))
    if phone is not None:
        said["phone"] = phone
    elif _is_deleted(pid, 13):
        said["phone"] = None
    told.text("language", pid, 15)
    told.says("deceased_at", pid, 29, lambda: told.at(pid, 29))
    died = told.says("deceased_by", pid, 29, lambda: last_day(m.value(pid, 29), told.zone))
    if died and "deceased_at" not in said:
        # a month or a year: the day that an earlier message said is taken back
        said["deceased_at"] = None
    flag = (m.value(pid, 30) or "").upper()
    if flag in _YES or flag in _NO:
        said["is_deceased"] = flag in _YES
    elif died:
        said["is_deceased"] = said["deceased_by"] is not None
    if flag in _NO:
        said["deceased_at"] = said["deceased_by"] = None
    own = m.value(m.first("PD1"), 4)
    if own is not None and settings.reads_attribution:
        said["general_practitioner_id"] = own


def _address(m: Message, pid: list[str], told: Told, on: date) -> None:
    """Note the home address as a whole: half of an old one beside half of a new one is none."""
    if _is_deleted(pid, 11):
        told.fields |= dict.fromkeys(("postal_code", "state", "address_line", "city"))
        return
    place = people.address(m, pid, on)
    if place is not None:
        said = told.fields
        said["address_line"], said["city"] = m.part(place, 1), m.part(place, 3)
        said["state"], said["postal_code"] = m.part(place, 4), m.part(place, 5)


def _is_deleted(fields: list[str], index: int) -> bool:
    return index < len(fields) and fields[index].strip() == DELETES


def _day(made: datetime | None) -> date | None:
    return made.date() if made is not None else None
