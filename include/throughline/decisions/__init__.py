"""Every act of a person goes through here: who, on what, whether it may be now, and what follows.

A package registers its acts when it is imported, and this one imports none of them. Whoever takes a
person's word (the command line, Airflow's questions, a page) calls `preview` to say what would follow,
and `record` to write it down once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from throughline.warehouse import Connection, derive

__all__ = [
    "Act",
    "Decision",
    "NobodyNamedError",
    "NotAllowedError",
    "Preview",
    "Request",
    "UnknownActError",
    "acts_on",
    "preview",
    "record",
    "register",
]


class NotAllowedError(Exception):
    """The act is not possible on this thing now; the text says why, without patient data."""


class NobodyNamedError(NotAllowedError, ValueError, PermissionError):
    """A decision needs a named person."""


class UnknownActError(NotAllowedError, ValueError):
    """No package has registered this act on this kind of thing."""


@dataclass(frozen=True)
class Request:
    """What a person wants: `act` on the thing `about_id` of a kind, with what the act needs to know.

    `said` holds what this act asks for (an owner, an amount, the hash of what was shown).
    """

    act: str
    about_kind: str
    about_id: str
    who: str
    note: str = ""
    said: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What an act would do: `follows` in words, one sentence each; `detail` is kept with the decision.

    `made` is the earlier decision when this very act was recorded before. `context` is the act's own.
    """

    follows: tuple[str, ...]
    detail: Mapping[str, object] = field(default_factory=dict)
    made: UUID | None = None
    context: object = None


@dataclass(frozen=True)
class Decision:
    """A recorded act. `also` are the decisions that came with it; `is_new` is False for a repetition."""

    decision_id: UUID
    request: Request
    is_new: bool = True
    also: tuple[UUID, ...] = ()


Weigh = Callable[[Connection, Request], Preview]
Carry = Callable[[Connection, Request, Preview, UUID], tuple[UUID, ...]]


def _nothing(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    return ()


@dataclass(frozen=True)
class Act:
    """One kind of act on one kind of thing.

    `weigh` looks at the thing, locks it for the transaction, and returns what follows, or raises
    `NotAllowedError`. `carry` does what follows at once, in the same transaction; what the next night
    takes up needs none. An act that can be done to a thing only `once` has an id that says so.
    """

    name: str
    about_kind: str
    title: str
    weigh: Weigh
    carry: Carry = _nothing
    once: bool = False


_acts: dict[tuple[str, str], Act] = {}


def register(act: Act) -> None:
    """Make an act known. Raises `ValueError` when another one has its name on this kind of thing."""
    key = (act.about_kind, act.name)
    if key in _acts:
        raise ValueError(f"there is an act {act.name} on {act.about_kind} already")
    _acts[key] = act


def acts_on(about_kind: str) -> dict[str, str]:
    """Return the acts on a kind of thing that are registered: their names, and what each means."""
    return {act.name: act.title for (kind, _), act in _acts.items() if kind == about_kind}


def preview(conn: Connection, request: Request) -> Preview:
    """Return what would follow from an act; writes nothing. Raises `NotAllowedError`."""
    return _known(request).weigh(conn, request)


def record(conn: Connection, request: Request) -> Decision:
    """Write a named person's act down, and do what follows at once. Does not commit.

    The same act that can be done only once is the same decision. Raises `NotAllowedError`.
    """
    if not request.who.strip():
        raise NobodyNamedError("a decision needs a named person")
    act = _known(request)
    seen = act.weigh(conn, request)
    if seen.made is not None:
        return Decision(seen.made, request, is_new=False)
    decision_id = id_of(request) if act.once else uuid4()
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, detail)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (
            decision_id,
            request.who,
            request.act,
            request.about_kind,
            request.about_id,
            request.note,
            Jsonb(dict(seen.detail)),
        ),
    )
    return Decision(decision_id, request, also=act.carry(conn, request, seen, decision_id))


def id_of(request: Request) -> UUID:
    """Return the id of a decision that can be made only once about a thing."""
    return derive("decision", request.act, request.about_kind, request.about_id)


def _known(request: Request) -> Act:
    act = _acts.get((request.about_kind, request.act))
    if act is None:
        possible = ", ".join(sorted(acts_on(request.about_kind))) or "none"
        raise UnknownActError(f"{request.act}: one of {possible} is meant")
    return act
