"""FHIR R4: a Bulk Data export from a server, or the files of one in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.records import Fault
from throughline.sources.standard import OWN_CODES, Contents, File, Held, Standard
from throughline.sources.table import StagedRow
from throughline.transports import Address, SourceUnavailable
from throughline.transports.address import NotYet
from throughline.transports.files import RemoteFile

if TYPE_CHECKING:
    from throughline.sources.landing import BatchResult, Landing
    from throughline.warehouse import Connection

_SYSTEM = {"type": "string", "minLength": 1}
_SYSTEMS = {"type": "array", "items": _SYSTEM}


CONVENTIONS: dict[str, Mapping[str, Any]] = {
    "codes": OWN_CODES,
    "mrn_system": {**_SYSTEM, "description": "the identifier system of record numbers"},
    "npi_system": {**_SYSTEM, "description": "the identifier system of NPIs"},
    "tax_system": {**_SYSTEM, "description": "the identifier system of tax numbers"},
    "task_systems": {
        **_SYSTEMS,
        "description": "the identifier systems of our own tasks, best first",
    },
    "control_number_system": {
        **_SYSTEM,
        "description": "the identifier system of patient control numbers of claims",
    },
    "visit_number_system": {**_SYSTEM, "description": "the identifier system of visit numbers"},
    "encounter_type_systems": {
        **_SYSTEMS,
        "description": "the code systems of encounter types, best first",
    },
    "procedure_code_systems": {
        **_SYSTEMS,
        "description": "the code systems of procedures, best first",
    },
    "billable_qualifications": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "degrees (HL7 v2 table 0360) of those who may bill a visit",
    },
    "billable_taxonomies": {
        "type": "array",
        "items": {"type": "string", "pattern": "^[0-9A-Z]{2,10}$"},
        "description": "beginnings of taxonomy codes (NUCC) of those who may bill a visit, where no degree is named",
    },
    "payers": {
        "type": "object",
        "additionalProperties": _SYSTEM,
        "description": "the payer (of payers.yaml) by what the server calls it: its id, its name, or name / plan",
    },
    "signed_notes": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "description": "which notes count as signed, where the server does not say who signed (US Core)",
        "properties": {
            "by": {
                "enum": ["authenticator", "author"],
                "description": "author: a final note counts as signed by its author, when it was written",
            },
            "doc_status": {
                "enum": ["final", "preliminary"],
                "description": "what a note is that has no docStatus; preliminary if left out",
            },
        },
    },
    "practitioner_roles": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "the types (code or text) of those who lead an encounter or perform, best first",
    },
    "extensions": {
        "type": "object",
        "additionalProperties": _SYSTEM,
        "description": "the url of each extension, by our name of what it says",
    },
}


class Fhir(Standard):
    """FHIR R4 resources as NDJSON, a feed for each type."""

    name = "fhir"
    transports = ("https", "sftp", "folder")
    exports = ("https",)
    suffix = "ndjson"
    not_used = "resource_type_not_used_here"
    conventions = CONVENTIONS

    def fetch(
        self,
        definition: SourceDefinition,
        address: Address,
        conn: Connection,
        landing: Landing,
        deadline: datetime | None = None,
    ) -> list[BatchResult]:
        """Land what changed since each feed was last complete: by an export, or by search.

        If nothing is exported, what is searched for is landed all the same.
        """
        from throughline.sources.fhir.bulk.export import export
        from throughline.sources.fhir.search.harvest import search

        feeds = definition.feeds
        searched = [name for name, feed in feeds.items() if feed.read_by == "search"]
        exported = {name: feed for name, feed in feeds.items() if name not in searched}
        batches: list[BatchResult] = []
        problem: SourceUnavailable | None = None
        if exported:
            try:
                of_export = replace(definition, feeds=exported)
                batches += export(of_export, address, conn, landing, deadline)
            except NotYet:
                raise
            except SourceUnavailable as error:
                problem = error
        if searched:
            batches += search(definition, searched, address, conn, landing, deadline)
        if problem is not None and not batches:
            raise problem
        if problem is not None:
            landing.not_received(exported, problem)
        return batches

    def landed(self, definition: SourceDefinition, address: Address, conn: Connection) -> None:
        """Tell the server that the exported files may be deleted."""
        from throughline.sources.fhir.bulk.export import release

        release(definition, address, conn)

    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Count lines by feed; a file named after a resource type belongs to that type's feed."""
        from throughline.sources.fhir.files import scan

        return scan(stream, file)

    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield resources of the feed's type, and tombstones of deleted ones."""
        from throughline.sources.fhir.rows import rows

        return rows(stream, file, feed, definition)

    def readable(self) -> frozenset[str]:
        """Return the feeds of the types that are known."""
        from throughline.sources.fhir.ndjson import KINDS

        return frozenset(KINDS)

    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the columns of a feed's records and of their child records."""
        from throughline.sources.fhir.rows import columns

        return columns(feed)

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield the paths of each resource, an extension by its url."""
        from throughline.sources.fhir.paths import held

        return held(stream, file, definition)


STANDARD = Fhir()
