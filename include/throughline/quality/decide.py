"""A named person releases or rejects what a gate stopped or set aside.

For a row: `python -m throughline.quality.decide ID --by NAME --action release|reject [--preview]`, with
the warehouse's address in the environment variable `THROUGHLINE_DSN`. The next night loads a released
row.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from uuid import UUID

from throughline import decisions, warehouse
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.quality.balance import balance
from throughline.quality.suites import suite_of
from throughline.warehouse import Connection

ACTIONS = {"release": "released", "reject": "rejected"}


class NotStoppedError(NotAllowedError):
    """The batch is not waiting for a decision."""


class NotKeptBackError(NotAllowedError, LookupError):
    """The row is not waiting for a decision: it is closed, or the id is unknown."""


def decide_batch(conn: Connection, batch_id: str, action: str, who: str, note: str) -> UUID | None:
    """Record that `who` releases or rejects a stopped batch; returns the decision's id.

    Returns None if the batch is no longer stopped. A rejected batch keeps its landed bytes and
    counts its rows as rejected. Does not commit. Raises `ValueError` for an unknown action or an empty
    name.
    """
    try:
        return decisions.record(conn, Request(action, "batch", batch_id, who, note)).decision_id
    except NotStoppedError:
        return None


def decide_row(
    conn: Connection, quarantine_id: str, action: str, who: str, note: str
) -> UUID | None:
    """Record that `who` releases or rejects one row in quarantine, for all reasons it is there.

    Returns the decision's id, or None if the row is already closed. A released row is pending until
    the next load of its batch. Does not commit.

    Raises `ValueError` for an unknown action, an empty name, or the release of a row that could not be
    read: there is nothing to load, so the source must send it again.
    """
    try:
        request = Request(action, "quarantine", quarantine_id, who, note)
        return decisions.record(conn, request).decision_id
    except NotKeptBackError:
        return None


# ---- the acts ----------------------------------------------------------------------------------


def _weigh_batch(conn: Connection, request: Request) -> Preview:
    row = conn.execute(
        "select status, source, feed, business_date, rows_received from landing.batch"
        " where batch_id = %s for update",
        (request.about_id,),
    ).fetchone()
    if row is None or row[0] != "stopped":
        raise NotStoppedError("this batch is no longer stopped")
    _, source, feed, day, received = row
    what = f"{received:,} rows of {source}/{feed} of {day}"
    if request.act == "release":
        return Preview(
            (f"{what} are loaded under a new number, and their business date is run again.",)
        )
    return Preview((f"{what} are rejected; the received files are kept.",))


def _reject_batch(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    conn.execute(
        "update landing.batch set status = 'rejected' where batch_id = %s", (request.about_id,)
    )
    conn.execute(
        "update quality.quarantine set status = 'rejected', decision_id = %s"
        " where batch_id = %s and status <> 'rejected'",
        (decision_id, request.about_id),
    )
    balance(conn, request.about_id)
    return ()


def _weigh_row(conn: Connection, request: Request) -> Preview:
    row = conn.execute(
        "select q.batch_id, q.file_id, q.row_no, q.feed from quality.quarantine as q"
        " inner join landing.batch as b on b.batch_id = q.batch_id"
        " where q.quarantine_id = %s and q.status = 'open' for update of b",
        (request.about_id,),
    ).fetchone()
    if row is None:
        raise NotKeptBackError("this row is not waiting for a decision")
    batch_id, file_id, row_no, feed = row
    place = {"batch": batch_id, "file": file_id, "row": row_no}
    if request.act == "reject":
        return Preview((f"Row {row_no} of the feed {feed} is rejected for good.",), context=place)
    releasable = [rule.name for rule in suite_of(feed) if rule.releasable]
    unreadable = conn.execute(
        "select count(*) from quality.quarantine where batch_id = %(batch)s"
        " and file_id is not distinct from %(file)s and row_no = %(row)s and status = 'open'"
        " and reason <> all(%(releasable)s)",
        {**place, "releasable": releasable},
    ).fetchone()
    if unreadable is None or unreadable[0]:
        raise UnreadableError(
            "this row cannot be loaded: reject it, or have its source send it again"
        )
    return Preview((f"The next night loads row {row_no} of the feed {feed}.",), context=place)


class UnreadableError(NotAllowedError, ValueError):
    """The row cannot be loaded: the source must send it again."""


def _close_row(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    assert isinstance(seen.context, dict)
    conn.execute(
        "update quality.quarantine set status = %(status)s, decision_id = %(decision)s"
        " where batch_id = %(batch)s and file_id is not distinct from %(file)s"
        " and row_no = %(row)s and status = 'open'",
        {**seen.context, "status": ACTIONS[request.act], "decision": decision_id},
    )
    balance(conn, seen.context["batch"])
    return ()


for _act in (
    Act("release", "batch", "load what the gate stopped", _weigh_batch),
    Act("reject", "batch", "reject what the gate stopped", _weigh_batch, _reject_batch),
    Act("release", "quarantine", "load the row on the next night", _weigh_row, _close_row),
    Act("reject", "quarantine", "reject the row", _weigh_row, _close_row),
):
    decisions.register(_act)


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision about a row; returns 0, or 2 with the reason when it cannot be recorded."""
    parser = argparse.ArgumentParser(prog="python -m throughline.quality.decide")
    parser.add_argument("quarantine_id", type=UUID)
    parser.add_argument("--by", required=True, help="your name")
    parser.add_argument("--action", required=True, choices=list(ACTIONS))
    parser.add_argument("--note", default="")
    parser.add_argument(
        "--preview", action="store_true", help="show what would follow, write nothing"
    )
    given = parser.parse_args(arguments)
    row_id = str(given.quarantine_id)
    request = Request(given.action, "quarantine", row_id, given.by, given.note)
    try:
        with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
            if given.preview:
                print("\n".join(decisions.preview(conn, request).follows))
                conn.rollback()
            else:
                decisions.record(conn, request)
    except NotKeptBackError:
        print(f"no row with the id {row_id} is waiting for a decision", file=sys.stderr)
        return 2
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
