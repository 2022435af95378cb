"""Records what each step of a night did: rows, seconds, and outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg.types.json import Jsonb

from throughline.warehouse import disk
from throughline.warehouse.connection import Connection

_BEGIN = """
    insert into operations.step (seq, step, part, status, started_at)
    values (%(seq)s, %(step)s, %(part)s, 'running', clock_timestamp())
    on conflict (seq, step, part) do update
        set status = 'running', started_at = excluded.started_at, finished_at = null,
            seconds = null, row_count = null, detail = '{}'::jsonb
"""

_END = """
    update operations.step
    set status = %(status)s, finished_at = clock_timestamp(), seconds = %(seconds)s,
        row_count = %(rows)s, detail = %(detail)s
    where seq = %(seq)s and step = %(step)s and part = %(part)s
"""


HELD_SECONDS = 600
_HOLD = """
    select pg_advisory_lock(hashtextextended(concat_ws('|', 'step', %(seq)s::text, %(step)s::text, %(part)s::text), 0))
"""
_LET_GO = _HOLD.replace("advisory_lock", "advisory_unlock")


class StepHeldError(RuntimeError):
    """Another process has been running the same step of the same night for ten minutes."""


@dataclass
class Step:
    """Set by the step's block: rows touched, and counts worth showing (never patient data)."""

    rows: int = 0
    detail: dict[str, object] = field(default_factory=dict)


@contextmanager
def step(conn: Connection, seq: int, name: str, part: str = "") -> Iterator[Step]:
    """Record the step `name` of night `seq` around a block; commits what the block did.

    Only one process runs a step at a time: after a run is stopped, its task may live on for some seconds next to the
    retry, and both would fetch to the same place. The second process waits for the first, then finds its work done.
    Closing the connection releases the lock. An exception rolls the block back, records the step as failed with the
    exception's type, and propagates. A full disk, ours or the server's, becomes `DiskFullError`. Raises
    `StepHeldError`.
    """
    key = {"seq": seq, "step": name, "part": part}
    _hold(conn, key)
    conn.execute(_BEGIN, key)
    conn.commit()
    record = Step()
    begun = time.monotonic()
    try:
        yield record
        conn.commit()
    except BaseException as error:
        conn.rollback()
        full = disk.full(error)
        if full is None:
            _finish(conn, key, "failed", begun, Step(0, {"error": type(error).__name__}))
            raise
        with suppress(
            psycopg.Error
        ):  # a server without room cannot record it; closing lets go of the lock
            _finish(conn, key, "failed", begun, Step(0, {"error": type(full).__name__}))
        raise full from None
    _finish(conn, key, "done", begun, record)


def _hold(conn: Connection, key: dict[str, object]) -> None:
    conn.execute("select set_config('lock_timeout', %s, true)", (f"{HELD_SECONDS * 1000:.0f}ms",))
    try:
        conn.execute(_HOLD, key)
    except psycopg.errors.LockNotAvailable:
        conn.rollback()
        raise StepHeldError(
            f"{key['step']} of night {key['seq']} is still running in another process"
        ) from None
    conn.commit()


def _finish(
    conn: Connection, key: dict[str, object], status: str, begun: float, record: Step
) -> None:
    conn.execute(
        _END,
        {
            **key,
            "status": status,
            "seconds": round(time.monotonic() - begun, 3),
            "rows": record.rows,
            "detail": Jsonb(record.detail),
        },
    )
    conn.execute(_LET_GO, key)
    conn.commit()
