"""A named person's word on what a gate stopped or set aside.

On a row: `python -m throughline.quality.decide ID --by NAME --action release|reject`, with the
warehouse's address in the environment variable `THROUGHLINE_DSN`. A released row is loaded by the
next night.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from uuid import UUID, uuid4

from throughline import warehouse
from throughline.quality.balance import balance
from throughline.quality.suites import suite_of
from throughline.warehouse import Connection

ACTIONS = {"release": "released", "reject": "rejected"}


def decide_batch(conn: Connection, batch_id: str, action: str, who: str, note: str) -> UUID | None:
    """Record that `who` releases or rejects a stopped batch; returns the decision's id.

    Returns None when the batch is not stopped any more. A rejected batch keeps its landed bytes and
    counts its rows as rejected. Does not commit. Raises `ValueError` for another action or no name.
    """
    if action not in ACTIONS or not who.strip():
        raise ValueError("a batch is released or rejected, by a named person")
    row = conn.execute(
        "select status from landing.batch where batch_id = %s for update", (batch_id,)
    ).fetchone()
    if row is None or row[0] != "stopped":
        return None
    decision = _record(conn, action, "batch", batch_id, who, note)
    if action == "reject":
        conn.execute(
            "update landing.batch set status = 'rejected' where batch_id = %s", (batch_id,)
        )
        conn.execute(
            "update quality.quarantine set status = 'rejected', decision_id = %s"
            " where batch_id = %s and status <> 'rejected'",
            (decision, batch_id),
        )
        balance(conn, batch_id)
    return decision


def decide_row(
    conn: Connection, quarantine_id: str, action: str, who: str, note: str
) -> UUID | None:
    """Record that `who` releases or rejects one row in quarantine, whatever it was kept back for.

    Returns the decision's id, or None when nobody waits for one: the row is closed. A released row
    is pending until the next load of its batch. Does not commit.

    Raises `ValueError` for another action, no name, or the release of a row that could not be read:
    there is nothing to load, the source has to send it again.
    """
    if action not in ACTIONS or not who.strip():
        raise ValueError("a row is released or rejected, by a named person")
    row = conn.execute(
        "select q.batch_id, q.file_id, q.row_no, q.feed from quality.quarantine as q"
        " inner join landing.batch as b on b.batch_id = q.batch_id"
        " where q.quarantine_id = %s and q.status = 'open' for update of b",
        (quarantine_id,),
    ).fetchone()
    if row is None:
        return None
    batch_id, file_id, row_no, feed = row
    place = {"batch": batch_id, "file": file_id, "row": row_no}
    if action == "release":
        releasable = [rule.name for rule in suite_of(feed) if rule.releasable]
        unreadable = conn.execute(
            "select count(*) from quality.quarantine where batch_id = %(batch)s"
            " and file_id is not distinct from %(file)s and row_no = %(row)s and status = 'open'"
            " and reason <> all(%(releasable)s)",
            {**place, "releasable": releasable},
        ).fetchone()
        if unreadable is None or unreadable[0]:
            raise ValueError("a row that cannot be loaded is corrected by its source, or rejected")
    decision = _record(conn, action, "quarantine", quarantine_id, who, note)
    conn.execute(
        "update quality.quarantine set status = %(status)s, decision_id = %(decision)s"
        " where batch_id = %(batch)s and file_id is not distinct from %(file)s"
        " and row_no = %(row)s and status = 'open'",
        {**place, "status": ACTIONS[action], "decision": decision},
    )
    balance(conn, batch_id)
    return decision


def _record(
    conn: Connection, kind: str, about_kind: str, about_id: str, who: str, note: str
) -> UUID:
    decision = uuid4()
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (%s, %s, %s, %s, %s, %s)",
        (decision, who, kind, about_kind, about_id, note),
    )
    return decision


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision about a row; returns 0, or 2 with the reason when it cannot be recorded."""
    parser = argparse.ArgumentParser(prog="python -m throughline.quality.decide")
    parser.add_argument("quarantine_id", type=UUID)
    parser.add_argument("--by", required=True, help="your name")
    parser.add_argument("--action", required=True, choices=list(ACTIONS))
    parser.add_argument("--note", default="")
    given = parser.parse_args(arguments)
    try:
        with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
            decided = decide_row(conn, str(given.quarantine_id), given.action, given.by, given.note)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if decided is None:
        print(f"no row with the id {given.quarantine_id} waits for a decision", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
