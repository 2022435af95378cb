"""Sends what the plan asks for, each effect once, and records the outcomes."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from uuid import UUID

from throughline.sources import systems
from throughline.tasks import (
    claims,
    files,
    intentions,
    lists,
    pausing,
    receivers,
    restored,
    transmissions,
)
from throughline.tasks.receivers import Receiver, Receivers
from throughline.tasks.transmissions import Row
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import Outcome
from throughline.warehouse import Connection, failpoints, nights, sql
from throughline.warehouse.moment import moment_of

log = logging.getLogger(__name__)

AT_ONCE = 8
"""The most calls in flight at once, and therefore the most to look up after a crash."""

SETTLING_S = 0.5
"""How long after a lost answer to look up the transmission at the receiver."""

# Reasons of a lost answer after which the receiver has finished with the call, successfully or not. A gateway
# that gave up (502, 504) says nothing about the system behind it.
ENDED = ("http_", "RemoteProtocolError", "ReadError", "WriteError", receivers.IN_PART)
AT_A_GATEWAY = ("http_502", "http_504")


def dispatch(
    conn: Connection,
    seq: int,
    clients: Mapping[str, Address],
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, int]:
    """Write the intentions of open tasks, then send what may be sent; returns counts by outcome.

    `clients` are the addresses of the systems that take work, by connection. A night that is not the
    newest sends nothing; during a pause, what was sent is looked up and nothing goes out. If a system
    cannot be reached, its transmissions stay intended, and the next night tries again. What stays inside is put
    onto the page of work, during a pause as well. Commits as it goes.
    """
    last = nights.newest(conn)
    if last is None or last.seq != seq:
        return {}
    with transmissions.one_at_a_time(conn):
        systems.ensure_registered(conn, seq)
        params = moment_of(conn, seq).params
        inside = intentions.keep_inside(conn, seq, params)
        # what is planned during a pause gets its bytes, and its window, when it may go out
        is_paused = pausing.is_paused(conn)
        if not is_paused:
            intentions.intend(conn, seq, params)
        restored.settle(conn, seq)
        if not is_paused:
            files.intend_inquiries(conn, seq)
        restored.mark_sent(conn, seq)
        conn.commit()
        failpoints.hit("dispatch.after_intend")
        listed = lists.settle(conn, seq, clients, sleep)
        with ExitStack() as stack:
            sender = _Sender(conn, seq, receivers.connect(clients, stack, sleep), sleep)
            sender.send_all()
            counts = sender.counts + listed
        if not pausing.is_paused(conn):
            counts.update(lists.send(conn, seq, clients, sleep))
        counts["inside"] = inside
        counts.update(files.send(conn, seq, clients, ("eligibility",), sleep))
        counts.update(claims.send_released(conn, seq, clients, is_locked=True, sleep=sleep))
        is_paused = pausing.is_paused(conn)
        sql.run(conn, "tasks/overdue.sql", is_paused=is_paused, **moment_of(conn, seq).params)
        conn.commit()
        failpoints.hit("dispatch.after_overdue")
    return dict(+counts)


class _Sender:
    """The calls of one dispatch, a few at a time."""

    def __init__(
        self,
        conn: Connection,
        seq: int,
        receivers: Receivers,
        sleep: Callable[[float], None],
    ) -> None:
        self._conn, self._seq, self._receivers, self._sleep = conn, seq, receivers, sleep
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dispatch")
        self._silent: set[str] = set()
        self._earlier: Mapping[str, Sequence[str]] = {}
        self.counts: Counter[str] = Counter()

    def send_all(self) -> None:
        """Settle what earlier calls left open, then send what may be sent and has not been."""
        with self._pool:
            for chunk in _chunks(self._mine(("uncertain",))):
                self._settle_old(chunk)
            certain: list[UUID] = []
            marked = [row for row in self._mine(("intended",)) if row.was_marked]
            self._earlier = restored.earlier_keys(self._conn, [row.effect_key for row in marked])
            self._conn.commit()
            for chunk in _chunks(marked):
                certain += self._settle_interrupted(chunk)
            params = moment_of(self._conn, self._seq).params
            sql.run(self._conn, "tasks/outgoing.sql", never_sent=certain)
            sql.run(self._conn, "tasks/forbidden.sql", **params)
            sql.run(self._conn, "tasks/withhold.sql", **params)
            self._conn.commit()
            failpoints.hit("dispatch.after_forbidden")
            for chunk in _chunks(
                [
                    row
                    for row in self._mine(("intended",))
                    if not row.was_marked or row.transmission_id in certain
                ]
            ):
                self._send(chunk)

    def _mine(self, outcomes: Sequence[str]) -> list[Row]:
        found = transmissions.standing(self._conn, outcomes)
        self._conn.commit()
        return [
            row
            for row in found
            if not row.in_list and self._receivers.of(row.kind, row.target) is not None
        ]

    def _send(self, rows: Sequence[Row]) -> None:
        self.counts["unreachable"] += sum(row.target in self._silent for row in rows)
        rows = [row for row in rows if row.target not in self._silent]
        if not rows or pausing.is_paused(self._conn):
            self._conn.rollback()
            return
        transmissions.mark(self._conn, [row.transmission_id for row in rows])
        failpoints.hit("dispatch.after_mark")
        outcomes = list(self._pool.map(self._call, rows))
        failpoints.hit("dispatch.after_call")
        open_ends: list[tuple[Row, Outcome]] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome.certainty == "uncertain":
                open_ends.append((row, outcome))
            else:
                self._record(row, outcome)
        self._conn.commit()
        failpoints.hit("dispatch.after_outcome")
        if open_ends:
            self._after_lost_answers(open_ends)

    def _receiver(self, row: Row) -> Receiver:
        found = self._receivers.of(row.kind, row.target)
        assert found is not None, "only what has a receiver is looked at"
        return found

    def _call(self, row: Row) -> Outcome:
        return self._receiver(row).send(row.sending())

    def _look(self, row: Row) -> tuple[bool, str | None]:
        """Return whether the receiver could be asked, and its id of what was sent."""
        if row.target in self._silent:
            return False, None
        try:
            receiver, sending = self._receiver(row), row.sending()
            for key in (row.effect_key, *self._earlier.get(row.effect_key, ())):
                found = receiver.look_up(replace(sending, effect_key=key))
                if found is not None:
                    return True, found
            return True, None
        except SourceUnavailable as error:
            log.warning("%s cannot be asked about a transmission: %s", row.target, error)
            if "http_" not in str(error):
                self._silent.add(row.target)
            return False, None

    def _record(self, row: Row, outcome: Outcome) -> None:
        if outcome.certainty == "not_sent":
            # What may have arrived in part keeps its mark, so that it is looked up before it is sent again.
            if not row.was_marked:
                transmissions.unmark(self._conn, [row.transmission_id])
            if outcome.status is None:
                self._silent.add(row.target)
            self.counts["unreachable"] += 1
            return
        transmissions.record(
            self._conn,
            self._seq,
            row.transmission_id,
            outcome.certainty,
            None if outcome.certainty == "accepted" else outcome.reason,
            receivers.external_ref(outcome) if outcome.certainty == "accepted" else None,
        )
        self.counts[outcome.certainty] += 1

    def _after_lost_answers(
        self, open_ends: Sequence[tuple[Row, Outcome]], earlier: int = 0
    ) -> None:
        """Look up transmissions whose answer was lost; send again what certainly did not arrive.

        A payload of several resources can lose an answer for each, so there are that many rounds.
        """
        self._sleep(SETTLING_S)
        looked = list(self._pool.map(self._look, [row for row, _ in open_ends]))
        again: list[Row] = []
        for (row, outcome), (was_asked, found) in zip(open_ends, looked, strict=True):
            if found is not None:
                transmissions.record(
                    self._conn, self._seq, row.transmission_id, "accepted", None, found
                )
                self.counts["accepted"] += 1
            elif (
                was_asked
                and outcome.reason.startswith(ENDED)
                and outcome.reason not in AT_A_GATEWAY
            ):
                again.append(replace(row, was_marked=True))
            elif outcome.reason == receivers.IN_PART:
                self.counts["unreachable"] += 1
            else:
                self._record(row, outcome)
        self._conn.commit()
        failpoints.hit("dispatch.after_lookup")
        rest: list[tuple[Row, Outcome]] = []
        for row, outcome in zip(again, self._pool.map(self._call_again, again), strict=True):
            if outcome.certainty == "uncertain" and earlier < row.payload.count(b"\n"):
                rest.append((row, outcome))
            else:
                self._record(row, outcome)
        self._conn.commit()
        if rest:
            self._after_lost_answers(rest, earlier + 1)

    def _call_again(self, row: Row) -> Outcome:
        outcome = self._call(row)
        if outcome.reason == receivers.IN_PART:
            return Outcome("not_sent", reason=outcome.reason)
        return outcome

    def _settle_interrupted(self, rows: Sequence[Row]) -> list[UUID]:
        """Settle calls of a process that died between mark and outcome, by what the receiver has.

        Returns the ids of those that the receiver does not have.
        """
        looked = list(self._pool.map(self._look, rows))
        certain: list[UUID] = []
        for row, (was_asked, found) in zip(rows, looked, strict=True):
            if found is not None:
                transmissions.record(
                    self._conn, self._seq, row.transmission_id, "accepted", None, found
                )
                self.counts["accepted"] += 1
            elif was_asked:
                certain.append(row.transmission_id)
            else:
                transmissions.record(
                    self._conn, self._seq, row.transmission_id, "uncertain", "interrupted"
                )
                self.counts["uncertain"] += 1
        self._conn.commit()
        return certain

    def _settle_old(self, rows: Sequence[Row]) -> None:
        """Record as not arrived what the receiver still lacks one night later, so that the task can be retried."""
        looked = list(self._pool.map(self._look, rows))
        for row, (was_asked, found) in zip(rows, looked, strict=True):
            if found is not None:
                transmissions.record(
                    self._conn, self._seq, row.transmission_id, "accepted", None, found
                )
                self.counts["accepted"] += 1
            elif was_asked and row.outcome_seq is not None and row.outcome_seq < self._seq:
                transmissions.record(
                    self._conn, self._seq, row.transmission_id, "rejected", "did not arrive"
                )
                self.counts["rejected"] += 1
        self._conn.commit()


def _chunks(rows: Sequence[Row]) -> list[Sequence[Row]]:
    return [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
