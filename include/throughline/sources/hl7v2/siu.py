"""Reads SIU messages of any version into appointments, leniently (HL7 v2 chapter 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.hl7v2 import people
from throughline.sources.hl7v2.batch import is_of_slots, pieces
from throughline.sources.hl7v2.message import Message, day, moment
from throughline.sources.hl7v2.order import clock
from throughline.sources.hl7v2.settings import NOTHING_SAID, Settings
from throughline.sources.hl7v2.split import Piece
from throughline.sources.records import TEST_DATA, Fault

NOT_USED = "message_type_not_used_here"
EVENTS = frozenset({"S12", "S13", "S14", "S15", "S16", "S17", "S26"})
DELETED = "S17"
# Services and resources of an appointment that are added, changed, cancelled, discontinued, deleted (chapter 10, 10.3.7
# to 10.3.11; events S18, S19, S21 in hl7web.zip at eng.tau.ac.il/~gannot/MI, S22 at hl7.eu, read 2026-11-29). A message
# may name only the one that it is about, so that what it leaves out is not gone: nobody knows who is seen by whom.
REFUSED = frozenset({"S18", "S19", "S20", "S21", "S22"})

# The status after each event if SCH-25 says nothing (HL7 table 0003).
STATUS_OF_EVENT = {
    "S12": "booked",
    "S13": "booked",
    "S14": "booked",
    "S15": "cancelled",
    "S16": "cancelled",
    "S17": "entered-in-error",
    "S26": "noshow",
}
# What an event that removes an appointment makes of the status that the sender states beside it. Senders
# often leave the status from before the event, and a status may say more than the event. Any other
# combination contradicts itself: nobody knows what became of the appointment.
STATUS_AFTER = {
    ("S15", "pending"): "cancelled",
    ("S15", "waitlist"): "cancelled",
    ("S15", "booked"): "cancelled",
    ("S15", "cancelled"): "cancelled",
    ("S15", "noshow"): "noshow",
    ("S15", "entered-in-error"): "entered-in-error",
    ("S26", "pending"): "noshow",
    ("S26", "waitlist"): "noshow",
    ("S26", "booked"): "noshow",
    ("S26", "cancelled"): "noshow",
    ("S26", "noshow"): "noshow",
    ("S26", "entered-in-error"): "entered-in-error",
}
FINAL_EVENTS = frozenset({"S15", "S16", "S26"})
STATUS_AFTER |= {
    ("S16", said): after for (event, said), after in STATUS_AFTER.items() if event == "S15"
}
STATUS, VISIT_TYPE, SEX = "appointment.status", "appointment.visit_type_code", "appointment.sex"
# HL7 table 0277: how firm a booking is, not which type of visit it is for.
NO_VISIT_TYPE = frozenset({"NORMAL", "TENTATIVE", "COMPLETE"})
MINUTES = {"M": 1, "MIN": 1, "MINUTES": 1, "H": 60, "HR": 60, "HOUR": 60, "HOURS": 60, "S": 1 / 60}


class Appointment(msgspec.Struct):
    """One SIU message. `row` counts the messages of the file from 1; times are in UTC."""

    row: int
    position: int
    control_id: str
    message_at: datetime | None
    trigger_event: str
    version: str | None
    sender: str | None
    placer_id: str | None
    filler_id: str | None
    status: str
    filler_status: str | None = None
    filler_text: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    visit_type_code: str | None = None
    visit_type_text: str | None = None
    event_reason_code: str | None = None
    event_reason_text: str | None = None
    visit_number: str | None = None
    practitioner_id: str | None = None
    practitioner_npi: str | None = None
    location_id: str | None = None
    identifiers: list[people.Identifier] = []
    family: str | None = None
    given: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    is_sex_known: bool = True
    phone: str | None = None
    postal_code: str | None = None


def read(
    stream: BinaryIO, file: str, zone: ZoneInfo, settings: Settings = NOTHING_SAID
) -> Iterator[Appointment | Fault]:
    """Yield the appointments and faults of a file in its order; `zone` is the sender's own.

    A message of another type, of several patients, or of a test is a fault; one in another character set than it says
    is counted as a warning. If a batch was not closed, or the gzip file is truncated, the last message may be
    incomplete and is a fault. Raises `FileRefusedError` if the file holds neither message nor wrapper.
    """
    for found in pieces(stream, file):
        if isinstance(found, Fault):
            yield found
        else:
            yield from read_piece(*found, file, zone, settings)


def read_piece(
    piece: Piece, is_truncated: bool, file: str, zone: ZoneInfo, settings: Settings
) -> Iterator[Appointment | Fault]:
    """Yield the appointment of one message, or its fault, and warnings about it."""
    if is_of_slots(piece.segments[0]):
        yield Fault(file, piece.row, piece.position, "time_slot_not_used", "warning")
        return
    if piece.is_misnamed:
        yield Fault(file, piece.row, piece.position, "characters_not_as_declared", "warning")
    if is_truncated:
        yield _fault(piece, file, "truncated", settings, is_cut=True)
    else:
        yield read_message(piece, file, zone, settings)


def read_message(
    piece: Piece,
    file: str,
    zone: ZoneInfo,
    settings: Settings,
    message: Callable[[list[str]], Message] = Message,
) -> Appointment | Fault:
    """Return the appointment in a message, or a fault; `message` splits its segments."""

    def refuse(reason: str, source_id: str | None = None) -> Fault:
        return _fault(piece, file, reason, settings, source_id, is_cut=piece.is_cut)

    if piece.is_cut:
        return refuse("message_too_long")
    try:
        m = message(piece.segments)
    except ValueError as error:
        return refuse(str(error))
    msh = m.fields[0]
    control, kind, event = m.value(msh, 10), m.value(msh, 9), m.value(msh, 9, 2)
    if kind is None:
        return refuse("message_type_missing", control)
    if kind != "SIU":
        return refuse(NOT_USED, control)
    if event not in EVENTS:
        return refuse(_why_not(event), control)
    if control is None:
        return refuse("control_id_missing")
    if (m.value(msh, 11) or "").upper() in settings.tests:
        return refuse(TEST_DATA, control)
    made, local = clock(m, zone)
    if made is None:
        return refuse("message_time_unreadable", control)
    sch = m.first("SCH")
    placer, filler = m.value(sch, 1), m.value(sch, 2)
    if placer is None and filler is None:
        return refuse("appointment_without_identifier", control)
    starts, ends = _span(m, sch, local)
    filler_status, filler_text = m.coded(sch, 25)
    status, _ = status_of(event, filler_status, filler_text, settings)
    if starts is None and status == "booked":
        return refuse("appointment_without_start", control)
    if len({tuple(each[3:4]) for each in m.fields if each[0] == "PID"}) > 1:
        return replace(refuse("several_patients", control), subject_id=None)
    schedules = m.every("SCH")
    if len(schedules) > 1 and len({(m.value(s, 1), m.value(s, 2)) for s in schedules}) > 1:
        return replace(refuse("several_appointments", control), source_id=control)
    reason, reason_text = m.coded(sch, 6)
    visit_type, visit_text = _visit_type(m, sch, settings)
    found = Appointment(
        row=piece.row,
        position=piece.position,
        control_id=control,
        message_at=made,
        trigger_event=event,
        version=m.value(msh, 12),
        sender=m.value(msh, 3),
        placer_id=placer,
        filler_id=filler,
        status=status,
        filler_status=filler_status,
        filler_text=filler_text,
        starts_at=starts,
        ends_at=ends,
        event_reason_code=reason,
        event_reason_text=reason_text,
        visit_type_code=visit_type,
        visit_type_text=visit_text,
        visit_number=m.value(m.first("PV1"), 19),
        location_id=_location(m),
    )
    found.practitioner_id, found.practitioner_npi = people.practitioner(
        m, settings.roles, settings.degrees, made.date()
    )
    _patient(m, found, made.date(), settings)
    return found


def _why_not(event: str | None) -> str:
    if event is None:
        return "trigger_event_missing"
    return f"{event.lower()}_not_used_here" if event in REFUSED else "trigger_event_not_used_here"


def _fault(
    piece: Piece,
    file: str,
    reason: str,
    settings: Settings,
    source_id: str | None = None,
    *,
    is_cut: bool = False,
) -> Fault:
    """Return the fault of a message, with the appointment (else `source_id`) and the patient that it names."""
    # the last segment of a message that was cut may be half of one
    appointment, patient = _named(piece.segments[:-1] if is_cut else piece.segments, settings)
    return Fault(
        file,
        piece.row,
        piece.position,
        reason,
        source_id=appointment or source_id,
        payload=piece.text,
        subject_id=patient,
    )


def _named(segments: list[str], settings: Settings) -> tuple[str | None, str | None]:
    """Return the ids of the appointment (SCH) and the patient (PID) of a message that cannot be used."""
    try:
        m = Message(segments)
    except (ValueError, IndexError):
        return None, None
    made, sch = moment(m.value(m.fields[0], 7), UTC), m.first("SCH")
    numbers = people.identifiers(m, m.first("PID"), made.date() if made is not None else None)
    return (
        appointment_id(m.value(sch, 1), m.value(sch, 2)),
        people.record_number(numbers, settings.mrn_authority, settings.mrn_type),
    )


def appointment_id(placer: str | None, filler: str | None) -> str | None:
    """Return the id of an appointment: the filler's, else the placer's, marked as such."""
    return filler or (f"placer:{placer}" if placer else None)


def status_of(
    event: str, code: str | None, text: str | None, settings: Settings
) -> tuple[str, bool]:
    """Return the status of an appointment after a message, and whether it is known.

    The event decides alone only if no status was sent. A status that is not known stays as it was sent,
    and one that contradicts the event is `S15/Arrived`: the definition may say what either means. A
    deletion (S17) says that there was no appointment, whatever its status was.
    """
    codes = settings.codes[STATUS]
    said, is_known = codes.find(code, text)
    if said is None or event == DELETED:
        return STATUS_OF_EVENT[event], True
    if not is_known or event not in FINAL_EVENTS:
        return said, is_known
    after = STATUS_AFTER.get((event, said))
    if after is not None:
        return after, True
    both, is_known = codes.find(f"{event}/{code or text}")
    return both or said, is_known


def _visit_type(m: Message, sch: list[str], settings: Settings) -> tuple[str | None, str | None]:
    """Return the visit type and its text: of the fields that may hold it, the first that is known."""
    codes = settings.codes[VISIT_TYPE]
    first: tuple[str | None, str | None] = (None, None)
    for tag, index in (("SCH", 8), ("SCH", 7), ("AIS", 3)):
        place = sch if tag == "SCH" else next(iter(people.kept(m, tag)), [])
        code, text = m.coded(place, index)
        if (code is None and text is None) or (code or "").upper() in NO_VISIT_TYPE:
            continue
        word, is_known = codes.find(code, text)
        if is_known:
            return word, text
        if first[0] is None:
            first = word, text
    return first


def _span(
    m: Message, sch: list[str], zone: ZoneInfo | timezone
) -> tuple[datetime | None, datetime | None]:
    """Return start and end: of TQ1, of SCH-11, else of the first resource that has a start."""
    timing = m.first("TQ1")
    starts = moment(m.value(timing, 7), zone)
    ends = moment(m.value(timing, 8), zone)
    if starts is None:
        starts, ends = moment(m.value(sch, 11, 4), zone), moment(m.value(sch, 11, 5), zone)
    if starts is None:
        for tag, index in (("AIS", 4), ("AIG", 8), ("AIP", 6), ("AIL", 6)):
            starts = next(
                (
                    at
                    for s in people.kept(m, tag)
                    if (at := moment(m.value(s, index), zone)) is not None
                ),
                None,
            )
            if starts is not None:
                break
    if starts is not None and (ends is None or ends < starts):
        ends = None
        length, unit = m.value(sch, 9), (m.value(sch, 10) or "MIN").upper()
        if length and length.isascii() and length.isdigit() and len(length) < 6 and unit in MINUTES:
            try:
                ends = (starts + timedelta(minutes=int(length) * MINUTES[unit])).astimezone(UTC)
            except OverflowError:
                ends = None
    return starts, ends


def _location(m: Message) -> str | None:
    for fields in (*people.kept(m, "AIL"), *m.every("PV1")):
        for place in m.repetitions(fields, 3):
            if parts := [part for i in (1, 2, 4) if (part := m.part(place, i))]:
                return "/".join(parts)
    return None


def _patient(m: Message, found: Appointment, on: date, settings: Settings) -> None:
    pid = m.first("PID")
    found.identifiers = people.identifiers(m, pid, on)
    found.family, found.given = people.name(m, pid, on)
    found.birth_date = day(m.value(pid, 7))
    found.sex, found.is_sex_known = settings.codes[SEX].find(*m.coded(pid, 8))
    found.postal_code = people.postal_code(m, pid, on)
    found.phone = people.telephone(m, pid, on)
