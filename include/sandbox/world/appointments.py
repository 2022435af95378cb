"""The schedule: booking, moving, cancelling, missing and keeping appointments."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sandbox.scheduling import siu
from sandbox.world import calendar, visits
from sandbox.world.engine import World, day_of
from sandbox.world.model import Appointment, Patient

MINUTES = {"OFFICE": 20, "TCM": 40, "AWV": 40, "NURSE": 15, "VIDEO": 20, "HOME": 40}
FATES = (
    ("come", 0.855),
    ("miss", 0.05),
    ("patient", 0.04),
    ("clinic", 0.02),
    ("move", 0.03),
    ("delete", 0.005),
)
SAYS_NO_SHOW = 0.6
"""Share of missed appointments that are reported by an S26; the others stay booked for ever."""


def book(
    world: World,
    who: Patient,
    kind: str,
    practitioner_id: str,
    starts_at: datetime,
    placer: str = "",
    discharge_id: str = "",
) -> Appointment:
    """Book an appointment now and send the message (S12). What happens to it later is drawn and scheduled."""
    number = who.count("appointment")
    slot = Appointment(
        f"F{who.number}{number:03d}", placer or f"P{who.number}{number:03d}", who.id, practitioner_id, kind, starts_at,
        MINUTES[kind], "booked", world.clock.now, discharge_id=discharge_id,
    )  # fmt: skip
    world.appointments[slot.id] = slot
    who.booked.append(slot.id)
    siu.message(world, "S12", slot)
    _note(world, slot)
    fate = world.chance.weighted(slot.id, "fate", FATES)
    before = (slot.starts_at - world.clock.now) * world.chance(slot.id, "when")
    if fate in (
        "patient",
        "clinic",
        "move",
        "delete",
    ) and slot.starts_at - world.clock.now > timedelta(hours=3):
        world.schedule(world.clock.now + before, "appointment_changes", (slot.id, fate))
    world.schedule(slot.starts_at, "appointment_begins", slot.id)
    world.emit("appointment_booked", slot)
    return slot


def open_slot(world: World, key: str, earliest: date, spread: int) -> datetime:
    """A free time on one of the ``spread`` open days from ``earliest`` on."""
    return calendar.slot(
        world.chance,
        key,
        calendar.open_day(earliest, world.chance.within(key, "day", 0, spread - 1)),
    )


def changes(world: World, payload: tuple[str, str]) -> None:
    """A booked appointment is cancelled, moved or deleted."""
    identifier, fate = payload
    slot = world.appointments[identifier]
    if slot.status != "booked":
        return
    if fate == "move":
        slot.starts_at = open_slot(
            world, f"{slot.id} moved", day_of(slot.starts_at) + timedelta(days=1), 3
        )
        siu.message(world, "S13", slot, reason="Patient")
        _note(world, slot, "moved")
        world.schedule(slot.starts_at, "appointment_begins", slot.id)
    elif fate == "delete":
        end(world, slot, "deleted", "S17", "Error")
    else:
        end(world, slot, "cancelled", "S15", fate.title())


def end(world: World, slot: Appointment, status: str, event: str, reason: str) -> None:
    """Cancel a booked appointment and send the message."""
    slot.status, slot.reason = status, reason.lower()
    _leave(world, slot)
    siu.message(world, event, slot, reason=reason)
    _note(world, slot)


def cancel_all(world: World, who: Patient, reason: str) -> None:
    """Discontinue what is booked for somebody who died, was admitted or left (S16)."""
    for identifier in list(who.booked):
        end(world, world.appointments[identifier], "cancelled", "S16", reason)


def begins(world: World, identifier: str) -> None:
    """At the time of an appointment, the patient arrives or does not."""
    slot = world.appointments[identifier]
    if slot.status != "booked" or slot.starts_at > world.clock.now:
        return
    who = world.patients[slot.patient_id]
    if who.admitted or who.deceased_at:
        end(world, slot, "cancelled", "S16", "Admitted" if who.admitted else "Deceased")
        return
    if world.chance.weighted(slot.id, "fate", FATES) == "miss":
        slot.status = "noshow"
        _leave(world, slot)
        if world.chance(slot.id, "says no-show") < SAYS_NO_SHOW:
            siu.message(world, "S26", slot)
        _note(world, slot)
        return
    slot.status = "arrived"
    _leave(world, slot)
    slot.visit_id = visits.encounter_id(who)
    if world.chance(slot.id, "says arrived") < 0.85:
        siu.message(world, "S14", slot, status="Started", reason="Arrived")
    _note(world, slot)
    visits.begin(world, who, slot.kind, slot.practitioner_id, slot.starts_at, slot)


def _leave(world: World, slot: Appointment) -> None:
    booked = world.patients[slot.patient_id].booked
    if slot.id in booked:
        booked.remove(slot.id)


def _note(world: World, slot: Appointment, status: str = "") -> None:
    world.truth.write(
        "bookings",
        {
            "at": world.clock.now.isoformat(),
            "appointment": slot.id,
            "placer": slot.placer,
            "patient": slot.patient_id,
            "kind": slot.kind,
            "practitioner": slot.practitioner_id,
            "starts_at": slot.starts_at.isoformat(),
            "status": status or slot.status,
            "reason": slot.reason,
            "discharge": slot.discharge_id,
        },
        feed="appointment",
    )


def install(world: World) -> None:
    """Register what this module does when its time comes."""
    world.handle("appointment_changes", changes)
    world.handle("appointment_begins", begins)
