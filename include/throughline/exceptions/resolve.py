"""A named person resolves an exception: `python -m throughline.exceptions.resolve ID --action …`.

With `--preview` it shows what would follow and writes nothing. The environment variable
`THROUGHLINE_DECIDER_DSN` holds the warehouse's address. The decision is written at once; the next night or
`reconcile_by_day` applies it and closes the exception.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID

from throughline import decisions, programs
from throughline.decisions import (
    Act,
    NotAllowedError,
    Preview,
    Request,
    UnknownActError,
    command_line,
)
from throughline.exceptions.actions import (
    ACTIONS,
    CARRIES_NOTHING,
    FITTING,
    FOLLOWS,
    FOLLOWS_OF,
    NEEDS_REASON,
    NEEDS_REASON_FOR,
    ONLY,
    PERMISSION,
    STATE,
    STATE_LEVEL,
    STATE_RECONCILIATION,
    SWITCHED_OFF,
    USUAL,
)
from throughline.exceptions.elsewhere import where_decided
from throughline.exceptions.stated import (
    ABOUT,
    LEVELS,
    STATEMENTS,
    Statement,
    level_of,
    reconciliation_of,
    told_day,
)
from throughline.exceptions.titles import title
from throughline.practice import teams
from throughline.programs.commands import as_here, in_clone
from throughline.vocabulary import nearest
from throughline.vocabulary.words import DISPOSITION
from throughline.warehouse import Connection

SHORTEST, MOST = 8, 10
"""Characters of a number that are enough to name an exception; exceptions that a message lists."""
LARGEST = Decimal(10) ** 10
"""An amount in US dollars that is not reached."""


class NotOpen(NotAllowedError, LookupError):
    """There is no open exception with this id."""


class DecidedError(NotAllowedError, ValueError):
    """A decision about the exception waits for the next night already."""


class DoesNotFitError(NotAllowedError, ValueError):
    """The action does not apply to this exception, or lacks an argument."""


def resolve(
    conn: Connection,
    exception_id: UUID | str,
    who: str,
    action: str,
    note: str = "",
    *,
    owner: str | None = None,
    amount: Decimal | None = None,
    disposition: str | None = None,
    level: str | None = None,
    document: str | None = None,
    done_on: str | None = None,
) -> list[UUID]:
    """Record a named person's decision about an open exception; returns the ids of the decisions.

    `action` is one of `ACTIONS`, or `resolve` for the reason's usual action. A write-off without an
    amount writes off the open balance. Does not commit. Raises `NotOpen`, and `ValueError` if the
    action does not apply to the exception, lacks its reason, or one waits for tonight already.
    """
    request = asked(
        conn, exception_id, who, action, note, owner=owner, amount=amount, disposition=disposition,
        level=level, document=document, done_on=done_on,
    )  # fmt: skip
    made = decisions.record(conn, request)
    return [made.decision_id, *made.also]


def asked(
    conn: Connection,
    exception_id: UUID | str,
    who: str,
    action: str,
    note: str = "",
    *,
    owner: str | None = None,
    amount: Decimal | None = None,
    disposition: str | None = None,
    level: str | None = None,
    document: str | None = None,
    done_on: str | None = None,
) -> Request:
    """Return the request for an act, with `resolve` replaced by the reason's usual action."""
    if action == "resolve":
        row = conn.execute(
            "select reason from operations.exception where exception_id = %s", (exception_id,)
        ).fetchone()
        action = USUAL.get(row[0] if row else "", "acknowledge")
    elif action not in ACTIONS:
        raise UnknownActError(f"{action}: must be one of resolve, {', '.join(ACTIONS)}")
    said = {
        "owner": owner,
        "amount": amount,
        "disposition": disposition,
        "level": level,
        "document": document,
        "done_on": done_on,
    }
    return Request(action, "exception", str(exception_id), who, note, said)


# ---- the acts ----------------------------------------------------------------------------------


def _weigh(conn: Connection, request: Request) -> Preview:
    row = conn.execute(
        "select reason, person_id, detail, about_kind, case_id from operations.exception"
        " where exception_id = %s and status = 'open' for update",
        (request.about_id,),
    ).fetchone()
    if row is None:
        raise NotOpen(f"no open exception has the id {request.about_id}")
    reason, person_id, detail, about_kind, case_id = row
    if ONLY.get(request.act, reason) != reason or request.act not in FITTING.get(reason, ACTIONS):
        raise DoesNotFitError(f"{request.act} does not apply to the reason {reason}")
    if request.act == CARRIES_NOTHING:
        before = conn.execute(
            "select decided_by from operations.decision where about_kind = 'exception'"
            " and about_id = %s and kind = %s",
            (str(request.about_id), CARRIES_NOTHING),
        ).fetchone()
        if before is not None:
            raise DoesNotFitError(f"{before[0]} has said so already; the next night applies it")
    waits = conn.execute(
        "select kind, decided_by, decided_at::date from operations.decision"
        " where about_kind = 'exception' and about_id = %s and known_seq is null and kind <> 'assign'"
        " order by decided_at limit 1",
        (str(request.about_id),),
    ).fetchone()
    if waits is not None:
        raise DecidedError(
            f"{title(waits[0], reason=reason)}: decided by {waits[1]} on {waits[2]}, counts from tonight"
        )
    said: dict[str, object] = {"action": request.act}
    if reason == SWITCHED_OFF:
        said["cases"] = (detail or {}).get("cases", 0)
    if request.act == STATE:
        if about_kind != "discharge":
            raise DoesNotFitError(
                "it is about very many discharges at once: the chart has to say it"
            )
        said["disposition"] = _disposition(request.said.get("disposition"))
    theirs = ""
    if request.act == STATE_LEVEL:
        level, theirs = level_of(conn, request, case_id)
        said |= level
    if request.act == STATE_RECONCILIATION:
        said |= reconciliation_of(conn, request, case_id)
    if request.act == "assign":
        said["owner"] = _owner(request.said.get("owner"))
        if said["owner"] in teams():
            said["owner_team"] = said["owner"]
    if request.act == "write_off":
        said["amount"] = str(_amount(request.said.get("amount"), (detail or {}).get("balance")))
    words = said | {
        "disposition": DISPOSITION.words.get(str(said.get("disposition")), "").lower(),
        "level": LEVELS.get(str(said.get("level")), "").lower(),
        "done_on": told_day(said.get("done_on")),
    }
    follows = [FOLLOWS_OF.get((request.act, reason), FOLLOWS[request.act]).format(**words)]
    before = _tried_before(conn, request) if request.act == "retry" else 0
    if before:
        times = "once" if before == 1 else f"{before} times"
        follows.append(
            f"It was tried again {times} before, and came back: say what is different now."
        )
    needs = before > 0 or (request.act, reason) in NEEDS_REASON_FOR
    return Preview(tuple(follows), said, not_theirs=theirs, needs_reason=needs, context=person_id)


def _tried_before(conn: Connection, request: Request) -> int:
    """Return how often the same was tried again before: for this reason at this stage of its case."""
    row = conn.execute(
        "select count(*) from operations.exception as e inner join operations.exception as o"
        " on o.exception_id = e.exception_id or (o.case_id = e.case_id and o.reason = e.reason"
        " and o.detail ->> 'stage' is not distinct from e.detail ->> 'stage')"
        " inner join operations.decision as d on d.about_kind = 'exception' and d.kind = 'retry'"
        " and d.about_id = o.exception_id::text where e.exception_id = %s",
        (request.about_id,),
    ).fetchone()
    return int(row[0]) if row else 0


def _disposition(asked: object) -> str:
    """Return where a patient went, as a word of the list of dispositions."""
    if asked not in DISPOSITION.words:
        raise DoesNotFitError(
            f"{STATE} needs where the patient went, one of {', '.join(DISPOSITION.words)}"
        )
    return str(asked)


def _owner(asked: object) -> str:
    """Return the team, or the member of a team, that an exception may be given to."""
    if not asked:
        raise DoesNotFitError("assign needs an owner")
    owners = {*teams(), *(member for team in teams().values() for member in team.members)}
    if asked not in owners:
        raise DoesNotFitError(
            f"{asked} is neither a team nor a member of one: the nearest is {nearest(str(asked), owners)}"
        )
    return str(asked)


def _amount(asked: object, balance: object) -> object:
    if asked is None and balance is None:
        raise DoesNotFitError("a write-off needs an amount")
    if isinstance(asked, Decimal):
        if not (asked.is_finite() and 0 < asked < LARGEST and asked == round(asked, 2)):
            raise DoesNotFitError("a write-off needs an amount above zero, in dollars and cents")
        if balance is not None and asked > Decimal(str(balance)):
            raise DoesNotFitError(f"a write-off of {asked:.2f}: only {balance} is open")
    return balance if asked is None else asked


def _of_the_records(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    """Record the same decision for each record in doubt: person linking reads those."""
    act = "link" if request.act == "confirm" else "unlink"
    return tuple(
        decisions.record(
            conn,
            Request(
                act,
                "record",
                f"{source}|{source_id}",
                request.who,
                request.note,
                {"person_id": other},
                request.door,
            ),
        ).decision_id
        for source, source_id, other in _doubts(conn, seen.context)
    )


def _weigh_record(conn: Connection, request: Request) -> Preview:
    return Preview(
        ("The next night links the record accordingly.",),
        {"person_id": str(request.said["person_id"])},
    )


for _name, _title in ACTIONS.items():
    decisions.register(
        Act(
            _name,
            "exception",
            _title,
            _weigh,
            _of_the_records if _name in ("confirm", "reject") else decisions.nothing_at_once,
            needs_reason=_name in NEEDS_REASON,
            permission=PERMISSION.get(_name, "resolve_exceptions"),
        )
    )
for _name, _title in (
    ("link", "the record is of this person"),
    ("unlink", "the record is not of this person"),
):
    decisions.register(Act(_name, "record", _title, _weigh_record, permission="decide_identity"))


def _doubts(conn: Connection, person_id: object) -> list[tuple[str, str, UUID]]:
    """Return the open doubts about a person's records, or about whether a record is that person's."""
    return conn.execute(
        "select d.source, d.source_id, d.person_id from identity.link as d"
        " where d.status = 'doubt' and d.retired_seq is null and (d.person_id = %(person)s or exists ("
        "select from identity.link as own where own.person_id = %(person)s and own.status = 'active'"
        " and own.retired_seq is null and own.source = d.source and own.source_id = d.source_id))"
        " order by 1, 2, 3",
        {"person": person_id},
    ).fetchall()


def meant(conn: Connection, start: str) -> UUID:
    """Return the open exception whose id, or whose case's id, begins so: both numbers are listed.

    Raises `NotOpen` if there is none, or more than one.
    """
    if not re.fullmatch(f"[0-9a-f-]{{{SHORTEST},36}}", start.lower()):
        raise NotOpen(
            f"{in_clone('ID=')}{start[:40]}: must be the number of an exception or of its case as"
            f" `{as_here('make exceptions')}` prints it, or its first characters, at least {SHORTEST}"
        )
    found = conn.execute(
        "select exception_id, reason, status from operations.exception"
        " where starts_with(exception_id::text, %(start)s) or starts_with(case_id::text, %(start)s)"
        " order by due_at, exception_id",
        {"start": start.lower()},
    ).fetchall()
    open_ = [row for row in found if row[2] == "open"]
    if not open_:
        ended = f"; {found[-1][1]} is {found[-1][2]} already" if found else ""
        where = "" if ended else where_decided(conn, start)
        raise NotOpen(f"no open exception has a number that begins with {start}{ended}{where}")
    if len(open_) > 1:
        each = "; ".join(
            f"{in_clone('ID=')}{exception_id} {reason}" for exception_id, reason, _ in open_[:MOST]
        )
        raise NotOpen(f"{len(open_)} open exceptions have numbers that begin with {start}: {each}")
    exception_id: UUID = open_[0][0]
    return exception_id


def _stated(conn: Connection, of: Statement, start: str) -> str:
    """Return the last statement of a kind that was not taken back, by the start of its decision's or exception's id."""
    row = conn.execute(
        "select d.decision_id::text from operations.decision as d where d.kind = %s and d.about_kind = 'exception'"
        " and (starts_with(d.decision_id::text, %s) or starts_with(d.about_id, %s))"
        " order by exists (select from operations.decision as b where b.kind = %s and b.about_kind = %s"
        " and b.about_id = d.decision_id::text), d.decided_at desc limit 1",
        (of.act, start.lower(), start.lower(), of.take_back, ABOUT),
    ).fetchone()
    if row is None or len(start) < SHORTEST:
        raise NotOpen(f"nobody stated {of.what} under this number; give that of the exception")
    return str(row[0])


def _dollars(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise DoesNotFitError(
            f"{in_clone('AMOUNT=', '--amount ')}{text[:40]}: is not an amount"
        ) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision; returns 0, or 2 with the reason when it cannot be recorded."""
    parser = command_line.parser(
        "throughline.exceptions.resolve",
        "an exception or its case",
        ("resolve", *ACTIONS, *(one.take_back for one in STATEMENTS)),
    )
    parser.add_argument("--owner", help="with assign: the new owner")
    parser.add_argument("--amount", help="with write_off: how much, in US dollars")
    parser.add_argument("--disposition", help="with state_disposition: home, snf or another word")
    parser.add_argument("--level", help=f"with state_level: {', '.join(LEVELS)}")
    parser.add_argument(
        "--document", help="with state_level: the signed note, as its system numbers it"
    )
    parser.add_argument(
        "--done_on", help="with state_reconciliation: the day, as 2026-07-06, or never"
    )
    given = parser.parse_args(arguments)
    back = next((one for one in STATEMENTS if one.take_back == given.action), None)

    def made(conn: Connection) -> Request:
        if back is not None:
            about = _stated(conn, back, given.id)
            return Request(back.take_back, ABOUT, about, given.by, given.note)
        return asked(
            conn, meant(conn, given.id), given.by, given.action, given.note,
            owner=given.owner, amount=_dollars(given.amount), disposition=given.disposition,
            level=given.level, document=given.document, done_on=given.done_on,
        )  # fmt: skip

    return command_line.decide(given, made)


if __name__ == "__main__":
    programs.run(main)
