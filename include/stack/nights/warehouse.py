"""Queries of the commands, in the reader's role: which night is next, and how its steps went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg
from psycopg.rows import class_row

READER = "throughline_reader"


@dataclass(frozen=True)
class Night:
    """A night as the ledger has it."""

    seq: int
    business_date: date
    status: str
    failed_step: str | None
    reason: str | None


@dataclass(frozen=True)
class Step:
    """One finished step of a night; ``seconds`` is wall time, ``row_count`` is None if it counts no rows."""

    step: str
    part: str
    status: str
    started_at: datetime
    finished_at: datetime
    seconds: float | None
    row_count: int | None
    feed: str | None


_NIGHT = "select seq, business_date, status, failed_step, reason from operations.night"


def connect(dsn: str) -> psycopg.Connection:
    """Open a connection that sees every commit at once and changes nothing."""
    return psycopg.connect(
        dsn,
        autocommit=True,
        connect_timeout=10,
        options="-c default_transaction_read_only=on -c timezone=UTC",
    )


def newest_night(connection: psycopg.Connection) -> Night | None:
    """The night with the highest number that is not void; None before the first."""
    with connection.cursor(row_factory=class_row(Night)) as cursor:
        return cursor.execute(
            _NIGHT + " where status <> 'void' order by seq desc limit 1"
        ).fetchone()


def highest_number(connection: psycopg.Connection) -> int:
    """The highest number of any night, including void ones."""
    row = connection.execute("select coalesce(max(seq), 0) from operations.night").fetchone()
    return int(row[0]) if row else 0


def night_of(connection: psycopg.Connection, day: date, after: int) -> Night | None:
    """The night of a date that is running: one numbered above ``after``, or its newest unfinished one."""
    with connection.cursor(row_factory=class_row(Night)) as cursor:
        return cursor.execute(
            _NIGHT
            + " where business_date = %s and (seq > %s or status = 'running')"
            + " order by seq desc limit 1",
            (day, after),
        ).fetchone()


def night(connection: psycopg.Connection, seq: int) -> Night:
    """The night with this number. Raises ``LookupError``."""
    with connection.cursor(row_factory=class_row(Night)) as cursor:
        found = cursor.execute(_NIGHT + " where seq = %s", (seq,)).fetchone()
    if found is None:
        raise LookupError(f"there is no night {seq}")
    return found


def next_date(connection: psycopg.Connection, first: date) -> date:
    """The next business date to run: that of the newest night if it did not finish, else the day after."""
    last = newest_night(connection)
    if last is None:
        return first
    if last.status != "finished":
        return last.business_date
    row = connection.execute("select max(business_date) from operations.night").fetchone()
    newest: date = row[0] if row else last.business_date
    return newest + timedelta(days=1)


def ended_steps(connection: psycopg.Connection, seq: int) -> list[Step]:
    """Steps of a night that have ended, in the order in which they ended."""
    with connection.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            """
            select step, part, status, started_at, finished_at, seconds::float8 as seconds, row_count,
                   detail ->> 'feed' as feed
            from operations.step
            where seq = %s and finished_at is not null
            order by finished_at, step, part
            """,
            (seq,),
        ).fetchall()
