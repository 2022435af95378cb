"""The ledger of nights: which business date is processed under which number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg import errors
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from throughline.warehouse import derivation
from throughline.warehouse.connection import Connection

CUT_OFF_TIME = time(3, 0)
CHAIN = "chain"
LEASE_HOURS = 12
OPENING_LOCK = 7_240_119
"""Advisory lock for opening a night: two that come at once get two numbers, or the same night."""

RETENTION_LOCK = 7_240_121
"""Advisory lock: held alone while bytes are removed, shared while a backup is made or a night takes the chain."""
RETENTION_WAIT = "10min"
"""How long a night that begins waits for a removal to end, before its task is tried again."""

_COLUMNS = "seq, business_date, kind, cut_off, status"


class NightUnknownError(LookupError):
    """No night was opened for this business date."""


class LeaseHeldError(RuntimeError):
    """Another night holds the chain."""


@dataclass(frozen=True)
class Night:
    """One run of the chain. `seq` is the knowledge time, `cut_off` the "now" of its clocks (UTC)."""

    seq: int
    business_date: date
    kind: str
    cut_off: datetime
    status: str


def cut_off_of(business_date: date, time_zone: str) -> datetime:
    """Return the moment when the business date closes: 03:00 on the next local day."""
    return datetime.combine(
        business_date + timedelta(days=1), CUT_OFF_TIME, tzinfo=ZoneInfo(time_zone)
    )


def _one(conn: Connection, query: str, **params: object) -> Night | None:
    with conn.cursor(row_factory=class_row(Night)) as cursor:
        return cursor.execute(query.encode(), params).fetchone()


def newest(conn: Connection) -> Night | None:
    """Return the night with the highest number that is not void, or None before the first."""
    return _one(
        conn,
        f"select {_COLUMNS} from operations.night where status <> 'void' order by seq desc limit 1",
    )


def is_newest(conn: Connection, seq: int) -> bool:
    """Return whether there is no later valid night: only the newest night may undo what it wrote."""
    last = newest(conn)
    return last is None or last.seq <= seq


def is_of_newest_date(conn: Connection, seq: int) -> bool:
    """Return whether no valid night has a later business date: a rerun of an older date has the highest number."""
    row = conn.execute(
        "select n.business_date >= (select max(o.business_date) from operations.night as o where o.status <> 'void')"
        " from operations.night as n where n.seq = %s",
        (seq,),
    ).fetchone()
    return bool(row and row[0])


def finished_before(conn: Connection, seq: int) -> int:
    """Return the number of the last finished night before `seq`, 0 before the first.

    Night `seq` also does what the nights in between left undone.
    """
    row = conn.execute(
        "select max(seq) from operations.night where seq < %s and status = 'finished'", (seq,)
    ).fetchone()
    return row[0] or 0 if row else 0


def left_undone(conn: Connection, seq: int) -> list[int]:
    """Return the unfinished nights between the last finished night and `seq`."""
    rows = conn.execute(
        "select seq from operations.night where seq > %s and seq < %s"
        " and status in ('running', 'failed') order by seq",
        (finished_before(conn, seq), seq),
    ).fetchall()
    return [row[0] for row in rows]


def later(conn: Connection, seq: int) -> list[int]:
    """Return the numbers of the valid nights after `seq`, in order."""
    rows = conn.execute(
        "select seq from operations.night where seq > %s and status <> 'void' order by seq", (seq,)
    ).fetchall()
    return [row[0] for row in rows]


def current(conn: Connection, business_date: date) -> Night:
    """Return the newest night of a business date, not counting reconciles by day.

    Raises `NightUnknownError`.
    """
    night = _one(
        conn,
        f"select {_COLUMNS} from operations.night"
        " where business_date = %(day)s and status <> 'void' and kind <> 'intraday'"
        " order by seq desc limit 1",
        day=business_date,
    )
    if night is None:
        raise NightUnknownError(f"no night was opened for {business_date}")
    return night


def by_seq(conn: Connection, seq: int) -> Night:
    """Return the night with this number. Raises `NightUnknownError`."""
    night = _one(conn, f"select {_COLUMNS} from operations.night where seq = %(seq)s", seq=seq)
    if night is None:
        raise NightUnknownError(f"there is no night {seq}")
    return night


def open_night(
    conn: Connection, business_date: date, time_zone: str, kind: str | None = None
) -> Night:
    """Open the night of a business date and give it the decisions that no night has seen.

    An unfinished night of that date is resumed under its number, unless there is a later valid night,
    which has already done what was left undone. A date that was finished before gets a new number
    (`rerun`) and the newest night's clock, because time does not go backwards. Commits.
    """
    conn.execute("select pg_advisory_xact_lock(%s)", (OPENING_LOCK,))
    last = newest(conn)
    unfinished = _one(
        conn,
        f"select {_COLUMNS} from operations.night where business_date = %(day)s"
        " and status in ('running', 'failed') and (kind = 'intraday') = %(is_by_day)s"
        " order by seq desc limit 1",
        day=business_date,
        is_by_day=kind == "intraday",
    )
    if unfinished is not None and (last is None or unfinished.seq == last.seq):
        night = unfinished
        conn.execute(
            "update operations.night set status = 'running', failed_step = null, reason = null,"
            " derivation = %s where seq = %s",
            (derivation.NUMBER, night.seq),
        )
    else:
        seen = conn.execute(
            "select count(*), coalesce(max(seq), 0) from operations.night"
            " where business_date >= %s and status <> 'void'",
            (business_date,),
        ).fetchone()
        highest = conn.execute("select coalesce(max(seq), 0) from operations.night").fetchone()
        assert seen is not None
        assert highest is not None
        own = cut_off_of(business_date, time_zone)
        night = Night(
            seq=highest[0] + 1,
            business_date=business_date,
            kind=kind or ("rerun" if seen[0] else "nightly"),
            cut_off=max(own, last.cut_off) if last is not None else own,
            status="running",
        )
        conn.execute(
            "insert into operations.night (seq, business_date, kind, cut_off, derivation)"
            " values (%s, %s, %s, %s, %s)",
            (night.seq, night.business_date, night.kind, night.cut_off, derivation.NUMBER),
        )
    take_decisions(conn, night.seq)
    conn.commit()
    return night


def take_decisions(conn: Connection, seq: int) -> int:
    """Assign this night's number to the decisions that no night has seen; returns how many.

    The rows that they reject end with this night.
    """
    taken = conn.execute(
        "update operations.decision set known_seq = %s where known_seq is null", (seq,)
    ).rowcount
    conn.execute(
        "update quality.quarantine as q set closed_seq = d.known_seq from operations.decision as d"
        " where d.decision_id = q.decision_id and q.status = 'rejected' and q.closed_seq is null"
        " and d.known_seq is not null"
    )
    return taken


def finish(
    conn: Connection,
    seq: int,
    *,
    status: str = "finished",
    counts: dict[str, object] | None = None,
    failed_step: str | None = None,
    reason: str | None = None,
) -> None:
    """End a night with its counts; `status` is finished, failed or void. Commits."""
    conn.execute(
        "update operations.night set status = %s, finished_at = clock_timestamp(),"
        " counts = counts || %s, failed_step = %s, reason = %s where seq = %s",
        (status, Jsonb(counts or {}), failed_step, reason, seq),
    )
    conn.commit()


def take_lease(conn: Connection, holder: str, business_date: date) -> None:
    """Take or keep the chain's lease for a date; a night holds it from extract to report.

    An unfinished earlier date goes first; so does a removal of what is past its time. Raises
    `LeaseHeldError`. Commits.
    """
    try:
        conn.execute("select set_config('lock_timeout', %s, true)", (RETENTION_WAIT,))
        conn.execute("select pg_advisory_xact_lock_shared(%s)", (RETENTION_LOCK,))
    except errors.LockNotAvailable:
        conn.rollback()
        raise LeaseHeldError("what is past its time is being removed") from None
    conn.execute(
        "insert into operations.lease (name) values (%s) on conflict (name) do nothing", (CHAIN,)
    )
    row = conn.execute(
        "select business_date, expires_at > clock_timestamp() from operations.lease"
        " where name = %s for update",
        (CHAIN,),
    ).fetchone()
    assert row is not None
    held_for, is_live = row
    if held_for is not None and held_for != business_date and is_live:
        conn.rollback()
        raise LeaseHeldError(f"the chain is held by the night of {held_for}")
    conn.execute(
        "update operations.lease set holder = %s, business_date = %s,"
        " taken_at = clock_timestamp(), expires_at = clock_timestamp() + %s * interval '1 hour'"
        " where name = %s",
        (holder, business_date, LEASE_HOURS, CHAIN),
    )
    conn.commit()


def lease_holder(conn: Connection) -> str | None:
    """Return who holds the chain, as a person reads it; None if nobody does."""
    row = conn.execute(
        "select holder from operations.lease"
        " where name = %s and holder is not null and expires_at > clock_timestamp()",
        (CHAIN,),
    ).fetchone()
    return str(row[0]) if row else None


def lease_taken_at(conn: Connection) -> datetime:
    """Return when the night that holds the chain began, or began again; now if none holds it."""
    row = conn.execute(
        "select coalesce(max(taken_at), clock_timestamp()) from operations.lease"
        " where name = %s and holder is not null",
        (CHAIN,),
    ).fetchone()
    assert row is not None
    taken: datetime = row[0]
    return taken


def give_back(conn: Connection, business_date: date) -> None:
    """Release the chain's lease if this date holds it. Does not commit."""
    conn.execute(
        "update operations.lease set holder = null, business_date = null, expires_at = null"
        " where name = %s and business_date = %s",
        (CHAIN, business_date),
    )


def release_lease(conn: Connection, business_date: date) -> None:
    """Release the chain's lease if this date holds it. Commits."""
    give_back(conn, business_date)
    conn.commit()
