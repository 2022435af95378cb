"""Counts where the rows of a batch are: each is in exactly one place."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from throughline.sources import catalogue
from throughline.warehouse import Connection


class StagingLost(RuntimeError):
    """The staged rows of a batch were lost in a server crash; parse the landed bytes again."""


# A row may be in quarantine for several reasons. One rejection rejects it. It stays in quarantine while
# any reason is open, and a released row is pending until it is loaded.
_BALANCE = """
    with each as (
        select
            case
                when bool_or(q.status = 'rejected') then 'rejected'
                when bool_or(q.status in ('open', 'corrected')) then 'held'
                when bool_or(q.closed_seq is null) then 'waiting'
                else 'loaded'
            end as place
        from quality.quarantine as q
        where q.batch_id = %(batch)s and not exists (
            select from landing.batch_file as f
            where f.batch_id = q.batch_id and f.file_id = q.file_id and f.withdrawn_seq is not null
        )
        group by q.file_id, q.row_no
    ),

    -- files that a named person rejected after they were loaded
    withdrawn as (
        select coalesce(sum(f.row_count), 0)::bigint as rows
        from landing.batch_file as f
        where f.batch_id = %(batch)s and f.withdrawn_seq is not null
    ),

    counted as (
        select
            count(*) filter (where place = 'held') as held,
            count(*) filter (where place = 'rejected') + (select w.rows from withdrawn as w)
            as rejected,
            count(*) filter (where place = 'waiting') as waiting
        from each
    )

    update landing.batch as b
    set
        rows_quarantined = case when b.status = 'rejected' then 0 else c.held end,
        rows_rejected = case when b.status = 'rejected' then b.rows_received else c.rejected end,
        rows_pending = case b.status
            when 'rejected' then 0
            when 'replaced' then 0
            when 'loaded' then c.waiting
            else b.rows_received - c.held - c.rejected
        end,
        rows_loaded = case when b.status = 'loaded' then b.rows_loaded + %(loaded)s else 0 end,
        rows_superseded = case
            when b.status = 'loaded'
                then b.rows_received - b.rows_loaded - %(loaded)s - c.held - c.rejected - c.waiting
            -- a later delivery says all of it, or that it is gone
            when b.status = 'replaced' then b.rows_received - c.held - c.rejected
            else 0
        end
    from counted as c
    where b.batch_id = %(batch)s
"""


def balance(conn: Connection, batch_id: UUID | str, loaded: int = 0) -> None:
    """Recount the rows of a batch after some moved; `loaded` of them were just loaded into `core`."""
    conn.execute(_BALANCE.encode(), {"batch": batch_id, "loaded": loaded})


def is_whole(conn: Connection, batch_id: UUID, feed: str, received: int) -> bool:
    """Return whether every received row is staged, or was set aside because it could not be."""
    kinds = [
        sql.Identifier("staging", table.name)
        for table in catalogue.entry(feed).tables
        if table.is_counted
    ]
    staged = sql.SQL(" + ").join(
        sql.SQL("(select count(*) from {} where batch_id = %(batch)s)").format(kind)
        for kind in kinds
    )
    nowhere = sql.SQL(" and ").join(
        sql.SQL(
            "not exists (select from {} as s where s.batch_id = %(batch)s"
            " and s.row_no = q.row_no and s.file_id is not distinct from q.file_id)"
        ).format(kind)
        for kind in kinds
    )
    row = conn.execute(
        sql.SQL(
            "select {} + (select count(distinct (q.file_id, q.row_no)) from quality.quarantine as q"
            " where q.batch_id = %(batch)s and {})"
        ).format(staged, nowhere),
        {"batch": batch_id},
    ).fetchone()
    return row is not None and row[0] >= received
