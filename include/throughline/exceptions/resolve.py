"""A named person's word on an exception: `python -m throughline.exceptions.resolve ID --by NAME --action …`.

With the warehouse's address in the environment variable `THROUGHLINE_DSN`. The decision is written
at once and taken up by the next night, or by `reconcile_by_day`; the exception ends then.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from throughline import warehouse
from throughline.warehouse import Connection

ACTIONS = {
    "retry": "try the task of this stage once more",
    "continue": "go on with the case without this stage",
    "acknowledge": "somebody works on it; ask again in a week",
    "close_case": "close the case",
    "write_off": "write off what is still open of the claim",
    "assign": "give it to an owner, and leave it open",
    "confirm": "identity: the two records are one person",
    "reject": "identity: they are two persons",
}
USUAL = {
    "missed_clock": "retry",
    "attempts_exhausted": "retry",
    "bad_contact_data": "retry",
    "unsigned_note": "retry",
    "claim_rejected": "retry",
    "eligibility_unknown": "retry",
    "identity_doubt": "reject",
}
"""What `resolve` means for a reason; for all others it is `acknowledge`."""


class NotOpen(LookupError):
    """There is no open exception of this id."""


def resolve(
    conn: Connection,
    exception_id: UUID | str,
    who: str,
    action: str,
    note: str = "",
    *,
    owner: str | None = None,
    amount: Decimal | None = None,
) -> list[UUID]:
    """Record the decision of a named person about an open exception; returns the decisions' ids.

    `action` is one of `ACTIONS`, or `resolve` for what is usual. A write-off without an amount takes
    the open balance. Does not commit. Raises `NotOpen`, and `ValueError` for an action that does not
    fit.
    """
    if not who.strip():
        raise ValueError("a decision needs a named person")
    row = conn.execute(
        "select reason, person_id, detail from operations.exception"
        " where exception_id = %s and status = 'open' for update",
        (exception_id,),
    ).fetchone()
    if row is None:
        raise NotOpen(f"no open exception has the id {exception_id}")
    reason, person_id, detail = row
    chosen = USUAL.get(reason, "acknowledge") if action == "resolve" else action
    if chosen not in ACTIONS:
        raise ValueError(f"{action}: one of resolve, {', '.join(ACTIONS)} is meant")
    if (chosen in ("confirm", "reject")) != (reason == "identity_doubt"):
        raise ValueError(f"{chosen} does not fit an exception of the reason {reason}")
    said: dict[str, object] = {"action": chosen}
    if chosen == "assign":
        if not owner:
            raise ValueError("assign needs an owner")
        said["owner"] = owner
    if chosen == "write_off":
        balance = (detail or {}).get("balance")
        if amount is None and balance is None:
            raise ValueError("a write-off needs an amount")
        if amount is not None and not (amount.is_finite() and amount > 0):
            raise ValueError("a write-off needs an amount above zero")
        said["amount"] = str(amount if amount is not None else balance)
    decisions = [_write(conn, who, chosen, "exception", str(exception_id), note, said)]
    if reason == "identity_doubt":
        kind = "link" if chosen == "confirm" else "unlink"
        for source, source_id, other in _doubts(conn, person_id):
            about = f"{source}|{source_id}"
            decisions.append(
                _write(conn, who, kind, "record", about, note, {"person_id": str(other)})
            )
    return decisions


def _doubts(conn: Connection, person_id: UUID) -> list[tuple[str, str, UUID]]:
    """Return the doubts about records of a person, or about whether a record is of that person."""
    return conn.execute(
        "select d.source, d.source_id, d.person_id from identity.link as d"
        " where d.status = 'doubt' and d.retired_seq is null and (d.person_id = %(person)s or exists ("
        "select from identity.link as own where own.person_id = %(person)s and own.status = 'active'"
        " and own.retired_seq is null and own.source = d.source and own.source_id = d.source_id))"
        " order by 1, 2, 3",
        {"person": person_id},
    ).fetchall()


def _write(
    conn: Connection,
    who: str,
    kind: str,
    about_kind: str,
    about_id: str,
    note: str,
    detail: dict[str, object],
) -> UUID:
    decision_id = uuid4()
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, detail)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (decision_id, who, kind, about_kind, about_id, note, Jsonb(detail)),
    )
    return decision_id


def _dollars(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text} is no amount") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision; returns 0, or 2 with the reason when it cannot be recorded."""
    parser = argparse.ArgumentParser(prog="python -m throughline.exceptions.resolve")
    parser.add_argument("exception_id", type=UUID)
    parser.add_argument("--by", required=True, help="your name")
    parser.add_argument("--action", required=True, choices=["resolve", *ACTIONS])
    parser.add_argument("--note", default="")
    parser.add_argument("--owner", help="with assign: who takes it")
    parser.add_argument("--amount", type=_dollars, help="with write_off: how much, in US dollars")
    given = parser.parse_args(arguments)
    try:
        with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
            resolve(
                conn, given.exception_id, given.by, given.action, given.note,
                owner=given.owner, amount=given.amount,
            )  # fmt: skip
    except (NotOpen, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
