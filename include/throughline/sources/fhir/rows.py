"""FHIR resources, and what deletes them, to rows of `staging`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir import ndjson
from throughline.sources.fhir.settings import Kind, settings_of
from throughline.sources.fhir.values import version_at
from throughline.sources.records import Fault
from throughline.sources.standard import File
from throughline.sources.table import StagedRow

# Sorts before every version that is dated.
UNDATED = "0001-01-01T00:00:00.000000Z/000000"
DELETIONS = "deleted.ndjson"
"""The suffix of landed files of deletions."""


def rows(
    stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
) -> Iterator[StagedRow | Fault]:
    """Yield the rows and faults of one feed in one file. Raises `FileRefusedError`.

    A record without a version of its own gets the file's: the time when the source made it.
    """
    kind = ndjson.KINDS[feed]
    made = version_at(file.made_at.isoformat()) if file.made_at is not None else UNDATED
    if file.path.name.endswith(f".{DELETIONS}"):
        found = ndjson.read_deletions(
            stream, file.name, kind, made, with_unreadable=feed == file.feeds[0]
        )
    else:
        found = ndjson.read(
            stream,
            file.name,
            kind,
            settings_of(definition, file.made_at),
            made,
            _left_to_others(file, feed),
        )
    for one in found:
        yield one if isinstance(one, Fault) else _row(one, kind)


def _left_to_others(file: File, feed: str) -> Callable[[str], bool] | None:
    """For a file of several feeds, return a function that says which lines other feeds' readers handle."""
    if len(file.feeds) == 1:
        return None
    types = {ndjson.KINDS[each].resource_type for each in file.feeds}
    wanted, accounts_for_rest = ndjson.KINDS[feed].resource_type, feed == file.feeds[0]
    return lambda kind: kind != wanted and (kind in types or not accounts_for_rest)


def _row(one: ndjson.Row, kind: Kind) -> StagedRow:
    row = StagedRow(
        kind.feed,
        one.row,
        one.source_id,
        one.source_version,
        one.subject_id,
        one.values,
        one.is_deleted,
    )
    if one.children:
        table = kind.child_table or kind.feed
        row.children = [
            StagedRow(table, one.row, child_id, one.source_version, one.subject_id, values)
            for child_id, values in one.children
        ]
    return row


def columns(feed: str) -> dict[str, tuple[str, ...]]:
    """Return the typed columns of a feed's records and of their child records."""
    kind = ndjson.KINDS[feed]
    found = {feed: kind.columns}
    if kind.child_table is not None:
        found[kind.child_table] = kind.child_columns
    return found
