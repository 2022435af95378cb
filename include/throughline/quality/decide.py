"""A named person's word on what a gate stopped or set aside."""

from __future__ import annotations

from uuid import UUID, uuid4

from throughline.warehouse import Connection

ACTIONS = {"release", "reject"}


def decide_batch(conn: Connection, batch_id: str, action: str, who: str, note: str) -> UUID | None:
    """Record that `who` releases or rejects a stopped batch; returns the decision's id.

    Returns None when the batch is not stopped any more. A rejected batch keeps its landed bytes and
    counts its rows as rejected. Does not commit. Raises `ValueError` for another action or no name.
    """
    if action not in ACTIONS or not who:
        raise ValueError("a batch is released or rejected, by a named person")
    row = conn.execute(
        "select status from landing.batch where batch_id = %s for update", (batch_id,)
    ).fetchone()
    if row is None or row[0] != "stopped":
        return None
    decision = _record(conn, action, "batch", batch_id, who, note)
    if action == "reject":
        conn.execute(
            "update landing.batch set status = 'rejected', rows_rejected = rows_received,"
            " rows_pending = 0, rows_loaded = 0, rows_superseded = 0, rows_quarantined = 0"
            " where batch_id = %s",
            (batch_id,),
        )
    return decision


def decide_row(conn: Connection, quarantine_id: str, action: str, who: str, note: str) -> UUID | None:
    """Record that `who` releases or rejects one row in quarantine; returns the decision's id.

    A released row is loaded with the next load of its batch. Returns None when the row is closed.
    Does not commit.
    """
    if action not in ACTIONS or not who:
        raise ValueError("a row is released or rejected, by a named person")
    status = "released" if action == "release" else "rejected"
    decision = _record(conn, action, "quarantine", quarantine_id, who, note)
    changed = conn.execute(
        "update quality.quarantine set status = %s, decision_id = %s"
        " where quarantine_id = %s and status = 'open' returning batch_id",
        (status, decision, quarantine_id),
    ).fetchone()
    if changed is None:
        return None
    if action == "reject":
        conn.execute(
            "update landing.batch set rows_quarantined = rows_quarantined - 1,"
            " rows_rejected = rows_rejected + 1 where batch_id = %s and rows_quarantined > 0",
            changed,
        )
    return decision


def _record(
    conn: Connection, kind: str, about_kind: str, about_id: str, who: str, note: str
) -> UUID:
    decision = uuid4()
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (%s, %s, %s, %s, %s, %s)",
        (decision, who, kind, about_kind, about_id, note),
    )
    return decision
