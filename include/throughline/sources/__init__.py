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
    "register_feeds",
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


def register_feeds(conn: Connection) -> int:
    """Write the feeds that are expected into `operations.feed`; returns how many there are.

    Does not commit.
    """
    feeds = [
        (
            one.source,
            feed.name,
            feed.owner_team,
            feed.expected_by,
            feed.allowed_lag_days,
            feed.volume,
        )
        for one in map(definition, source_names())
        for feed in one.feeds.values()
    ]
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into operations.feed (source, feed, owner_team, expected_by, allowed_lag_days, volume)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (source, feed) do update"
            " set owner_team = excluded.owner_team, expected_by = excluded.expected_by,"
            " allowed_lag_days = excluded.allowed_lag_days, volume = excluded.volume",
            feeds,
        )
    conn.execute(
        "delete from operations.feed where not (source || '/' || feed = any(%s))",
        ([f"{source}/{feed}" for source, feed, *_ in feeds],),
    )
    return len(feeds)
