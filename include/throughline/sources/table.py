"""Rows on their way into `staging`: one shape for every reader, so that one writer serves all."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

# The columns that every staged record has, before its typed ones.
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


@dataclass(slots=True)
class StagedRow:
    """One record for `staging.<table>`: its identity, and its typed values by column order.

    `values` is None for a deleted record of which only the name is known: its columns are what the
    table gives them. `children` are rows of other tables that come with it and share its row number.
    """

    table: str
    row_no: int
    source_id: str
    source_version: str
    subject_id: str | None
    values: tuple[object, ...] | None
    is_deleted: bool = False
    children: list[StagedRow] = field(default_factory=list)


def array(values: list[str]) -> str:
    """Return a list as PostgreSQL writes a text[]: many rows have the same few."""
    return _array(tuple(values)) if values else "{}"


@lru_cache(maxsize=16384)
def _array(values: tuple[str, ...]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
