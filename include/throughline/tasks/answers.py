"""Asks receivers about accepted requests, so that a declined request ends its task early.

Only the schedule proves a booking, never an answer here. But a request that was declined, or for which there
is no slot, leaves no trace in the schedule: without asking, its task would wait until it lapses.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

from throughline.tasks import receivers, transmissions
from throughline.tasks.receivers import Answering, Receivers
from throughline.tasks.transmissions import Row
from throughline.transports.address import Address, SourceUnavailable
from throughline.warehouse import Connection, failpoints, nights, sql

log = logging.getLogger(__name__)

AT_ONCE = 8
MOST = 1000
"""The most requests to ask about on one night; the next night asks about the others."""

LONGEST_S = 120.0
"""How long a night keeps asking, so that a slow receiver cannot hold it up."""


def ask(
    conn: Connection,
    seq: int,
    clients: Callable[[], Mapping[str, Address]],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, int]:
    """Ask about every request that a task still waits for; returns counts of the answers that end a task.

    Asking changes nothing at the receiver, so it is retried while that may help; an unreachable
    receiver is asked again on the next night. A night that is not the newest asks nothing. `clients`
    is called only if there is something to ask. Does not commit.
    """
    last = nights.newest(conn)
    if last is None or last.seq != seq:
        return {}
    waiting = sql.run(conn, "tasks/unanswered.sql", seq=seq, most=MOST).rows
    rows = transmissions.by_ids(conn, [row[0] for row in waiting])
    conn.commit()
    if not rows:
        return {}
    with ExitStack() as stack:
        found = _asked(rows, receivers.connect(clients(), stack, sleep), clock)
    failpoints.hit("answers.before_write")
    sql.run(
        conn, "tasks/answers.sql", seq=seq, transmissions=list(found), answers=list(found.values())
    )
    counts = {answer: list(found.values()).count(answer) for answer in sorted({*found.values()})}
    return {"asked": len(rows), **counts}


def _asked(
    rows: Sequence[Row], connected: Receivers, clock: Callable[[], float]
) -> dict[UUID, str]:
    """Return the answers, by transmission."""
    found: dict[UUID, str] = {}
    silent: set[str] = set()
    until = clock() + LONGEST_S

    def one(row: Row) -> str | None:
        receiver: object = connected.of(row.kind, row.target)
        if row.target in silent or not isinstance(receiver, Answering):
            return None
        try:
            return receiver.answer(row.sending())
        except SourceUnavailable as error:
            log.warning("%s cannot be asked about a request: %s", row.target, error)
            if "http_" not in str(error):
                silent.add(row.target)
            return None

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="answers") as pool:
        for start in range(0, len(rows), AT_ONCE):
            if clock() > until:
                log.warning("%d requests are asked about the next night", len(rows) - start)
                break
            chunk = rows[start : start + AT_ONCE]
            for row, answer in zip(chunk, pool.map(one, chunk), strict=True):
                if answer is not None:
                    found[row.transmission_id] = answer
    return found
