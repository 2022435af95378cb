"""Loads staged rows into typed records, one batch at a time, with counts that balance."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from throughline.quality.balance import StagingLost, balance, is_whole
from throughline.quality.contents import hold
from throughline.quality.fold import fold
from throughline.quality.merge import OTHER_CONTENT, Batch, merge, merge_released, take_back
from throughline.quality.replaced import end_replaced
from throughline.quality.suites import suite_of
from throughline.sources.entry import Table
from throughline.sources.records import WITHOUT_CLAIMS
from throughline.warehouse import Connection, failpoints, refresh_statistics


class UnknownBatch(LookupError):
    """There is no batch with this id."""


@dataclass(frozen=True)
class Counts:
    """Where the rows of a batch went: they add up to `received`."""

    received: int = 0
    loaded: int = 0
    superseded: int = 0
    quarantined: int = 0
    rejected: int = 0
    pending: int = 0


def load(conn: Connection, batch_id: UUID | str, seq: int) -> Counts:
    """Merge the staged rows of a batch into `core` under the number of night `seq`; commits.

    For each (source, source_id) the newest version wins; a row that is older than the current
    version, or equal to it, is superseded; one of an equal version that says something else is set
    aside (`contents`). Rows that a gate or a reader set aside stay in quarantine. A batch that a gate
    stopped is loaded only after a named person released it; a later snapshot ends what waits of older
    ones (`replaced`). Once a batch is loaded, only rows that a named person releases later are added.
    A rerun gives the same rows and counts.

    Raises `UnknownBatch`, and `StagingLost` if the rows must be staged again.
    """
    batch = _read(conn, batch_id, seq)
    closed = batch.status in {"rejected", "replaced", "refused", "duplicate"}
    if closed or (batch.status == "stopped" and not _is_released(conn, batch)):
        conn.commit()
        return _counts(conn, batch)
    whole = is_whole(conn, batch.batch_id, batch.feed, batch.received)
    if batch.status != "loaded":
        if not whole:
            conn.rollback()
            raise StagingLost(f"the staged rows of batch {batch.batch_id} are gone")
        _ready(conn, batch)
        loaded = merge(conn, batch)
    elif whole and batch.loaded_seq == seq:
        before = take_back(conn, batch)
        _ready(conn, batch)
        loaded = merge(conn, batch) - before
    else:
        fold(conn, batch.batch_id, batch.feed, for_load=True)
        loaded = merge_released(conn, batch)
    _correct_quarantine(conn, batch)
    counts = _close(conn, batch, loaded)
    failpoints.hit("load.before_commit")
    conn.commit()
    failpoints.hit("load.after_commit")
    for table in batch.tables:
        refresh_statistics(conn, f"core.{table.name}", counts.loaded)
    conn.commit()
    return counts


def load_again(conn: Connection, batch_id: UUID | str, seq: int) -> Counts:
    """Merge the staged rows of a loaded batch under the number of a later night; commits.

    For rows that a rejected delivery had superseded: a version that is not newer than the standing one
    is skipped, as always. The watermark stays where it is: what the rejected delivery should have
    brought is still to be fetched. Raises `UnknownBatch`.
    """
    batch = _read(conn, batch_id, seq)
    _ready(conn, batch)
    loaded = merge(conn, batch)
    _empty_staging(conn, batch.batch_id, batch.tables)
    balance(conn, batch.batch_id, loaded)
    conn.commit()
    return _counts(conn, batch)


def _ready(conn: Connection, batch: Batch) -> None:
    """Add up the rows that say parts of a record, and set aside those that contradict one of their version."""
    fold(conn, batch.batch_id, batch.feed, for_load=True)
    hold(conn, batch)


def feed_of(conn: Connection, batch_id: UUID | str) -> str:
    """Return the feed of a batch. Raises `UnknownBatch`."""
    row = conn.execute("select feed from landing.batch where batch_id = %s", (batch_id,)).fetchone()
    if row is None:
        raise UnknownBatch(f"there is no batch {batch_id}")
    return str(row[0])


def released(conn: Connection, source: str) -> list[UUID]:
    """Return the loaded batches of a source that have rows released since."""
    rows = conn.execute(
        "select distinct b.batch_id from quality.quarantine as q"
        " inner join landing.batch as b on b.batch_id = q.batch_id"
        " where q.source = %s and q.status = 'released' and q.closed_seq is null"
        " and b.status = 'loaded' and b.rows_pending > 0 order by b.batch_id",
        (source,),
    ).fetchall()
    return [row[0] for row in rows]


def _read(conn: Connection, batch_id: UUID | str, seq: int) -> Batch:
    row = conn.execute(
        "select batch_id, source, feed, status, rows_received, loaded_seq, exists ("
        " select from landing.batch_file as f where f.withdrawn_seq is not null"
        " and f.decision_id is not null) from landing.batch where batch_id = %s for update",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise UnknownBatch(f"there is no batch {batch_id}")
    key, source, feed, status, received, loaded_seq, may_repeat = row
    return Batch(key, source, feed, status, received, loaded_seq, seq, may_repeat)


def _is_released(conn: Connection, batch: Batch) -> bool:
    """Return whether the latest decision about a stopped batch was to release it."""
    row = conn.execute(
        "select kind from operations.decision where about_kind = 'batch' and about_id = %s"
        " order by decided_at desc limit 1",
        (str(batch.batch_id),),
    ).fetchone()
    return row is not None and row[0] == "release"


# --- the end of a load ---------------------------------------------------------------------------


def _correct_quarantine(conn: Connection, batch: Batch) -> None:
    """Close quarantined rows whose record arrived again, valid and not older; end deliveries that this one replaces.

    In the same delivery, only a newer version corrects a row.
    """
    earlier = _explain(conn, batch) if batch.feed == "payment" else set()
    for table in batch.tables:
        if not table.is_counted:
            continue
        rows = conn.execute(
            sql.SQL(
                "update quality.quarantine as q set status = 'corrected', closed_seq = %(seq)s"
                " from {} as c where c.batch_id = %(batch)s"
                " and q.source = c.source and q.feed = %(feed)s and q.source_id = c.source_id"
                " and q.status = 'open'"
                " and not exists (select from quality.quarantine as o where o.batch_id = %(batch)s"
                "  and o.row_no = c.row_no and o.file_id is not distinct from c.file_id"
                "  and o.status <> 'released')"
                " and case when q.reason = %(other)s"
                "  then c.source_version > q.payload::jsonb ->> 'source_version'"
                " when q.reason = any(%(rules)s) then c.source_version"
                "   >= coalesce(q.payload::jsonb ->> 'source_version', '') and (q.batch_id <> %(batch)s"
                "   or c.source_version > coalesce(q.payload::jsonb ->> 'source_version', ''))"
                "  else q.batch_id <> %(batch)s end"
                " returning q.batch_id"
            ).format(sql.Identifier("staging", table.name)),
            {
                "seq": batch.seq,
                "batch": batch.batch_id,
                "feed": batch.feed,
                "rules": [rule.name for rule in suite_of(batch.feed)],
                "other": OTHER_CONTENT,
            },
        ).fetchall()
        earlier |= {row[0] for row in rows}
    earlier |= end_replaced(conn, batch)
    for one in earlier - {batch.batch_id}:
        _empty_staging(conn, one, batch.tables)
        balance(conn, one)


def _explain(conn: Connection, batch: Batch) -> set[UUID]:
    """Close payments without claims that a set of this batch explains: the same payment and sum.

    Its last row, which names both sums, must not be set aside. Returns the batches that held them.
    """
    earlier: set[UUID] = set()
    for table in batch.tables:
        if table.is_counted:
            rows = conn.execute(
                sql.SQL(
                    "update quality.quarantine as q set status = 'corrected', closed_seq = %(seq)s"
                    " from {} as c where c.batch_id = %(batch)s and q.source = c.source"
                    " and q.feed = 'payment' and q.reason = %(reason)s and q.status = 'open'"
                    " and c.set_stated = q.stated_amount and c.set_explained = q.stated_amount"
                    " and starts_with(c.source_id, q.source_id || '|')"
                    " and not exists (select from quality.quarantine as o"
                    "  where o.batch_id = %(batch)s and o.row_no = c.row_no"
                    "  and o.file_id is not distinct from c.file_id and o.status <> 'released')"
                    " returning q.batch_id"
                ).format(sql.Identifier("staging", table.name)),
                {"seq": batch.seq, "batch": batch.batch_id, "reason": WITHOUT_CLAIMS},
            ).fetchall()
            earlier |= {row[0] for row in rows}
    return earlier


def _close(conn: Connection, batch: Batch, loaded: int) -> Counts:
    """Write the counts and the watermark in the same transaction as the load, and empty staging."""
    conn.execute(
        "update quality.quarantine as q set closed_seq = %(seq)s"
        " where q.batch_id = %(batch)s and q.status = 'released' and q.closed_seq is null"
        " and not exists (select from quality.quarantine as o where o.batch_id = %(batch)s"
        "  and o.row_no = q.row_no and o.file_id is not distinct from q.file_id"
        "  and o.status <> 'released')",
        {"batch": batch.batch_id, "seq": batch.seq},
    )
    _empty_staging(conn, batch.batch_id, batch.tables)
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


def _empty_staging(conn: Connection, batch_id: UUID, tables: tuple[Table, ...]) -> None:
    """Remove the staged rows of a loaded batch, except quarantined rows, which may yet be released."""
    for table in tables:
        conn.execute(
            sql.SQL(
                "delete from {} as s where s.batch_id = %(batch)s and not exists ("
                " select from quality.quarantine as q where q.batch_id = %(batch)s"
                " and q.row_no = s.row_no and q.file_id is not distinct from s.file_id"
                " and (q.status = 'open' or (q.status = 'released' and q.closed_seq is null)))"
            ).format(sql.Identifier("staging", table.name)),
            {"batch": batch_id},
        )


def _counts(conn: Connection, batch: Batch) -> Counts:
    row = conn.execute(
        "select rows_received, rows_loaded, rows_superseded, rows_quarantined, rows_rejected,"
        " rows_pending from landing.batch where batch_id = %s",
        (batch.batch_id,),
    ).fetchone()
    assert row is not None
    return Counts(*row)
