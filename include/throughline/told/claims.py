"""Shows claims to a named person: `python -m throughline.told.claims [BATCH --by ID [--action refuse --note …]]`.

Without a batch it lists those that wait, without patient data. With one, it prints the list of its claims,
with patient data, and keeps that this person opened it. With `--action refuse` it refuses the batch instead:
the way out of one whose list cannot be told. `THROUGHLINE_DECIDER_DSN` holds the warehouse's address.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from throughline import decisions, programs, warehouse
from throughline.decisions import NotAllowedError, Request, command_line
from throughline.practice import practice
from throughline.tasks import attest, claim_words, listed
from throughline.warehouse import Connection

REFUSE = "refuse"
"""What may be done with a batch at a terminal: to attest it, its list is answered on the page or in Airflow."""
COLUMNS = ("batch", "payer", "billing_npi", "claims", "charge", "since", "due", "file_by")


def show_waiting(conn: Connection, out: TextIO) -> None:
    """Write the waiting batches as CSV: the end of a day is stored as the midnight after it."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in listed.waiting(conn):
        number = str(one.batch_id)[: listed.SHORT]
        due = "" if one.due_at is None else claim_words.day(one.due_at, practice().time_zone)
        rows.writerow(
            [
                number,
                one.payer_id,
                one.billing_npi,
                one.claims,
                one.charge,
                one.since,
                due,
                one.file_by,
            ]
        )


def _refusal(conn: Connection, number: str, note: str) -> Request:
    return Request(REFUSE, attest.ABOUT, str(listed.find(conn, number)), "", note)


def main(arguments: Sequence[str] | None = None) -> int:
    """Show what waits, or show or refuse one batch; returns 0, or 2 with the reason why that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m throughline.told.claims")
    parser.add_argument("batch", nargs="?", help="its number; eight characters are enough")
    command_line.ask_who(parser)
    parser.add_argument("--action", default="", help="refuse: do not send the batch")
    parser.add_argument("--note", default="", help="with refuse: why")
    parser.add_argument(
        "--preview", action="store_true", help="with refuse: show what would follow, write nothing"
    )
    parser.set_defaults(actions=(REFUSE,))
    given = parser.parse_args(arguments)
    if given.action and given.batch:
        return command_line.decide(given, lambda conn: _refusal(conn, given.batch, given.note))
    try:
        with warehouse.connect(decisions.address()) as conn:
            if given.batch is None:
                show_waiting(conn, sys.stdout)
                return 0
            batch_id = listed.find(conn, given.batch)
            caller = command_line.caller_of(given.by.strip(), given.login, os.environ)
            if caller.why_not is not None:
                asked = Request("open", "claim_batch", str(batch_id), caller.who, door=caller.door)
                decisions.refuse(conn, asked, caller.why_not, listed.SEES)
            found = listed.open_for(conn, batch_id, caller.who, caller.door)
            print(claim_words.text(found))
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    programs.run(main)
