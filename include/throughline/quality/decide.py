"""A named person releases or rejects what a gate stopped or set aside.

`python -m throughline.quality.decide ID --by NAME --action release|reject [--preview]`, with the
warehouse's address in the environment variable `THROUGHLINE_DSN`. ID is that of a row in quarantine; or
of the exception about a delivery's rows, which means all of them; or of the exception about a file that
could not be read, with the action `carries_nothing`; or that of a loaded delivery or file, to reject it
after all. Its first eight characters are enough. The next night loads released rows and takes back what
was rejected.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from uuid import UUID

from psycopg import sql

from throughline import decisions, warehouse
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.exceptions.resolve import CARRIES_NOTHING
from throughline.quality.balance import balance
from throughline.quality.suites import suite_of
from throughline.warehouse import Connection

ACTIONS = {"release": "released", "reject": "rejected"}
SHORTEST = 8
"""How many characters of an id name a thing on the command line."""


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


def _weigh_set_aside(conn: Connection, request: Request) -> Preview:
    batch = conn.execute(
        "select b.source, b.feed, b.business_date from landing.batch as b where b.batch_id = %s"
        " for update",
        (request.about_id,),
    ).fetchone()
    rows = conn.execute(
        "select q.quarantine_id, (q.file_id, q.row_no)::text, q.reason from quality.quarantine as q"
        " where q.batch_id = %s and q.status = 'open' order by q.file_id, q.row_no, q.reason",
        (request.about_id,),
    ).fetchall()
    if batch is None or not rows:
        raise NotKeptBackError("no row of this delivery is waiting for a decision")
    source, feed, day = batch
    what = f"of {source}/{feed} of {day}"
    if request.act == "reject":
        count = len({place for _, place, _ in rows})
        return Preview(
            (f"{count:,} rows {what} are rejected for good.",), context=[row[0] for row in rows]
        )
    releasable = {rule.name for rule in suite_of(feed) if rule.releasable}
    unreadable = {place for _, place, reason in rows if reason not in releasable}
    taken = [row for row in rows if row[1] not in unreadable]
    if not taken:
        raise UnreadableError(
            "none of these rows can be loaded: reject them, or have their source send them again"
        )
    follows = [f"The next night loads {len({row[1] for row in taken}):,} rows {what}."]
    if unreadable:
        follows.append(
            f"{len(unreadable):,} rows cannot be read and stay: reject them, or have their source"
            " send them again."
        )
    return Preview(tuple(follows), context=[row[0] for row in taken])


def _close_rows(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    conn.execute(
        "update quality.quarantine set status = %s, decision_id = %s where quarantine_id = any(%s)",
        (ACTIONS[request.act], decision_id, seen.context),
    )
    balance(conn, request.about_id)
    return ()


def _weigh_delivery(conn: Connection, request: Request) -> Preview:
    """Weigh the rejection of a loaded delivery (`delivery`), or of one file of it (`landed_file`)."""
    column = "b.batch_id" if request.about_kind == "delivery" else "f.file_id"
    files = conn.execute(
        sql.SQL(
            "select f.batch_id, f.file_id, b.source, b.feed, b.business_date, f.row_count"
            " from landing.batch_file as f inner join landing.batch as b on b.batch_id = f.batch_id"
            " where {} = %s and b.status = 'loaded' and f.decision_id is null"
            " order by b.feed, b.business_date for update of b"
        ).format(sql.SQL(column)),
        (request.about_id,),
    ).fetchall()
    if not files:
        raise NotKeptBackError("nothing of it is loaded")
    rows: dict[str, int] = {}
    for _, _, source, feed, day, count in files:
        what = f"{source}/{feed} of {day}"
        rows[what] = rows.get(what, 0) + count
    follows = [
        f"The next night takes back {count:,} rows of {what}, with everything they proved."
        for what, count in rows.items()
    ]
    follows.append("What they had replaced stands again. The received files are kept.")
    if request.about_kind == "delivery":
        follows.append("The feed counts as late until the source delivers that day again.")
    return Preview(tuple(follows), context=[(row[0], row[1]) for row in files])


def _reject_files(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    assert isinstance(seen.context, list)
    for batch_id, file_id in seen.context:
        conn.execute(
            "update landing.batch_file set decision_id = %s where batch_id = %s and file_id = %s",
            (decision_id, batch_id, file_id),
        )
    return ()


for _act in (
    Act("reject", "delivery", "take a loaded delivery back", _weigh_delivery, _reject_files),
    Act("reject", "landed_file", "take a loaded file back", _weigh_delivery, _reject_files),
    Act("release", "set_aside", "load a delivery's rows", _weigh_set_aside, _close_rows),
    Act("reject", "set_aside", "reject a delivery's rows", _weigh_set_aside, _close_rows),
    Act("release", "batch", "load what the gate stopped", _weigh_batch),
    Act("reject", "batch", "reject what the gate stopped", _weigh_batch, _reject_batch),
    Act("release", "quarantine", "load the row on the next night", _weigh_row, _close_row),
    Act("reject", "quarantine", "reject the row", _weigh_row, _close_row),
):
    decisions.register(_act)


def meant(conn: Connection, start: str) -> tuple[str, str]:
    """Return the kind and id of the open thing whose id, or whose exception's id, begins so.

    A row in quarantine is a `quarantine`; the rows of a delivery that were set aside are a `set_aside`,
    by their batch; a file that could not be read is its `exception`, by its own id too; a loaded
    delivery is a `delivery`, one of its files a `landed_file`.
    Raises `NotKeptBackError` if there is none, or more than one.
    """
    found: list[tuple[str, str]] = []
    if len(start) >= SHORTEST:
        found = conn.execute(
            "select case e.reason when 'file_refused' then 'exception' else 'set_aside' end,"
            " case e.reason when 'file_refused' then e.exception_id::text else e.about_id end"
            " from operations.exception as e"
            " where e.reason in ('rows_set_aside', 'file_refused') and e.status = 'open'"
            " and (starts_with(e.exception_id::text, %(start)s)"
            " or (e.reason = 'file_refused' and starts_with(e.about_id, %(start)s)))"
            " union all select 'quarantine', q.quarantine_id::text from quality.quarantine as q"
            " where q.status = 'open' and starts_with(q.quarantine_id::text, %(start)s)"
            " union all select 'delivery', b.batch_id::text from landing.batch as b"
            " where b.status = 'loaded' and starts_with(b.batch_id::text, %(start)s)"
            " union all select 'landed_file', f.file_id::text from landing.file as f"
            " where f.status = 'landed' and starts_with(f.file_id::text, %(start)s) limit 2",
            {"start": start.lower()},
        ).fetchall()
    if len(found) != 1:
        many = "more than one thing" if found else "no row, delivery or file"
        raise NotKeptBackError(f"{many} whose id begins with {start} is waiting for a decision")
    return found[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision about a row; returns 0, or 2 with the reason when it cannot be recorded."""
    parser = argparse.ArgumentParser(prog="python -m throughline.quality.decide")
    parser.add_argument("id", help="of a row or an exception; eight characters are enough")
    parser.add_argument("--by", required=True, help="your name")
    parser.add_argument("--action", required=True, choices=[*ACTIONS, CARRIES_NOTHING])
    parser.add_argument("--note", default="")
    parser.add_argument(
        "--preview", action="store_true", help="show what would follow, write nothing"
    )
    given = parser.parse_args(arguments)
    try:
        with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
            about_kind, about_id = meant(conn, given.id)
            if about_kind == "exception" and given.action != CARRIES_NOTHING:
                raise NotAllowedError(
                    f"this is a file that could not be read, and nothing of it can be {ACTIONS[given.action]}:"
                    f" ACTION={CARRIES_NOTHING}, or have its source send it again"
                )
            request = Request(given.action, about_kind, about_id, given.by, given.note)
            if given.preview:
                print("\n".join(decisions.preview(conn, request).follows))
                conn.rollback()
            else:
                decisions.record(conn, request)
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
