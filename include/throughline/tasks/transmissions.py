"""The log of what goes out: intention with its bytes first, then the mark, the call, and the outcome.

A row goes intended → (marked: `sent_at`) → accepted, rejected, withheld or uncertain. The mark is
committed before the call. So after a crash, a row without a mark was certainly not sent, and a row with
one is looked up at its receiver before anything is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from throughline.tasks.receivers import Sending
from throughline.warehouse import Connection, derive

SENDING_LOCK = 7_240_118
"""Advisory lock for sending: only one dispatch or release of claims at a time."""


@dataclass(frozen=True)
class Row:
    """What the sender needs of one row of `tasks.transmission`."""

    transmission_id: UUID
    effect_key: str
    kind: str
    target: str
    payload: bytes
    outcome: str
    was_marked: bool
    outcome_seq: int | None
    control_numbers: dict[str, str]
    in_list: bool

    def sending(self) -> Sending:
        """Return the parcel for its receiver."""
        return Sending(
            self.transmission_id,
            self.effect_key,
            self.kind,
            self.target,
            self.payload,
            self.was_marked,
        )


@contextmanager
def one_at_a_time(conn: Connection) -> Iterator[None]:
    """Hold the lock for sending; closing the connection also releases it."""
    conn.execute("select pg_advisory_lock(%s)", (SENDING_LOCK,))
    conn.commit()
    try:
        yield
    finally:
        conn.rollback()
        conn.execute("select pg_advisory_unlock(%s)", (SENDING_LOCK,))
        conn.commit()


def standing(conn: Connection, outcomes: Sequence[str]) -> list[Row]:
    """Return the transmissions whose outcome is one of `outcomes`, oldest first."""
    return _where(conn, "outcome = any(%s)", list(outcomes))


def by_ids(conn: Connection, ids: Sequence[UUID]) -> list[Row]:
    """Return these transmissions, oldest first."""
    return _where(conn, "transmission_id = any(%s)", list(ids))


def _where(conn: Connection, condition: str, values: list[Any]) -> list[Row]:
    query = (
        "select transmission_id, effect_key, kind, target, payload, outcome,"
        " sent_at is not null as was_marked, outcome_seq, control_numbers, in_list"
        f" from tasks.transmission where {condition}"
        " order by planned_seq, kind, transmission_id"
    )
    with conn.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(query.encode(), (values,)).fetchall()


def intend(
    conn: Connection,
    seq: int,
    effect_key: str,
    kind: str,
    target: str,
    payload: bytes,
    sha256: str,
    control_numbers: dict[str, str],
    tasks: Sequence[UUID],
    attempt: int = 1,
) -> UUID:
    """Record the intention to send a file that serves `tasks`; returns its id. Repeating it gives the same row."""
    transmission_id = derive("transmission", effect_key, attempt)
    conn.execute(
        "insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload,"
        " payload_sha256, control_numbers, planned_seq, intended_at, lookup_deadline)"
        " select %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp(), n.cut_off + interval '2 days'"
        " from operations.night as n where n.seq = %s on conflict do nothing",
        (
            transmission_id,
            effect_key,
            kind,
            target,
            attempt,
            payload,
            sha256,
            Jsonb(control_numbers),
            seq,
            seq,
        ),
    )
    conn.execute(
        "insert into tasks.transmission_task (transmission_id, task_id)"
        " select %s, unnest(%s::uuid[]) on conflict do nothing",
        (transmission_id, list(tasks)),
    )
    return transmission_id


def mark(conn: Connection, ids: Sequence[UUID]) -> None:
    """Mark these, durably, as about to be sent. Commits."""
    conn.execute(
        "update tasks.transmission set sent_at = clock_timestamp() where transmission_id = any(%s)",
        (list(ids),),
    )
    conn.commit()


def unmark(conn: Connection, ids: Sequence[UUID]) -> None:
    """Remove the mark from transmissions that were certainly not sent, so that they can be. Does not commit."""
    conn.execute(
        "update tasks.transmission set sent_at = null"
        " where transmission_id = any(%s) and outcome = 'intended'",
        (list(ids),),
    )


def record(
    conn: Connection,
    seq: int,
    transmission_id: UUID,
    outcome: str,
    reason: str | None = None,
    external_ref: str | None = None,
) -> None:
    """Record an outcome under the number of the night that learned it. Does not commit.

    It is recorded once; only what is uncertain can be settled later. Raises `psycopg.errors.RestrictViolation`.
    """
    conn.execute(
        "select tasks.set_outcome(%s, %s, %s, %s, %s)",
        (transmission_id, outcome, seq, reason, external_ref),
    )
