"""Rows on their way into `staging`: every reader yields this shape, so one writer is enough."""

from __future__ import annotations

from functools import lru_cache

import msgspec

# The columns of every staged record, before its typed columns.
COMMON = (
    "source",
    "source_id",
    "source_version",
    "subject_source",
    "subject_id",
    "batch_id",
    "file_id",
    "row_no",
    "is_deleted",
)


class StagedRow(msgspec.Struct, gc=False):
    """One record for `staging.<table>`: its identity, and its typed values by column order.

    `values` is None for a deleted record of which only the id is known: the table's defaults fill its
    columns. `children` are rows of other tables that belong to it and share its row number.
    """

    table: str
    row_no: int
    source_id: str
    source_version: str
    subject_id: str | None
    values: tuple[object, ...] | None
    is_deleted: bool = False
    children: list[StagedRow] = []


def array(values: list[str]) -> str:
    """Return a list in PostgreSQL's text[] syntax; cached, because the same few lists repeat."""
    return _array(tuple(values)) if values else "{}"


@lru_cache(maxsize=16384)
def _array(values: tuple[str, ...]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
