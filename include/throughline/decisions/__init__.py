"""Every act of a person goes through here: who acts, on what, whether it is allowed, and what follows.

A package registers its acts when it is imported; this package imports none of them. The command line,
Airflow's questions and pages call `preview` to show what would follow, and `record` to store it
once, as the login `throughline_decider`: no other role of the warehouse can.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID, uuid4

from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from throughline import warehouse
from throughline.decisions.reasons import says_something, why_not_kept
from throughline.practice.permissions import PERMISSIONS, may, permissions, who_may
from throughline.programs.commands import in_clone
from throughline.warehouse import Connection, derive

__all__ = [
    "COMMAND_LINE",
    "Act",
    "Decision",
    "Door",
    "NoReasonError",
    "NobodyNamedError",
    "NotAllowedError",
    "NotPermittedError",
    "Preview",
    "Request",
    "UnknownActError",
    "acts",
    "acts_on",
    "address",
    "keep_refusal",
    "nothing_at_once",
    "permission_of",
    "permitted",
    "preview",
    "record",
    "refuse",
    "register",
    "show",
    "was_shown",
    "why_not",
]


class NotAllowedError(Exception):
    """The act is not allowed on this thing now; the message says why, without patient data."""


class NobodyNamedError(NotAllowedError, ValueError, PermissionError):
    """A decision needs a named person."""


class NotPermittedError(NotAllowedError, PermissionError):
    """The person may not do this: the practice's definitions allow it to others. The refusal is recorded."""


class CorrectableError(NotAllowedError, ValueError):
    """Something that a person typed is missing or wrong: a form is shown again as it was filled in."""


class NoReasonError(CorrectableError):
    """The act needs a reason and none was given, or what was given cannot be kept."""


class UnknownActError(NotAllowedError, ValueError):
    """No package has registered this act on this kind of thing."""


@dataclass(frozen=True)
class Door:
    """How a decision came in: `question`, `page` or `command_line`.

    `record` is what the door itself recorded, by name: of an answer in Airflow its user's id, run and
    time. It holds no patient data.
    """

    name: str = "command_line"
    record: Mapping[str, object] = field(default_factory=dict)


COMMAND_LINE = Door()


@dataclass(frozen=True)
class Request:
    """A person's request: do `act` on the thing `about_id` of kind `about_kind`.

    `who` is the id by which the door knows the person. `said` holds the act's arguments (an owner, an
    amount, the hash of what was shown).
    """

    act: str
    about_kind: str
    about_id: str
    who: str
    note: str = ""
    said: Mapping[str, object] = field(default_factory=dict)
    door: Door = COMMAND_LINE


@dataclass(frozen=True)
class Preview:
    """What an act would do: `follows` lists the consequences, one sentence each.

    `detail` is stored with the decision. `made` is the id of the earlier decision if this act was
    already recorded. `billing_npi` is the billing provider of a claim, on whom the permission may depend.
    `prepared_by` are those who may not do it alone, because they prepared it. `not_theirs`: why it is not this person's
    to do, whatever their permissions; empty if it is. `needs_reason`: a person must say
    why, whether or not the act always needs it.
    `context` is private to the act.
    """

    follows: tuple[str, ...]
    detail: Mapping[str, object] = field(default_factory=dict)
    made: UUID | None = None
    billing_npi: str | None = None
    prepared_by: frozenset[str] = frozenset()
    not_theirs: str = ""
    needs_reason: bool = False
    context: object = None


@dataclass(frozen=True)
class Decision:
    """A recorded act. `also` lists decisions recorded with it; `is_new` is False if it was recorded before."""

    decision_id: UUID
    request: Request
    is_new: bool = True
    also: tuple[UUID, ...] = ()


Weigh = Callable[[Connection, Request], Preview]
Carry = Callable[[Connection, Request, Preview, UUID], tuple[UUID, ...]]


def nothing_at_once(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    """Do nothing: the next night applies the decision."""
    return ()


@dataclass(frozen=True)
class Act:
    """One kind of act on one kind of thing.

    `weigh` reads the thing, locks it for the transaction and returns what would follow, or raises
    `NotAllowedError`. `carry` does what must happen at once, in the same transaction; acts that only
    the next night applies need no `carry`. With `once`, the decision's id is derived from act and
    thing, so the act is recorded at most once. With `needs_reason`, a person must say why. `permission` is
    what a person needs to do it, a permission of the practice's definitions.
    """

    name: str
    about_kind: str
    title: str
    weigh: Weigh
    carry: Carry = nothing_at_once
    once: bool = False
    needs_reason: bool = False
    permission: str = field(kw_only=True)


_acts: dict[tuple[str, str], Act] = {}


def register(act: Act) -> None:
    """Register an act.

    Raises `ValueError` if this kind of thing already has an act of that name, or if the definitions know no
    such permission.
    """
    key = (act.about_kind, act.name)
    if act.permission not in PERMISSIONS:
        raise ValueError(f"act {act.name} on {act.about_kind}: no permission {act.permission}")
    if key in _acts:
        raise ValueError(f"act {act.name} on {act.about_kind} is already registered")
    _acts[key] = act


def acts() -> tuple[Act, ...]:
    """Return every registered act."""
    return tuple(_acts.values())


def acts_on(about_kind: str) -> dict[str, str]:
    """Return the registered acts on a kind of thing, as name to title."""
    return {act.name: act.title for (kind, _), act in _acts.items() if kind == about_kind}


def address() -> str:
    """Return the warehouse's address for commands, in the role that may decide.

    That is the environment variable `THROUGHLINE_DECIDER_DSN`, or else `THROUGHLINE_DSN`. Raises
    `KeyError` if neither is set.
    """
    return os.environ.get("THROUGHLINE_DECIDER_DSN") or os.environ["THROUGHLINE_DSN"]


def permission_of(act: str, about_kind: str) -> str:
    """Return the permission that an act needs. Raises `UnknownActError`."""
    return _known(Request(act, about_kind, "", "")).permission


def why_not(request: Request, seen: Preview) -> str | None:
    """Return why the person of a request may not do what its preview shows; None if the person may."""
    permission = _known(request).permission
    if not may(request.who, permission, billing_npi=seen.billing_npi):
        return f"{request.who} may not {permission.replace('_', ' ')}"
    if seen.not_theirs:
        return seen.not_theirs
    if request.who in seen.prepared_by:
        return f"{request.who} changed what these claims say: somebody else attests them"
    if permission in permissions().needs_login and not _is_logged_in(request.door):
        how = in_clone(" (with make: LOGIN=ask)")
        return f"{permission.replace('_', ' ')} needs a login to Airflow: use --login{how}"
    return None


def _is_logged_in(door: Door) -> bool:
    """Return whether the door knows its person by a login to Airflow; the sandbox's commands act as its logins."""
    return door.name != "command_line" or door.record.get("login") in ("airflow", "sandbox")


def permitted(request: Request, seen: Preview) -> frozenset[str]:
    """Return who may do what a preview shows: user ids of Airflow's auth manager."""
    permission = _known(request).permission
    return who_may(permission, billing_npi=seen.billing_npi) - seen.prepared_by


def preview(conn: Connection, request: Request) -> Preview:
    """Return what would follow from an act; writes nothing. Raises `NotAllowedError`."""
    return _known(request).weigh(conn, request)


def record(conn: Connection, request: Request) -> Decision:
    """Record a named person's act and carry out what must happen at once. Does not commit.

    Recording a `once` act again returns the same decision. Raises `NotAllowedError`; of these,
    `NotPermittedError` says that the person may not do it, which `operations.refused_act` keeps whatever
    becomes of this transaction.
    """
    if not request.who.strip():
        raise NobodyNamedError("a decision needs a named person")
    act = _known(request)
    if not may(request.who, act.permission):
        refuse(conn, request, f"{request.who} may not {act.permission.replace('_', ' ')}")
    seen = act.weigh(conn, request)
    if seen.made is not None:
        return Decision(seen.made, request, is_new=False)
    why = why_not(request, seen)
    if why is not None:
        refuse(conn, request, why)
    if (act.needs_reason or seen.needs_reason) and not says_something(request.note):
        raise NoReasonError(f"{request.act} needs a reason: say why in the note")
    unkept = why_not_kept(request.note)
    if unkept is not None:
        raise NoReasonError(unkept)
    decision_id = id_of(request) if act.once else uuid4()
    conn.execute(
        "select operations.decide(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            decision_id,
            request.who,
            request.act,
            request.about_kind,
            str(request.about_id),
            request.note,
            Jsonb(dict(seen.detail)),
            request.door.name,
            Jsonb(dict(request.door.record)),
        ),
    )
    return Decision(decision_id, request, also=act.carry(conn, request, seen, decision_id))


def refuse(conn: Connection, request: Request, why: str, permission: str | None = None) -> NoReturn:
    """Keep that a person was not allowed to do something, and raise `NotPermittedError` saying why.

    What is no registered act, such as opening a thing, names its `permission`.
    """
    keep_refusal(conn, request, why, permission)
    raise NotPermittedError(why)


def keep_refusal(
    conn: Connection, request: Request, why: str, permission: str | None = None
) -> None:
    """Keep that an act of a person was not taken, and why, without patient data.

    It is kept in a transaction of its own, so that it stays when that of `conn` is rolled back.
    """
    permission = permission or _known(request).permission
    dsn = make_conninfo(conn.info.dsn, password=conn.info.password)
    with warehouse.connect(dsn, autocommit=True) as own:
        own.execute(
            "insert into operations.refused_act"
            " (who, act, about_kind, about_id, permission, why, door, record)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                request.who,
                request.act,
                request.about_kind,
                request.about_id,
                permission,
                why,
                request.door.name,
                Jsonb(dict(request.door.record)),
            ),
        )


def show(conn: Connection, about_kind: str, about_id: str, digest: str) -> None:
    """Keep that a question shows a thing in the state that `digest` names. Does not commit."""
    conn.execute(
        "insert into operations.shown (about_kind, about_id, digest, door)"
        " values (%s, %s, %s, 'question') on conflict do nothing",
        (about_kind, about_id, digest),
    )


def was_shown(conn: Connection, about_kind: str, about_id: str, digest: str) -> bool:
    """Return whether a thing was put before a person in the state that `digest` names."""
    row = conn.execute(
        "select exists (select from operations.shown"
        " where about_kind = %s and about_id = %s and digest = %s)",
        (about_kind, about_id, digest),
    ).fetchone()
    return bool(row and row[0])


def id_of(request: Request) -> UUID:
    """Return the id of the decision for a `once` act, derived from act and thing."""
    return derive("decision", request.act, request.about_kind, request.about_id)


def _known(request: Request) -> Act:
    act = _acts.get((request.about_kind, request.act))
    if act is None:
        possible = ", ".join(sorted(acts_on(request.about_kind))) or "none"
        raise UnknownActError(f"{request.act}: must be one of {possible}")
    return act
