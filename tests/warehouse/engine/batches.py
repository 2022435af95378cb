"""Histories in batches: some drawn definitions share the engine's nights, and one practice with all that it has.

The model lives through each world by itself. A difference is shrunk to the records of its one person that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from tests.model.generated.crowded import crowded
from tests.model.generated.drawn import definition
from tests.model.generated.histories import world
from tests.model.generated.measured import Measured
from tests.model.nights import evaluate
from tests.model.world import World
from tests.warehouse.engine import compared, lived
from tests.warehouse.engine.compared import Difference
from throughline.warehouse.connection import Connection

Modelled = tuple[str, World, lived.Nights]
"""A world with its name and what the model says of its nights."""


@dataclass
class Batch:
    """What came of a batch. `differences` holds the first of each definition."""

    measured: Measured = field(default_factory=Measured)
    differences: list[Difference] = field(default_factory=list)


@lru_cache(maxsize=64)
def drawn(first: int, definitions: int, persons: int) -> tuple[tuple[Modelled, ...], Measured]:
    """Return drawn worlds as the model sees them, and what they reach."""
    found, measured = [], Measured()
    for seed in range(first, first + definitions):
        words, keys = definition(seed)
        made, changes = world(words, persons, seed)
        nights = evaluate(made)
        measured.count(keys, changes, made, nights)
        found.append((f"drawn_{seed}", made, nights))
    return tuple(found), measured


def compare(
    conn: Connection, first: int, definitions: int, persons: int, in_practice: int = 0
) -> Batch:
    """Return how engine and model compare on definitions from a seed on, each with so many persons.

    `in_practice` is how many persons the one practice has; without any there is none.
    """
    worlds, measured = drawn(first, definitions, persons)
    batch = Batch(measured)
    engine = lived.together(conn, [made for _, made, _ in worlds])
    conn.rollback()
    for (name, _, model), nights in zip(worlds, engine, strict=True):
        batch.differences += _first(compared.differences(name, model, nights))
    if in_practice:
        made = crowded(first, in_practice)
        nights = lived.evaluate(conn, made)
        conn.rollback()
        batch.differences += _first(
            compared.differences(f"crowded_{first}", evaluate(made), nights)
        )
    return batch


def _first(found: Iterator[Difference]) -> list[Difference]:
    return [each for each in [next(found, None)] if each is not None]


def shrunk(conn: Connection, made: World, person: str) -> tuple[World, Difference] | None:
    """Return the world of the one person with as few records as still make a difference, and that difference.

    None if the person alone makes none.
    """
    alone = replace(
        made,
        persons=tuple(each for each in made.persons if each.name == person),
        facts=tuple(each for each in made.facts if each.person == person),
        asides=tuple(each for each in made.asides if each.person == person),
        tasks=tuple(each for each in made.tasks if each.person == person),
        decisions=tuple(each for each in made.decisions if each.person == person),
    )
    found = difference(conn, alone)
    if found is None:
        return None
    for part in ("facts", "asides", "tasks", "decisions", "feeds"):
        for each in getattr(alone, part):
            kept = tuple(other for other in getattr(alone, part) if other is not each)
            less = replace(alone, **_with(part, kept))
            if (still := difference(conn, less)) is not None:
                alone, found = less, still
    return alone, found


def _with(part: str, kept: tuple[Any, ...]) -> Mapping[str, Any]:
    return {part: kept}


def difference(conn: Connection, made: World) -> Difference | None:
    """Return the first difference of a world; None if model and engine say the same."""
    name = made.definitions[0].workflow
    found = compared.first(name, evaluate(made), lived.evaluate(conn, made))
    conn.rollback()
    return found
