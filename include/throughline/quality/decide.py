"""A named person releases or rejects what a gate stopped or set aside.

`python -m throughline.quality.decide ID --action release|reject [--preview]`, with the
warehouse's address in the environment variable `THROUGHLINE_DECIDER_DSN`. ID is that of a row in quarantine, which
stands for all rows of its payment if the payment does not balance; or of the exception about a delivery's
rows, which means all of them; or of that about an unreadable file (`carries_nothing`); or that of a loaded delivery or
file, to reject it after all. Its first eight characters do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import sql

from throughline import decisions, programs
from throughline.decisions import (
    COMMAND_LINE,
    Act,
    Door,
    NotAllowedError,
    Preview,
    Request,
    command_line,
)
from throughline.exceptions.actions import CARRIES_NOTHING
from throughline.exceptions.elsewhere import where_decided
from throughline.exceptions.resolve import SHORTEST
from throughline.programs.commands import in_clone
from throughline.quality.balance import balance
from throughline.quality.contents import beside, releasable
from throughline.quality.merge import OTHER_CONTENT
from throughline.quality.suites import suite_of
from throughline.quality.withdraw import refuse_if_removed
from throughline.sources.records import WITHOUT_CLAIMS
from throughline.vocabulary.counts import count as counted
from throughline.vocabulary.counts import dollars
from throughline.warehouse import Connection

ACTIONS = {"release": "released", "reject": "rejected"}
MONEY = {
    "posted": "billing has posted it by hand, or from another remittance",
    "advance": "it is an advance of the payer, which later payments take back",
    "not_ours": "it is not this practice's money",
}
"""What a named person says of a payment that nothing explains. Nothing of it is loaded; the decision stays."""
KNOWN = (*ACTIONS, *MONEY, CARRIES_NOTHING)


class NotStoppedError(NotAllowedError):
    """The batch is not waiting for a decision."""


class NotKeptBackError(NotAllowedError, LookupError):
    """The row is not waiting for a decision: it is closed, or the id is unknown."""


def decide_batch(
    conn: Connection,
    batch_id: str,
    action: str,
    who: str,
    note: str,
    *,
    verdict: str | None = None,
    door: Door = COMMAND_LINE,
) -> UUID | None:
    """Record that `who` releases or rejects a stopped batch; returns the decision's id.

    `verdict` is the one that `who` was shown. Returns None if the batch is no longer stopped, was judged
    again since, or is released already. A rejected batch keeps its landed bytes and counts its rows as
    rejected. Does not commit. Raises `ValueError` for an unknown action or an empty name.
    """
    try:
        request = Request(action, "batch", batch_id, who, note, {"verdict": verdict}, door)
        return decisions.record(conn, request).decision_id
    except NotStoppedError:
        return None


def decide_row(
    conn: Connection, quarantine_id: str, action: str, who: str, note: str
) -> UUID | None:
    """Record that `who` releases or rejects one row in quarantine, for all reasons it is there.

    A row of a payment that does not balance stands for all its rows. Returns the decision's id, or None if the row is
    already closed. A released row is pending until the next load of its batch. Does not commit.

    Raises `ValueError` for an unknown action, an empty name, or the release of a row that could not be read.
    """
    try:
        request = Request(action, "quarantine", quarantine_id, who, note)
        return decisions.record(conn, request).decision_id
    except NotKeptBackError:
        return None


# ---- the acts ----------------------------------------------------------------------------------


def _weigh_batch(conn: Connection, request: Request) -> Preview:
    row = conn.execute(
        "select status, source, feed, business_date, rows_received, (select v.verdict_id::text"
        " from quality.verdict as v where v.batch_id = b.batch_id order by v.decided_at desc limit 1),"
        " (select d.decided_by from operations.decision as d where d.about_kind = 'batch' and d.kind = 'release'"
        " and d.about_id = b.batch_id::text and d.decided_at > all (select v.decided_at from quality.verdict as v"
        " where v.batch_id = b.batch_id) limit 1) from landing.batch as b where batch_id = %s for update of b",
        (request.about_id,),
    ).fetchone()
    if row is None or row[0] != "stopped":
        raise NotStoppedError("this batch is no longer stopped")
    _, source, feed, day, received, verdict, released_by = row
    if request.said.get("verdict") not in (None, verdict):
        raise NotStoppedError("this batch was judged again since it was shown")
    if released_by is not None:
        raise NotStoppedError(f"{released_by} has released this batch already; it is being loaded")
    what = f"{counted(received, 'row')} of {source}/{feed} of {day}"
    are = "is" if received == 1 else "are"
    if request.act == "release":
        return Preview(
            (f"{what} {are} loaded under a new number, and their business date is run again.",)
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
        "select q.batch_id, q.file_id, q.row_no, q.feed, q.reason from quality.quarantine as q"
        " inner join landing.batch as b on b.batch_id = q.batch_id"
        " where q.quarantine_id = %s and q.status = 'open' for update of b",
        (request.about_id,),
    ).fetchone()
    if row is None:
        raise NotKeptBackError("this row is not waiting for a decision")
    batch_id, file_id, row_no, feed, reason = row
    by_hand = (
        (is_other := reason == OTHER_CONTENT) and feed == "payment" and request.act == "posted"
    )
    if request.act in MONEY and reason != WITHOUT_CLAIMS and not by_hand:
        raise NotAllowedError(f"{request.act} is said of a payment without claims only")
    place: dict[str, object] = {"batch": batch_id, "file": file_id, "rows": [row_no]}
    what, whole = f"row {row_no}", ""
    if together := _together(conn, place, feed):
        place["rows"] = [one for one, *_ in together]
        _, stated, explained, _ = together[0]
        taken = sum(amount or 0 for *_, amount in together)
        what = f"all of the payment of row {row_no} ({counted(len(together), 'row')})"
        whole = (
            f" The payment states {dollars(stated)}; its claims less its adjustments are"
            f" {dollars(explained)}, of which {dollars(taken)} in these rows."
        )
    if is_other:
        whole = beside(conn, request.about_id, request.act)
    if request.act in MONEY:
        follows = (
            f"The payment is closed for good, and nothing of it is loaded: {MONEY[request.act]}."
        )
        return Preview((follows,), context=place)
    if request.act == "reject":
        follows = f"{what[0].upper()}{what[1:]} of the feed {feed}: rejected for good.{whole}"
        return Preview((follows,), {"rows": len(together) or 1}, context=place)
    unreadable = conn.execute(
        "select count(*) from quality.quarantine where batch_id = %(batch)s"
        " and file_id is not distinct from %(file)s and row_no = any(%(rows)s) and status = 'open'"
        " and reason <> all(%(releasable)s)",
        {**place, "releasable": releasable(feed)},
    ).fetchone()
    if unreadable is None or unreadable[0]:
        raise UnreadableError(
            "this row cannot be loaded: reject it, or have its source send it again"
            + (", or say what the payment is" if reason == WITHOUT_CLAIMS else "")
        )
    follows = f"The next night loads {what} of the feed {feed}.{whole}"
    return Preview((follows,), {"rows": len(together) or 1}, context=place)


def _together(conn: Connection, place: dict[str, object], feed: str) -> list[tuple[Any, ...]]:
    """Return the open rows of the set that a row violates a rule with, or none if it does so alone.

    Each is its number, what the set states and explains, and what the row adds to that sum.
    """
    return conn.execute(
        "with held as materialized ("
        " select q.row_no, q.stated_amount, q.explained_amount, q.payload from quality.quarantine as q"
        " where q.batch_id = %(batch)s and q.file_id is not distinct from %(file)s"
        " and q.status = 'open' and q.reason = any(%(rules)s)), "
        "each as (select h.row_no, h.stated_amount, h.explained_amount, h.payload::jsonb as had"
        " from held as h)"
        " select e.row_no, e.stated_amount, e.explained_amount,"
        " coalesce((e.had ->> 'paid_amount')::numeric, -(e.had ->> 'amount')::numeric)"
        " from each as e where e.had ->> 'set_at' in ("
        " select o.had ->> 'set_at' from each as o where o.row_no = any(%(rows)s)) order by 1",
        {
            **place,
            "rules": [rule.name for rule in suite_of(feed) if rule.of_set] + [OTHER_CONTENT],
        },
    ).fetchall()


class UnreadableError(NotAllowedError, ValueError):
    """The row cannot be loaded: the source must send it again."""


def _close_row(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    assert isinstance(seen.context, dict)
    conn.execute(
        "update quality.quarantine set status = %(status)s, decision_id = %(decision)s"
        " where batch_id = %(batch)s and file_id is not distinct from %(file)s"
        " and row_no = any(%(rows)s) and status = 'open'",
        {
            **seen.context,
            "status": ACTIONS.get(request.act, "rejected"),
            "decision": decision_id,
        },
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
        all_ = counted(len({place for _, place, _ in rows}), "row")
        return Preview((f"Rejects {all_} {what} for good.",), context=[row[0] for row in rows])
    loadable = releasable(feed)
    unreadable = {place for _, place, reason in rows if reason not in loadable}
    taken = [row for row in rows if row[1] not in unreadable]
    if not taken:
        raise UnreadableError(
            "none of these rows can be loaded: reject them, or have their source send them again"
        )
    follows = [f"The next night loads {counted(len({row[1] for row in taken}), 'row')} {what}."]
    if unreadable:
        stay = counted(
            len(unreadable), "row that cannot be read stays", "rows that cannot be read stay"
        )
        follows.append(f"{stay}, to be rejected or sent again.")
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
    refuse_if_removed(conn, {row[0] for row in files})
    days = [(f"{source}/{feed} of {day}", count) for _, _, source, feed, day, count in files]
    rows = {what: sum(count for one, count in days if one == what) for what, _ in days}
    follows = [
        f"The next night takes back {counted(count, 'row')} of {what}, with everything they proved."
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


PERMISSIONS = {
    "batch": "release_feed",
    "delivery": "reject_deliveries",
    "landed_file": "reject_deliveries",
}
"""What a person needs to decide on a kind of thing; for one that is not listed, `decide_rows`."""

for _name, _kind, _title, _judge, _carry in (
    ("reject", "delivery", "take a loaded delivery back", _weigh_delivery, _reject_files),
    ("reject", "landed_file", "take a loaded file back", _weigh_delivery, _reject_files),
    ("release", "set_aside", "load a delivery's rows", _weigh_set_aside, _close_rows),
    ("reject", "set_aside", "reject a delivery's rows", _weigh_set_aside, _close_rows),
    ("release", "batch", "load what the gate stopped", _weigh_batch, decisions.nothing_at_once),
    ("reject", "batch", "reject what the gate stopped", _weigh_batch, _reject_batch),
    ("release", "quarantine", "load the row on the next night", _weigh_row, _close_row),
    ("reject", "quarantine", "reject the row", _weigh_row, _close_row),
    *((name, "quarantine", title, _weigh_row, _close_row) for name, title in MONEY.items()),
):
    _needs = "decide_payments" if _name in MONEY else PERMISSIONS.get(_kind, "decide_rows")
    _act = Act(
        _name, _kind, _title, _judge, _carry, needs_reason=_name == "reject", permission=_needs
    )
    decisions.register(_act)


def meant(conn: Connection, start: str) -> tuple[str, str]:
    """Return the kind and id of the open thing whose id, or whose exception's id, begins so.

    A row in quarantine is a `quarantine`; the rows of a delivery that were set aside are a `set_aside`, by their
    batch; a file that could not be read is its `exception`, by its own id too; a loaded delivery is a `delivery`, one
    of its files a `landed_file`. Raises `NotKeptBackError`, which says where another thing of this id is decided.
    """
    if len(start) < SHORTEST:
        raise NotKeptBackError(
            f"{in_clone('ID=')}{start}: must be the number of a row, delivery or file, its first {SHORTEST} characters"
        )
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
        told = f"{'more than one thing' if found else 'no row, delivery or file'} whose id begins with {start[:40]}"
        raise NotKeptBackError(f"{told} waits for a decision{where_decided(conn, start)}")
    return str(found[0][0]), str(found[0][1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision about a row; returns 0, or 2 with the reason when it cannot be recorded."""
    given = command_line.parser(
        "throughline.quality.decide", "a row or an exception", KNOWN
    ).parse_args(arguments)

    def asked(conn: Connection) -> Request:
        about_kind, about_id = meant(conn, given.id)
        if about_kind == "exception" and given.action != CARRIES_NOTHING:
            done = ACTIONS.get(given.action, given.action)
            raise NotAllowedError(
                f"this is a file that could not be read, and nothing of it can be {done}:"
                f" {in_clone('ACTION=', '--action ')}{CARRIES_NOTHING}, or have its source send it again"
            )
        return Request(given.action, about_kind, about_id, given.by, given.note)

    return command_line.decide(given, asked)


if __name__ == "__main__":
    programs.run(main)
