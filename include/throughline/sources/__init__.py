"""The systems of record: fetch what they have, land it, and read it in their own standards.

Importing this package is cheap. The code that fetches and parses is imported on first use, because
Airflow keeps parsing DAG files that need only the names of the sources.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from throughline.sources.definitions import SourceDefinition, definition, source_names
from throughline.transports.address import Address, NotYet, SourceUnavailable

if TYPE_CHECKING:
    from throughline.sources.landing import BatchResult
    from throughline.sources.staging import Staged
    from throughline.warehouse import Connection
    from throughline.warehouse.nights import Night

__all__ = [
    "Address",
    "NotYet",
    "SourceDefinition",
    "SourceUnavailable",
    "definition",
    "extract",
    "note_not_received",
    "register",
    "source_names",
    "stage",
]


def extract(
    definition: SourceDefinition,
    address: Address,
    conn: Connection,
    night: Night,
    landing_root: Path,
    deadline: datetime | None = None,
) -> list[BatchResult]:
    """Land what a source has for a night: see `throughline.sources.fetch`."""
    from throughline.sources.fetch import extract as land

    return land(definition, address, conn, night, landing_root, deadline)


def stage(conn: Connection, batch_id: UUID | str, landing_root: Path) -> Staged:
    """Parse a landed batch into `staging`: see `throughline.sources.staging`."""
    from throughline.sources.staging import stage as parse

    return parse(conn, batch_id, landing_root)


def note_not_received(
    conn: Connection, source: str, seq: int, feeds: Iterable[str], problem: SourceUnavailable
) -> None:
    """Keep why feeds do not come in a night: see `throughline.sources.landing`."""
    from throughline.sources.landing import note_not_received as note

    note(conn, source, seq, feeds, problem)


def register(conn: Connection, seq: int) -> int:
    """Register the systems, roles and feeds defined on night `seq`; returns the number of feeds.

    Raises `SourceDefinitionError`. Does not commit.
    """
    from throughline.sources import systems

    return systems.register(conn, seq)
