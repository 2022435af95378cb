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

# What stands in a column that may not be null when the record does not say.
BLANKS: dict[str, object] = {
    "identifiers": "[]",
    "based_on": "[]",
    "part_of": "[]",
    "about": "[]",
    "adjustments": "[]",
    "modifiers": [],
    "diagnoses": [],
    "remark_codes": [],
    "error_codes": [],
    "is_active": True,
    "is_deceased": False,
    "is_reversal": False,
    "line_no": 0,
    "claim_source_id": "",
    "payment_source_id": "",
}


@dataclass(slots=True)
class StagedRow:
    """One record for `staging.<table>`: its identity, and its typed values by column order.

    `values` is None for a deleted record of which only the name is known. `children` are rows of
    other tables that come with it and share its row number.
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


def blank(columns: tuple[str, ...]) -> tuple[object, ...]:
    """Return the values of a record of which only the name is known."""
    return tuple(BLANKS.get(column) for column in columns)
