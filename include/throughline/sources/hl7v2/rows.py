"""Turns what messages say into rows of `staging`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from throughline.sources.codes import CANCELLED_BY
from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.values import digits
from throughline.sources.hl7v2 import adt, dft, mdm
from throughline.sources.hl7v2.batch import kind_of, pieces
from throughline.sources.hl7v2.order import version
from throughline.sources.hl7v2.people import record_number
from throughline.sources.hl7v2.settings import Settings, settings_of
from throughline.sources.hl7v2.siu import (
    DELETED,
    NOT_USED,
    Appointment,
    appointment_id,
    read_piece,
)
from throughline.sources.hl7v2.split import Piece
from throughline.sources.hl7v2.told import as_json
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow, array

COLUMNS = {
    "appointment": (
        "status",
        "trigger_event",
        "placer_id",
        "filler_id",
        "visit_type_code",
        "starts_at",
        "ends_at",
        "practitioner_id",
        "practitioner_npi",
        "location_id",
        "visit_number",
        "recorded_at",
        "cancel_reason_code",
        "cancelled_by",
        "mrn",
        "identifiers",
        "family",
        "given",
        "birth_date",
        "sex",
        "phone",
        "postal_code",
    ),
    "encounter": (
        "status",
        "class_code",
        "type_code",
        "starts_at",
        "ends_at",
        "discharge_disposition_code",
        "admit_source_code",
        "practitioner_id",
        "service_provider_id",
        "location_id",
        "visit_number",
        "reason_code",
        "said",
    ),
    "document_reference": (
        "status",
        "doc_status",
        "type_system",
        "type_code",
        "encounter_id",
        "authored_at",
        "authenticated_at",
        "author_id",
        "authenticator_id",
        "document_number",
        "visit_number",
        "said",
    ),
    "charge_item": (
        "status",
        "encounter_id",
        "code_system",
        "code",
        "modifiers",
        "quantity",
        "unit_price",
        "amount",
        "diagnoses",
        "performer_id",
        "occurred_at",
        "entered_at",
        "charge_number",
        "visit_number",
        "said",
    ),
    "patient": (
        "mrn",
        "identifiers",
        "family",
        "given",
        "birth_date",
        "sex",
        "phone",
        "postal_code",
        "state",
        "address_line",
        "city",
        "is_active",
        "deceased_at",
        "deceased_by",
        "is_deceased",
        "replaced_by",
        "general_practitioner_id",
        "language",
        "said",
    ),
}
# What a row has where its message says nothing.
_DEFAULTS: dict[str, dict[str, object]] = {
    "encounter": {"status": "in-progress"},
    "document_reference": {"status": "current"},
    "charge_item": {"modifiers": [], "diagnoses": []},
    "patient": {"identifiers": [], "is_active": True, "is_deceased": False},
}


def cancelled_by(a: Appointment, settings: Settings) -> tuple[str | None, bool]:
    """Return who cancelled, by the code of the reason (SCH-6) or else by its text, and whether it is known.

    A reason that is not known stays as it was sent.
    """
    if a.status != "cancelled":
        return None, True
    return settings.codes[CANCELLED_BY].find(a.event_reason_code, a.event_reason_text)


def rows(
    stream: BinaryIO,
    file: str,
    definition: SourceDefinition,
    feed: str = "appointment",
    feeds: tuple[str, ...] = ("appointment",),
) -> Iterator[StagedRow | Fault]:
    """Yield the rows and faults of one feed in a file that belongs to `feeds`. Raises `FileRefusedError`.

    The first feed accounts for wrappers, and for messages that none of the source's feeds reads.
    """
    settings = settings_of(definition)
    is_first = feed == feeds[0]
    for found in pieces(stream, file):
        if isinstance(found, Fault):
            if is_first:
                yield found
            continue
        piece, is_truncated = found
        kind = kind_of(piece.segments[0])
        mine = [name for name in READ_FROM.get(kind, ()) if name in definition.feeds]
        if feed == "appointment" and (feed in mine or (is_first and not mine)):
            for one in read_piece(piece, is_truncated, file, definition.zone, settings):
                yield one if isinstance(one, Fault) else _row(one, settings)
        elif feed in mine:
            yield from _told(piece, is_truncated, file, feed, definition, settings, mine, kind)
        elif is_first and not mine:
            yield adt.fault(piece, file, feed, NOT_USED if kind else MISSING, settings)


READ_FROM = {"SIU": ("appointment",), "ADT": adt.FEEDS, "MDM": mdm.FEEDS, "DFT": dft.FEEDS}
"""The feeds that each type of message (MSH-9.1) is read for."""
READERS = {"ADT": adt, "MDM": mdm, "DFT": dft}
"""The readers of messages that say parts of a record."""
MISSING = "message_type_missing"


def _told(
    piece: Piece,
    is_truncated: bool,
    file: str,
    feed: str,
    definition: SourceDefinition,
    settings: Settings,
    mine: list[str],
    kind: str,
) -> Iterator[StagedRow | Fault]:
    """Yield the rows and faults of one message that tells parts; its first feed has those that are of none."""
    if piece.is_misnamed:
        yield Fault(file, piece.row, piece.position, "characters_not_as_declared", "warning")
    if is_truncated:
        yield READERS[kind].fault(piece, file, feed, "truncated", settings)
        return
    for found in READERS[kind].read_message(piece, file, feed, definition.zone, settings):
        if not isinstance(found, Fault):
            yield _said(found)
        elif found.severity != "warning" or feed == mine[0]:
            yield found


def _said(told: adt.Statement) -> StagedRow:
    """Return the row of what a message says of a visit or a person: for the gate, as if it said all there is."""
    fields = {**_DEFAULTS[told.feed], **told.fields}
    if "ended" in told.fields and "status" not in told.fields:
        fields["status"] = "finished" if told.fields["ended"] else "in-progress"
    fields["said"] = as_json(told.fields, told.version)
    for name in ("modifiers", "diagnoses"):
        if isinstance(several := fields.get(name), list):
            fields[name] = array(several)
    if "identifiers" in fields:
        fields["identifiers"] = msgspec.json.encode(fields["identifiers"]).decode()
    return StagedRow(
        table=told.feed,
        row_no=told.row,
        source_id=told.source_id,
        source_version=told.version,
        subject_id=told.subject_id,
        values=tuple(fields.get(name) for name in COLUMNS[told.feed]),
    )


def _row(a: Appointment, settings: Settings) -> StagedRow:
    mrn = record_number(a.identifiers, settings.mrn_authority, settings.mrn_type)
    source_id = appointment_id(a.placer_id, a.filler_id)
    assert a.message_at is not None
    assert source_id is not None
    reason = a.event_reason_code if a.status in ("cancelled", "noshow") else None
    who, _ = cancelled_by(a, settings)
    return StagedRow(
        table="appointment",
        row_no=a.row,
        source_id=source_id,
        source_version=version(a.message_at, a.control_id),
        subject_id=mrn,
        is_deleted=a.trigger_event == DELETED,
        values=(
            a.status,
            a.trigger_event,
            a.placer_id,
            a.filler_id,
            a.visit_type_code,
            a.starts_at,
            a.ends_at,
            a.practitioner_id,
            a.practitioner_npi,
            a.location_id,
            a.visit_number,
            a.message_at,
            reason,
            who,
            mrn,
            msgspec.json.encode(a.identifiers).decode(),
            a.family,
            a.given,
            a.birth_date,
            a.sex,
            digits(a.phone),
            a.postal_code,
        ),
    )
