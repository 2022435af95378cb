"""Work lists: what a system with the form `work_list` is to do, as one file a night with a row for each thing to do.

A row is a transmission of its own, with its effect key, made like any other (`sql/tasks/requests.sql`); the file is
one, too, with the bytes, the hash and the outcome of what is put into the folder. There is one list a night for
each source and role, with all that is open. A list that could not be put is withheld when the next one is made.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from throughline.sources.tabular.work_lists import letters_of
from throughline.tasks import transmissions
from throughline.tasks.late import late_feeds, said
from throughline.tasks.lists import put
from throughline.tasks.lists.sheets import NAMES, RESTS_ON, About, Row, sheet
from throughline.tasks.wire.tables import csv_file, xlsx_file
from throughline.transports.address import Address, SourceUnavailable
from throughline.warehouse import Connection, derive, failpoints, nights, sql
from throughline.warehouse.moment import moment_of

log = logging.getLogger(__name__)

KIND = "work_list"
KIND_OF: Mapping[str, str] = {
    "outreach": "outreach",
    "schedule": "booking",
    "documentation": "documentation",
    "billing": "work_item",
}
"""The kind of transmission of a role's rows, as in `sql/tasks/requests.sql`."""

WRITERS: Mapping[str, Callable[..., bytes]] = {"csv": csv_file.write, "xlsx": xlsx_file.write}


@dataclass(frozen=True)
class Target:
    """A role of a source whose work goes out as a list, and how."""

    source: str
    role: str
    connection: str
    transport: str
    folder: str
    file: str
    permissions: str
    outcomes: tuple[str, ...]
    bring: Mapping[str, str]

    @property
    def name(self) -> str:
        """The target as it is named where something is observed."""
        return f"{self.source}|{self.role}"

    def file_name(self, day: date) -> str:
        """Return the name of the list for a day; it says nothing about patients."""
        return f"{self.source}_{NAMES[self.role][0]}_{day:%Y%m%d}.{self.file}"


def targets(conn: Connection) -> list[Target]:
    """Return the roles whose work goes out as lists, as registered."""
    rows = conn.execute(
        "select source, role, connection, work_list from operations.role where form = 'work_list'"
        " order by source, role"
    ).fetchall()
    return [
        Target(
            source, role, connection, said["transport"], said["folder"], said["file"], said["permissions"],
            tuple(said["outcomes"]), dict(said["bring"]),
        )
        for source, role, connection, said in rows
    ]  # fmt: skip


def settle(
    conn: Connection,
    seq: int,
    clients: Mapping[str, Address],
    sleep: Callable[[float], None] = time.sleep,
) -> Counter[str]:
    """Find out what became of lists that may have been handed over; returns counts by outcome. Commits.

    Of a folder that cannot be reached nothing is known: its lists stay as they are.
    """
    counts: Counter[str] = Counter()
    for (connection, transport), rows in _by_place(
        row for row in _standing(conn) if row.was_marked
    ).items():
        with _Reached(connection, transport, clients, sleep) as reached:
            for row in rows:
                if reached.folder is not None:
                    outcome = put.look_up(conn, seq, reached.folder, row)
                    counts.update([f"list_{outcome}"] if outcome else [])
        conn.rollback()
    return counts


def send(
    conn: Connection,
    seq: int,
    clients: Mapping[str, Address],
    sleep: Callable[[float], None] = time.sleep,
) -> Counter[str]:
    """Make tonight's lists and put them into their folders; returns counts by outcome. Commits.

    The lists that were settled before (`settle`), and the rows that may not go out withheld.
    """
    counts: Counter[str] = Counter()
    found = targets(conn)
    for target in found:
        with _Reached(target.connection, target.transport, clients, sleep) as reached:
            earlier = [row for row in _standing(conn) if _is_of(row, target)]
            made = _make(conn, seq, target, reached.folder, earlier)
            conn.commit()
            failpoints.hit("lists.after_intend")
            if made is None:
                continue
            row = transmissions.by_ids(conn, [made])[0]
            conn.commit()
            if row.outcome != "intended":
                continue
            if reached.folder is None:
                counts["unreachable"] += 1
                continue
            outcome = put.put(conn, seq, reached.folder, row, int(target.permissions, 8))
            counts.update([f"list_{outcome}"] if outcome else [])
        # of a folder that could not be reached, what was not committed is for the next time
        conn.rollback()
    return counts


class _Reached:
    """A folder that was opened, or that cannot be reached: then `folder` is None, also for what follows."""

    def __init__(
        self,
        connection: str,
        transport: str,
        clients: Mapping[str, Address],
        sleep: Callable[[float], None],
    ) -> None:
        self.connection = connection
        self.folder: put.Folder | None = None
        self._address, self._transport, self._sleep = clients.get(connection), transport, sleep
        self._opened: Any = None

    def __enter__(self) -> _Reached:
        if self._address is not None:
            self._opened = put.opened(self._transport, self._address, self._sleep)
            try:
                self.folder = self._opened.__enter__()
            except SourceUnavailable as error:
                log.warning("%s takes no work list: %s", self.connection, error)
                self._opened = None
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
        if isinstance(error, SourceUnavailable):
            log.warning("%s takes no work list: %s", self.connection, error)
            return True
        return False


def _standing(conn: Connection) -> list[transmissions.Row]:
    found = [r for r in transmissions.standing(conn, ("intended", "uncertain")) if r.kind == KIND]
    conn.commit()
    return found


def _by_place(
    rows: Iterable[transmissions.Row],
) -> dict[tuple[str, str], list[transmissions.Row]]:
    found: dict[tuple[str, str], list[transmissions.Row]] = {}
    for row in rows:
        found.setdefault((row.target, row.control_numbers["transport"]), []).append(row)
    return found


def _is_of(row: transmissions.Row, target: Target) -> bool:
    said = row.control_numbers
    return said["source"] == target.source and said["role"] == target.role


def _make(
    conn: Connection,
    seq: int,
    target: Target,
    folder: put.Folder | None,
    earlier: list[transmissions.Row],
) -> UUID | None:
    """Record the intention to put tonight's list of a target; returns its id, None if there is none tonight.

    What an earlier night could not put is withheld: this list has all of it. Does not commit.
    """
    moment = moment_of(conn, seq)
    key = f"{KIND}|{target.name}|{moment.business_date}"
    own = [row for row in earlier if row.effect_key == key]
    if own:
        return own[0].transmission_id
    for row in earlier:
        if row.outcome == "intended" and (folder is not None or not row.was_marked):
            put.withdraw(conn, seq, folder, row, put.NEWER)
    attempts, newest = conn.execute(
        "select count(*) filter (where effect_key = %(key)s),"
        " max(split_part(effect_key, '|', 4)) filter (where outcome = 'accepted')"
        " from tasks.transmission where kind = %(kind)s"
        " and control_numbers ->> 'source' = %(source)s and control_numbers ->> 'role' = %(role)s",
        {"key": key, "kind": KIND, "source": target.source, "role": target.role},
    ).fetchone() or (0, None)
    observed = conn.execute(
        "select operations.observes(%s, null, %s)", (seq, target.name)
    ).fetchone()
    if observed == (True,) or (newest is not None and newest >= str(moment.business_date)):
        return None
    day = moment.business_date + timedelta(days=1)
    rows = _rows(conn, seq, target)
    payload = WRITERS[target.file](sheet(target.role, rows, _about(conn, seq, target), day))
    list_id = derive("transmission", key, 1 + attempts)
    conn.execute(
        "insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload,"
        " payload_sha256, control_numbers, planned_seq, intended_at, lookup_deadline)"
        " select %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp(), least(n.cut_off + interval '2 days',"
        " (select min(x.lookup_deadline) from tasks.transmission as x where x.transmission_id = any(%s)))"
        " from operations.night as n where n.seq = %s",
        (
            list_id, key, KIND, target.connection, 1 + attempts, payload,
            hashlib.sha256(payload).hexdigest(),
            Jsonb({
                "file": target.file_name(day), "folder": target.folder, "source": target.source,
                "role": target.role, "transport": target.transport,
            }),
            seq,
            # who waits for a list does so since the first that did not come
            [row.transmission_id for row in earlier], seq,
        ),
    )  # fmt: skip
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into tasks.list_row (list_id, transmission_id, row_no, number, is_new, subject_source,"
            " subject_id, told_name) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    list_id, row.transmission_id, number, row.number, row.is_new, row.subject_source,
                    row.subject_id, letters_of(row.patient),
                )
                for number, row in enumerate(rows, 1)
            ],
        )  # fmt: skip
    return list_id


def _rows(conn: Connection, seq: int, target: Target) -> list[Row]:
    """Return what a target's list has tonight, by when it is due."""
    params = moment_of(conn, seq).params
    sql.drop_made(conn, "tasks/outgoing.sql", "tasks/forbidden.sql")
    sql.run(conn, "tasks/outgoing.sql", never_sent=[])
    sql.run(conn, "tasks/forbidden.sql", **params)
    found = sql.run(
        conn,
        "tasks/list_rows.sql",
        connection=target.connection,
        kind=KIND_OF[target.role],
        source=target.source,
        list=target.name,
        **params,
    ).rows
    sql.drop_made(conn, "tasks/outgoing.sql", "tasks/forbidden.sql")
    return [Row(*row) for row in found]


def _about(conn: Connection, seq: int, target: Target) -> About:
    until = conn.execute(
        "select value::time from cases.setting where name = 'contact_to'"
    ).fetchone()
    assert until is not None, "the settings of the practice are registered"
    late = tuple(said(each) for each in late_feeds(conn, seq, RESTS_ON[target.role]))
    return About(nights.by_seq(conn, seq).cut_off, until[0], target.bring, target.outcomes, late)
