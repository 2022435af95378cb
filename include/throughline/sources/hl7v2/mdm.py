"""Reads MDM messages: what each says of a document, and of its patient (HL7 v2 chapter 9).

A replacement has a number of its own and names the one that it makes obsolete as its parent (scenarios of chapter
9, eng.tau.ac.il/~gannot/MI/hl7web.zip; T11: pkbdev.atlassian.net, MDM T11; both read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from throughline.sources.hl7v2 import adt
from throughline.sources.hl7v2.message import Message
from throughline.sources.hl7v2.person import patient_id
from throughline.sources.hl7v2.settings import Settings
from throughline.sources.hl7v2.split import Piece
from throughline.sources.hl7v2.told import Told, UnreadableError, opened
from throughline.sources.records import Fault

DOCUMENT = "document_reference"
FEEDS = (DOCUMENT, adt.PATIENT)
EVENTS = frozenset(f"T{n:02}" for n in range(1, 12))
# Changes of a status: alone among the events, they leave open whether a document is current.
STATUS_CHANGES = frozenset({"T03", "T04"})
EDITS = frozenset({"T07", "T08"})
REPLACES = frozenset({"T09", "T10"})
CANCELS = "T11"
# TXA-19 (table 0273): deleted; obsolete. Anything else is available, or not.
AVAILABILITY = {"CA": "entered-in-error", "OB": "superseded"}
SIGNED = ("final", "amended")
TYPE, COMPLETION = "document_reference.type_code", "document_reference.doc_status"
LOINC = "http://loinc.org"


def read_message(
    piece: Piece,
    file: str,
    feed: str,
    zone: ZoneInfo,
    settings: Settings,
    message: Callable[[list[str]], Message] = Message,
) -> list[adt.Statement | Fault]:
    """Return what a message says of the records of a feed, or its fault; `message` splits its segments."""

    def refuse(reason: str) -> list[adt.Statement | Fault]:
        return [fault(piece, file, feed, reason, settings)]

    try:
        m, event, made, newest, told = opened(piece, zone, settings, message, _why_not)
        adt.of_one_patient(m)
        if feed == adt.PATIENT:
            return adt.persons(m, piece, file, told, event, newest, made, settings)
        return _document(m, piece, file, told, event, newest, made, settings)
    except UnreadableError as error:
        return refuse(str(error))


def _why_not(event: str | None) -> str | None:
    if event is None:
        return "trigger_event_missing"
    return None if event in EVENTS else "trigger_event_not_used_here"


def _number(m: Message, txa: list[str], index: int) -> str | None:
    """Return a document's number (EI): its first component, else the first that is there."""
    return next((part for n in (1, 2, 3) if (part := m.value(txa, index, n)) is not None), None)


def _document(
    m: Message,
    piece: Piece,
    file: str,
    told: Told,
    event: str,
    newest: str,
    made: datetime,
    settings: Settings,
) -> list[adt.Statement | Fault]:
    txa, codes, said = m.first("TXA"), settings.codes, told.fields
    number = _number(m, txa, 12)
    if number is None:
        return [fault(piece, file, DOCUMENT, "document_without_number", settings)]
    if len({_number(m, each, 12) for each in m.every("TXA")}) > 1:
        return [fault(piece, file, DOCUMENT, "several_documents", settings)]
    subject = patient_id(m, made, settings)
    if subject is not None:
        said["subject_id"] = subject
    said["document_number"] = number
    visit, visit_number = adt.visit_id(m, settings)
    if visit is not None:
        said["encounter_id"], said["visit_number"] = visit, visit_number
    available = AVAILABILITY.get((m.value(txa, 19) or "").upper())
    if event == CANCELS:
        said["status"] = "entered-in-error"
    elif available is not None or event not in STATUS_CHANGES:
        said["status"] = available or "current"
    told.says("doc_status", txa, 17, lambda: codes[COMPLETION](*m.coded(txa, 17)))
    if event in EDITS and said.get("doc_status") == "final":
        said["doc_status"] = "amended"
    if told.says("type_code", txa, 2, lambda: codes[TYPE](*m.coded(txa, 2))):
        said["type_system"] = LOINC if (m.value(txa, 2, 3) or "").upper() == "LN" else None
    reason = "document_time_unreadable"
    if not told.time("authored_at", txa, 4, reason):
        told.time("authored_at", txa, 6, reason)
    author = _first(m, txa, 9) or _first(m, txa, 5)
    if author is not None:
        said["author_id"] = author
    _signature(m, txa, told, settings)
    found: list[adt.Statement | Fault] = [
        adt.Statement(DOCUMENT, piece.row, event, number, newest, subject, said)
    ]
    parent = _number(m, txa, 13)
    if event in REPLACES and parent is not None and parent != number:
        over: dict[str, object] = {"status": "superseded", "document_number": parent}
        if subject is not None:
            over["subject_id"] = subject
        found.append(adt.Statement(DOCUMENT, piece.row, event, parent, newest, subject, over))
    return found


def _signature(m: Message, txa: list[str], told: Told, settings: Settings) -> None:
    """Note who signed and when: of several signatures (TXA-22), the last one; a resident's comes before it.

    Without one, whoever was to sign (TXA-10) did, if the definition says so and the document is signed.
    """
    signed = [
        (told.moment_of(m.part(parts, 15)), who)
        for parts in m.repetitions(txa, 22)
        if (who := m.part(parts, 1)) is not None
    ]
    if signed:
        dated = [(at, who) for at, who in signed if at is not None]
        if dated:
            told.fields["authenticated_at"], told.fields["authenticator_id"] = max(dated)
        else:
            told.fields["authenticator_id"] = signed[-1][1]
    elif settings.assigned_signs and told.fields.get("doc_status") in SIGNED:
        assigned = _first(m, txa, 10)
        if assigned is not None:
            told.fields["authenticator_id"] = assigned


def _first(m: Message, fields: list[str], index: int) -> str | None:
    """Return the number of the first person of a field (XCN)."""
    return next(
        (who for parts in m.repetitions(fields, index) if (who := m.part(parts, 1)) is not None),
        None,
    )


def fault(piece: Piece, file: str, feed: str, reason: str, settings: Settings) -> Fault:
    """Return the fault of a message, with the document and the patient that it names."""
    found = adt.fault(piece, file, feed, reason, settings)
    if feed == adt.PATIENT:
        return found
    try:
        m = Message(piece.segments)
    except (ValueError, IndexError):
        return found
    return replace(found, source_id=_number(m, m.first("TXA"), 12) or found.source_id)
