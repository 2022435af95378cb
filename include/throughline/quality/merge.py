"""Merges staged rows into typed records, by version, with two statements per table.

All rows are merged at once. If the database rejects one, the rows are halved until it is found, and
it is set aside with its reason. A record and its child records are loaded together or not at all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from throughline import warehouse
from throughline.quality import lines
from throughline.quality.balance import StagingLost
from throughline.quality.named import SUBJECT
from throughline.sources import catalogue
from throughline.sources.entry import Table
from throughline.warehouse import Connection, failpoints

log = logging.getLogger(__name__)

KEYS = (
    "source",
    "source_id",
    "source_version",
    "subject_source",
    "subject_id",
    "batch_id",
    "file_id",
    "row_no",
    "known_seq",
    "retracted_seq",
    "is_deleted",
    "content_hash",
)

OTHER_CONTENT = "same version, other content"
"""Why a row is set aside that has the id and the version of another one, and says something else."""

# Errors that a single row can cause. `ProgramLimitExceeded`: a value is too long for an index.
CULPABLE = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@dataclass(frozen=True)
class Batch:
    """A batch being loaded on night `seq`; `loaded_seq` is the night that first loaded it.

    With `may_repeat`, something was taken back before, so a version may come a second time.
    """

    batch_id: UUID
    source: str
    feed: str
    status: str
    received: int
    loaded_seq: int | None
    seq: int
    may_repeat: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of its feed; the first is the one that identifies a row."""
        return catalogue.entry(self.feed).tables


_columns_of: dict[str, tuple[str, ...]] = {}


def typed_columns(conn: Connection, table: str) -> tuple[str, ...]:
    """Return the typed columns of `core.<table>`; cached per process, because the schema does not change."""
    if table not in _columns_of:
        columns = warehouse.columns_of(conn, "core", table)
        _columns_of[table] = tuple(name for name in columns if name not in KEYS)
    return _columns_of[table]


# Restore what this load retracted, unless another batch of the night has replaced it.
_TAKE_BACK = """
    with mine as (
        delete from core.{table} where batch_id = %(batch)s and known_seq = %(seq)s
        returning source, source_id, source_version
    ),

    before as (
        select distinct on (c.source, c.source_id)
            c.source, c.source_id, c.source_version, c.known_seq
        from core.{table} as c
        inner join mine on mine.source = c.source and mine.source_id = c.source_id
        where c.retracted_seq = %(seq)s and c.batch_id <> %(batch)s
            and c.source_version < mine.source_version
            and not exists (
                select from landing.batch_file as w
                where w.batch_id = c.batch_id and w.file_id = c.file_id
                    and w.withdrawn_seq = c.retracted_seq and c.known_seq < w.withdrawn_seq
            )
            and not exists (
                select from core.{table} as s
                where s.source = c.source and s.source_id = c.source_id
                    and s.retracted_seq is null and s.batch_id <> %(batch)s
            )
        order by c.source, c.source_id, c.source_version desc
    ),

    again as (
        update core.{table} as c
        set retracted_seq = null
        from before as b
        where c.source = b.source and c.source_id = b.source_id
            and c.source_version = b.source_version and c.known_seq = b.known_seq
    )

    select count(*) from mine
"""

# Compare the newest staged version of each record with the current one. Two statements, because the
# old version must be retracted first: only one may be current.
_PICK = """
    create temp table w_load on commit drop as
    with newest as (
        select distinct on (s.source, s.source_id)
            s.*, md5(row({typed}, s.is_deleted)::text) as content_hash
        from staging.{table} as s
        where s.batch_id = %(batch)s
            and not exists (
                select from quality.quarantine as q
                where q.batch_id = %(batch)s and q.row_no = s.row_no
                    and q.file_id is not distinct from s.file_id
                    and q.status <> 'released'
            )
            {part}
        order by s.source, s.source_id, s.source_version desc, s.row_no desc
    )
    select n.*
    from newest as n
    left join core.{table} as c
        on c.source = n.source and c.source_id = n.source_id and c.retracted_seq is null
    where c.source is null
        or (n.source_version > c.source_version and n.content_hash <> c.content_hash)
        or (n.source_version = c.source_version and exists (
            select from quality.quarantine as q
            where q.batch_id = %(batch)s and q.row_no = n.row_no
                and q.file_id is not distinct from n.file_id
                and q.status = 'released' and q.reason = %(chosen)s
        ))
"""
_PART = """and exists (
                select from w_rows as w
                where w.row_no = s.row_no and w.file_id is not distinct from s.file_id
                    and w.place between %(low)s and %(high)s
            )"""
# A version that was taken back comes again, or one that a named person chose in place of the other of its
# number: as a version of its own, it states its facts again.
_AGAIN = """
    update w_load as n set source_version = n.source_version || ' again ' || %(seq)s
    where exists (
        select from core.{table} as o
        where o.source = n.source and o.source_id = n.source_id
            and o.source_version = n.source_version and o.known_seq < %(seq)s
    )
"""
# Lines that the chosen record does not have.
_LEFT_OVER = """
    update core.{table} as c set retracted_seq = %(seq)s
    from quality.quarantine as q
    inner join staging.{whole} as p
        on p.batch_id = q.batch_id and p.row_no = q.row_no and p.file_id is not distinct from q.file_id
    where q.batch_id = %(batch)s and q.status = 'released' and q.reason = %(chosen)s
        and c.source = p.source and c.{by} = p.source_id and c.retracted_seq is null
        and c.known_seq < %(seq)s
        and not exists (
            select from staging.{table} as s
            where s.batch_id = %(batch)s and s.source_id = c.source_id and s.row_no = p.row_no
                and s.file_id is not distinct from p.file_id
        )
"""
_RETRACT = """
    update core.{table} as c
    set retracted_seq = %(seq)s
    from w_load as n
    where c.source = n.source and c.source_id = n.source_id and c.retracted_seq is null
"""
_INSERT = """
    insert into core.{table} (
        source, source_id, source_version, subject_source, subject_id, batch_id, file_id, row_no,
        known_seq, is_deleted, content_hash, {columns}
    )
    select
        source, source_id, source_version, subject_source, subject_id, batch_id, file_id, row_no,
        %(seq)s, is_deleted, content_hash, {columns}
    from w_load
"""
# The received rows, numbered: only the released ones, or all.
_NUMBER = """
    create temp table w_rows on commit drop as
    select e.file_id, e.row_no, row_number() over (order by e.file_id, e.row_no) as place
    from ({rows}) as e
"""
_RELEASED = """
    select q.file_id, q.row_no from quality.quarantine as q
    where q.batch_id = %(batch)s
    group by q.file_id, q.row_no
    having bool_and(q.status = 'released') and bool_or(q.closed_seq is null)
"""


def take_back(conn: Connection, batch: Batch) -> int:
    """Undo what an earlier attempt of this night loaded; returns the number of rows undone."""
    undone = 0
    for table in reversed(batch.tables):
        row = conn.execute(
            sql.SQL(_TAKE_BACK).format(table=sql.Identifier(table.name)),
            {"batch": batch.batch_id, "seq": batch.seq},
        ).fetchone()
        undone += int(row[0]) * table.is_counted if row else 0
    return undone


def merge(conn: Connection, batch: Batch) -> int:
    """Merge all rows at once; if that fails, halve them until the bad row is set aside.

    Returns the number of rows loaded.
    """
    try:
        with conn.transaction():
            return _merge_part(conn, batch)
    except CULPABLE:
        rows = sql.SQL(" union ").join(
            sql.SQL("select file_id, row_no from {} where batch_id = %(batch)s").format(
                sql.Identifier("staging", table.name)
            )
            for table in batch.tables
        )
        return _merge_numbered(conn, batch, rows)


def merge_released(conn: Connection, batch: Batch) -> int:
    """Merge the rows of a loaded batch that a named person released since; returns how many.

    Raises `StagingLost` if the rows must be staged again.
    """
    waiting = conn.execute(
        sql.SQL("select count(*) from ({}) as e").format(sql.SQL(_RELEASED)),
        {"batch": batch.batch_id},
    ).fetchone()
    if waiting is None or not waiting[0]:
        return 0
    staged = sql.SQL(" union ").join(
        sql.SQL(
            "select s.file_id, s.row_no from {} as s inner join ({}) as r"
            " on r.row_no = s.row_no and r.file_id is not distinct from s.file_id"
            " where s.batch_id = %(batch)s"
        ).format(sql.Identifier("staging", table.name), sql.SQL(_RELEASED))
        for table in batch.tables
    )
    there = conn.execute(
        sql.SQL("select count(*) from ({}) as e").format(staged), {"batch": batch.batch_id}
    ).fetchone()
    if there is None or there[0] < waiting[0]:
        conn.rollback()
        raise StagingLost(f"the released rows of batch {batch.batch_id} are gone")
    return _merge_numbered(conn, batch, staged)


def _merge_numbered(conn: Connection, batch: Batch, rows: sql.Composable) -> int:
    conn.execute("drop table if exists w_rows")
    count = conn.execute(sql.SQL(_NUMBER).format(rows=rows), {"batch": batch.batch_id}).rowcount
    conn.execute("create index on w_rows (row_no)")
    conn.execute("analyze w_rows")
    loaded = _halve(conn, batch, 1, count) if count else 0
    conn.execute("drop table w_rows")
    return loaded


def _halve(conn: Connection, batch: Batch, low: int, high: int) -> int:
    try:
        with conn.transaction():
            return _merge_part(conn, batch, (low, high))
    except CULPABLE as error:
        if low < high:
            middle = (low + high) // 2
            return _halve(conn, batch, low, middle) + _halve(conn, batch, middle + 1, high)
        _set_aside(conn, batch, low, f"load: {type(error).__name__}")
        return 0


def _merge_part(conn: Connection, batch: Batch, part: tuple[int, int] | None = None) -> int:
    """Merge rows with their child records: a record and its lines are loaded together or not at all."""
    loaded = 0
    chosen = conn.execute(
        "select exists (select from quality.quarantine where batch_id = %s and reason = %s"
        " and status = 'released')",
        (batch.batch_id, OTHER_CONTENT),
    ).fetchone()
    has_chosen = bool(chosen and chosen[0])
    for table in batch.tables:
        rows = _merge_table(conn, batch, table, part, has_chosen=has_chosen)
        failpoints.hit(f"load.after_{table.name}")
        loaded += rows if table.is_counted else 0
    return loaded


def _merge_table(
    conn: Connection,
    batch: Batch,
    table: Table,
    part: tuple[int, int] | None,
    *,
    has_chosen: bool,
) -> int:
    names = typed_columns(conn, table.name)
    low, high = part or (0, 0)
    params = {
        "batch": batch.batch_id,
        "seq": batch.seq,
        "low": low,
        "high": high,
        "chosen": OTHER_CONTENT,
    }
    parts: dict[str, sql.Composable] = {
        "table": sql.Identifier(table.name),
        "columns": sql.SQL(", ").join(sql.Identifier(name) for name in names),
        "typed": sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(name)) for name in names),
        "part": sql.SQL(_PART if part else ""),
        "stood": sql.SQL(", ").join(sql.Identifier("c", name) for name in names),
    }
    conn.execute("drop table if exists w_load")
    conn.execute(sql.SQL(_PICK).format(**parts), params)
    if table.follows is not None:
        lines.leave_out(conn, parts, params, table.follows)
    if batch.may_repeat or has_chosen:
        conn.execute(sql.SQL(_AGAIN).format(**parts), params)
    if has_chosen and (whole := table.whole) is not None:
        names_of = {"whole": sql.Identifier(whole.table), "by": sql.Identifier(whole.by)}
        conn.execute(sql.SQL(_LEFT_OVER).format(**parts, **names_of), params)
    conn.execute(sql.SQL(_RETRACT).format(**parts), params)
    rows = conn.execute(sql.SQL(_INSERT).format(**parts), params).rowcount
    conn.execute("drop table w_load")
    return rows


def _set_aside(conn: Connection, batch: Batch, place: int, reason: str) -> None:
    """Quarantine the row at one place, with all its child records."""
    log.warning("%s/%s: a row was set aside: %s", batch.source, batch.feed, reason)
    conn.execute(
        sql.SQL(
            "insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed,"
            " known_seq, row_no, source_id, reason, payload, subject_source, subject_id)"
            " select md5(concat_ws('|', 'quarantine', %(batch)s::uuid, w.file_id, w.row_no,"
            " %(reason)s::text))::uuid, %(batch)s, w.file_id, %(source)s, %(feed)s, %(seq)s,"
            " w.row_no, s.source_id, %(reason)s, s.payload, s.subject_source, s.subject_id"
            " from w_rows as w left join lateral ("
            "  select r.source_id, to_jsonb(r)::text, {} from {} as r"
            "  where r.batch_id = %(batch)s and r.row_no = w.row_no"
            "  and r.file_id is not distinct from w.file_id limit 1"
            " ) as s (source_id, payload, subject_source, subject_id) on true"
            " where w.place = %(place)s"
            " on conflict (batch_id, file_id, row_no, reason) do update set status = 'open'"
        ).format(SUBJECT, sql.Identifier("staging", batch.tables[0].name)),
        {
            "reason": reason,
            "source": batch.source,
            "feed": batch.feed,
            "seq": batch.seq,
            "batch": batch.batch_id,
            "place": place,
        },
    )
