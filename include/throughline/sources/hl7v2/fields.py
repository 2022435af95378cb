"""Lists the fields of messages and which of them the reader reads, for the profile of a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.hl7v2 import adt
from throughline.sources.hl7v2.batch import kind_of
from throughline.sources.hl7v2.message import Message
from throughline.sources.hl7v2.rows import READ_FROM, READERS, cancelled_by
from throughline.sources.hl7v2.settings import Settings, settings_of
from throughline.sources.hl7v2.siu import FINAL_EVENTS, Appointment, read_message, status_of
from throughline.sources.hl7v2.split import Piece, split
from throughline.sources.standard import Held, HeldCode

_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_TYPE = re.compile(r"[A-Z]{3}")


class _Noted(Message):
    """A message that records which of its fields are read."""

    __slots__ = ("asked",)

    def __init__(self, segments: list[str]) -> None:
        super().__init__(segments)
        self.asked: set[tuple[str, int]] = set()

    def value(self, fields: list[str], index: int, component: int = 1) -> str | None:
        """Note the field, and return one component of it."""
        self._note(fields, index)
        return super().value(fields, index, component)

    def coded(self, fields: list[str], index: int) -> tuple[str | None, str | None]:
        """Note the field, and return its code and text."""
        self._note(fields, index)
        return super().coded(fields, index)

    def repetitions(self, fields: list[str], index: int) -> list[list[str]]:
        """Note the field, and return its repetitions."""
        self._note(fields, index)
        return super().repetitions(fields, index)

    def _note(self, fields: list[str], index: int) -> None:
        if fields:
            self.asked.add((fields[0], index))


def held(stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
    """Yield what each message of a file holds. Raises `FileRefusedError`."""
    said, settings = definition.conventions, settings_of(definition)
    for piece in split(stream, file):
        if piece.kind != "MSH":
            continue
        made: list[_Noted] = []

        def noted(segments: list[str], made: list[_Noted] = made) -> _Noted:
            made.append(_Noted(segments))
            return made[0]

        kind = kind_of(piece.segments[0])
        if kind in READERS and not set(READ_FROM[kind]).isdisjoint(definition.feeds):
            if (found := _of_parts(piece, file, kind, definition, settings)) is not None:
                yield found
            continue
        read = read_message(piece, file, definition.zone, settings, noted)
        if not made:
            continue
        m = made[0]
        is_read = isinstance(read, Appointment)
        elements = _elements(m, m.asked if is_read else set())
        yield Held(
            _kind(m),
            elements,
            tuple(_codes(read, said, settings)) if isinstance(read, Appointment) else (),
            read.identifiers[0].value
            if isinstance(read, Appointment) and read.identifiers
            else None,
        )


def _elements(m: Message, asked: set[tuple[str, int]]) -> dict[str, bool]:
    """Return the fields that a message fills, and whether each is among those that were read."""
    return {
        f"{fields[0]}-{index}": (fields[0], index) in asked
        for fields in m.fields
        if _TAG.fullmatch(fields[0])
        for index, text in enumerate(fields)
        # MSH-1 and MSH-2 say how the rest is written
        if index and text.strip() and not (fields[0] == "MSH" and index < 3)
    }


# The fields of ADT with codes that the reader translates.
_CODED = (
    ("PV1-2 class", "encounter.class_code", "PV1", 2),
    ("PV1-36 disposition", "encounter.discharge_disposition_code", "PV1", 36),
    ("TXA-2 type", "document_reference.type_code", "TXA", 2),
    ("TXA-17 completion", "document_reference.doc_status", "TXA", 17),
    ("PID-8 sex", "patient.sex", "PID", 8),
)


def _of_parts(
    piece: Piece, file: str, kind: str, definition: SourceDefinition, settings: Settings
) -> Held | None:
    """Return what a message of ADT, MDM or DFT holds, read as each of its feeds; None if it is unreadable."""
    made: list[_Noted] = []

    def noted(segments: list[str]) -> _Noted:
        made.append(_Noted(segments))
        return made[-1]

    told = [
        one
        for feed in READ_FROM[kind]
        if feed in definition.feeds
        for one in READERS[kind].read_message(piece, file, feed, definition.zone, settings, noted)
        if isinstance(one, adt.Statement)
    ]
    if not made:
        return None
    m = made[0]
    asked = set[tuple[str, int]]().union(*(each.asked for each in made)) if told else set()
    codes = [
        HeldCode(path, code, word if is_known else None, field=field)
        for path, field, tag, index in _CODED
        if told and (code := m.coded(m.first(tag), index)[0]) is not None
        for word, is_known in (settings.codes[field].find(*m.coded(m.first(tag), index)),)
    ]
    codes += [
        HeldCode(
            "FT1-6 transaction type",
            said,
            settings.transaction_types.get(said.upper()),
            field="transaction_types",
        )
        for ft1 in m.every("FT1")
        if (said := m.value(ft1, 6)) is not None
    ]
    subject = next((one.subject_id for one in told if one.subject_id), None)
    return Held(_kind(m), _elements(m, asked), tuple(codes), subject)


def _kind(m: Message) -> str:
    """Return the type of a message (`SIU`), if it is one."""
    kind = m.value(m.fields[0], 9) or ""
    return kind if _TYPE.fullmatch(kind) else "(no type of HL7 v2)"


def _codes(read: Appointment, said: dict[str, Any], settings: Settings) -> Iterator[HeldCode]:
    if read.filler_status is not None or read.filler_text is not None:
        # read again, because it may be the event that gave the status
        code, text = read.filler_status, read.filler_text
        status, is_known = status_of(read.trigger_event, code, text, settings)
        by_event = read.trigger_event in FINAL_EVENTS and is_known
        meaning = f"{status}, by the event" if by_event else status
        known = meaning if is_known else None
        yield HeldCode("SCH-25 status", code or status, known, field="appointment.status")
    if read.sex is not None:
        sex = read.sex if read.is_sex_known else None
        yield HeldCode("PID-8 sex", read.sex, sex, field="appointment.sex")
    if read.event_reason_code is not None and read.status == "cancelled":
        who, is_known = cancelled_by(read, settings)
        by_whom = who if is_known else None
        yield HeldCode(
            "SCH-6 reason of a cancellation",
            read.event_reason_code,
            by_whom,
            field="appointment.cancelled_by",
        )
    kind, authority = said.get("mrn_type", "MR"), said.get("mrn_authority")
    for one in read.identifiers:
        is_mrn = one.type == kind and authority in (None, one.authority)
        told = f"{one.authority or '-'}/{one.type or '-'}"
        yield HeldCode(
            "PID-3 authority and type", told, "record number" if is_mrn else None, is_for_all=False
        )
