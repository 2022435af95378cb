"""Lets the engine live through the nights of a world of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tests.model.seen import PersonSeen
from tests.model.world import World
from tests.warehouse.engine import inputs, seen
from throughline.warehouse import sql
from throughline.warehouse.connection import Connection
from throughline.workflows.compiled import PayerRule, Rows, Shared, compiled, passes, shared
from throughline.workflows.compiled.night import Moment
from throughline.workflows.language.expanded import expand

Nights = Mapping[int, Mapping[str, PersonSeen]]
"""What each night says of each person, by the night's number and the person's name."""
NOBODY: Mapping[str, Iterable[str]] = {}


def rules(world: World, only: Mapping[str, Iterable[str]] = NOBODY) -> tuple[Rows, dict[str, int]]:
    """Compile the definitions of a world; return their rows, and their ids by name."""
    of = Shared(
        world.value_sets, world.calendar.seasons,
        tuple(PayerRule(r.name, r.codes, r.beside, r.same, r.begins, r.ends) for r in world.payer_rules),
        world.exceptions, world.library.get("facts", {}).get("charges"),
    )  # fmt: skip
    rows, versions = Rows(), {}
    shared(rows, of)
    for number, definition in enumerate(world.definitions, 1):
        workflow = expand(definition.words, world.library, world.standing)
        compiled(
            rows,
            workflow,
            of,
            number,
            definition.activated,
            is_for_all=definition.workflow not in only,
        )
        versions[definition.workflow] = number
    return rows, versions


def evaluate(conn: Connection, world: World, only: Mapping[str, Iterable[str]] = NOBODY) -> Nights:
    """Return what each night says of each person, by the engine. Writes temporary tables alone.

    `only` names the persons for whom a workflow is, by workflow; one that it does not name is for all.
    """
    rows, versions = rules(world, only)
    for name in ("rules", "rules_of_cases"):
        sql.run(conn, f"engine/{name}.sql")
    rows.write(conn)
    inputs.write(conn, world, versions, only)
    names = {inputs.person_id(person.name): person.name for person in world.persons}
    found = {}
    for night in world.nights:
        inputs.at_night(conn, world, night)
        passes.run(
            conn,
            Moment(night.number, night.now, str(world.zone), world.calendar.day_begins, tuple(world.may_be_negative)),
        )  # fmt: skip
        found[night.number] = seen.read(conn, names)
    return found


def together(conn: Connection, worlds: Sequence[World]) -> list[Nights]:
    """Return the nights of worlds of one definition each, which the engine lives through at once.

    They have nights, zone, calendar and value sets in common; each has persons, systems and a workflow of its own.
    """
    parts = [_apart(world, f"{number} ") for number, world in enumerate(worlds)]
    whole = replace(
        worlds[0],
        persons=tuple(person for part in parts for person in part.persons),
        facts=tuple(fact for part in parts for fact in part.facts),
        definitions=tuple(each for part in parts for each in part.definitions),
        feeds=tuple(feed for part in parts for feed in part.feeds),
    )
    only = {part.definitions[0].workflow: [p.name for p in part.persons] for part in parts}
    nights = evaluate(conn, whole, only)
    return [
        {
            night: {p.name: seen_by[f"{number} {p.name}"] for p in world.persons}
            for night, seen_by in nights.items()
        }
        for number, world in enumerate(worlds)
    ]


def _apart(world: World, prefix: str) -> World:
    """Return a world whose persons and systems no other one has."""
    return replace(
        world,
        persons=tuple(
            replace(p, name=prefix + p.name, systems=frozenset(prefix + s for s in p.systems))
            for p in world.persons
        ),
        facts=tuple(replace(fact, person=prefix + fact.person) for fact in world.facts),
        feeds=tuple(replace(feed, system=prefix + feed.system) for feed in world.feeds),
    )
