"""HL7 v2: files of messages; a file belongs to the feeds that its types of message are read for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.records import Fault
from throughline.sources.standard import OWN_CODES, TESTS, Contents, File, Held, Standard
from throughline.sources.table import StagedRow
from throughline.transports.files import RemoteFile

_NUMBER = (
    "^(FT1-(1|2|3|7|13|23|25|26|30)|PV1-19|PID-18)(/(FT1-(1|2|3|7|13|23|25|26|30)|PV1-19|PID-18))*$"
)
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
    "patient_authority": {
        "type": "string",
        "description": "the assigning authority (PID-3.4) of the number by which the sender of ADT tells its"
        " patients apart, if it is not mrn_authority",
    },
    "patient_type": {
        "type": "string",
        "description": "the type (PID-3.5) of that number, if it is not mrn_type",
    },
    "visit_number": {
        "type": "array",
        "items": {"enum": ["PV1-19", "PID-18", "PV1-50"]},
        "minItems": 1,
        "description": "the fields that may hold the number of a visit, best first: PV1-19 if nothing is said;"
        " an account (PID-18) may span several visits",
    },
    "visit_assigner": {
        "enum": ["CX-4", "MSH-4", "none"],
        "description": "what makes the number of a visit unique: its own assigner (CX-4, if nothing is said), the"
        " sender's facility (MSH-4), or nothing",
    },
    "encounter_type": {
        "enum": ["PV1-18", "PV1-10", "PV1-4"],
        "description": "the field with the type of a visit or facility, PV1-18 if nothing is said",
    },
    "adt_order": {
        "enum": ["MSH-7", "EVN-2"],
        "description": "what says which of two ADT messages is the newer one: when it was written (MSH-7, if"
        " nothing is said), or when the event was recorded (EVN-2)",
    },
    "assigned_authenticator_signs": {
        "type": "boolean",
        "description": "whether a signed document without a signature (TXA-22) counts as signed by whoever was to"
        " sign it (TXA-10); false if nothing is said",
    },
    "primary_care_is_ours": {
        "type": "boolean",
        "description": "whether PD1-4 of ADT says whose patient of ours somebody is; false if nothing is said",
    },
    "transaction_types": {
        "type": "object",
        "additionalProperties": {"enum": ["charge", "credit", "other"]},
        "description": "what the sender's own types of transactions (FT1-6) are, beside CG (a charge), CD (a credit),"
        " PY, AJ and CO (other)",
    },
    "charge_number": {
        "type": "array",
        "items": {"type": "string", "pattern": _NUMBER},
        "minItems": 1,
        "description": "the fields that may hold the number of a charge, best first, FT1-2 if nothing is said; several"
        " that make it together: FT1-23/FT1-25",
    },
    "credited_number": {
        "type": "array",
        "items": {"type": "string", "pattern": _NUMBER},
        "minItems": 1,
        "description": "the fields of a credit that may hold the number of the charge that it takes back, as"
        " charge_number if nothing is said",
    },
    "procedure_code": {
        "type": "array",
        "items": {"enum": ["FT1-25", "FT1-7", "PR1-3"]},
        "minItems": 1,
        "description": "the fields that hold codes of CPT or HCPCS, best first, FT1-25 if nothing is said; another"
        " counts only where it names such a system",
    },
    "charge_codes": {
        "type": "object",
        "additionalProperties": {
            "type": "string",
            "pattern": "^([0-9A-Z]{5}(-[0-9A-Z]{2})?|nothing)$",
        },
        "description": "the codes of the sender's own price list (FT1-7), each with its code of CPT or HCPCS, or"
        " nothing if there is nothing to bill",
    },
    "charge_diagnoses": {
        "type": "array",
        "items": {"enum": ["FT1-19", "DG1-3"]},
        "minItems": 1,
        "description": "the fields that hold the diagnoses of a charge, best first, FT1-19 if nothing is said; DG1"
        " within the transaction, else those of the visit",
    },
    "charge_performer": {
        "type": "array",
        "items": {"enum": ["FT1-20", "PR1-11", "PV1-7"]},
        "minItems": 1,
        "description": "the fields that say who rendered the service, best first, FT1-20 if nothing is said",
    },
    "one_unit_if_empty": {
        "type": "boolean",
        "description": "whether a charge without units (FT1-10) is of one; false if nothing is said",
    },
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
    needs_patients = True
    not_used = "message_type_not_used_here"
    conventions = CONVENTIONS

    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Count messages by feed; a file without any belongs to each feed: there was nothing to send."""
        from throughline.sources.hl7v2.batch import scan
        from throughline.sources.hl7v2.rows import READ_FROM

        found = scan(stream, file.name, definition.zone)
        ours = [name for name in self.feeds if name in definition.feeds]
        counts = dict.fromkeys(ours, 0) if not found.messages else {}
        for kind, number in found.kinds.items():
            # what no feed of the source reads counts for the first one, which sets it aside
            read = [name for name in READ_FROM.get(kind, ()) if name in ours] or ours[:1]
            for name in read:
                counts[name] = counts.get(name, 0) + number
        return Contents(counts, found.made_at, found.is_complete)

    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield the rows of one feed, and a fault for each message that cannot be read."""
        from throughline.sources.hl7v2.rows import rows

        return rows(stream, file.name, definition, feed, file.feeds or (feed,))

    def readable(self) -> frozenset[str]:
        """Return the feeds that messages are read as."""
        from throughline.sources.hl7v2.rows import COLUMNS

        return frozenset(COLUMNS)

    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the columns of a feed's records."""
        from throughline.sources.hl7v2.rows import COLUMNS

        return {feed: COLUMNS[feed]}

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield the fields of each message, and the codes that the reader translates."""
        from throughline.sources.hl7v2.fields import held

        return held(stream, file, definition)


STANDARD = Hl7v2()
