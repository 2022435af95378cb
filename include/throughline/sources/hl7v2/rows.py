"""Turns appointments into rows of `staging.appointment`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from throughline.sources.codes import CANCELLED_BY
from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.values import digits
from throughline.sources.hl7v2.people import record_number
from throughline.sources.hl7v2.settings import Settings, settings_of
from throughline.sources.hl7v2.siu import DELETED, Appointment, appointment_id, read
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow

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
}
_NUMBER = re.compile(r"[0-9]+")


def cancelled_by(a: Appointment, settings: Settings) -> tuple[str | None, bool]:
    """Return who cancelled, by the code of the reason (SCH-6) or else by its text, and whether it is known.

    A reason that is not known stays as it was sent.
    """
    if a.status != "cancelled":
        return None, True
    return settings.codes[CANCELLED_BY].find(a.event_reason_code, a.event_reason_text)


def rows(stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[StagedRow | Fault]:
    """Yield the rows and faults of one file. Raises `FileRefusedError`."""
    settings = settings_of(definition)
    for found in read(stream, file, definition.zone, settings):
        yield found if isinstance(found, Fault) else _row(found, settings)


def _row(a: Appointment, settings: Settings) -> StagedRow:
    mrn = record_number(a.identifiers, settings.mrn_authority, settings.mrn_type)
    source_id = appointment_id(a.placer_id, a.filler_id)
    assert a.message_at is not None
    assert source_id is not None
    made = a.message_at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    # messages of the same second sort by number: 10 comes after 9
    number = _NUMBER.sub(lambda found: found.group().zfill(12), a.control_id)
    reason = a.event_reason_code if a.status in ("cancelled", "noshow") else None
    who, _ = cancelled_by(a, settings)
    return StagedRow(
        table="appointment",
        row_no=a.row,
        source_id=source_id,
        source_version=f"{made}/{number}",
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
