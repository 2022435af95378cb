"""Asks what became of requests that were taken: one that was declined ends its task before its time is over.

A booking is believed when the schedule shows it, and nothing here says that one was made. But a request that
was declined, or for which there is no slot, leaves no trace in the schedule: without asking, its task would
wait until it lapses.
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
"""Requests that are asked about in one night; the others are asked about in the next."""

LONGEST_S = 120.0
"""How long a night goes on asking: a receiver that answers slowly does not hold it up."""


def ask(
    conn: Connection,
    seq: int,
    clients: Callable[[], Mapping[str, Address]],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, int]:
    """Ask about every request that a task still waits for; returns counts of the answers that end one.

    Asking changes nothing at the receiver and is repeated while that may help; whoever cannot be
    asked tonight is asked the next night. A night that is not the newest asks nothing. `clients` is
    called when there is something to ask. Does not commit what it learned.
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
            log.warning("%s cannot be asked what became of a request: %s", row.target, error)
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
