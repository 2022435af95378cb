"""Stays in hospitals and nursing facilities, how they end, and what is corrected afterwards."""

from __future__ import annotations

from datetime import timedelta

from sandbox.ehr import care
from sandbox.world import appointments, calendar, people, visits
from sandbox.world.engine import World, at, day_of
from sandbox.world.model import Patient, Stay

DAYS = {
    "acute": (1, 6),
    "observation": (1, 1),
    "snf": (5, 18),
    "psych": (4, 12),
    "rehab": (7, 14),
    "ltch": (15, 28),
}
ENTRY = (("acute", 0.66), ("observation", 0.20), ("psych", 0.05), ("ed", 0.09))
ENDS: dict[str, tuple[tuple[str, float], ...]] = {
    "acute": (("home", 0.62), ("home_health", 0.10), ("assisted_living", 0.03), ("snf", 0.10), ("rehab", 0.03),
              ("ltch", 0.01), ("psych", 0.01), ("hospice", 0.02), ("ama", 0.02), ("expired", 0.03), ("transfer", 0.03)),
    "observation": (("home", 0.90), ("ama", 0.05), ("transfer", 0.05)),
    "psych": (("home", 0.82), ("ama", 0.08), ("assisted_living", 0.10)),
    "snf": (("home", 0.74), ("home_health", 0.10), ("assisted_living", 0.06), ("expired", 0.04), ("ltch", 0.03),
            ("hospice", 0.03)),
    "rehab": (("home", 0.80), ("snf", 0.20)),
    "ltch": (("home", 0.60), ("snf", 0.25), ("expired", 0.15)),
}  # fmt: skip
CODES = {
    # FHIR discharge-disposition, and the patient discharge status of the NUBC that other hospitals send.
    "home": ("home", "01"), "assisted_living": ("alt-home", "04"), "home_health": ("06", "06"), "snf": ("snf", "03"),
    "rehab": ("rehab", "62"), "ltch": ("long", "63"), "psych": ("psy", "65"), "hospice": ("hosp", "50"),
    "ama": ("aadvc", "07"), "expired": ("exp", "20"), "transfer": ("other-hcf", "02"),
}  # fmt: skip
AT_HOME = {"home", "assisted_living", "home_health"}
ONWARD = {"snf", "rehab", "ltch", "psych"}
CALLS_ALONE = 0.62
"""Share of discharged patients whom the practice calls by itself before the first night; afterwards only a few."""
CALLS_ALONE_LATER = 0.05


def admit(world: World, payload: tuple[str, str]) -> None:
    """Somebody is admitted: (patient id, facility)."""
    who, facility = world.patients[payload[0]], payload[1]
    if who.admitted or who.deceased_at or not who.is_active:
        return
    key = visits.encounter_id(who)
    place = {"observation": "acute", "ed": "acute"}.get(facility, facility)
    stay = Stay(key, who.id, facility, f"org-{place}", who.practitioner_id, world.clock.now)
    world.stays[key] = stay
    if facility == "ed":
        stay.status, stay.ends_at, stay.disposition = (
            "finished",
            world.clock.now + timedelta(hours=3),
            "home",
        )
        world.resources.put(care.stay_encounter(stay), stay.ends_at, True)
        _tell(world, stay, "home", "treated and released")
        return
    who.admitted = key
    world.resources.put(care.stay_encounter(stay), world.clock.now, True)
    _tell(world, stay, "", "admitted")
    if world.chance(key, "in error") < 0.006:
        world.schedule(world.clock.now + timedelta(hours=20), "stay_in_error", key)
        return
    least, most = DAYS[facility]
    leaves = at(
        day_of(world.clock.now) + timedelta(days=world.chance.within(key, "days", least, most)),
        10 + 7 * world.chance(key, "hour"),
    )
    world.schedule(leaves, "discharge", key)


def discharge(world: World, key: str) -> None:
    """A stay ends."""
    stay = world.stays[key]
    who = world.patients[stay.patient_id]
    if stay.status == "entered-in-error" or who.deceased_at:
        return
    where = world.chance.weighted(key, "disposition", ENDS[stay.facility])
    _leave(world, stay, who, where)
    draw = world.chance(key, "correction")
    if draw < 0.02 and where in ("home", "snf"):
        world.schedule(
            world.clock.now + timedelta(hours=22),
            "disposition_corrected",
            (key, "snf" if where == "home" else "home"),
        )
    elif draw < 0.035 and where == "home":
        world.schedule(world.clock.now + timedelta(hours=16), "discharge_cancelled", key)
    elif where in AT_HOME and world.chance(key, "readmission") < 0.09:
        after = world.chance.within(key, "readmitted after", 2, 24)
        world.schedule(world.clock.now + timedelta(days=after, hours=5), "admit", (who.id, "acute"))


def _leave(world: World, stay: Stay, who: Patient, where: str) -> None:
    stay.status, stay.ends_at = "finished", world.clock.now
    stay.disposition = CODES[where][1 if world.chance(stay.id, "coding") < 0.3 else 0]
    who.admitted = ""
    world.resources.put(care.stay_encounter(stay), world.clock.now)
    _tell(world, stay, where, "discharged")
    if where == "expired":
        die(world, who)
    elif where == "hospice":
        enter_hospice(world, who)
    elif where in ONWARD:
        world.schedule(world.clock.now + timedelta(hours=3), "admit", (who.id, where))
    if where in AT_HOME:
        who.discharges.append((stay.id, world.clock.now))
        share = CALLS_ALONE if world.is_history else CALLS_ALONE_LATER
        if world.chance(stay.id, "practice calls") < share:
            after = world.chance.within(stay.id, "calls after", 0, 1)
            day = calendar.open_day(day_of(world.clock.now) + timedelta(days=1), after)
            world.schedule(
                at(day, 9 + 6 * world.chance(stay.id, "calls at")),
                "practice_calls",
                (stay.id, "TCM"),
            )


def corrected(world: World, payload: tuple[str, str]) -> None:
    """Correct a disposition that was entered wrongly."""
    stay, where = world.stays[payload[0]], payload[1]
    who = world.patients[stay.patient_id]
    if stay.status != "finished":
        return
    stay.disposition = CODES[where][0]
    world.resources.put(care.stay_encounter(stay), world.clock.now)
    _tell(world, stay, where, "corrected")
    assert stay.ends_at is not None
    who.discharges = [d for d in who.discharges if d[0] != stay.id]
    if where in AT_HOME:
        who.discharges.append((stay.id, stay.ends_at))


def cancelled(world: World, key: str) -> None:
    """The patient had not left after all: the stay goes on for two days."""
    stay = world.stays[key]
    who = world.patients[stay.patient_id]
    if who.admitted or who.deceased_at:
        return
    stay.status, stay.ends_at, stay.disposition = "in-progress", None, ""
    who.admitted = key
    who.discharges = [d for d in who.discharges if d[0] != key]
    world.resources.put(care.stay_encounter(stay), world.clock.now)
    _tell(world, stay, "", "cancelled")
    world.schedule(world.clock.now + timedelta(days=2), "leaves_again", key)


def leaves_again(world: World, key: str) -> None:
    """The end of a stay whose first discharge was cancelled."""
    stay = world.stays[key]
    who = world.patients[stay.patient_id]
    if stay.status == "in-progress" and not who.deceased_at:
        _leave(world, stay, who, "home")


def in_error(world: World, key: str) -> None:
    """The admission was entered for the wrong patient."""
    stay = world.stays[key]
    stay.status = "entered-in-error"
    world.patients[stay.patient_id].admitted = ""
    world.resources.put(care.stay_encounter(stay), world.clock.now)
    _tell(world, stay, "", "entered in error")


def die(world: World, who: Patient) -> None:
    """Somebody dies; what was booked is discontinued. Every registration of the human knows."""
    if who.deceased_at:
        return
    who.deceased_at = world.clock.now
    people.put_patient(world, who)
    life_event(world, who, "died")
    appointments.cancel_all(world, who, "Deceased")
    world.emit("patient_changed", who)


def enter_hospice(world: World, who: Patient) -> None:
    """Hospice care begins (SNOMED CT 385763009)."""
    if who.hospice_from or who.deceased_at:
        return
    who.hospice_from = day_of(world.clock.now)
    resource = care.procedure(
        f"proc-{who.number}-hospice", who.id, "", "385763009", world.clock.now, who.practitioner_id
    )
    resource["status"] = "in-progress"
    resource["performedPeriod"] = {"start": resource.pop("performedDateTime")}
    world.resources.put(resource, world.clock.now, True)
    life_event(world, who, "hospice")
    world.emit("patient_changed", who)


def life_event(world: World, who: Patient, what: str, **more: str) -> None:
    """Write down a change in somebody's life."""
    feeds = {"hospice": "procedure", "opted_out": "consent"}
    row = {
        "at": world.clock.now.isoformat(),
        "patient": who.id,
        "person": who.person,
        "what": what,
        **more,
    }
    world.truth.write("life_events", row, feed=feeds.get(what, "patient"))


def _tell(world: World, stay: Stay, where: str, what: str) -> None:
    world.truth.write(
        "discharges" if what in ("discharged", "corrected", "cancelled") else "stays",
        {
            "at": world.clock.now.isoformat(),
            "encounter": stay.id,
            "patient": stay.patient_id,
            "facility": stay.facility,
            "disposition": where,
            "starts_at": stay.starts_at.isoformat(),
            "ends_at": stay.ends_at.isoformat() if stay.ends_at else None,
            "what": what,
        },
        feed="encounter",
    )
    world.emit("stay_changed", (stay, what))


def install(world: World) -> None:
    """Register what this module does when its time comes."""
    world.handle("admit", admit)
    world.handle("discharge", discharge)
    world.handle("disposition_corrected", corrected)
    world.handle("discharge_cancelled", cancelled)
    world.handle("leaves_again", leaves_again)
    world.handle("stay_in_error", in_error)
