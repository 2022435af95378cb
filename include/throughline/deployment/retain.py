"""Removes what is past the practice's terms: `python -m throughline.deployment.retain --note WHY --by NAME`.

With `--preview` it only says what would go.
`throughline.retention` says what goes and what stays. The environment has `THROUGHLINE_DECIDER_DSN`,
`THROUGHLINE_LANDING`, `THROUGHLINE_PAGES`, and that of Airflow: its database and its folder of logs. It never runs
beside a night: it is refused while one holds the chain, and a night that begins meanwhile waits for its end. A second
call finds nothing to do; one that was killed is taken up by the next.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import psycopg

from throughline import decisions, programs, retention, warehouse
from throughline.decisions import NotAllowedError, Request, command_line
from throughline.practice import practice
from throughline.practice.permissions import may
from throughline.programs.commands import as_here
from throughline.retention import plan, tell
from throughline.retention.metadata import AirflowNotCleanedError
from throughline.vocabulary import DefinitionError, check_files
from throughline.warehouse import Connection, failpoints, nights

PERMISSION = "apply_retention"
NOTHING_HAS_A_TERM = "everything is kept: practice.yaml gives nothing a term (docs/retention.md)"


class NotAloneError(RuntimeError):
    """A night, a backup or another removal is at work; the message says which."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Show or remove what is past its time; returns 0, 1 if it failed, or 2 if it was refused, with the reason."""
    parser = argparse.ArgumentParser(prog="python -m throughline.deployment.retain")
    command_line.ask_who(parser)
    parser.add_argument("--note", default="", help="why; kept with the decision")
    parser.add_argument("--preview", action="store_true", help="show what would go, remove nothing")
    given = parser.parse_args(arguments)
    try:
        check_files()
        return _preview() if given.preview else _apply(given)
    except (NotAllowedError, NotAloneError, DefinitionError, plan.PlaceUnknownError) as error:
        print(error, file=sys.stderr)
        return 2
    except (AirflowNotCleanedError, psycopg.Error, OSError) as error:
        print(
            f"not all of it was removed, `{as_here('make retain')}` goes on: {str(error).strip()}",
            file=sys.stderr,
        )
        return 1


def _preview() -> int:
    with warehouse.connect(decisions.address()) as conn:
        found = _planned(conn)
        conn.rollback()
        left = retention.unfinished(conn)
    print("\n".join(tell.follows(found)) or NOTHING_HAS_A_TERM)
    for one in left:
        print(
            f"broke off, and goes on first: {one.kind}, {one.things:,} from before {one.before_on}"
        )
    return 0


def _apply(given: argparse.Namespace) -> int:
    about, places = practice(), plan.Places.of_environment()
    zone = ZoneInfo(about.time_zone)
    caller = command_line.caller_of(given.by.strip(), given.login, os.environ)
    with warehouse.connect(decisions.address()) as conn, _alone(conn):
        request = Request(
            retention.ACT, retention.ABOUT, _today(zone).isoformat(), caller.who, given.note,
            door=caller.door,
        )  # fmt: skip
        why_not = caller.why_not
        if why_not is None and not may(caller.who, PERMISSION):
            why_not = f"{caller.who} may not {PERMISSION.replace('_', ' ')}"
        if why_not is not None:
            decisions.refuse(conn, request, why_not)
        for one in retention.carried_out(conn, places, zone, broke_off=True):
            print(f"{one.kind}: what broke off is done, {one.things:,} from before {one.before_on}")
        found = _planned(conn)
        print("\n".join(tell.follows(found)) or NOTHING_HAS_A_TERM)
        if not found.going:
            return 0
        decisions.record(conn, replace(request, said={"plan": found}))
        failpoints.hit("retention.before_commit")
        conn.commit()
        failpoints.hit("retention.after_commit")
        for one in retention.carried_out(conn, places, zone):
            print(f"{one.kind}: gone, {one.things:,} from before {one.before_on}")
    return 0


def _planned(conn: Connection) -> plan.Plan:
    about = practice()
    return retention.planned(
        conn, about, plan.Places.of_environment(), _today(ZoneInfo(about.time_zone))
    )


def _today(zone: ZoneInfo) -> date:
    return datetime.now(zone).date()


@contextmanager
def _alone(conn: Connection) -> Iterator[None]:
    """Keep nights and backups away for the block. Raises `NotAloneError` if one is at work."""
    locked = conn.execute("select pg_try_advisory_lock(%s)", (nights.RETENTION_LOCK,)).fetchone()
    conn.commit()
    if not locked or not locked[0]:
        raise NotAloneError(
            "a night begins, a backup is made or another removal runs: try again when it has ended"
        )
    try:
        holder = nights.lease_holder(conn)
        conn.commit()
        if holder:
            raise NotAloneError(f"the {holder} holds the chain: try again when it has ended")
        yield
    finally:
        conn.rollback()
        conn.execute("select pg_advisory_unlock(%s)", (nights.RETENTION_LOCK,))
        conn.commit()


if __name__ == "__main__":
    programs.run(main)
