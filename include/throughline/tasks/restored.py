"""What holds after a restore: what may have gone out since the backup is looked up first, or asked about.

A warehouse from a backup does not know what it sent later. `note` marks it, once; from then on `mark_sent` and
`hold_claims` treat what would go out as a call whose outcome was lost. Only what is about a case that began after
the restore goes out as before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from throughline import exceptions
from throughline.warehouse import Connection, sql
from throughline.warehouse.moment import Moment

GAP = 10_000
"""Control numbers that are left out after a restore, if the replaced warehouse cannot say the last one."""

MOST_WINDOWS = 31
"""The most days whose contacts are looked up; a backup is not older than a month."""


@dataclass(frozen=True)
class Restored:
    """One restore of this warehouse: the backup's newest night, and until when something may have gone out."""

    restored_id: int
    newest_seq: int
    newest_date: date | None
    lost_until: date
    last_control_number: int


def note(
    conn: Connection, taken_at: datetime, lost_until: date, last_control_number: int | None = None
) -> Restored:
    """Mark the warehouse as restored from a backup that was taken at `taken_at`. Does not commit.

    `lost_until` is the last business date of which something may have gone out; `last_control_number` is that of
    the replaced warehouse, if it is known. Batches of claims that waited are dissolved: their claims go into new
    ones, or become exceptions.
    """
    (row,) = sql.run(
        conn,
        "tasks/after_restore.sql",
        taken_at=taken_at,
        lost_until=lost_until,
        last_control_number=last_control_number or 0,
        gap=GAP if last_control_number is None else 0,
    ).rows
    return Restored(*row)


def times(conn: Connection) -> int:
    """Return how often this warehouse was restored."""
    row = conn.execute("select count(*) from operations.restored").fetchone()
    return int(row[0]) if row else 0


def settle(conn: Connection, seq: int) -> None:
    """Settle the files that may have gone out before a restore by what is known of them now. Does not commit.

    One whose questions are all answered is withheld; one of which a named person says that it did not arrive is
    rejected, so that its persons are asked about again.
    """
    if times(conn):
        sql.run(conn, "tasks/settled.sql", seq=seq)


def mark_sent(conn: Connection, seq: int) -> None:
    """Mark what is about to go out and may have gone out before a restore, so that it is looked up first.

    A file cannot be looked up and becomes uncertain. Does not commit.
    """
    if times(conn):
        sql.run(conn, "tasks/restored.sql", seq=seq)


def earlier_keys(conn: Connection, effect_keys: Iterable[str]) -> dict[str, list[str]]:
    """Return, by its key, the other keys under which a contact may have been asked for before a restore.

    A contact's key names its window, and the night that plans it again may give it a later one. The keys of other
    effects do not change.
    """
    rows = conn.execute("select newest_date, lost_until from operations.restored").fetchall()
    days = {
        last + timedelta(days=1 - back)
        for first, last in rows
        for back in range(MOST_WINDOWS)
        if first is None or last - timedelta(days=back) >= first
    }
    found: dict[str, list[str]] = {}
    for key in effect_keys if days else ():
        kind, _, rest = key.partition("|")
        if kind == "contact":
            begins = f"{kind}|{rest.rpartition('|')[0]}|"
            found[key] = [f"{begins}{day}" for day in sorted(days) if f"{begins}{day}" != key]
    return found


def hold_claims(conn: Connection, moment: Moment) -> None:
    """Open an exception for each prepared claim that may have been sent before a restore. Does not commit.

    One whose work ended meanwhile, because its acknowledgement came, is withdrawn.
    """
    if not times(conn):
        return
    conn.execute(
        "update tasks.claim as k set status = 'withdrawn'"
        " where k.patient_control_number in (select p.patient_control_number from tasks.claim_perhaps_sent as p)"
        " and not exists (select from tasks.task as t"
        " where t.effect_key = k.effect_key and t.closed_seq is null)"
    )
    for number, task_id in conn.execute(
        "select patient_control_number, task_id from tasks.claim_perhaps_sent order by 1"
    ).fetchall():
        exceptions.open_exception(
            conn,
            moment.seq,
            moment.as_of,
            "uncertain_transmission",
            "task",
            str(task_id),
            detail={"kind": "claim", "claim": number, "why": "restored"},
        )
