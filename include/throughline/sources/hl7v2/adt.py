"""Reads ADT messages of any version: what each says of a visit, and of its patient (HL7 v2 chapter 3).

What A03, A13 and A16 are: versions 2.3.1 and 2+ at hl7.eu; merges: LinuxForHealth/hl7v2-fhir-converter #223 and
dcm4chee-arc-light #1086, #4589; all read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.hl7v2 import people
from throughline.sources.hl7v2.message import Message, moment
from throughline.sources.hl7v2.person import merged, patient_id, person
from throughline.sources.hl7v2.settings import Settings
from throughline.sources.hl7v2.split import Piece
from throughline.sources.hl7v2.told import Told, UnreadableError, opened
from throughline.sources.records import Fault

ENCOUNTER, PATIENT = "encounter", "patient"
FEEDS = (ENCOUNTER, PATIENT)

# The status of a visit after the events that decide it. A11 takes back an admission or a visit (A01, A04), A13 the
# discharge; A23 deletes the visit. A38 and A27 take back what A05 and A14 announced.
STATUS_AFTER = {
    "A01": "in-progress",
    "A03": "finished",
    "A04": "in-progress",
    "A05": "planned",
    "A11": "cancelled",
    "A13": "in-progress",
    "A14": "planned",
    "A23": "entered-in-error",
    "A27": "cancelled",
    "A38": "cancelled",
}
# Events that change a visit without deciding its status: transfer and its undoing, class changes, updates. Their PV1
# may lack what an earlier message said, the discharge most of all.
CHANGES = frozenset({"A02", "A06", "A07", "A08", "A12"})
BEGINS = frozenset({"A01", "A04"})
ENDS = "A03"
ENDS_NOT = "A13"
# About a person, with or without a visit beside it.
OF_PERSONS = frozenset({"A28", "A31", "A40"})
MERGES = "A40"
EVENTS = frozenset({*STATUS_AFTER, *CHANGES, *OF_PERSONS})
# Merges of accounts and visits, moves, and merges in the form of before version 2.3.1; the deletion of a person.
# What they change cannot be read here, and whose records they are about is no longer sure.
REFUSED = frozenset(
    f"A{n}" for n in (18, 29, 30, 34, 35, 36, 39, *range(41, 52))
)  # fmt: skip
# Beds, tracking, leaves, announcements, links, allergies: they change no visit and no person that is kept.
UNUSED = frozenset(
    f"A{n:02}"
    for n in (9, 10, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 32, 33, 37, *range(52, 56), *range(60, 63))
)  # fmt: skip
PASSED_OVER = "event_not_used"
SEVERAL = "several_patients"

CLASS, TYPE = "encounter.class_code", "encounter.type_code"
DISPOSITION = "encounter.discharge_disposition_code"


class Statement(msgspec.Struct):
    """What one message says of one record of a feed. `fields` are by column; None deletes."""

    feed: str
    row: int
    event: str
    source_id: str
    version: str
    subject_id: str | None
    fields: dict[str, object]


def read_message(
    piece: Piece,
    file: str,
    feed: str,
    zone: ZoneInfo,
    settings: Settings,
    message: Callable[[list[str]], Message] = Message,
) -> list[Statement | Fault]:
    """Return what a message says of the records of a feed, or its fault; `message` splits its segments."""

    def refuse(reason: str) -> list[Statement | Fault]:
        return [fault(piece, file, feed, reason, settings)]

    try:
        m, event, made, newest, told = opened(
            piece, zone, settings, message, _why_not, orders_by_event=settings.orders_by_event
        )
        if feed == PATIENT:
            return persons(m, piece, file, told, event, newest, made, settings)
        if event in OF_PERSONS:
            return []
        return _visit(m, piece, file, told, event, newest, made, settings)
    except UnreadableError as error:
        if str(error) == PASSED_OVER:
            return [Fault(file, piece.row, piece.position, PASSED_OVER, "warning")]
        return refuse(str(error))


def _why_not(event: str | None) -> str | None:
    """Return why an event is not read: those that move records are named, so that nobody takes them for noise."""
    if event is None:
        return "trigger_event_missing"
    if event in EVENTS:
        return None
    if event in UNUSED:
        return PASSED_OVER
    return f"{event.lower()}_not_used_here" if event in REFUSED else "trigger_event_not_used_here"


def visit_id(m: Message, settings: Settings) -> tuple[str | None, str | None]:
    """Return the id of the visit and its number: of the first field that the definition names and that is there.

    With an assigner (CX-4, or the sender's facility, MSH-4), the id begins with it: hospitals of one feed may use the
    same number.
    """
    for tag, index in settings.visit_fields:
        fields = m.first(tag)
        number = m.value(fields, index)
        if number is None:
            continue
        if settings.visit_assigner == "MSH-4":
            assigner = m.value(m.fields[0], 4)
        else:
            assigner = m.value(fields, index, 4) if settings.visit_assigner == "CX-4" else None
        return (f"{assigner}|{number}" if assigner else number), number
    return None, None


def _visit(
    m: Message,
    piece: Piece,
    file: str,
    told: Told,
    event: str,
    newest: str,
    made: datetime,
    settings: Settings,
) -> list[Statement | Fault]:
    pv1, evn, pv2 = m.first("PV1"), m.first("EVN"), m.first("PV2")
    source_id, number = visit_id(m, settings)
    if source_id is None:
        # an update of a person who is not here (A08) has no visit
        if event == "A08":
            return []
        return [fault(piece, file, ENCOUNTER, "visit_without_number", settings)]
    if len(m.every("PV1")) > 1 and len({tuple(each[19:20]) for each in m.every("PV1")}) > 1:
        return [fault(piece, file, ENCOUNTER, "several_visits", settings)]
    of_one_patient(m)
    said = told.fields
    said["under_way"] = True
    said["visit_number"] = number
    subject = patient_id(m, made, settings)
    if subject is not None:
        said["subject_id"] = subject
    codes = settings.codes
    told.says("class_code", pv1, 2, lambda: codes[CLASS](*m.coded(pv1, 2)))
    tag, index = settings.type_field
    kind = m.first(tag)
    told.says("type_code", kind, index, lambda: codes[TYPE](*m.coded(kind, index)))
    told.says("discharge_disposition_code", pv1, 36, lambda: _disposition(m, pv1, settings))
    told.text("admit_source_code", pv1, 14)
    told.text("reason_code", pv2, 3)
    practitioner, _ = people.practitioner(m, settings.roles, settings.degrees, made.date())
    if practitioner is not None:
        said["practitioner_id"] = practitioner
    if (place := _place(m, pv1)) is not None:
        said["location_id"] = place
    provider = m.value(pv1, 39) or m.value(pv1, 3, 4) or m.value(m.fields[0], 4)
    if provider is not None:
        said["service_provider_id"] = provider
    _times(m, told, pv1, evn, pv2, event, made)
    return [Statement(ENCOUNTER, piece.row, event, source_id, newest, subject, said)]


def _times(
    m: Message,
    told: Told,
    pv1: list[str],
    evn: list[str],
    pv2: list[str],
    event: str,
    made: datetime,
) -> None:
    """Note when the visit began and ended, and its status.

    PV1-44 and PV1-45 say it; of an admission or a discharge without them, the time of the event (EVN-6), else when
    it was recorded (EVN-2). A discharge that lies after the message is expected, and only an A03 may say so of one.
    """
    said = told.fields
    has_start = told.time("starts_at", pv1, 44, "visit_time_unreadable")
    has_end = told.time("ends_at", pv1, 45, "visit_time_unreadable")
    ends = said.get("ends_at")
    if has_end and event != ENDS and isinstance(ends, datetime) and ends > made:
        del said["ends_at"]
        has_end, ends = False, None
    happened = told.at(evn, 6) or told.at(evn, 2) or made
    status = STATUS_AFTER.get(event)
    if status is not None:
        said["status"] = status
    if event in BEGINS and not has_start:
        said["starts_at"] = happened
    elif status == "planned" and not has_start:
        told.time("starts_at", pv2, 8, "visit_time_unreadable")
    if event == ENDS and ends is None:
        said["ends_at"] = happened
    elif event == ENDS_NOT or (event in BEGINS and not has_end):
        # it is under way, whatever was said before of its end
        said["ends_at"] = said["discharge_disposition_code"] = None
    elif has_end and event != ENDS:
        said["ended"] = ends is not None


def _disposition(m: Message, pv1: list[str], settings: Settings) -> str | None:
    """Return the disposition (PV1-36). HL7 table 0112 takes after UB-04 FL17, whose codes have two digits."""
    code, text = m.coded(pv1, 36)
    if code is not None and len(code) == 1 and code.isascii() and code.isdigit():
        code = f"0{code}"
    return settings.codes[DISPOSITION](code, text)


def _place(m: Message, pv1: list[str]) -> str | None:
    for place in m.repetitions(pv1, 3):
        if parts := [part for i in (1, 2, 4) if (part := m.part(place, i))]:
            return "/".join(parts)
    return None


def persons(
    m: Message,
    piece: Piece,
    file: str,
    told: Told,
    event: str,
    newest: str,
    made: datetime,
    settings: Settings,
) -> list[Statement | Fault]:
    """Return what a message says of its patient, and of the records that it merges into that one."""
    if event != MERGES:
        of_one_patient(m)
    found: list[Statement | Fault] = []
    for survivor, pid, priors in merged(m, made, settings):
        if survivor is None:
            return [fault(piece, file, PATIENT, "patient_without_number", settings)]
        mine = Told(m, told.zone)
        person(m, pid, mine, made, settings)
        if event in OF_PERSONS:
            # added, updated or survived under its own number: whatever it was merged into, it stands again
            mine.fields["replaced_by"] = None
            mine.fields["is_active"] = True
        found.append(Statement(PATIENT, piece.row, event, survivor, newest, survivor, mine.fields))
        if event != MERGES:
            break
        if not priors:
            return [fault(piece, file, PATIENT, "merged_number_missing", settings)]
        for prior in priors:
            if prior is None:
                return [fault(piece, file, PATIENT, "merged_number_missing", settings)]
            if prior == survivor:
                return [fault(piece, file, PATIENT, "merged_into_itself", settings)]
            gone: dict[str, object] = {"replaced_by": survivor, "is_active": False}
            found.append(Statement(PATIENT, piece.row, event, prior, newest, prior, gone))
    return found


def of_one_patient(m: Message) -> None:
    """Raise `UnreadableError` if a message names more than one patient."""
    if len({tuple(each[3:4]) for each in m.every("PID")}) > 1:
        raise UnreadableError(SEVERAL)


def fault(piece: Piece, file: str, feed: str, reason: str, settings: Settings) -> Fault:
    """Return the fault of a message, with the visit and the patient that it names."""
    # the last segment of a message that was cut may be half of one
    is_cut = piece.is_cut or reason == "truncated"
    visit, subject, control = _named(piece.segments[:-1] if is_cut else piece.segments, settings)
    if reason == SEVERAL:
        # it is about more than one, and so about none of them
        subject = None
    return Fault(
        file,
        piece.row,
        piece.position,
        reason,
        source_id=(visit if feed == ENCOUNTER else subject) or control,
        payload=piece.text,
        subject_id=subject,
    )


def _named(segments: list[str], settings: Settings) -> tuple[str | None, str | None, str | None]:
    try:
        m = Message(segments)
    except (ValueError, IndexError):
        return None, None, None
    made = moment(m.value(m.fields[0], 7), UTC)
    return visit_id(m, settings)[0], patient_id(m, made, settings), m.value(m.fields[0], 10)
