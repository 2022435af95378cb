"""Random life events: people fall ill, book, move away, opt out, die, or have their records merged."""

from __future__ import annotations

from datetime import timedelta

from sandbox.ehr import records
from sandbox.world import appointments, calendar, hospital, people, visits
from sandbox.world.engine import World, at, day_of
from sandbox.world.model import Patient

STAY_RATE = {True: 0.017, False: 0.002}
"""Stays in hospital per person and day, for those on Medicare and the others. Denser than in life, so that
a small practice shows every case within days; ``World.activity`` scales it."""
VISIT_RATE = {True: 0.062, False: 0.034}
CHANGE_RATE = 0.0011
"""Moves, opt-outs, departures and deaths at home, per person and day."""
CHANGES = (("moves", 0.42), ("phone", 0.22), ("opts_out", 0.14), ("leaves", 0.12), ("dies", 0.10))
KINDS = (("OFFICE", 0.74), ("NURSE", 0.09), ("VIDEO", 0.10), ("HOME", 0.02), ("WALK_IN", 0.05))


def start(world: World) -> None:
    """Schedule the first thing that happens to everybody."""
    for who in list(world.patients.values()):
        if not who.deceased_at:
            _next(world, who)


def is_medicare(who: Patient) -> bool:
    """Whether a patient has Medicare, through Part B or an Advantage plan."""
    return any(c.kind in ("part_b", "advantage") for c in who.coverages)


def _next(world: World, who: Patient) -> None:
    number = who.count("life")
    old = is_medicare(who)
    rate = (STAY_RATE[old] + VISIT_RATE[old] + CHANGE_RATE) * world.activity
    days = world.chance.wait(who.id, f"life {number}", rate)
    if days < 4000:
        day = day_of(world.clock.now) + timedelta(days=1 + int(days))
        if number == 1:
            day -= timedelta(days=1)
        world.schedule(
            at(day, 7.5 + 11 * world.chance(who.id, f"life {number} hour")), "life", who.id
        )


def happens(world: World, identifier: str) -> None:
    """One thing of somebody's life, and the next one scheduled."""
    who = world.patients[identifier]
    if who.deceased_at or not who.is_active:
        return
    number = who.counters["life"]
    key = f"{who.id} {number}"
    _next(world, who)
    if who.admitted:
        return
    old = is_medicare(who)
    what = world.chance.weighted(
        key, "what", (("visit", VISIT_RATE[old]), ("stay", STAY_RATE[old]), ("change", CHANGE_RATE))
    )
    if what == "stay":
        if who.hospice_from is None:
            hospital.admit(world, (who.id, world.chance.weighted(key, "entry", hospital.ENTRY)))
    elif what == "change":
        _change(world, who, key)
    else:
        _visit(world, who, key)


def _visit(world: World, who: Patient, key: str) -> None:
    chance, today = world.chance, day_of(world.clock.now)
    kind = chance.weighted(key, "kind", KINDS)
    doctor = who.practitioner_id
    if kind == "NURSE":
        nurses = [p.id for p in world.practitioners.values() if not p.is_billable]
        doctor = chance.pick(key, "nurse", nurses) if nurses else doctor
    if kind == "WALK_IN":
        walk_in(world, who.id)
        return
    if (
        kind == "OFFICE"
        and visits.due_wellness(who, today)
        and chance(key, "wellness") < (0.30 if world.is_history else 0.08)
    ):
        kind = "AWV"
    if not calendar.is_open(today):
        return
    starts = appointments.open_slot(world, key, today + timedelta(days=1), 9)
    appointments.book(world, who, kind, doctor, starts)


def walk_in(world: World, identifier: str) -> None:
    """Somebody is seen without an appointment."""
    who = world.patients[identifier]
    if calendar.is_open(day_of(world.clock.now)) and not who.admitted and not who.deceased_at:
        visits.begin(world, who, "OFFICE", who.practitioner_id, world.clock.now)


def _change(world: World, who: Patient, key: str) -> None:
    chance, now = world.chance, world.clock.now
    what = chance.weighted(key, "change", CHANGES)
    if what == "moves":
        who.street = f"{chance.within(key, 'number', 1, 1999)} Harbor Rd"
        hospital.life_event(world, who, "moved", street=who.street)
    elif what == "phone":
        who.phone = f"585{chance.within(key, 'exchange', 200, 999)}{chance.within(key, 'line', 0, 9999):04d}"
        hospital.life_event(world, who, "phone", phone=who.phone)
    elif what == "leaves":
        who.is_active, who.left_on = False, day_of(now)
        hospital.life_event(world, who, "left")
        appointments.cancel_all(world, who, "Left")
    elif what == "dies":
        if not is_medicare(who):
            return
        hospital.die(world, who)
        return
    else:
        opt_out(world, who)
        return
    people.put_patient(world, who)
    world.emit("patient_changed", who)


def opt_out(world: World, who: Patient) -> None:
    """Somebody opts out of being contacted."""
    if who.opted_out_at:
        return
    who.opted_out_at = world.clock.now
    resource = records.consent(who, "contact", False, world.clock.now, f"con-{who.id}-optout")
    world.resources.put(resource, world.clock.now, True)
    hospital.life_event(world, who, "opted_out")


def merge(world: World, payload: tuple[str, str]) -> None:
    """Two registrations of one human become one: the first of ``payload`` is replaced by the second."""
    gone, stays = world.patients[payload[0]], world.patients[payload[1]]
    if not gone.is_active or gone.admitted:
        return
    gone.is_active, gone.replaced_by = False, stays.id
    people.put_patient(world, gone)
    appointments.cancel_all(world, gone, "Merged")
    hospital.life_event(world, gone, "merged", into=stays.id)
    world.emit("patient_changed", gone)


def install(world: World) -> None:
    """Register what this module does when its time comes."""
    world.handle("life", happens)
    world.handle("walk_in", walk_in)
    world.handle("merge", merge)
