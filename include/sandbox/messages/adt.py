"""ADT of stays and visits (HL7 v2.5.1, chapter 3): what happened, what was cancelled and corrected, and merges."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.ehr.care import STAY_CLASS
from sandbox.ehr.records import TYPE_CODES
from sandbox.messages.engine import Engine, doctor, fields, person, send
from sandbox.scheduling.siu import local
from sandbox.world.engine import World
from sandbox.world.hospital import CODES
from sandbox.world.model import Patient, Stay, Visit

CLASSES = {
    # FHIR's class to that of HL7 table 0004, and to the hospital's own for observation, video and home.
    "IMP": "I", "OBSENC": "OBS", "EMER": "E", "AMB": "O", "VR": "V", "HH": "H",
}  # fmt: skip
FHIR_TO_NUBC = dict(CODES.values())
"""Where patients go as FHIR has it, to the codes of UB-04 FL17 (the NUBC) of PV1-36."""
DISPOSITION_LATER, TRANSFERRED, BEGAN_OUTSIDE, UPDATED = 0.2, 0.2, 0.15, 0.1
"""Shares of stays whose disposition comes the next day, with a transfer, that began as outpatients, with an update."""


def install(world: World, engine: Engine) -> None:
    """Tell each stay, visit and change of a person by ADT."""
    world.on("stay_changed", lambda world, told: _stay(world, engine, *told))
    world.on("visit_changed", lambda world, visit: _visit(world, engine, visit))
    world.on("patient_changed", lambda world, who: _person(world, engine, who))


def _stay(world: World, engine: Engine, stay: Stay, what: str) -> None:
    now, chance = world.clock.now, world.chance
    who = world.patients[stay.patient_id]

    def tell(event: str, at: datetime, **said: str) -> None:
        pv1 = _of_stay(world, stay) | {int(name[1:]): value for name, value in said.items()}
        send(world, engine, "adt", event, at, stay.id, [person(who), fields("PV1", pv1)])

    if what == "treated and released":
        # the record of an emergency visit is whole from the first; its messages are not
        assert stay.ends_at is not None
        tell("A04", now, f36="", f45="")
        tell("A03", stay.ends_at)
    elif what == "admitted":
        begins = stay.facility == "acute" and chance(stay.id, "began outside") < BEGAN_OUTSIDE
        if begins:
            tell("A04", now, f2="OBS")
            tell("A06", now + timedelta(hours=1))
        else:
            tell("A01", now)
        if chance(stay.id, "transferred") < TRANSFERRED:
            tell("A02", now + timedelta(hours=3), f3="5W^07^1^GH")
    elif what == "discharged":
        if chance(stay.id, "disposition later") < DISPOSITION_LATER:
            tell("A03", now, f36="")
            # before the world corrects or cancels a discharge, which takes it 16 hours or more
            tell("A08", now + timedelta(hours=12))
        else:
            tell("A03", now)
            if chance(stay.id, "updated") < UPDATED:
                # an update that has not heard of the discharge leaves it as it is
                tell("A08", now + timedelta(minutes=20), f36="", f45="")
    elif what == "corrected":
        tell("A08", now)
    elif what == "cancelled":
        # PV1 still shows the discharge, as systems do that write the message before they forget it
        tell("A13", now, f45=local(now - timedelta(hours=16)))
    elif what == "entered in error":
        tell("A23", now)


def _of_stay(world: World, stay: Stay) -> dict[int, str]:
    """PV1 of a stay: class, place, attending, type, number, disposition, begin and end."""
    code = stay.disposition
    return {
        1: "1",
        2: CLASSES[STAY_CLASS.get(stay.facility, "IMP")],
        3: "4E^12^1^GH",
        7: doctor(world.practitioners[stay.practitioner_id]),
        18: stay.facility,
        19: stay.id.upper(),
        36: code if code.isdigit() else FHIR_TO_NUBC.get(code, ""),
        44: local(stay.starts_at),
        45: local(stay.ends_at) if stay.ends_at else "",
    }


def _visit(world: World, engine: Engine, visit: Visit) -> None:
    who = world.patients[visit.patient_id]
    number, now = world.count(f"adt {visit.id}"), world.clock.now

    def tell(event: str, at: datetime, ends: datetime | None) -> None:
        pv1 = of_visit(world, visit) | {45: local(ends) if ends else ""}
        send(world, engine, "adt", event, at, visit.id, [person(who), fields("PV1", pv1)])

    if visit.status == "entered-in-error":
        tell("A23", now, None)
        return
    if number == 1:
        tell("A04", visit.starts_at, None)
    if visit.status == "finished":
        tell("A03", max(now, visit.ends_at), visit.ends_at)


def of_visit(world: World, visit: Visit) -> dict[int, str]:
    """PV1 of a visit: class, place, who saw the patient, type, number and begin."""
    return {
        1: "1",
        2: CLASSES[TYPE_CODES[visit.kind][1]],
        3: "LAKESIDE^^^LAKESIDE",
        7: doctor(world.practitioners[visit.practitioner_id]),
        18: visit.kind,
        19: visit.visit_number,
        44: local(visit.starts_at),
    }


def _person(world: World, engine: Engine, who: Patient) -> None:
    now = world.clock.now
    if who.replaced_by:
        survivor = world.patients[who.replaced_by]
        gone = fields("MRG", {1: f"{who.mrn}^^^LAKESIDE^MR"})
        send(world, engine, "adt", "A40", now, who.id, [person(survivor), gone])
    else:
        send(world, engine, "adt", "A31", now, who.id, [person(who), "PV1|1|N"])
