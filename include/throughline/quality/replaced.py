"""Ends what waits of older deliveries that a newer one replaces: a whole file that holds all that there is.

A delivery that a gate stopped waits for a named person, and so do rows that were set aside. If nobody has decided, and
a later snapshot of the same feed passes its gates, no decision can bring anything that this one does not say. The older
delivery then counts as replaced: its question and its exceptions end with that reason, and its rows stay on record. A
delivery of changes never replaces another (`Standard.replaces`).
"""

from __future__ import annotations

from uuid import UUID

from throughline.quality.balance import balance, is_whole
from throughline.quality.merge import Batch
from throughline.sources import definition, registry
from throughline.warehouse import Connection

# What waits: a stopped delivery that nobody has released, and open rows of a loaded one.
_WAITING = """
    select b.batch_id, b.status, b.rows_received
    from landing.batch as b
    where b.source = %(source)s and b.feed = %(feed)s and b.batch_id <> %(batch)s
        and b.known_seq < (select n.known_seq from landing.batch as n where n.batch_id = %(batch)s)
        and (
            (b.status = 'stopped' and not exists (
                select from operations.decision as d
                where d.about_kind = 'batch' and d.about_id = b.batch_id::text and d.kind = 'release'
            ))
            or (b.status = 'loaded' and exists (
                select from quality.quarantine as q where q.batch_id = b.batch_id and q.status = 'open'
            ))
        )
    order by b.known_seq, b.batch_id
    for update of b
"""
# A gate passed it, and nothing of it is unknown: a row that nobody could read may be any record.
_IS_WHOLE = """
    select not exists (
        select from quality.verdict as v where v.batch_id = %(batch)s and v.verdict = 'stop'
    ) and not exists (
        select from quality.quarantine as q
        where q.batch_id = %(batch)s and q.status = 'open' and q.source_id is null
    )
"""
# A record that the newer one has set aside again keeps its older rows, until one of it can be loaded.
_END_ROWS = """
    update quality.quarantine as q
    set status = case q.status when 'open' then 'corrected' else q.status end,
        closed_seq = %(seq)s, replaced_by = %(batch)s
    where q.batch_id = %(older)s and q.closed_seq is null and q.status in ('open', 'released')
        and (%(whole)s or (q.status = 'open' and not exists (
            select from quality.quarantine as o
            where o.batch_id = %(batch)s and o.source_id = q.source_id and o.status = 'open'
        )))
"""


def end_replaced(conn: Connection, batch: Batch) -> set[UUID]:
    """End what waits of the older deliveries that a staged one replaces; returns the deliveries. Does not commit."""
    params = {"batch": batch.batch_id, "source": batch.source, "feed": batch.feed, "seq": batch.seq}
    waiting = conn.execute(_WAITING, params).fetchall()
    if not waiting or conn.execute(_IS_WHOLE, params).fetchone() != (True,):
        return set()
    about = definition(batch.source)
    standard = registry.standard(about.standard)
    ended = set[UUID]()
    for older, status, received in waiting:
        is_stopped = status == "stopped"
        place = "core"
        if is_stopped:
            place = "staging" if is_whole(conn, older, batch.feed, received) else ""
        if not standard.replaces(conn, batch.batch_id, older, batch.feed, about, place):
            continue
        if is_stopped:
            conn.execute(
                "update landing.batch set status = 'replaced', replaced_by = %s, replaced_seq = %s"
                " where batch_id = %s",
                (batch.batch_id, batch.seq, older),
            )
        conn.execute(_END_ROWS, {**params, "older": older, "whole": is_stopped})
        ended.add(older)
    return ended


def stand_again(conn: Connection, batch_id: UUID) -> None:
    """Let what a delivery had replaced wait again, because the delivery was taken back. Does not commit."""
    older = {
        row[0]
        for row in conn.execute(
            "update landing.batch set status = 'stopped', replaced_by = null, replaced_seq = null"
            " where replaced_by = %s returning batch_id",
            (batch_id,),
        ).fetchall()
    }
    rows = conn.execute(
        "update quality.quarantine"
        " set status = case status when 'corrected' then 'open' else status end,"
        " closed_seq = null, replaced_by = null"
        " where replaced_by = %s returning batch_id",
        (batch_id,),
    ).fetchall()
    for one in older | {row[0] for row in rows}:
        balance(conn, one)
