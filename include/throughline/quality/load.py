"""Staging to typed records: the merge by version, with counts that balance, one batch at a time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from throughline.quality.feeds import is_counted, types_of
from throughline.warehouse import Connection, failpoints

log = logging.getLogger(__name__)

KEYS = (
    "source", "source_id", "source_version", "subject_source", "subject_id", "batch_id", "file_id",
    "row_no", "known_seq", "retracted_seq", "is_deleted", "content_hash",
)


class StagingLost(RuntimeError):
    """The staged rows of a batch are gone (the server crashed): parse the landed bytes again."""


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
    seq: int


def load(conn: Connection, batch_id: str, seq: int) -> Counts:
    """Merge the staged rows of a batch into `core` under the number of night `seq`; commits.

    Per (source, source_id) the newest version wins; what is older than the standing version, or
    says the same, is superseded. Rows that a gate or a reader set aside stay in quarantine. A batch
    that a gate stopped is loaded only after a named person released it. Run again it gives the same
    rows and counts.

    Raises `UnknownBatch`, and `StagingLost` when the staged rows have to be made again.
    """
    batch = _read(conn, batch_id, seq)
    if batch.status in {"stopped", "rejected", "refused", "duplicate"} and not _released(conn, batch):
        conn.commit()
        return _counts(conn, batch)
    kinds = types_of(batch.feed)
    staged = sum(_staged(conn, batch, kind) for kind in kinds if is_counted(batch.feed, kind))
    if batch.status == "loaded" and not staged:
        conn.commit()
        return _counts(conn, batch)
    set_aside = _open_quarantine(conn, batch)
    if staged + set_aside < batch.received and staged == 0:
        conn.rollback()
        raise StagingLost(f"the staged rows of batch {batch.batch_id} are gone")
    for kind in reversed(kinds):
        _take_back(conn, batch, kind)
    loaded = 0
    for kind in kinds:
        rows = _merge_or_split(conn, batch, kind)
        failpoints.hit(f"load.after_{kind}")
        loaded += rows if is_counted(batch.feed, kind) else 0
    _correct_quarantine(conn, batch, kinds[0])
    counts = _close(conn, batch, loaded)
    failpoints.hit("load.before_commit")
    conn.commit()
    failpoints.hit("load.after_commit")
    return counts


def _read(conn: Connection, batch_id: str, seq: int) -> _Batch:
    row = conn.execute(
        "select batch_id, source, feed, status, rows_received from landing.batch"
        " where batch_id = %s for update",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise UnknownBatch(f"there is no batch {batch_id}")
    key, source, feed, status, received = row
    return _Batch(key, source, feed, status, received, seq)


def _released(conn: Connection, batch: _Batch) -> bool:
    """Return whether the newest decision about a stopped batch is its release."""
    row = conn.execute(
        "select kind from operations.decision where about_kind = 'batch' and about_id = %s"
        " order by decided_at desc limit 1",
        (str(batch.batch_id),),
    ).fetchone()
    return batch.status == "stopped" and row is not None and row[0] == "release"


def _staged(conn: Connection, batch: _Batch, kind: str) -> int:
    query = sql.SQL("select count(*) from staging.{} where batch_id = %s").format(
        sql.Identifier(kind)
    )
    row = conn.execute(query, (batch.batch_id,)).fetchone()
    return int(row[0]) if row else 0


def _open_quarantine(conn: Connection, batch: _Batch) -> int:
    row = conn.execute(
        "select count(distinct (file_id, row_no)) from quality.quarantine"
        " where batch_id = %s and status in ('open', 'rejected', 'corrected')",
        (batch.batch_id,),
    ).fetchone()
    return int(row[0]) if row else 0


_columns_of: dict[str, tuple[str, ...]] = {}


def _typed_columns(conn: Connection, kind: str) -> tuple[str, ...]:
    """Return the typed columns of `core.<kind>`; read once per process, since schemas stand still."""
    if kind in _columns_of:
        return _columns_of[kind]
    rows = conn.execute(
        "select column_name from information_schema.columns"
        " where table_schema = 'core' and table_name = %s order by ordinal_position",
        (kind,),
    ).fetchall()
    _columns_of[kind] = tuple(row[0] for row in rows if row[0] not in KEYS)
    return _columns_of[kind]


_TAKE_BACK = """
    with mine as (
        delete from core.{table} where batch_id = %(batch)s and known_seq = %(seq)s
        returning source, source_id
    )
    update core.{table} as c
    set retracted_seq = null
    from mine
    where c.source = mine.source and c.source_id = mine.source_id
        and c.retracted_seq = %(seq)s and c.batch_id <> %(batch)s
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
            and s.row_no between %(low)s and %(high)s
            and not exists (
                select from quality.quarantine as q
                where q.batch_id = %(batch)s and q.row_no = s.row_no
                    and q.file_id is not distinct from s.file_id
                    and q.status in ('open', 'rejected')
            )
        order by s.source, s.source_id, s.source_version desc, s.row_no desc
    )
    select n.*
    from newest as n
    left join core.{table} as c
        on c.source = n.source and c.source_id = n.source_id and c.retracted_seq is null
    where c.source is null
        or (n.source_version > c.source_version and n.content_hash <> c.content_hash)
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


def _take_back(conn: Connection, batch: _Batch, kind: str) -> None:
    conn.execute(
        sql.SQL(_TAKE_BACK).format(table=sql.Identifier(kind)),
        {"batch": batch.batch_id, "seq": batch.seq},
    )


def _merge(conn: Connection, batch: _Batch, kind: str, low: int, high: int) -> int:
    names = _typed_columns(conn, kind)
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in names)
    typed = sql.SQL(", ").join(sql.SQL("s.{}").format(sql.Identifier(name)) for name in names)
    params = {"batch": batch.batch_id, "seq": batch.seq, "low": low, "high": high}
    table = sql.Identifier(kind)
    conn.execute("drop table if exists w_load")
    conn.execute(sql.SQL(_PICK).format(table=table, typed=typed), params)
    conn.execute(sql.SQL(_RETRACT).format(table=table), params)
    rows = conn.execute(sql.SQL(_INSERT).format(table=table, columns=columns), params).rowcount
    conn.execute("drop table w_load")
    return rows


def _merge_or_split(conn: Connection, batch: _Batch, kind: str) -> int:
    """Merge all rows at once; when that fails, halve the rows until the culprit is set aside."""
    row = conn.execute(
        sql.SQL("select min(row_no), max(row_no) from staging.{} where batch_id = %s").format(
            sql.Identifier(kind)
        ),
        (batch.batch_id,),
    ).fetchone()
    if row is None or row[0] is None:
        return 0
    return _halve(conn, batch, kind, int(row[0]), int(row[1]))


def _halve(conn: Connection, batch: _Batch, kind: str, low: int, high: int) -> int:
    try:
        with conn.transaction():
            return _merge(conn, batch, kind, low, high)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if low < high:
            middle = (low + high) // 2
            return _halve(conn, batch, kind, low, middle) + _halve(
                conn, batch, kind, middle + 1, high
            )
        reason = f"load: {type(error).__name__}"
        log.warning("%s/%s row %s: %s", batch.source, batch.feed, low, reason)
        conn.execute(
            sql.SQL(
                "insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed,"
                " known_seq, row_no, source_id, reason)"
                " select md5(concat_ws('|', 'quarantine', s.batch_id, s.file_id, s.row_no,"
                " %(reason)s::text))::uuid, s.batch_id, s.file_id, %(source)s, %(feed)s, %(seq)s,"
                " s.row_no, s.source_id, %(reason)s"
                " from staging.{} as s where s.batch_id = %(batch)s and s.row_no = %(row)s"
                " on conflict do nothing"
            ).format(sql.Identifier(kind)),
            {
                "reason": reason, "source": batch.source, "feed": batch.feed, "seq": batch.seq,
                "batch": batch.batch_id, "row": low,
            },
        )
        return 0


def _correct_quarantine(conn: Connection, batch: _Batch, kind: str) -> None:
    """Close rows kept back earlier whose record came again, well this time."""
    conn.execute(
        sql.SQL(
            "update quality.quarantine as q set status = 'corrected', closed_seq = %(seq)s"
            " from core.{} as c where c.batch_id = %(batch)s and c.known_seq = %(seq)s"
            " and q.source = c.source and q.feed = %(feed)s and q.source_id = c.source_id"
            " and q.status = 'open' and q.batch_id <> %(batch)s"
        ).format(sql.Identifier(kind)),
        {"seq": batch.seq, "batch": batch.batch_id, "feed": batch.feed},
    )


def _close(conn: Connection, batch: _Batch, loaded: int) -> Counts:
    """Write the counts and the watermark beside the load they describe, and empty staging."""
    for kind in types_of(batch.feed):
        conn.execute(
            sql.SQL(
                "delete from staging.{} as s where s.batch_id = %(batch)s and not exists ("
                " select from quality.quarantine as q where q.batch_id = %(batch)s"
                " and q.row_no = s.row_no and q.file_id is not distinct from s.file_id"
                " and q.status = 'open')"
            ).format(sql.Identifier(kind)),
            {"batch": batch.batch_id},
        )
    conn.execute(
        "with q as ("
        " select count(distinct (file_id, row_no)) filter (where status in ('open', 'corrected'))"
        " as held, count(distinct (file_id, row_no)) filter (where status = 'rejected') as rejected"
        " from quality.quarantine where batch_id = %(batch)s)"
        " update landing.batch as b set status = 'loaded', loaded_seq = %(seq)s,"
        " rows_loaded = %(loaded)s, rows_quarantined = q.held, rows_rejected = q.rejected,"
        " rows_pending = 0,"
        " rows_superseded = b.rows_received - %(loaded)s - q.held - q.rejected"
        " from q where b.batch_id = %(batch)s",
        {"batch": batch.batch_id, "seq": batch.seq, "loaded": loaded},
    )
    conn.execute(
        "insert into landing.watermark (source, feed, known_seq, watermark)"
        " select source, feed, %s, watermark from landing.batch"
        " where batch_id = %s and watermark is not null"
        " on conflict (source, feed, known_seq) do update"
        " set watermark = greatest(landing.watermark.watermark, excluded.watermark)",
        (batch.seq, batch.batch_id),
    )
    return _counts(conn, batch)


def _counts(conn: Connection, batch: _Batch) -> Counts:
    row = conn.execute(
        "select rows_received, rows_loaded, rows_superseded, rows_quarantined, rows_rejected,"
        " rows_pending from landing.batch where batch_id = %s",
        (batch.batch_id,),
    ).fetchone()
    assert row is not None
    return Counts(*row)
