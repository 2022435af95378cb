"""Parses landed files into rows of `staging`: one pass, with COPY, in constant memory."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from throughline.sources import catalogue, registry
from throughline.sources.definitions import SourceDefinition, definition
from throughline.sources.entry import CatalogueError
from throughline.sources.files import open_file
from throughline.sources.landing import note_column, refuse_removed
from throughline.sources.records import READER_ERRORS, UNFORESEEN, Fault, FileRefusedError
from throughline.sources.standard import File
from throughline.sources.table import COMMON, StagedRow, array
from throughline.warehouse import Connection, columns_of, derive, failpoints
from throughline.warehouse.disk import refuse_lost

log = logging.getLogger(__name__)

CHUNK_ROWS = 10_000
# Batches that may still be parsed; the others keep what was decided about them.
OPEN = frozenset({"received", "staged", "stopped", "loaded"})
LOGGED_FAULTS = 20
LONGEST_PAYLOAD = 1_000_000
# Characters of rows as they were received that are kept in memory; a packed file may hold gigabytes.
KEPT_PAYLOADS = 8_000_000
# A longer string is not an identifier, and would not fit into an index.
LONGEST_ID = 512


@dataclass(frozen=True)
class Staged:
    """The result of parsing a batch: rows staged, and faults by reason (warnings included)."""

    feed: str
    rows: int
    faults: dict[str, int]


@dataclass
class _Tally:
    rows: int = 0
    set_aside: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    logged: int = 0

    def note(self, fault: Fault) -> None:
        self.faults[fault.reason] = self.faults.get(fault.reason, 0) + 1
        if self.logged < LOGGED_FAULTS:
            self.logged += 1
            log.warning("%s", fault)


def stage(conn: Connection, batch_id: UUID | str, landing_root: Path) -> Staged:
    """Parse the landed files of a batch into `staging`; rows that cannot be staged go to quarantine.

    Commits. A rerun replaces the rows of an earlier attempt with the same rows. A batch that was
    rejected or refused is not changed. Raises `LookupError` for an unknown batch, or (`BytesRemovedError`)
    for one whose bytes were removed, and `BytesLostError` if they are not there.
    """
    row = conn.execute(
        "select batch_id, source, feed, known_seq, status, rows_received"
        " from landing.batch where batch_id = %s for update",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no batch {batch_id}")
    key, source, feed, seq, status, received = row
    if status not in OPEN:
        conn.commit()
        return Staged(feed, received, {})
    refuse_removed(conn, key)
    about = definition(source)
    writer = _Writer(conn, source, feed, key, seq, about)
    writer.take_back(is_judged=status in ("stopped", "loaded"))
    tally = _Tally()
    files = _files(conn, key, Path(landing_root))
    refuse_lost(file.path for file in files)
    for file in files:
        before = replace(tally, faults=dict(tally.faults))
        try:
            with uncollected(), conn.transaction():
                writer.write(file, _read(file, feed, about), tally)
        except CatalogueError:
            raise
        except (FileRefusedError, *READER_ERRORS) as problem:
            # what was written of it is undone with its transaction
            tally = before
            error = problem
            if not isinstance(error, FileRefusedError):
                log.warning("%s: %s", file.name, type(problem).__name__)
                error = FileRefusedError(file.name, 0, UNFORESEEN)
            log.warning("%s", error)
            tally.faults[error.reason] = tally.faults.get(error.reason, 0) + 1
            conn.execute(
                "update landing.file set status = 'refused', refused_reason = %s where file_id = %s",
                (error.reason, file.file_id),
            )
    unnamed = registry.standard(about.standard).names(conn, key, feed, seq, about)
    tally.rows, tally.set_aside = tally.rows - unnamed, tally.set_aside + unnamed
    tally.rows += registry.standard(about.standard).leaves_out(conn, key, feed, seq, about)
    failpoints.hit("stage.before_commit")
    if status in ("received", "staged"):
        conn.execute(
            "update landing.batch set status = 'staged', rows_received = %s,"
            " rows_quarantined = %s, rows_pending = %s, rows_loaded = 0, rows_superseded = 0,"
            " rows_rejected = 0, read_as = %s where batch_id = %s",
            (
                tally.rows + tally.set_aside,
                tally.set_aside,
                tally.rows,
                registry.read_as(about),
                key,
            ),
        )
    conn.commit()
    failpoints.hit("stage.after_commit")
    return Staged(feed, tally.rows, tally.faults)


@contextmanager
def uncollected() -> Iterator[None]:
    """Turn off garbage collection inside: what has no cycles, such as rows, needs none, and it took half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _files(conn: Connection, batch_id: UUID, root: Path) -> list[File]:
    """Return the landed files of a batch, each with all the feeds that it belongs to."""
    rows = conn.execute(
        "select f.file_id, f.original_name, f.path, f.modified_at, array("
        "   select o.feed from landing.batch_file as bf"
        "   join landing.batch as o on o.batch_id = bf.batch_id where bf.file_id = f.file_id"
        "   order by o.feed)"
        " from landing.batch_file as x join landing.file as f on f.file_id = x.file_id"
        " where x.batch_id = %s and f.status = 'landed' and x.withdrawn_seq is null order by f.path, f.file_id",
        (batch_id,),
    ).fetchall()
    return [
        File(file_id, name, root / path, made_at, tuple(feeds))
        for file_id, name, path, made_at, feeds in rows
    ]


def _read(file: File, feed: str, about: SourceDefinition) -> Iterator[StagedRow | Fault]:
    """Yield the rows and faults of one file of a feed. Raises `FileRefusedError`."""
    with open_file(file.path) as stream:
        yield from registry.standard(about.standard).read(stream, file, feed, about)


def _is_too_long(row: StagedRow) -> bool:
    return len(row.source_id) > LONGEST_ID or len(row.subject_id or "") > LONGEST_ID


def _short(subject_id: str | None) -> str | None:
    """Return a subject's id without what the database cannot hold; None if it is none."""
    if subject_id is None or len(subject_id) > LONGEST_ID:
        return None
    return subject_id.replace("\x00", "").encode("utf-8", "ignore").decode() or None


def _lists(conn: Connection, table: str, columns: Sequence[str]) -> list[int]:
    """Return the positions of array columns, which COPY needs in PostgreSQL's array syntax."""
    types = columns_of(conn, "staging", table)
    return [n for n, name in enumerate(columns) if types.get(name) == "ARRAY"]


def _storable(text: str | None) -> str | None:
    """Return a text without what a column cannot hold: NULs, and halves of characters."""
    if text is None:
        return None
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class _Writer:
    """Writes the rows of one batch in chunks; a chunk that fails is halved until the bad row is found."""

    def __init__(
        self,
        conn: Connection,
        source: str,
        feed: str,
        batch_id: UUID,
        seq: int,
        about: SourceDefinition,
    ) -> None:
        self._conn = conn
        self._source = source
        self._feed = feed
        self._batch_id = batch_id
        self._seq = seq
        self._columns = registry.standard(about.standard).columns(feed)
        tables = catalogue.entry(feed).tables
        self._rows = {table.name for table in tables if table.is_counted}
        self._children = {table.name for table in tables if not table.is_counted}
        self._lists = {
            table: _lists(conn, table, columns) for table, columns in self._columns.items()
        }

    def take_back(self, *, is_judged: bool) -> None:
        """Remove what an earlier attempt staged or set aside.

        Once a gate has judged the batch, its quarantine stays: parsing would not restore what the gate
        and the load set aside, or what people decided about it.
        """
        for table in self._rows | self._children:
            self._conn.execute(
                sql.SQL("delete from staging.{} where batch_id = %s").format(sql.Identifier(table)),
                (self._batch_id,),
            )
        if not is_judged:
            self._conn.execute(
                "delete from quality.quarantine where batch_id = %s and status = 'open'",
                (self._batch_id,),
            )

    def write(self, file: File, found: Iterable[StagedRow | Fault], tally: _Tally) -> None:
        """Write the rows and faults of one file, and count them."""
        chunk: list[StagedRow] = []
        faults: list[Fault] = []
        before = tally.rows + tally.set_aside
        kept = 0
        for one in found:
            if isinstance(one, StagedRow) and _is_too_long(one):
                one = self._fault(file, one, "identifier_too_long")
            if isinstance(one, Fault):
                tally.note(one)
                if one.column is not None:
                    note_column(self._conn, file.file_id, one.column)
                if one.severity == "row":
                    payload = (one.payload or "")[:LONGEST_PAYLOAD]
                    kept += len(payload)
                    faults.append(
                        replace(one, payload=payload if one.payload is not None else None)
                    )
            else:
                chunk.append(one)
            if len(chunk) + len(faults) >= CHUNK_ROWS or kept > KEPT_PAYLOADS:
                self._flush(file, chunk, faults, tally)
                chunk, faults, kept = [], [], 0
        self._flush(file, chunk, faults, tally)
        self._conn.execute(
            "update landing.batch_file set row_count = %s where batch_id = %s and file_id = %s",
            (tally.rows + tally.set_aside - before, self._batch_id, file.file_id),
        )

    def _flush(
        self, file: File, chunk: list[StagedRow], faults: list[Fault], tally: _Tally
    ) -> None:
        culprits = self._copy(file, chunk)
        for row in culprits:
            fault = self._fault(file, row, "value_refused", row.source_id.replace("\x00", ""))
            tally.note(fault)
            faults.append(fault)
        self._set_aside(file, faults)
        gc.collect(0)
        tally.rows += len(chunk) - len(culprits)
        tally.set_aside += len(faults)

    def _fault(
        self, file: File, row: StagedRow, reason: str, source_id: str | None = None
    ) -> Fault:
        """Return the fault of a row that cannot be stored; it names the claim or the person of the row."""
        values = dict(zip(self._columns[row.table], row.values or (), strict=False))
        claim = values.get("patient_control_number")
        # a claim's number identifies the patient, unless a chart sent it under its own patient's id
        is_claim = bool(claim) and (
            row.subject_id is None or str(values.get("kind") or "837").startswith("837")
        )
        return Fault(
            file.name,
            row.row_no,
            row.row_no,
            reason,
            source_id=source_id,
            payload=self._payload(row),
            subject_id=_short(str(claim) if is_claim else row.subject_id),
            subject_source="pcn" if is_claim else None,
        )

    def _payload(self, row: StagedRow) -> str:
        """Return the typed values of a row as text, for the person who decides about it."""
        values = dict(zip(self._columns[row.table], row.values or (), strict=False))
        text = msgspec.json.encode(values, enc_hook=str).decode()
        return text.replace("\\u0000", "")[:LONGEST_PAYLOAD]

    def _copy(self, file: File, chunk: list[StagedRow]) -> list[StagedRow]:
        """COPY rows with their child rows; returns those that the database rejects."""
        if not chunk:
            return []
        by_table: dict[tuple[str, bool], list[StagedRow]] = {}
        for row in chunk:
            self._expect(row.table, self._rows)
            by_table.setdefault((row.table, row.values is not None), []).append(row)
            for child in row.children:
                self._expect(child.table, self._children)
                by_table.setdefault((child.table, True), []).append(child)
        try:
            with self._conn.transaction():
                for (table, has_values), rows in by_table.items():
                    self._copy_table(file, table, rows, has_values=has_values)
        except (psycopg.DataError, psycopg.IntegrityError, ValueError, OverflowError):
            if len(chunk) == 1:
                return chunk
            middle = len(chunk) // 2
            return self._copy(file, chunk[:middle]) + self._copy(file, chunk[middle:])
        return []

    def _expect(self, table: str, tables: set[str]) -> None:
        """Raise `CatalogueError` if a row's table, or whether it is counted, contradicts the feed's entry."""
        if table not in tables:
            is_row = tables is self._rows
            raise CatalogueError(
                f"{self._feed}: tables: a record of {table} is {'a row' if is_row else 'no row'}"
                " of the delivery, and the entry does not say so"
            )

    def _copy_table(
        self, file: File, table: str, rows: list[StagedRow], *, has_values: bool
    ) -> None:
        """COPY rows into one table; in rows without values, the defaults of the table fill the typed columns."""
        columns = (*COMMON, *(self._columns[table] if has_values else ()))
        statement = sql.SQL("copy staging.{} ({}) from stdin").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        source = self._source
        batch, file_id = str(self._batch_id), str(file.file_id)
        lists = self._lists[table] if has_values else []
        with self._conn.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                subject = row.subject_id
                values = row.values or ()
                if lists:
                    written = list(values)
                    for n in lists:
                        written[n] = array(values[n])  # type: ignore[arg-type]  # text, by the column
                    values = tuple(written)
                copy.write_row(
                    (
                        source,
                        row.source_id,
                        row.source_version,
                        source if subject is not None else None,
                        subject,
                        batch,
                        file_id,
                        row.row_no,
                        row.is_deleted,
                        *values,
                    )
                )

    def _set_aside(self, file: File, faults: list[Fault]) -> None:
        if not faults:
            return
        with self._conn.cursor() as cursor:
            cursor.executemany(
                "insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed,"
                " known_seq, row_no, source_id, reason, payload, subject_source, subject_id,"
                " from_on, until_on, payer_id, stated_amount, explained_amount) values (%s, %s, %s,"
                " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                [
                    (
                        derive("quarantine", self._batch_id, file.file_id, f.row, f.reason),
                        self._batch_id,
                        file.file_id,
                        self._source,
                        self._feed,
                        self._seq,
                        f.row,
                        _storable(f.source_id),
                        f.reason,
                        _storable(f.payload),
                        (f.subject_source or self._source) if f.subject_id else None,
                        _storable(f.subject_id) or None,
                        f.from_on,
                        f.until_on,
                        _storable(f.payer_id),
                        f.stated,
                        f.explained,
                    )
                    for f in faults
                ],
            )
