"""What is known of a world's nights while its PostgreSQL is down: a file beside its state.

The file is written after each night of a command, and whenever the world is stopped.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import httpx
import psycopg

from stack import paths, sandbox
from stack.nights import warehouse
from stack.postgres import Server
from stack.worlds import systems

FILE = "nights.json"
ASK_SECONDS = 5.0
MOST_DATES = 2
"""Business dates that may pass without a night before that is a fault."""


@dataclass(frozen=True)
class Known:
    """The newest night of a world, and how many business dates are done; ``noted_at`` is UTC.

    ``reached`` is the last business date that was over in the world, if its sandbox said so. ``chain_differs`` says
    that the chain was not the one whose heads were kept, when a night looked last. ``done_to`` is the newest business
    date that is done: the newest night may have been a rerun of an older one.
    """

    noted_at: str
    dates: int
    seq: int
    business_date: str
    status: str
    failed_step: str | None
    reached: str | None = None
    chain_differs: bool = False
    done_to: str | None = None

    @property
    def line(self) -> str:
        """The newest night in one line."""
        where = f" in {self.failed_step}" if self.status == "failed" and self.failed_step else ""
        return f"night {self.seq} of {self.business_date} {self.status}{where}"


def ask(server: Server) -> Known | None:
    """The newest night as the warehouse has it; None before the first, or while there are no tables."""
    try:
        with warehouse.connect(server.dsn(warehouse.READER)) as connection:
            newest = warehouse.newest_night(connection)
            row = connection.execute(
                "select count(distinct business_date), max(business_date)::text,"
                " exists (select from operations.exception where reason = 'chain_differs' and status = 'open')"
                " from operations.night where status = 'finished'"
            ).fetchone()
    except psycopg.Error:
        return None
    if newest is None or row is None:
        return None
    return Known(
        time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        row[0],
        newest.seq,
        newest.business_date.isoformat(),
        newest.status,
        newest.failed_step,
        chain_differs=row[2],
        done_to=row[1],
    )


def reached(world: Path) -> str | None:
    """The last business date that is over in a world; what was noted last, if its sandbox does not say."""
    if systems.is_real(world.name):
        return systems.last_over().isoformat()
    try:
        running = sandbox.running(world)
        if running:
            # briefly: a sandbox that hangs must not keep a world from being stopped
            told = httpx.get(f"{running.control}/world", timeout=ASK_SECONDS, trust_env=False)
            return str(told.raise_for_status().json()["lived_to"])
    except (httpx.HTTPError, sandbox.SandboxFailed, TimeoutError, ValueError, KeyError):
        pass
    before = noted(world)
    return before.reached if before else None


def note(world: Path, server: Server, until: str | None) -> None:
    """Write what is known beside the state, for when the server is down; ``until`` is what `reached` gave."""
    known = ask(server)
    if known:
        paths.write_private(world / FILE, json.dumps(asdict(replace(known, reached=until))))


def noted(world: Path) -> Known | None:
    """What was noted last, or None."""
    try:
        return Known(**json.loads((world / FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def trouble(known: Known | None, *, at_work: bool, reached: date | None = None) -> str | None:
    """What is wrong with a world's nights, in one sentence; None if nothing is.

    ``reached`` is the last business date that is over in the world, if that is known. The sandbox keeps its own
    calendar, so the clock of this machine says nothing about it.
    """
    if known is None:
        return None
    if known.status == "failed":
        return f"{known.line}; `make night` runs its date again"
    if known.status == "running" and not at_work:
        return f"night {known.seq} of {known.business_date} was begun and has not ended; `make night` resumes it"
    if known.chain_differs:
        return "the chain is not the one whose heads were kept: pause sending, then `make check` (docs/runbook.md)"
    last = max(known.business_date, known.done_to or "")
    waiting = (reached - date.fromisoformat(last)).days if reached else 0
    if waiting >= MOST_DATES:
        return f"{waiting} business dates have passed since that of the last night, {last}"
    return None
