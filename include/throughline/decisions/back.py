"""What every act that takes a decision back asks first: whose it is, and whether it stands."""

from __future__ import annotations

from throughline.decisions import NotAllowedError, Request
from throughline.warehouse import Connection


def one_after_another(conn: Connection, about_id: str) -> None:
    """Let acts on one thing wait for each other until the transaction ends: a double click records once."""
    conn.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (about_id,))


def whose(conn: Connection, request: Request, kind: str, nothing: str) -> str:
    """Return who made the decision of a kind that a request takes back; it may be taken back once.

    Raises `NotAllowedError` if it is taken back already, or, with the text `nothing`, if there is no such decision.
    """
    one_after_another(conn, request.about_id)
    row = conn.execute(
        "select d.decided_by, exists (select from operations.decision as b where b.kind = %s"
        " and b.about_kind = %s and b.about_id = d.decision_id::text)"
        " from operations.decision as d where d.decision_id::text = %s and d.kind = %s",
        (request.act, request.about_kind, request.about_id, kind),
    ).fetchone()
    if row is None:
        raise NotAllowedError(nothing)
    if row[1]:
        raise NotAllowedError("it is taken back already")
    return str(row[0])
