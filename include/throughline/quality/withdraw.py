"""Takes back deliveries and files that were accepted wrongly, and that a named person has rejected.

The records of a rejected file are retracted under the number of the next night. The version that each
had replaced stands again: it is a new version, `<version> again <night>`, so that every earlier night
still reads what it read then. Later deliveries of the feed are read once more, because they may hold
versions that the rejected ones had superseded.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from psycopg import sql

from throughline import warehouse
from throughline.decisions import NotAllowedError
from throughline.quality.balance import balance
from throughline.quality.load import load_again
from throughline.quality.merge import KEYS
from throughline.quality.replaced import stand_again
from throughline.sources import catalogue
from throughline.sources.staging import stage
from throughline.warehouse import Connection, failpoints

_RETRACT = """
    update core.{table} set retracted_seq = %(seq)s
    where batch_id = %(batch)s and file_id = any(%(files)s) and retracted_seq is null
"""
# The newest version that no rejected file brought.
_RESTORE = """
    insert into core.{table} (
        source, source_id, source_version, subject_source, subject_id, batch_id, file_id, row_no,
        known_seq, is_deleted, content_hash, {columns}
    )
    select distinct on (o.source, o.source_id)
        o.source, o.source_id, o.source_version || ' again ' || %(seq)s, o.subject_source,
        o.subject_id, g.batch_id, g.file_id, g.row_no, %(seq)s, o.is_deleted, o.content_hash,
        {old_columns}
    from core.{table} as g
    inner join core.{table} as o on o.source = g.source and o.source_id = g.source_id
    where g.batch_id = %(batch)s and g.file_id = any(%(files)s) and g.retracted_seq = %(seq)s
        and o.known_seq < %(seq)s
        and not exists (
            select from landing.batch_file as w
            where w.batch_id = o.batch_id and w.file_id = o.file_id and w.decision_id is not null
        )
    order by o.source, o.source_id, o.source_version desc, o.known_seq desc
"""


class LaterBytesRemovedError(NotAllowedError):
    """A delivery cannot be taken back: what came after it cannot be read again."""


def refuse_if_removed(conn: Connection, batches: Iterable[UUID]) -> None:
    """Raise `LaterBytesRemovedError` if later deliveries of the feeds of these batches have no bytes any more."""
    row = conn.execute(
        "select b.source || '/' || b.feed, max(r.removed_at) from landing.batch as b"
        " inner join landing.batch as l on l.source = b.source and l.feed = b.feed"
        " and l.known_seq > b.known_seq and l.status = 'loaded'"
        " inner join landing.batch_file as x on x.batch_id = l.batch_id and x.withdrawn_seq is null"
        " inner join landing.file as f on f.file_id = x.file_id and f.status = 'landed'"
        " inner join landing.removed_file as r on r.path = f.path"
        " where b.batch_id = any(%s) group by 1 order by 1 limit 1",
        (list(batches),),
    ).fetchone()
    if row is not None:
        raise LaterBytesRemovedError(
            f"it cannot be taken back: the bytes of later deliveries of {row[0]}, which would be read again,"
            f" were removed by retention on {row[1]:%Y-%m-%d}"
        )


def has_rejected(conn: Connection, source: str) -> bool:
    """Return whether anything of a source waits to be taken back, or was by the newest night."""
    row = conn.execute(
        "select exists (select from landing.batch_file as f"
        " inner join landing.batch as b on b.batch_id = f.batch_id"
        " where b.source = %s and f.decision_id is not null"
        " and coalesce(f.withdrawn_seq = (select max(seq) from operations.night), true))",
        (source,),
    ).fetchone()
    return bool(row and row[0])


def withdraw(conn: Connection, source: str, seq: int, landing_root: Path) -> int:
    """Take back what persons have rejected of a source since the last night; returns records retracted.

    Commits. A rerun takes nothing back twice, and reads the later deliveries again.
    """
    found: list[tuple[UUID, str, list[UUID]]] = conn.execute(
        "select b.batch_id, b.feed, array_agg(f.file_id) from landing.batch_file as f"
        " inner join landing.batch as b on b.batch_id = f.batch_id"
        " inner join operations.decision as d on d.decision_id = f.decision_id"
        " where b.source = %s and f.withdrawn_seq is null and d.known_seq <= %s"
        " group by b.batch_id, b.feed, b.known_seq order by b.known_seq, b.batch_id",
        (source, seq),
    ).fetchall()
    taken = sum(_take_back(conn, batch_id, feed, files, seq) for batch_id, feed, files in found)
    failpoints.hit("withdraw.before_commit")
    conn.commit()
    for batch_id in _later(conn, source, seq):
        stage(conn, batch_id, landing_root)
        load_again(conn, batch_id, seq)
    return taken


def _take_back(conn: Connection, batch_id: UUID, feed: str, files: list[UUID], seq: int) -> int:
    params: dict[str, object] = {"batch": batch_id, "files": files, "seq": seq}
    rows = counted = 0
    for table in catalogue.entry(feed).tables:
        columns = [c for c in warehouse.columns_of(conn, "core", table.name) if c not in KEYS]
        parts = {
            "table": sql.Identifier(table.name),
            "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            "old_columns": sql.SQL(", ").join(sql.Identifier("o", name) for name in columns),
        }
        gone = conn.execute(sql.SQL(_RETRACT).format(**parts), params).rowcount
        conn.execute(sql.SQL(_RESTORE).format(**parts), params)
        rows += gone
        loaded = conn.execute(
            sql.SQL(
                "select count(*) from core.{table} where batch_id = %(batch)s"
                " and file_id = any(%(files)s) and known_seq < %(seq)s"
            ).format(**parts),
            params,
        ).fetchone()
        counted += loaded[0] if loaded and table.is_counted else 0
    conn.execute(
        "update quality.quarantine as q set status = 'rejected', closed_seq = %(seq)s,"
        " decision_id = f.decision_id from landing.batch_file as f"
        " where q.batch_id = %(batch)s and q.file_id = any(%(files)s) and q.status <> 'rejected'"
        " and f.batch_id = q.batch_id and f.file_id = q.file_id",
        params,
    )
    conn.execute(
        "update landing.batch_file set withdrawn_seq = %(seq)s"
        " where batch_id = %(batch)s and file_id = any(%(files)s)",
        params,
    )
    whole = conn.execute(
        "update landing.batch as b set status = 'rejected', withdrawn_seq = %(seq)s"
        " where b.batch_id = %(batch)s"
        " and not exists (select from landing.batch_file as f"
        " where f.batch_id = b.batch_id and f.withdrawn_seq is null) returning b.feed, b.loaded_seq",
        params,
    ).fetchone()
    if whole is not None:
        # What was read since rests on a wrong beginning: the next fetch begins before it.
        conn.execute(
            "delete from landing.watermark as w using landing.batch as b where b.batch_id = %(batch)s"
            " and w.source = b.source and w.feed = b.feed and w.known_seq >= b.loaded_seq",
            params,
        )
        stand_again(conn, batch_id)
    balance(conn, batch_id, -counted)
    return rows


def _later(conn: Connection, source: str, seq: int) -> list[UUID]:
    """Return the later deliveries of the feeds of which this night took something back, in order."""
    rows = conn.execute(
        "select distinct l.batch_id, l.known_seq from landing.batch_file as f"
        " inner join landing.batch as b on b.batch_id = f.batch_id"
        " inner join landing.batch as l on l.source = b.source and l.feed = b.feed"
        " and l.known_seq > b.known_seq and l.known_seq < %(seq)s and l.status = 'loaded'"
        " where b.source = %(source)s and f.withdrawn_seq = %(seq)s order by 2, 1",
        {"source": source, "seq": seq},
    ).fetchall()
    return [row[0] for row in rows]
