"""Compares what the model and the engine say of the same nights, and tells where they part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from tests.model.moments import Span
from tests.model.seen import Ask, CaseSeen, PersonSeen
from tests.model.truth import Truth

Nights = Mapping[int, Mapping[str, PersonSeen]]
"""What each night says of each person, by the night's number and the person's name."""
MISSING = "(not there)"


@dataclass(frozen=True)
class Difference:
    """Where the two part: of which person's case on which night, in which field, and what each of them says."""

    definition: str
    person: str
    night: int
    field: str
    model: Any
    engine: Any

    def __str__(self) -> str:
        return (
            f"{self.definition}, {self.person}, night {self.night}: {self.field}\n"
            f"  model:  {told(self.model)}\n  engine: {told(self.engine)}"
        )


def told(value: Any) -> str:
    """Return a value as a reader wants to see it."""
    if isinstance(value, Truth):
        return value.word
    if isinstance(value, Span):
        if value.first == value.last:
            return value.first.isoformat()
        return f"{value.first.isoformat()} to {value.last.isoformat()}"
    if isinstance(value, Ask):
        by = f", by {value.by.isoformat()}" if value.by else ""
        due = value.due.isoformat() if value.due else "no due"
        return f"{value.rank} {value.asks} {value.kind} ({due}{by}) {value.reason}".rstrip()
    if isinstance(value, tuple):
        return "; ".join(told(each) for each in value) or "nothing"
    return str(value)


def first(definition: str, model: Nights, engine: Nights) -> Difference | None:
    """Return the first difference, on the earliest night; None if both say the same."""
    return next(differences(definition, model, engine), None)


def differences(definition: str, model: Nights, engine: Nights) -> Iterator[Difference]:
    """Yield every difference, night by night: what goes wrong on one night may follow on the next ones."""
    for night in sorted(model):
        for person in sorted(model[night]):
            ours = engine.get(night, {}).get(person, PersonSeen((), ()))
            for field, one, other in _person(model[night][person], ours):
                yield Difference(definition, person, night, field, one, other)


Found = Iterator[tuple[str, Any, Any]]


def _person(model: PersonSeen, engine: PersonSeen) -> Found:
    yield from _each("waiting", _by_key(model.waiting), _by_key(engine.waiting))
    yield from _each("case", _by_key(model.cases), _by_key(engine.cases))


def _by_key(rows: tuple[Any, ...]) -> dict[tuple[str, str, int], Any]:
    """Return rows by workflow and key; two of one key are told apart by their order."""
    found: dict[tuple[str, str, int], Any] = {}
    for row in rows:
        number = 0
        while (row.workflow, row.key, number) in found:
            number += 1
        found[row.workflow, row.key, number] = row
    return found


def _each(what: str, model: Mapping[Any, Any], engine: Mapping[Any, Any]) -> Found:
    for key in sorted({*model, *engine}):
        name = f"{what} {key[0]} {key[1]}"
        if key not in model or key not in engine:
            yield name, model.get(key, MISSING), engine.get(key, MISSING)
        else:
            yield from _fields(name, model[key], engine[key])


def _fields(name: str, model: Any, engine: Any) -> Found:
    """Compare two of a kind field by field: what others follow from goes first."""
    order = [field.name for field in fields(model)]
    if isinstance(model, CaseSeen):
        order.sort(key=lambda each: each != "conditions")
    for field in order:
        one, other = getattr(model, field), getattr(engine, field)
        if isinstance(model, CaseSeen) and field == "asks":
            one, other = _sorted(one), _sorted(other)
        yield from _values(f"{name}: {field}", one, other)


def _values(name: str, one: Any, other: Any) -> Found:
    if isinstance(one, Mapping):
        for key in one:
            if one[key] != other.get(key, MISSING):
                yield f"{name}, {key}", one[key], other.get(key, MISSING)
    elif isinstance(one, tuple) and one and is_dataclass(one[0]) and len(one) == len(other):
        for number, (mine, yours) in enumerate(zip(one, other, strict=True)):
            yield from _fields(f"{name} {getattr(mine, 'name', number)}", mine, yours)
    elif one != other:
        yield name, one, other


def _sorted(asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
    """Return asks in one order also where two have the same rank."""
    return tuple(sorted(asks, key=lambda ask: (ask.rank, ask.kind, str(ask.due), ask.reason)))
