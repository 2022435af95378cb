"""Exceptions that belong to no case: open one with an owner and a due date, clear it when resolved."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from throughline.warehouse import Connection, derive

REST = timedelta(days=7)
"""How long an exception that a named person resolved stays closed before it can reopen."""


class UnknownReason(LookupError):
    """The reason is not in `include/definitions/exceptions.yaml`."""


def open_exception(
    conn: Connection,
    seq: int,
    as_of: datetime,
    reason: str,
    about_kind: str,
    about_id: str,
    *,
    detail: dict[str, object] | None = None,
) -> UUID:
    """Open an exception about something; its reason sets the owner and the due date.

    Returns its id: the same reason and subject always give the same exception. A cleared exception
    reopens at once; one that a named person resolved stays closed for a week first. `detail` holds
    counts and ids, never patient data. Does not commit. Raises `UnknownReason`.
    """
    row = conn.execute(
        "select owner_team, due_days from operations.reason where reason = %s", (reason,)
    ).fetchone()
    if row is None:
        raise UnknownReason(f"unknown reason {reason}")
    exception_id = derive("exception", reason, about_kind, about_id)
    conn.execute(
        "insert into operations.exception as e (exception_id, about_kind, about_id, reason, owner_team,"
        " opened_seq, opened_at, due_at, detail)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s + %s * interval '1 day', %s)"
        " on conflict (exception_id) do update set status = 'open', opened_seq = excluded.opened_seq,"
        " opened_at = excluded.opened_at, due_at = excluded.due_at, detail = excluded.detail,"
        " closed_seq = null, resolution = null, decision_id = null"
        " where e.status = 'cleared' or (e.status = 'resolved' and exists ("
        "select from operations.night as n"
        " where n.seq = e.closed_seq and n.cut_off <= excluded.opened_at - %s))",
        (
            exception_id,
            about_kind,
            about_id,
            reason,
            row[0],
            seq,
            as_of,
            as_of,
            row[1],
            Jsonb(detail or {}),
            REST,
        ),
    )
    return exception_id


def clear(conn: Connection, seq: int, exception_id: UUID, resolution: str) -> None:
    """Close an exception whose cause is gone, without a decision. Does not commit."""
    conn.execute(
        "update operations.exception set status = 'cleared', closed_seq = %s, resolution = %s"
        " where exception_id = %s and status = 'open'",
        (seq, resolution, exception_id),
    )
