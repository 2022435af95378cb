"""Lines of records: those that the newest version of their record does not have any more are deleted."""

from __future__ import annotations

from psycopg import sql

from throughline.sources.entry import Follows
from throughline.warehouse import Connection

# The newest staged version of each record of which these are the lines.
_WHOLE = """
    create temp table w_whole on commit drop as
    select distinct on (s.source, s.source_id)
        s.source, s.source_id, s.source_version, s.batch_id, s.file_id, s.row_no
    from staging.{whole} as s
    where s.batch_id = %(batch)s and not s.is_deleted
        and not exists (
            select from quality.quarantine as q
            where q.batch_id = %(batch)s and q.row_no = s.row_no
                and q.file_id is not distinct from s.file_id
                and q.status <> 'released'
        )
        {part}
    order by s.source, s.source_id, s.source_version desc, s.row_no desc
"""
# A line of a version that is older than the one that stands: it came late. What this load has just made stand may bear
# another version than it was delivered with (`again`), and is not newer than its own lines.
_LATE = """
    delete from w_load as n
    using core.{whole} as o
    where o.source = n.source and o.source_id = n.{by} and o.retracted_seq is null
        and o.source_version > n.source_version
        and not (o.batch_id = %(batch)s and o.known_seq = %(seq)s)
"""
# A line that an earlier version in the same delivery has, and its newest has not.
_PASSED = """
    update w_load as n set is_deleted = true, source_version = w.source_version
    from w_whole as w
    where n.source = w.source and n.{by} = w.source_id and n.source_version < w.source_version
"""
# A line that stands, and that the newest version of its record does not have any more: it is deleted, as a version
# of its own, so that what is taken back later brings it back.
_LEFT_OUT = """
    insert into w_load (
        source, source_id, source_version, subject_source, subject_id, batch_id, file_id, row_no,
        is_deleted, content_hash, {columns}
    )
    select
        c.source, c.source_id, w.source_version, c.subject_source, c.subject_id, w.batch_id, w.file_id, w.row_no,
        true, md5(row({stood}, true)::text), {stood}
    from w_whole as w
    inner join core.{table} as c
        on c.source = w.source and c.{by} = w.source_id and c.retracted_seq is null and not c.is_deleted
        and c.source_version < w.source_version
    where not exists (
            select from staging.{table} as s
            where s.batch_id = %(batch)s and s.source = c.source and s.source_id = c.source_id
                and s.row_no = w.row_no and s.file_id is not distinct from w.file_id
        )
        and not exists (select from w_load as n where n.source = c.source and n.source_id = c.source_id)
        and not exists (
            select from core.{whole} as o
            where o.source = w.source and o.source_id = w.source_id and o.retracted_seq is null
                and o.source_version > w.source_version
                and not (o.batch_id = %(batch)s and o.known_seq = %(seq)s)
        )
"""


def leave_out(
    conn: Connection,
    parts: dict[str, sql.Composable],
    params: dict[str, object],
    whole: Follows,
) -> None:
    """Add to the lines that are about to be loaded (`w_load`) a deletion of each that its record has left out.

    Lines of versions that came late are taken out of them.
    `parts` and `params` are those of `throughline.quality.merge`, `whole` the record that the lines change with. Does
    not commit.
    """
    names = {**parts, "whole": sql.Identifier(whole.table), "by": sql.Identifier(whole.by)}
    conn.execute("drop table if exists w_whole")
    for statement in (_WHOLE, _LATE, _PASSED, _LEFT_OUT):
        conn.execute(sql.SQL(statement).format(**names), params)
    conn.execute("drop table w_whole")
