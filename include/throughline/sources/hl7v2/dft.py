"""Reads DFT messages (P03, P11): the charges of a visit, their corrections and credits (HL7 v2 chapter 6).

An FT1 tells a whole transaction: the newest one of a number counts, and what it leaves empty is not said. Transaction
types are those of HL7 table 0017 (CG, CD, PY, AJ, CO; terminology.hl7.org/CodeSystem-v2-0017). P11 serves the same
function as P03 (hl7.eu/refactored/msgDFT_P11.html). FT1-22 is what a unit costs its department, not its price
(hl7.eu/refactored/segFT1.html). Senders reverse a charge in their own ways: by a credit, or by a negative charge
(integrationsoup.com/hl7-reference/messages/dft_p03). All read 2026-11-29.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from throughline.sources.hl7v2 import adt, people
from throughline.sources.hl7v2.message import Message
from throughline.sources.hl7v2.person import patient_id
from throughline.sources.hl7v2.settings import CREDIT, NOTHING, OTHER, Settings
from throughline.sources.hl7v2.split import Piece
from throughline.sources.hl7v2.told import DELETES, Opened, UnreadableError, opened
from throughline.sources.records import Fault

CHARGE_ITEM = "charge_item"
FEEDS = (CHARGE_ITEM, adt.PATIENT)
EVENTS = frozenset({"P03", "P11"})
NO_CHARGE = "transaction_not_a_charge"
_MAY_NAME_PROCEDURES = (("FT1", 25), ("FT1", 7), ("PR1", 3))
LARGEST = Decimal(10) ** 11
CENT = Decimal("0.01")

# The form of a code of CPT or HCPCS, and one with a modifier behind it, as some senders write it.
_CODE = re.compile(r"([0-9A-Z][0-9]{3}[0-9A-Z])(?:-([0-9A-Z]{2}))?$")
_MODIFIER = re.compile(r"[0-9A-Z]{2}$")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$")
# How senders name the systems of codes (HL7 table 0396 and older notations), without blanks, points and hyphens.
_PROCEDURES = frozenset({"C4", "C5", "CPT", "CPT4", "CPT5", "HCPCS", "HCPC", "HCP", "HPC"})
_DIAGNOSES = frozenset({"I10", "I10C", "ICD10", "ICD10CM", "10"})
_DIAGNOSIS = re.compile(r"[A-TV-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?$")


class Group(NamedTuple):
    """One FT1 of a message, its place from 1, and the segments behind it up to the next one."""

    place: int
    ft1: list[str]
    below: list[list[str]]


class Priced(NamedTuple):
    """What a transaction is about: units, the price of one, and of all. Negative for what is taken back."""

    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None


def read_message(
    piece: Piece,
    file: str,
    feed: str,
    zone: ZoneInfo,
    settings: Settings,
    message: Callable[[list[str]], Message] = Message,
) -> list[adt.Statement | Fault]:
    """Return what a message says of the records of a feed, or its fault; `message` splits its segments.

    A message of which one transaction cannot be read is set aside whole: half of a visit's charges are no bill.
    """
    try:
        o = opened(piece, zone, settings, message, _why_not)
        adt.of_one_patient(o.m)
        if feed == adt.PATIENT:
            return adt.persons(o.m, piece, file, o.told, o.event, o.newest, o.made, settings)
        return list(_transactions(o, piece, file, settings))
    except UnreadableError as error:
        return [fault(piece, file, feed, str(error), settings)]


def _why_not(event: str | None) -> str | None:
    if event is None:
        return "trigger_event_missing"
    return None if event in EVENTS else "trigger_event_not_used_here"


def _transactions(
    o: Opened, piece: Piece, file: str, settings: Settings
) -> Iterator[adt.Statement | Fault]:
    m, groups = o.m, list(_groups(o.m))
    if not groups:
        raise UnreadableError("charge_without_transaction")
    subject = patient_id(m, o.made, settings)
    visit = adt.visit_id(m, settings)
    is_passed_over = False
    for group in groups:
        said = (m.value(group.ft1, 6) or "").upper()
        kind = settings.transaction_types.get(said)
        if kind is None:
            raise UnreadableError(
                "transaction_type_not_known" if said else "transaction_type_missing"
            )
        if kind == OTHER or settings.charge_codes.get(m.value(group.ft1, 7) or "") == NOTHING:
            is_passed_over = True
            continue
        if visit[0] is None:
            raise UnreadableError("visit_without_number")
        priced = _price(m, group.ft1, settings)
        is_credit = kind == CREDIT or any(n is not None and n < 0 for n in priced)
        own = _number(m, group, settings.charge_fields)
        number = (_number(m, group, settings.credit_fields) if is_credit else None) or own
        if number is None:
            raise UnreadableError("charge_without_number")
        if is_credit:
            fields = _credit(o, group, priced, own if own != number else None, visit)
        else:
            fields = _charge(o, group, priced, settings)
            fields |= {"charge_number": number, "encounter_id": visit[0], "visit_number": visit[1]}
        if subject is not None:
            fields["subject_id"] = subject
        yield adt.Statement(
            CHARGE_ITEM,
            piece.row,
            o.event,
            _source_id(m, number, settings),
            f"{o.newest}.{group.place:03}",
            subject,
            fields,
        )
    if is_passed_over:
        yield Fault(file, piece.row, piece.position, NO_CHARGE, "warning")


def _groups(m: Message) -> Iterator[Group]:
    place, found = 0, None
    for fields in m.fields:
        if fields[0] == "FT1":
            if found is not None:
                yield found
            place += 1
            found = Group(place, fields, [])
        elif found is not None:
            found.below.append(fields)
    if found is not None:
        yield found


def _source_id(m: Message, number: str, settings: Settings) -> str:
    sender = m.value(m.fields[0], 4) if settings.visit_assigner == "MSH-4" else None
    return f"{sender}|{number}" if sender else number


def _number(
    m: Message, group: Group, fields: tuple[tuple[tuple[str, int], ...], ...]
) -> str | None:
    """Return the number of a transaction: of the first combination of fields that is there whole."""
    for several in fields:
        parts = [m.value(_segment(m, group, tag), index) for tag, index in several]
        if None not in parts:
            return "/".join(part for part in parts if part is not None)
    return None


def _segment(m: Message, group: Group, tag: str) -> list[str]:
    if tag == "FT1":
        return group.ft1
    return next((fields for fields in group.below if fields[0] == tag), m.first(tag))


def _charge(o: Opened, group: Group, priced: Priced, settings: Settings) -> dict[str, object]:
    """Return what an FT1 says of its charge: every column, because it tells the transaction whole."""
    code, system, modifiers = _procedure(o.m, group, settings)
    return {
        "charged": True,
        "status": "billable",
        "code": code,
        "code_system": system,
        "modifiers": modifiers,
        "quantity": priced.quantity,
        "unit_price": priced.unit_price,
        "amount": priced.amount,
        "diagnoses": _diagnoses(o.m, group, settings),
        "performer_id": _performer(o, group, settings),
        "occurred_at": _served_at(o, group.ft1),
        "entered_at": o.told.at(group.ft1, 5) or o.made,
    }


def _credit(
    o: Opened, group: Group, priced: Priced, own: str | None, visit: tuple[str | None, str | None]
) -> dict[str, object]:
    """Return what an FT1 takes back of a charge: under a number of its `own`, or under that of the charge.

    Under the number of the charge it counts only if it is newer than the charge, and its message tells it apart.
    """
    quantity, amount = (None if n is None else str(abs(n)) for n in (priced[0], priced[2]))
    key = own or f"{o.m.value(o.m.fields[0], 10)} {group.place}"
    return {
        "credited": True,
        f"credit {key}": {
            "quantity": quantity,
            "amount": amount,
            "is_own": own is not None,
            "occurred_at": _served_at(o, group.ft1),
            "encounter_id": visit[0],
            "visit_number": visit[1],
        },
    }


def _served_at(o: Opened, ft1: list[str]) -> datetime:
    """Return when the service was: the begin of FT1-4. Raises `UnreadableError` if it names no day."""
    found = o.told.at(ft1, 4)
    if found is None:
        raise UnreadableError("charge_time_unreadable")
    return found


def _price(m: Message, ft1: list[str], settings: Settings) -> Priced:
    """Return units (FT1-10), the price of one (FT1-12) and of all (FT1-11, else their product)."""
    quantity = _decimal(m.value(ft1, 10), "quantity_unreadable")
    unit, amount = _money(m, ft1, 12), _money(m, ft1, 11)
    if quantity is None and settings.one_unit_if_empty:
        quantity = Decimal(1)
    if amount is None and unit is not None and quantity is not None:
        amount = (unit * quantity).quantize(CENT, ROUND_HALF_UP)
    if amount is not None and amount != amount.quantize(CENT):
        raise UnreadableError("amount_unreadable")
    return Priced(quantity, unit if unit is None else unit.quantize(CENT, ROUND_HALF_UP), amount)


def _money(m: Message, ft1: list[str], index: int) -> Decimal | None:
    """Return the dollars of a price (CP-1: MO, which names its currency behind it)."""
    for parts in m.repetitions(ft1, index)[:1]:
        several = m.subparts(parts, 1)
        if len(several) > 1 and several[1].upper() not in ("", "USD"):
            raise UnreadableError("currency_not_dollars")
        text = several[0].replace("$", "").replace(",", "").strip() if several else ""
        return _decimal(text if text != DELETES else None, "amount_unreadable")
    return None


def _decimal(text: str | None, reason: str) -> Decimal | None:
    """Return a number (NM). Raises `UnreadableError` with the reason if it is none."""
    if not text:
        return None
    if not _NUMBER.match(text) or abs(Decimal(text)) >= LARGEST:
        raise UnreadableError(reason)
    return Decimal(text)


def _plain(system: str | None) -> str:
    return re.sub(r"[^0-9A-Z]", "", (system or "").upper())


def _coded(m: Message, fields: list[str], index: int) -> Iterator[tuple[str, str | None]]:
    """Yield code and system of each repetition (CWE-1 and -3), and of its alternative (CWE-4 and -6)."""
    for parts in m.repetitions(fields, index):
        for first in (1, 4):
            code = m.part(parts, first)
            if code is not None:
                yield code.upper(), m.part(parts, first + 2)


def _procedure(m: Message, group: Group, settings: Settings) -> tuple[str, str | None, list[str]]:
    """Return code, system and modifiers of a charge, which is of CPT or HCPCS.

    A field that the definition does not name counts only if it says that it holds such a code: FT1-7 may hold one of
    the sender's own list of prices. Raises `UnreadableError` if there is none.
    """
    tag, found = "FT1", None
    for place in (*settings.procedure_fields, *_MAY_NAME_PROCEDURES):
        tag, index = place
        for code, system in _coded(m, _segment(m, group, tag), index):
            is_named = place in settings.procedure_fields and system is None
            if (is_named or _plain(system) in _PROCEDURES) and (match := _CODE.match(code)):
                found = match, system
                break
        if found is not None:
            break
    if found is None:
        mapped = settings.charge_codes.get(m.value(group.ft1, 7) or "")
        match = _CODE.match(mapped.upper()) if mapped is not None else None
        if match is None:
            raise UnreadableError("procedure_code_missing")
        tag, found = "FT1", (match, None)
    match, system = found
    below = (_segment(m, group, "PR1"), 16) if tag == "PR1" else (group.ft1, 26)
    modifiers = [match[2]] if match[2] else []
    for parts in m.repetitions(*below):
        said = m.part(parts, 1)
        if said is not None and said.upper() not in modifiers:
            modifiers.append(said.upper())
    if not all(map(_MODIFIER.match, modifiers)):
        raise UnreadableError("modifier_unreadable")
    return match[1], system, modifiers


def _diagnoses(m: Message, group: Group, settings: Settings) -> list[str]:
    """Return the diagnoses of a charge (ICD-10-CM) in their order; codes of other systems are none of a claim's."""
    found: dict[str, None] = {}
    for tag, index in settings.diagnosis_fields:
        below = [fields for fields in group.below if fields[0] == tag]
        for fields in [group.ft1] if tag == "FT1" else below or m.every(tag):
            for code, system in _coded(m, fields, index):
                if (_plain(system) in _DIAGNOSES or system is None) and _DIAGNOSIS.match(code):
                    found[code] = None
        if found:
            break
    return list(found)


def _performer(o: Opened, group: Group, settings: Settings) -> str | None:
    """Return who rendered the service: FT1-20, else where the definition says. FT1-21 ordered it."""
    for tag, index in settings.performer_fields:
        who = people.number_of(o.m, _segment(o.m, group, tag), index, o.made.date())
        if who is not None:
            return who
    return None


def fault(piece: Piece, file: str, feed: str, reason: str, settings: Settings) -> Fault:
    """Return the fault of a message, with the charge and the patient that it names."""
    found = adt.fault(piece, file, feed, reason, settings)
    if feed == adt.PATIENT:
        return found
    try:
        m = Message(piece.segments)
        number = next((_number(m, g, settings.charge_fields) for g in _groups(m)), None)
    except (ValueError, IndexError):
        return found
    return replace(found, source_id=number or found.source_id)
