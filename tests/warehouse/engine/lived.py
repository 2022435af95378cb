"""Lets the engine live through the nights of a world of the model."""

from __future__ import annotations

from collections.abc import Mapping

from tests.model.seen import PersonSeen
from tests.model.world import World
from tests.warehouse.engine import inputs, seen
from throughline.warehouse import sql
from throughline.warehouse.connection import Connection
from throughline.workflows.compiled import PayerRule, Rows, Shared, compiled, passes, shared
from throughline.workflows.compiled.night import Moment
from throughline.workflows.language.expanded import expand


def rules(world: World) -> tuple[Rows, dict[str, int]]:
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
        compiled(rows, workflow, of, number, definition.activated)
        versions[definition.workflow] = number
    return rows, versions


def evaluate(conn: Connection, world: World) -> Mapping[int, Mapping[str, PersonSeen]]:
    """Return what each night says of each person, by the engine. Writes temporary tables alone."""
    rows, versions = rules(world)
    for name in ("rules", "rules_of_cases"):
        sql.run(conn, f"engine/{name}.sql")
    rows.write(conn)
    inputs.write(conn, world, versions)
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
