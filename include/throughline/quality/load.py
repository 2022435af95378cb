"""Staging to typed records: the merge by version, with counts that balance, one batch at a time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from throughline.quality.balance import StagingLost, balance, is_whole
from throughline.quality.feeds import is_counted, types_of
from throughline.quality.suites import suite_of
from throughline.warehouse import Connection, failpoints, refresh_statistics

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

# What one row may be to blame for. `ProgramLimitExceeded`: a value too long to be looked up by.
CULPABLE = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


class UnknownBatch(LookupError):
    """There is no batch of this id."""


@dataclass(frozen=True)
class Counts:
    """Where the rows of a batch went: they add up to `received`."""

    received: int = 0
    loaded: int = 0
    superseded: int = 0
    quarantined: int = 0
    rejected: int = 0
    pending: int = 0


@dataclass(frozen=True)
class _Batch:
    batch_id: UUID
    source: str
    feed: str
    status: str
    received: int
    loaded_seq: int | None
    seq: int

    @property
    def kinds(self) -> tuple[str, ...]:
        return types_of(self.feed)


def load(conn: Connection, batch_id: UUID | str, seq: int) -> Counts:
    """Merge the staged rows of a batch into `core` under the number of night `seq`; commits.

    Per (source, source_id) the newest version wins; what is older than the standing version, or
    says the same, is superseded. Rows that a gate or a reader set aside stay in quarantine. A batch
    that a gate stopped is loaded only after a named person released it. Once it is loaded, only
    rows that a named person released since are added. Run again it gives the same rows and counts.

    Raises `UnknownBatch`, and `StagingLost` when the staged rows have to be made again.
    """
    batch = _read(conn, batch_id, seq)
    closed = batch.status in {"rejected", "refused", "duplicate"}
    if closed or (batch.status == "stopped" and not _is_released(conn, batch)):
        conn.commit()
        return _counts(conn, batch)
    whole = is_whole(conn, batch.batch_id, batch.feed, batch.received)
    if batch.status != "loaded":
        if not whole:
            conn.rollback()
            raise StagingLost(f"the staged rows of batch {batch.batch_id} are gone")
        loaded = _merge(conn, batch)
    elif whole and batch.loaded_seq == seq:
        before = sum(
            _take_back(conn, batch, kind) * is_counted(batch.feed, kind)
            for kind in reversed(batch.kinds)
        )
        loaded = _merge(conn, batch) - before
    else:
        loaded = _merge_released(conn, batch)
    _correct_quarantine(conn, batch)
    counts = _close(conn, batch, loaded)
    failpoints.hit("load.before_commit")
    conn.commit()
    failpoints.hit("load.after_commit")
    for kind in batch.kinds:
        refresh_statistics(conn, f"core.{kind}", counts.loaded)
    conn.commit()
    return counts


def feed_of(conn: Connection, batch_id: UUID | str) -> str:
    """Return the feed of a batch. Raises `UnknownBatch`."""
    row = conn.execute("select feed from landing.batch where batch_id = %s", (batch_id,)).fetchone()
    if row is None:
        raise UnknownBatch(f"there is no batch {batch_id}")
    return str(row[0])


def released(conn: Connection, source: str) -> list[UUID]:
    """Return the loaded batches of a source with rows that a named person released since."""
    rows = conn.execute(
        "select distinct b.batch_id from quality.quarantine as q"
        " inner join landing.batch as b on b.batch_id = q.batch_id"
        " where q.source = %s and q.status = 'released' and q.closed_seq is null"
        " and b.status = 'loaded' and b.rows_pending > 0 order by b.batch_id",
        (source,),
    ).fetchall()
    return [row[0] for row in rows]


def _read(conn: Connection, batch_id: UUID | str, seq: int) -> _Batch:
    row = conn.execute(
        "select batch_id, source, feed, status, rows_received, loaded_seq from landing.batch"
        " where batch_id = %s for update",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise UnknownBatch(f"there is no batch {batch_id}")
    key, source, feed, status, received, loaded_seq = row
    return _Batch(key, source, feed, status, received, loaded_seq, seq)


def _is_released(conn: Connection, batch: _Batch) -> bool:
    """Return whether the newest decision about a stopped batch is its release."""
    row = conn.execute(
        "select kind from operations.decision where about_kind = 'batch' and about_id = %s"
        " order by decided_at desc limit 1",
        (str(batch.batch_id),),
    ).fetchone()
    return row is not None and row[0] == "release"


_columns_of: dict[str, tuple[str, ...]] = {}


def _typed_columns(conn: Connection, kind: str) -> tuple[str, ...]:
    """Return the typed columns of `core.<kind>`; read once per process, since schemas stand still."""
    if kind not in _columns_of:
        rows = conn.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'core' and table_name = %s order by ordinal_position",
            (kind,),
        ).fetchall()
        _columns_of[kind] = tuple(row[0] for row in rows if row[0] not in KEYS)
    return _columns_of[kind]


# --- the merge -----------------------------------------------------------------------------------

# What this load retracted stands again, unless another delivery of the night has taken its place.
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

# The newest staged version of each record, compared with the one that stands. Two statements: the
# old version is retracted first, since at most one may stand.
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
"""
_PART = """and exists (
                select from w_rows as w
                where w.row_no = s.row_no and w.file_id is not distinct from s.file_id
                    and w.place between %(low)s and %(high)s
            )"""
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
# The rows that came, numbered; those that a named person released, or all of them.
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


def _take_back(conn: Connection, batch: _Batch, kind: str) -> int:
    """Undo what an earlier attempt of this night loaded; returns how many records."""
    row = conn.execute(
        sql.SQL(_TAKE_BACK).format(table=sql.Identifier(kind)),
        {"batch": batch.batch_id, "seq": batch.seq},
    ).fetchone()
    return int(row[0]) if row else 0


def _merge(conn: Connection, batch: _Batch) -> int:
    """Merge all rows at once; when that fails, halve them until the culprit is set aside."""
    try:
        with conn.transaction():
            return _merge_part(conn, batch)
    except CULPABLE:
        rows = sql.SQL(" union ").join(
            sql.SQL("select file_id, row_no from {} where batch_id = %(batch)s").format(
                sql.Identifier("staging", kind)
            )
            for kind in batch.kinds
        )
        return _merge_numbered(conn, batch, rows)


def _merge_released(conn: Connection, batch: _Batch) -> int:
    """Merge the rows of a loaded batch that a named person released since."""
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
        ).format(sql.Identifier("staging", kind), sql.SQL(_RELEASED))
        for kind in batch.kinds
    )
    there = conn.execute(
        sql.SQL("select count(*) from ({}) as e").format(staged), {"batch": batch.batch_id}
    ).fetchone()
    if there is None or there[0] < waiting[0]:
        conn.rollback()
        raise StagingLost(f"the released rows of batch {batch.batch_id} are gone")
    return _merge_numbered(conn, batch, staged)


def _merge_numbered(conn: Connection, batch: _Batch, rows: sql.Composable) -> int:
    conn.execute("drop table if exists w_rows")
    count = conn.execute(sql.SQL(_NUMBER).format(rows=rows), {"batch": batch.batch_id}).rowcount
    conn.execute("create index on w_rows (row_no)")
    conn.execute("analyze w_rows")
    loaded = _halve(conn, batch, 1, count) if count else 0
    conn.execute("drop table w_rows")
    return loaded


def _halve(conn: Connection, batch: _Batch, low: int, high: int) -> int:
    try:
        with conn.transaction():
            return _merge_part(conn, batch, (low, high))
    except CULPABLE as error:
        if low < high:
            middle = (low + high) // 2
            return _halve(conn, batch, low, middle) + _halve(conn, batch, middle + 1, high)
        _set_aside(conn, batch, low, f"load: {type(error).__name__}")
        return 0


def _merge_part(conn: Connection, batch: _Batch, part: tuple[int, int] | None = None) -> int:
    """Merge rows with what comes with them: a record and its lines are loaded together, or neither."""
    loaded = 0
    for kind in batch.kinds:
        rows = _merge_kind(conn, batch, kind, part)
        failpoints.hit(f"load.after_{kind}")
        loaded += rows if is_counted(batch.feed, kind) else 0
    return loaded


def _merge_kind(conn: Connection, batch: _Batch, kind: str, part: tuple[int, int] | None) -> int:
    names = _typed_columns(conn, kind)
    low, high = part or (0, 0)
    params = {"batch": batch.batch_id, "seq": batch.seq, "low": low, "high": high}
    parts = {
        "table": sql.Identifier(kind),
        "columns": sql.SQL(", ").join(sql.Identifier(name) for name in names),
        "typed": sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(name)) for name in names),
        "part": sql.SQL(_PART if part else ""),
    }
    conn.execute("drop table if exists w_load")
    conn.execute(sql.SQL(_PICK).format(**parts), params)
    conn.execute(sql.SQL(_RETRACT).format(**parts), params)
    rows = conn.execute(sql.SQL(_INSERT).format(**parts), params).rowcount
    conn.execute("drop table w_load")
    return rows


def _set_aside(conn: Connection, batch: _Batch, place: int, reason: str) -> None:
    """Put the row at one place into quarantine: nothing of what came with it is loaded."""
    log.warning("%s/%s: a row was set aside: %s", batch.source, batch.feed, reason)
    conn.execute(
        sql.SQL(
            "insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed,"
            " known_seq, row_no, source_id, reason, payload)"
            " select md5(concat_ws('|', 'quarantine', %(batch)s::uuid, w.file_id, w.row_no,"
            " %(reason)s::text))::uuid, %(batch)s, w.file_id, %(source)s, %(feed)s, %(seq)s,"
            " w.row_no, s.source_id, %(reason)s, s.payload"
            " from w_rows as w left join lateral ("
            "  select c.source_id, to_jsonb(c)::text as payload from {} as c"
            "  where c.batch_id = %(batch)s and c.row_no = w.row_no"
            "  and c.file_id is not distinct from w.file_id limit 1"
            " ) as s on true where w.place = %(place)s"
            " on conflict (batch_id, file_id, row_no, reason) do update set status = 'open'"
        ).format(sql.Identifier("staging", batch.kinds[0])),
        {
            "reason": reason,
            "source": batch.source,
            "feed": batch.feed,
            "seq": batch.seq,
            "batch": batch.batch_id,
            "place": place,
        },
    )


# --- the end of a load ---------------------------------------------------------------------------


def _correct_quarantine(conn: Connection, batch: _Batch) -> None:
    """Close rows kept back earlier whose record came again, well this time and not older."""
    rows = conn.execute(
        sql.SQL(
            "update quality.quarantine as q set status = 'corrected', closed_seq = %(seq)s"
            " from {} as c where c.batch_id = %(batch)s"
            " and q.source = c.source and q.feed = %(feed)s and q.source_id = c.source_id"
            " and q.status = 'open' and q.batch_id <> %(batch)s"
            " and not exists (select from quality.quarantine as o where o.batch_id = %(batch)s"
            "  and o.row_no = c.row_no and o.file_id is not distinct from c.file_id"
            "  and o.status <> 'released')"
            " and case when q.reason = any(%(rules)s)"
            "  then c.source_version >= coalesce(q.payload::jsonb ->> 'source_version', '')"
            "  else true end"
            " returning q.batch_id"
        ).format(sql.Identifier("staging", batch.kinds[0])),
        {
            "seq": batch.seq,
            "batch": batch.batch_id,
            "feed": batch.feed,
            "rules": [rule.name for rule in suite_of(batch.feed)],
        },
    ).fetchall()
    for earlier in {row[0] for row in rows}:
        _empty_staging(conn, earlier, batch.kinds)
        balance(conn, earlier)


def _close(conn: Connection, batch: _Batch, loaded: int) -> Counts:
    """Write the counts and the watermark beside the load they describe, and empty staging."""
    conn.execute(
        "update quality.quarantine as q set closed_seq = %(seq)s"
        " where q.batch_id = %(batch)s and q.status = 'released' and q.closed_seq is null"
        " and not exists (select from quality.quarantine as o where o.batch_id = %(batch)s"
        "  and o.row_no = q.row_no and o.file_id is not distinct from q.file_id"
        "  and o.status <> 'released')",
        {"batch": batch.batch_id, "seq": batch.seq},
    )
    _empty_staging(conn, batch.batch_id, batch.kinds)
    conn.execute(
        "update landing.batch set status = 'loaded', loaded_seq = coalesce(loaded_seq, %s)"
        " where batch_id = %s",
        (batch.seq, batch.batch_id),
    )
    balance(conn, batch.batch_id, loaded)
    conn.execute(
        "insert into landing.watermark (source, feed, known_seq, watermark)"
        " select source, feed, loaded_seq, watermark from landing.batch"
        " where batch_id = %s and watermark is not null"
        " on conflict (source, feed, known_seq) do update"
        " set watermark = greatest(landing.watermark.watermark, excluded.watermark)",
        (batch.batch_id,),
    )
    return _counts(conn, batch)


def _empty_staging(conn: Connection, batch_id: UUID, kinds: tuple[str, ...]) -> None:
    """Remove the staged rows of a loaded batch but those in quarantine, which may be released."""
    for kind in kinds:
        conn.execute(
            sql.SQL(
                "delete from {} as s where s.batch_id = %(batch)s and not exists ("
                " select from quality.quarantine as q where q.batch_id = %(batch)s"
                " and q.row_no = s.row_no and q.file_id is not distinct from s.file_id"
                " and (q.status = 'open' or (q.status = 'released' and q.closed_seq is null)))"
            ).format(sql.Identifier("staging", kind)),
            {"batch": batch_id},
        )


def _counts(conn: Connection, batch: _Batch) -> Counts:
    row = conn.execute(
        "select rows_received, rows_loaded, rows_superseded, rows_quarantined, rows_rejected,"
        " rows_pending from landing.batch where batch_id = %s",
        (batch.batch_id,),
    ).fetchone()
    assert row is not None
    return Counts(*row)
