"""HL7 v2: files of SIU messages, which form one feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.records import Fault
from throughline.sources.standard import OWN_CODES, TESTS, Contents, File, Held, Standard
from throughline.sources.table import StagedRow
from throughline.transports.files import RemoteFile

CONVENTIONS: dict[str, Mapping[str, Any]] = {
    "codes": OWN_CODES,
    "mrn_authority": {
        "type": "string",
        "description": "the assigning authority (PID-3.4) of the record number that the EHR knows",
    },
    "mrn_type": {
        "type": "string",
        "description": "the type (PID-3.5) of that record number, MR if nothing is said",
    },
    "practitioner_roles": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "the roles (AIP-4) of those who see patients, best first",
    },
    "billable_qualifications": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "degrees (HL7 v2 table 0360) of those who may bill a visit",
    },
    "test_data": TESTS,
    "cancelled_by": {
        "type": "object",
        "additionalProperties": {"enum": ["patient", "clinic", "other"]},
        "description": "who cancelled, patient, clinic or other (neither), by the reason code (SCH-6)",
    },
}


class Hl7v2(Standard):
    """HL7 v2 messages, in files of any name and of any number of messages."""

    name = "hl7v2"
    transports = ("https", "sftp", "folder")
    suffix = "hl7"
    not_used = "message_type_not_used_here"
    conventions = CONVENTIONS

    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Count messages; a file belongs to the one feed even when it holds none."""
        from throughline.sources.hl7v2.batch import scan

        found = scan(stream, file.name, definition.zone)
        return Contents({"appointment": found.messages}, found.made_at, found.is_complete)

    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield appointments, and a fault for each message of another type."""
        from throughline.sources.hl7v2.rows import rows

        return rows(stream, file.name, definition)

    def readable(self) -> frozenset[str]:
        """Return the one feed that messages are read as."""
        from throughline.sources.hl7v2.rows import COLUMNS

        return frozenset(COLUMNS)

    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the columns of appointments."""
        from throughline.sources.hl7v2.rows import COLUMNS

        return {feed: COLUMNS[feed]}

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield the fields of each message, and the codes that the reader translates."""
        from throughline.sources.hl7v2.fields import held

        return held(stream, file, definition)


STANDARD = Hl7v2()
