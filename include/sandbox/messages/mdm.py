"""MDM of notes (HL7 v2.5.1, chapter 9): written, signed, replaced, with an addendum, and cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.messages.adt import of_visit
from sandbox.messages.engine import Engine, doctor, fields, person, send
from sandbox.scheduling.siu import local
from sandbox.world.engine import World
from sandbox.world.model import Visit

WRITTEN_TWICE, ADDED, EDITED = 0.04, 0.05, 0.05
"""Shares of notes that were dictated twice, one of them cancelled; that get an addendum; that are edited unsigned."""


def install(world: World, engine: Engine) -> None:
    """Tell each note by MDM."""
    world.on("note_changed", lambda world, told: _note(world, engine, *told))


def _note(world: World, engine: Engine, visit: Visit, what: str, whose: str) -> None:
    now, chance = world.clock.now, world.chance
    written = max(now, visit.ends_at)

    def tell(
        event: str,
        at: datetime,
        note: str = "",
        completion: str = "LA",
        signed: str = "",
        parent: str = "",
        availability: str = "AV",
    ) -> None:
        number = note or visit.note_id
        txa = _txa(world, visit, number, completion, availability)
        if signed:
            assert visit.note_signed_at is not None
            # TXA-22: who signed, and when
            txa[22] = f"{_upto(15, doctor(world.practitioners[signed]))}{local(at)}"
        if parent:
            txa[13] = f"{parent}^LAKESIDE"
        segments = [
            person(world.patients[visit.patient_id]),
            fields("PV1", of_visit(world, visit)),
            fields("TXA", txa),
        ]
        send(world, engine, "mdm", event, at, number, segments)

    if what == "written":
        tell("T02", written, completion="DI")
        if chance(visit.id, "note edited") < EDITED:
            tell("T08", written + timedelta(seconds=30), completion="IP")
        if chance(visit.id, "note twice") < WRITTEN_TWICE:
            tell("T02", written, f"{visit.note_id}-x", completion="DI")
            tell("T11", written + timedelta(hours=1), f"{visit.note_id}-x", "DI", availability="CA")
    elif what == "signed":
        tell("T04", now, signed=whose)
        if chance(visit.id, "note added to") < ADDED:
            at = now + timedelta(hours=2)
            tell("T06", at, f"{visit.note_id}-add", signed=whose, parent=visit.note_id)
    elif what == "replaced":
        tell("T10", now, signed=visit.practitioner_id, parent=whose)
    elif what == "retracted":
        completion = "LA" if visit.note_signed_at else "DI"
        tell("T11", now, completion=completion, availability="CA")


def _upto(component: int, person: str) -> str:
    """A person (XCN) that goes on at this component."""
    return person + "^" * (component - 1 - person.count("^"))


def _txa(
    world: World, visit: Visit, number: str, completion: str, availability: str
) -> dict[int, str]:
    author = doctor(world.practitioners[visit.practitioner_id])
    return {
        1: "1",
        2: "PN^Progress note^LAKESIDE",
        3: "TX",
        4: local(visit.ends_at),
        5: author,
        9: author,
        12: f"{number}^LAKESIDE",
        17: completion,
        19: availability,
    }
