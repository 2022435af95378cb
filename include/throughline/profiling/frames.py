"""The staged rows of a table, profiled with pandas in chunks: memory grows with distinct values only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from psycopg import sql

from throughline.profiling.meanings import Kind, kind_of
from throughline.quality.history import columns_of
from throughline.warehouse import Connection

CHUNK = 50_000
EARLIEST = 1900
YEARS_AHEAD = 3


@dataclass
class Tally:
    """What was counted of one column so far.

    For a coded column, `counts` holds rows and persons by (value, system); `pairs` holds hashes of the
    (value, person) pairs seen so far.
    """

    kind: Kind
    filled: int = 0
    seen: Any = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    pairs: Any = None
    years: list[int] = field(default_factory=list)
    too_early: int = 0
    too_late: int = 0
    negative: int = 0

    @property
    def distinct(self) -> int:
        """The number of values."""
        return len(self.seen)

    def persons(self) -> dict[str, int]:
        """Return how many persons have each value of a coded column."""
        if self.pairs is None:
            return {}
        return {str(k): int(n) for k, n in self.pairs.groupby("value")["person"].nunique().items()}


@dataclass
class Counted:
    """A table: its rows, its deletions, and its columns."""

    rows: int = 0
    deleted: int = 0
    columns: dict[str, Tally] = field(default_factory=dict)


def count(
    conn: Connection,
    table: str,
    batch: UUID,
    systems: dict[str, str],
    today: date,
    coded: Collection[str] = (),
) -> Counted:
    """Count the staged rows of a batch.

    `systems` maps a coded column to its code system's column; `coded` are columns that hold codes in this source.
    """
    types = columns_of(conn, table)
    found = Counted(
        columns={name: Tally(kind_of(name, kind, coded)) for name, kind in types.items()}
    )
    for frame in _frames(conn, table, batch, list(types)):
        is_gone = frame["is_deleted"].astype(bool)
        found.deleted += int(is_gone.sum())
        frame = frame[~is_gone]
        found.rows += len(frame)
        person = frame["subject_id"].fillna(frame["source_id"]).astype(str)
        for name, tally in found.columns.items():
            system = frame[systems[name]] if name in systems else None
            _add(tally, frame[name], person, system, today)
    return found


def _frames(
    conn: Connection, table: str, batch: UUID, columns: list[str]
) -> Iterator[pd.DataFrame]:
    wanted = ["source_id", "is_deleted", *columns]
    query = sql.SQL("select {} from staging.{} where batch_id = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, wanted)),
        sql.Identifier(table),
    )
    with conn.transaction(), conn.cursor(name=f"profile_{table}") as cursor:
        cursor.execute(query, (batch,))
        while rows := cursor.fetchmany(CHUNK):
            # as objects: pandas timestamps end in 2262, and a source may send later dates
            yield pd.DataFrame(rows, columns=wanted, dtype=object)


def _add(
    tally: Tally, column: pd.Series, person: pd.Series, system: pd.Series | None, today: date
) -> None:
    """Count one chunk of a column. Empty lists and empty strings count as not filled."""
    has = column.notna() & ~column.map(lambda value: value in ("", [], {}))
    column = column[has]
    tally.filled += len(column)
    if column.empty:
        return
    if tally.kind in ("date", "birth date"):
        _add_dates(tally, column, today)
    elif tally.kind == "number":
        tally.negative += int((column.astype(float) < 0).sum())
    elif tally.kind in ("code", "flag"):
        _add_codes(tally, column, person[has], system)
    hashes = pd.util.hash_array(column.astype(str).to_numpy(dtype=object))
    tally.seen = np.union1d(tally.seen, hashes)


def _add_dates(tally: Tally, column: pd.Series, today: date) -> None:
    years = column.map(lambda at: at.year)
    is_birth = tally.kind == "birth date"
    late = column.map(lambda at: _day(at) > today) if is_birth else years > today.year + YEARS_AHEAD
    tally.too_early += int((years < EARLIEST).sum())
    tally.too_late += int(late.sum())
    tally.years = [min([*tally.years, int(years.min())]), max([*tally.years, int(years.max())])]


def _day(at: datetime | date) -> date:
    return at.date() if isinstance(at, datetime) else at


def _add_codes(
    tally: Tally, column: pd.Series, person: pd.Series, system: pd.Series | None
) -> None:
    frame = pd.DataFrame({"value": column, "person": person})
    frame["system"] = "" if system is None else system.reindex(column.index).fillna("")
    frame = frame.explode("value")
    frame["value"] = frame["value"].astype(str)
    sizes = frame.groupby(["value", "system"]).size().reset_index(name="rows")
    for value, of, rows in sizes.itertuples(index=False):
        tally.counts[str(value), str(of)] = tally.counts.get((str(value), str(of)), 0) + int(rows)
    pairs = frame[["value", "person"]].drop_duplicates()
    pairs["person"] = pd.util.hash_array(pairs["person"].to_numpy(dtype=object))
    both = pairs if tally.pairs is None else pd.concat([tally.pairs, pairs])
    tally.pairs = both.drop_duplicates()
