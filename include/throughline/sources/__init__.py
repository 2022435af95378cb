"""The systems of record: reach them, land what they have, read it in their own standards.

Importing this package costs little: what fetches and parses is imported when it is first called,
because DAG files that only need the names of the sources are parsed all the time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from throughline.sources.definitions import SourceDefinition, definition, source_names
from throughline.transports.address import Address, SourceUnavailable

if TYPE_CHECKING:
    from throughline.sources.landing import BatchResult
    from throughline.sources.staging import Staged
    from throughline.warehouse import Connection
    from throughline.warehouse.nights import Night

__all__ = [
    "Address",
    "SourceDefinition",
    "SourceUnavailable",
    "definition",
    "extract",
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
) -> list[BatchResult]:
    """Land what a source has for a night: see `throughline.sources.fetch`."""
    from throughline.sources.fetch import extract as land

    return land(definition, address, conn, night, landing_root)


def stage(conn: Connection, batch_id: UUID | str, landing_root: Path) -> Staged:
    """Parse a landed batch into `staging`: see `throughline.sources.staging`."""
    from throughline.sources.staging import stage as parse

    return parse(conn, batch_id, landing_root)


def register(conn: Connection, seq: int) -> int:
    """Write systems, roles and feeds as they are defined on night `seq`; returns how many feeds there are.

    Raises `SourceDefinitionError`. Does not commit.
    """
    from throughline.sources import systems

    return systems.register(conn, seq)
