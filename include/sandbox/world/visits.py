"""What happens in the consulting room and after it: the visit, its note, its charges, its corrections."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox.ehr import care, records
from sandbox.world import calendar
from sandbox.world.engine import World, at, day_of
from sandbox.world.model import Appointment, Charge, Patient, Visit, Wellness

FEES = {
    "99211": 35, "99213": 145, "99214": 205, "99215": 285, "99348": 160, "99495": 310, "99496": 420, "G0402": 255,
    "G0438": 265, "G0439": 185, "36415": 15, "93000": 45, "99024": 0,
}  # fmt: skip
"""The practice's prices, in US dollars."""
OFFICE = {"straightforward": "99213", "low": "99213", "moderate": "99214", "high": "99215"}
LEVELS = (("straightforward", 0.08), ("low", 0.37), ("moderate", 0.43), ("high", 0.12))
TCM_LEVELS = (("low", 0.04), ("moderate", 0.51), ("high", 0.45))
SIGNING = ((0, 0.58), (1, 0.27), (3, 0.08), (8, 0.04), (None, 0.03))
"""Open days until the note is signed; None: not before somebody asks."""
CHARGING = ((0, 0.36), (1, 0.51), (3, 0.07), (6, 0.03), (None, 0.03))
CHARGING_WITH_NOTE = ((0, 0.81), (1, 0.13), (3, 0.02), (6, 0.01), (None, 0.03))
"""The same for the charges; who signs at once mostly charges at once."""
MEDICATION_RECONCILIATION = "430193006"
PLACES = {"VIDEO": "10", "HOME": "12"}


def encounter_id(who: Patient) -> str:
    """The id of the patient's next encounter."""
    return f"enc-{who.number}-{who.count('encounter'):03d}"


def begin(
    world: World,
    who: Patient,
    kind: str,
    practitioner_id: str,
    starts_at: datetime,
    slot: Appointment | None = None,
) -> Visit:
    """Start a visit now, and schedule what follows from it."""
    identifier = slot.visit_id if slot else encounter_id(who)
    minutes = slot.minutes if slot else 20
    visit = Visit(
        identifier, who.id, practitioner_id, kind, day_of(starts_at), starts_at,
        starts_at + timedelta(minutes=minutes + world.chance.within(identifier, "overrun", -5, 10)), "finished",
        slot.id if slot else "", identifier.upper(), PLACES.get(kind, "11"), note_id=f"doc-{identifier[4:]}",
        discharge_id=slot.discharge_id if slot else "",
    )  # fmt: skip
    world.visits[visit.id] = visit
    chance = world.chance
    doctor = world.practitioners[practitioner_id]
    visit.mdm = chance.weighted(visit.id, "mdm", TCM_LEVELS if kind == "TCM" else LEVELS)
    visit.charges = _charges(world, who, visit) if doctor.is_billable else []
    forgotten_open = chance(visit.id, "left open") < 0.03
    if forgotten_open:
        visit.status = "in-progress"
        world.schedule(
            at(calendar.open_day(visit.date + timedelta(days=1)), 9), "visit_closes", visit.id
        )
    put_visit(world, visit, is_new=True)
    _note(world, visit)
    diagnoses = visit.charges[0].diagnoses if visit.charges else ("Z09",)
    world.resources.put(
        care.condition(f"cond-{visit.id[4:]}", who.id, visit.id, diagnoses[0], visit.starts_at),
        visit.ends_at,
        True,
    )
    world.resources.put(care.note(visit), visit.ends_at, True)
    world.emit("note_changed", (visit, "written", ""))
    signs = chance.weighted(visit.id, "signs", SIGNING)
    if signs is not None:
        world.schedule(_later(world, visit, "signs", signs), "note_is_signed", (visit.id, ""))
    charges = chance.weighted(visit.id, "charges", CHARGING_WITH_NOTE if signs == 0 else CHARGING)
    if visit.charges and charges is not None:
        world.schedule(_later(world, visit, "charges", charges), "charge_is_entered", visit.id)
    if kind == "TCM":
        _reconcile(world, visit)
    if chance(visit.id, "in error") < 0.012:
        after = calendar.open_day(
            visit.date + timedelta(days=chance.within(visit.id, "error found", 1, 6))
        )
        world.schedule(at(after, 13), "visit_in_error", visit.id)
    return visit


def _later(world: World, visit: Visit, what: str, days: int) -> datetime:
    if days == 0:
        return visit.ends_at + timedelta(
            minutes=world.chance.within(visit.id, f"{what} minutes", 1, 150)
        )
    return at(
        calendar.open_day(visit.date + timedelta(days=1), days - 1),
        8 + 9 * world.chance(visit.id, f"{what} hour"),
    )


def put_visit(world: World, visit: Visit, is_new: bool = False) -> None:
    """Write the visit's Encounter."""
    world.resources.put(
        care.visit_encounter(world, visit),
        max(world.clock.now, visit.ends_at) if is_new else world.clock.now,
        is_new,
    )


def closes(world: World, identifier: str) -> None:
    """An encounter that was left open is closed."""
    visit = world.visits[identifier]
    if visit.status == "in-progress":
        visit.status = "finished"
        put_visit(world, visit)
        _note(world, visit)


def signed(world: World, payload: tuple[str, str]) -> None:
    """The note is signed, by its author unless ``payload`` names somebody else; some get an addendum later."""
    visit, signer = world.visits[payload[0]], payload[1]
    if visit.note_signed_at or visit.status == "entered-in-error":
        return
    visit.note_signed_at = world.clock.now
    world.resources.put(care.note(visit, signer), world.clock.now)
    _tell_note(world, visit, "signed", signer or visit.practitioner_id)
    world.emit("note_signed", visit)
    if world.chance(visit.id, "addendum") < 0.02:
        world.schedule(
            at(calendar.open_day(day_of(world.clock.now) + timedelta(days=1)), 12),
            "note_addendum",
            visit.id,
        )


def addendum(world: World, identifier: str) -> None:
    """A signed note is replaced by a longer one: the old one is superseded, not retracted."""
    visit = world.visits[identifier]
    if visit.status == "entered-in-error":
        return
    world.resources.put(care.note(visit, status="superseded"), world.clock.now)
    old, visit.note_id, visit.note_signed_at = visit.note_id, f"{visit.note_id}-a", world.clock.now
    resource = care.note(visit)
    resource["relatesTo"] = [
        {"code": "replaces", "target": records.reference("DocumentReference", old)}
    ]
    world.resources.put(resource, world.clock.now, True)
    _tell_note(world, visit, "replaced", old)


def charged(world: World, identifier: str) -> None:
    """The clinician's charges are entered."""
    visit = world.visits[identifier]
    if visit.charge_entered_at or visit.status == "entered-in-error":
        return
    visit.charge_entered_at = world.clock.now
    if visit.status == "in-progress":
        closes(world, identifier)
    for resource in care.charge_items(visit):
        world.resources.put(resource, world.clock.now, True)
    _tell_charges(world, visit, "entered")
    if any(c.code in ("G0402", "G0438", "G0439") for c in visit.charges):
        code = next(c.code for c in visit.charges if c.code.startswith("G04"))
        world.patients[visit.patient_id].wellness.append(Wellness(code, visit.date, False))
    world.emit("charge_entered", visit)


def in_error(world: World, identifier: str) -> None:
    """The visit was recorded for the wrong patient: retract everything about it."""
    visit = world.visits[identifier]
    visit.status = "entered-in-error"
    put_visit(world, visit)
    world.resources.put(care.note(visit, status="entered-in-error"), world.clock.now)
    _tell_note(world, visit, "retracted")
    if visit.charge_entered_at:
        for resource in care.charge_items(visit, "entered-in-error"):
            world.resources.put(resource, world.clock.now)
        _tell_charges(world, visit, "retracted")
    world.resources.delete("Condition", f"cond-{visit.id[4:]}", world.clock.now)
    who = world.patients[visit.patient_id]
    who.wellness = [w for w in who.wellness if w.day != visit.date or w.elsewhere]
    _note(world, visit)
    world.emit("visit_cancelled", visit)


def _reconcile(world: World, visit: Visit) -> None:
    draw = world.chance(visit.id, "medication reconciliation")
    late = draw > 0.93
    if draw > 0.97:
        return
    when = visit.ends_at + timedelta(days=2) if late else visit.starts_at + timedelta(minutes=10)
    world.schedule(when, "medications_reconciled", (visit.id, when))


def reconciled(world: World, payload: tuple[str, datetime]) -> None:
    """Medication reconciliation, at the visit or too late."""
    visit = world.visits[payload[0]]
    resource = care.procedure(
        f"proc-{visit.id[4:]}-mr",
        visit.patient_id,
        visit.id,
        MEDICATION_RECONCILIATION,
        payload[1],
        visit.practitioner_id,
    )
    world.resources.put(resource, world.clock.now, True)
    row = {"at": payload[1].isoformat(), "visit": visit.id, "patient": visit.patient_id}
    world.truth.write("medication_reconciliations", row, feed="procedure")


def due_wellness(who: Patient, day: date) -> str:
    """The wellness code that is due on a day by the rules of MLN6775421, or nothing."""
    medicare = [c for c in who.covered_on(day) if c.kind in ("part_b", "advantage")]
    if not medicare:
        return ""
    starts = min(c.starts for c in who.coverages if c.kind in ("part_b", "advantage"))
    had = {w.code for w in who.wellness}
    months = (day.year - starts.year) * 12 + day.month - starts.month
    if medicare[0].kind == "part_b" and months < 12:
        return "" if "G0402" in had else "G0402"
    if who.wellness:
        last = max(w.day for w in who.wellness)
        if medicare[0].kind == "advantage":
            if last.year == day.year:
                return ""
        elif (day.year - last.year) * 12 + day.month - last.month < 12:
            return ""
    return "G0439" if had & {"G0438", "G0439"} else "G0438"


def _charges(world: World, who: Patient, visit: Visit) -> list[Charge]:
    chance, key = world.chance, visit.id
    diagnoses = (
        chance.pick(key, "diagnosis", who.conditions)
        if who.conditions
        else chance.pick(key, "diagnosis", ("J06.9", "M54.50", "R05.9", "R51.9")),
    )
    found: list[tuple[str, tuple[str, ...], tuple[str, ...], str]] = []
    if visit.kind == "AWV":
        code = due_wellness(who, visit.date) or "G0439"
        if code == "G0439" and chance(key, "wrong wellness") < 0.05:
            code = "G0438"
        found.append((code, (), ("Z00.00", *diagnoses), ""))
        if chance(key, "problem too") < 0.15:
            found.append(("99213", ("25",), diagnoses, "low"))
            visit.mdm = "low"
    elif visit.kind == "TCM":
        found.append((_tcm_code(world, who, visit), (), (*diagnoses, "Z09"), visit.mdm))
    elif visit.kind == "VIDEO":
        found.append((OFFICE[visit.mdm], ("95",), diagnoses, visit.mdm))
    elif visit.kind == "HOME":
        found.append(("99348", (), diagnoses, visit.mdm))
    else:
        found.append((OFFICE[visit.mdm], (), diagnoses, visit.mdm))
        if chance(key, "test") < 0.12:
            found.append((chance.pick(key, "which test", ("36415", "93000")), (), diagnoses, ""))
    draw = chance(key, "special")
    is_global = draw < 0.008 and visit.kind == "OFFICE"
    no_charge = "courtesy" if 0.008 <= draw < 0.018 and visit.kind == "OFFICE" else ""
    restricted = 0.018 <= draw < 0.024
    return [
        Charge(
            f"chg-{key[4:]}-{index + 1}", "99024" if is_global else code, modifiers, 1,
            Decimal(0) if is_global else Decimal(FEES[code]), codes, mdm, no_charge, is_global, restricted,
        )
        for index, (code, modifiers, codes, mdm) in enumerate(found)
    ]  # fmt: skip


def _tcm_code(world: World, who: Patient, visit: Visit) -> str:
    """The code that the clinician chooses after a discharge; a few choose TCM although nobody reached the patient."""
    discharged = next((end for stay, end in who.discharges if stay == visit.discharge_id), None)
    if discharged is None:
        return OFFICE[visit.mdm]
    ends = calendar.contact_ends(discharged)
    tries = [two_way for when, two_way in who.contacts if discharged < when < ends]
    days = (visit.date - day_of(discharged)).days
    reached = any(tries) or len(tries) >= 2 or world.chance(visit.id, "careless") < 0.04
    if reached and visit.mdm == "high" and days <= 7:
        return "99496"
    if reached and visit.mdm in ("high", "moderate") and days <= 14:
        return "99495"
    return OFFICE[visit.mdm]


def _note(world: World, visit: Visit) -> None:
    world.truth.write(
        "visits",
        {
            "at": world.clock.now.isoformat(),
            "visit": visit.id,
            "patient": visit.patient_id,
            "practitioner": visit.practitioner_id,
            "billable_practitioner": world.practitioners[visit.practitioner_id].is_billable,
            "kind": visit.kind,
            "date": visit.date.isoformat(),
            "starts_at": visit.starts_at.isoformat(),
            "status": visit.status,
            "appointment": visit.appointment_id,
            "discharge": visit.discharge_id,
        },
        feed="encounter",
    )
    world.emit("visit_changed", visit)


def _tell_note(world: World, visit: Visit, what: str, whose: str = "") -> None:
    row = {
        "at": world.clock.now.isoformat(),
        "note": visit.note_id,
        "visit": visit.id,
        "patient": visit.patient_id,
        "what": what,
    }
    world.truth.write("notes", row, feed="document_reference")
    world.emit("note_changed", (visit, what, whose))


def _tell_charges(world: World, visit: Visit, what: str) -> None:
    for charge in visit.charges:
        world.truth.write(
            "charges",
            {
                "at": world.clock.now.isoformat(),
                "charge": charge.id,
                "visit": visit.id,
                "patient": visit.patient_id,
                "practitioner": visit.practitioner_id,
                "date": visit.date.isoformat(),
                "code": charge.code,
                "modifiers": list(charge.modifiers),
                "units": charge.units,
                "amount": str(charge.amount),
                "mdm": charge.mdm,
                "no_charge": charge.no_charge_reason,
                "global_period": charge.is_global_period,
                "self_pay_restricted": charge.is_self_pay_restricted,
                "what": what,
            },
            feed="charge_item",
        )
    world.emit("charges_changed", (visit, what))


def install(world: World) -> None:
    """Register what this module does when its time comes."""
    world.handle("visit_closes", closes)
    world.handle("note_is_signed", signed)
    world.handle("note_addendum", addendum)
    world.handle("charge_is_entered", charged)
    world.handle("visit_in_error", in_error)
    world.handle("medications_reconciled", reconciled)
