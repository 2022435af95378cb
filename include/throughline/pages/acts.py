"""Acts on a page: which ones a visitor may do about an exception, what follows, and recording one.

A form carries the state in which it showed the exception. The act is recorded only if nothing has changed since: the
exception is locked, looked at again, and then decided through `throughline.decisions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import throughline.quality.decide
import throughline.tasks.attest  # noqa: F401 - registers the acts on batches of claims
from throughline import decisions
from throughline.decisions import Decision, Door, NotAllowedError, Request
from throughline.exceptions.choices import KNOWN, Choice
from throughline.exceptions.resolve import LARGEST
from throughline.exceptions.stated import NEVER
from throughline.pages.visitor import Visitor
from throughline.practice import permissions, practice, teams
from throughline.told import exceptions
from throughline.told.exceptions import Stuck
from throughline.warehouse import Connection, sql


class NotOffered(LookupError):
    """The visitor may not do this about the exception, or nobody may now."""


class Unheard(LookupError):
    """There is no such act, of no exception."""


class Changed(RuntimeError):
    """The exception changed after the form had been shown. `by_visitor`: the visitor decided it meanwhile."""

    def __init__(self, by_visitor: bool) -> None:
        super().__init__("the exception changed")
        self.by_visitor = by_visitor


class Lacking(ValueError):
    """The form lacks something, or it cannot be read; the message says what."""


CHANGES_NO_CLAIM = frozenset({"acknowledge", "assign"})
"""Acts about an exception that leave what claims say as it is, as `tasks.prepared_by` has them."""


@dataclass(frozen=True)
class Typed:
    """What the visitor typed into the form."""

    note: str = ""
    owner: str = ""
    amount: str = ""
    disposition: str = ""
    level: str = ""
    document: str = ""
    done_on: str = ""
    never: str = ""


def offered(visitor: Visitor, stuck: Stuck) -> list[Choice]:
    """Return the acts that fit an exception and that the visitor may do."""
    return [
        choice
        for choice in exceptions.may_be_done(stuck)
        if visitor.may(decisions.permission_of(choice.act, choice.about_kind))
    ]


def known(act: str) -> None:
    """Raise `Unheard` for what is no act at all."""
    if act not in KNOWN:
        raise Unheard("There is no such act. Open the exception: it names what may be done.")


def choice_of(stuck: Stuck, act: str, visitor: Visitor | None = None) -> Choice:
    """Return an act that fits an exception, and that a visitor may do if one is named.

    Raises `NotOffered`, and `Unheard` for what is no act at all.
    """
    known(act)
    fitting = {choice.act: choice for choice in exceptions.may_be_done(stuck)}
    if act not in fitting:
        why = "is not open any more" if stuck.status != "open" else "is decided already"
        fits = stuck.status == "open" and not stuck.decided
        raise NotOffered(f"This act does not fit the exception{'' if fits else f', or it {why}'}.")
    if visitor is not None and fitting[act] not in offered(visitor, stuck):
        permission = decisions.permission_of(act, fitting[act].about_kind)
        raise NotOffered(f"Others decide this: who has {permission} in the practice's permissions.")
    return fitting[act]


def follows(conn: Connection, visitor: Visitor, stuck: Stuck, choice: Choice) -> tuple[str, ...]:
    """Return what the act will do. What depends on an owner or an amount is told in general."""
    if choice.asks:
        return (choice.follows,)
    try:
        return decisions.preview(conn, _request(visitor, stuck, choice, Typed())).follows
    except NotAllowedError as error:
        raise Lacking(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def bars(conn: Connection, stuck: Stuck, choice: Choice) -> bool:
    """Return whether who does this may not attest claims afterwards, because it changes what they say."""
    if choice.about_kind == "exception":
        changes = choice.act not in CHANGES_NO_CLAIM
    else:
        changes = (choice.about_kind, choice.act) == ("set_aside", "release")
    if not (changes and four_eyes()):
        return False
    rows = sql.run(conn, "told/pages/claims_rest_on.sql", exception_id=stuck.exception_id).rows
    return bool(rows and rows[0][0])


def bars_by_call(conn: Connection, person_id: str) -> bool:
    """Return whether who records a call of a patient may not attest the patient's claims afterwards."""
    if not four_eyes():
        return False
    rows = sql.run(conn, "told/pages/claims_of_patient.sql", person=person_id).rows
    return bool(rows and rows[0][0])


def four_eyes() -> bool:
    """Return whether the practice wants that who changes what a claim says does not attest it.

    A practice whose claims others submit has none to attest.
    """
    return permissions.permissions().four_eyes and bool(practice().sole_submitter)


def state(conn: Connection, stuck: Stuck) -> str:
    """Return a digest of what an exception is and of what was decided about it."""
    rows = sql.run(
        conn,
        "told/pages/state_of_exception.sql",
        exception_id=stuck.exception_id,
        rows=_rows(stuck),
        claims=stuck.about_id if stuck.about_kind == "claim_batch" else None,
    ).rows
    return str(rows[0][0]) if rows else ""


def decide(
    conn: Connection, visitor: Visitor, stuck: Stuck, choice: Choice, typed: Typed, shown: str
) -> Decision:
    """Record an act about an exception that is still in the state in which it was shown. Does not commit.

    Raises `Changed`, `Lacking`, and `NotPermittedError` if the definitions do not allow it.
    """
    request = _request(visitor, stuck, choice, typed)
    conn.execute(
        "select from operations.exception where exception_id = %s for update", (stuck.exception_id,)
    )
    if state(conn, stuck) != shown:
        mine = conn.execute(
            "select exists (select from operations.decision where known_seq is null"
            " and about_kind = %s and about_id = %s and decided_by = %s and kind = %s)",
            (request.about_kind, request.about_id, request.who, request.act),
        ).fetchone()
        raise Changed(bool(mine and mine[0]))
    try:
        return decisions.record(conn, request)
    except decisions.NotPermittedError:
        raise
    except NotAllowedError as error:
        raise Lacking(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


def owners() -> list[tuple[str, str]]:
    """Return whom an exception can be given to, as id and name: teams, then their members."""
    members = sorted({member for team in teams().values() for member in team.members})
    return [(name, team.title) for name, team in teams().items()] + [(who, who) for who in members]


def _rows(stuck: Stuck) -> str | None:
    """Return the delivery whose rows an exception is about; None for any other exception."""
    return stuck.about_id if stuck.reason == "rows_set_aside" else None


def _request(visitor: Visitor, stuck: Stuck, choice: Choice, typed: Typed) -> Request:
    said: dict[str, object] = {}
    if choice.asks == "owner":
        said["owner"] = typed.owner or None
    if choice.asks == "disposition":
        said["disposition"] = typed.disposition
    if choice.asks == "level":
        said |= {"level": typed.level, "document": typed.document}
    if choice.asks == "done_on":
        if typed.done_on and typed.never:
            raise Lacking("Say the day, or that it was not done: not both.")
        said["done_on"] = NEVER if typed.never else typed.done_on
    if choice.asks == "amount":
        said["amount"] = _amount(typed.amount)
    about_id = stuck.exception_id if choice.about_kind == "exception" else stuck.about_id
    door = Door("page", {"user_id": visitor.who, "page": f"exception/{stuck.exception_id}"})
    return Request(
        choice.act, choice.about_kind, about_id, visitor.who, typed.note.strip(), said, door
    )


def _amount(text: str) -> Decimal | None:
    """Return an amount in US dollars as it was typed: `$1,204.50`; None if nothing was."""
    plain = text.strip().removeprefix("$").replace(",", "")
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise Lacking("The amount cannot be read: write it as 1204.50.") from None
    if not amount.is_finite() or not 0 < amount < LARGEST or amount != round(amount, 2):
        raise Lacking("The amount must be above zero, in dollars and cents.")
    return amount
