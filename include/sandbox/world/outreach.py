"""The practice's staff at work: they call patients, book by request, remind clinicians of their notes.

Requests from outside wait until the next morning. They are then processed in an order that depends only on their
content, not on their arrival.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sandbox.ehr import care, records
from sandbox.world import appointments, calendar, hospital, life, visits
from sandbox.world.engine import World, at, day_of
from sandbox.world.model import BookingRequest, Outreach, Patient, Stay, Wellness

OUTCOMES = (("reached", 0.66), ("no_answer", 0.13), ("left_message", 0.11), ("wrong_number", 0.02), ("declined", 0.05),
            ("done_elsewhere", 0.03))  # fmt: skip
BOOKS_DURING_CALL = 0.72
SAME_DAY = 0.35
"""Share of follow-up and wellness visits booked for the same afternoon, when the call came before."""
LAST_SAME_DAY = 15.75
OPTS_OUT_DURING_CALL = 0.015
BOOKING_ANSWERS = (("booked", 0.87), ("no_slot", 0.06), ("declined", 0.04), ("pending", 0.03))
SIGNS_WHEN_ASKED = 0.82
CALL = "PHONE"


def caller(world: World, key: str) -> str:
    """Which of the clinical staff makes the call."""
    staff = [p.id for p in world.practitioners.values() if p.qualification in ("RN", "NP")]
    return world.chance.pick(key, "caller", staff)


# ---- what waited over night -------------------------------------------------------------------------------
def begin_day(world: World, day: date) -> None:
    """Put what came from outside since yesterday on the staff's desks."""
    morning = calendar.open_day(day)
    for task in sorted(world.outreach.values(), key=lambda t: t.id):
        if task.status != "requested":
            continue
        task.status = "accepted"
        start = at(morning, 9 + 6.5 * world.chance(task.id, "hour"))
        world.schedule(start, "task_is_worked", task.id)
    for request in sorted(world.bookings.values(), key=lambda r: r.request_id):
        if request.status == "pending" and not request.is_worked:
            request.is_worked = True
            world.schedule(
                at(morning, 8.5 + 4 * world.chance(request.request_id, "hour")),
                "booking_is_worked",
                request.request_id,
            )


def task_is_worked(world: World, identifier: str) -> None:
    """A task comes to the top of the pile."""
    task = world.outreach[identifier]
    current = world.resources.read("Task", identifier)
    if (
        task.status != "accepted"
        or current is None
        or current.get("status") in ("cancelled", "completed", "failed")
    ):
        return
    if task.code == "documentation":
        _documentation(world, task)
    elif task.code == "outreach":
        _call(world, task)
    else:
        _finish(world, task, "completed", "done")


# ---- calls ------------------------------------------------------------------------------------------------
def _call(world: World, task: Outreach) -> None:
    who = world.patients.get(task.patient_id)
    if who is None:
        _finish(world, task, "rejected", "unknown-patient")
        return
    outcome = world.chance.weighted(task.id, "outcome", OUTCOMES)
    stay = _recent(world, who)
    if who.deceased_at:
        outcome = "deceased"
    elif who.admitted:
        outcome = "readmitted"
    elif not who.phone and outcome in ("reached", "left_message", "declined", "done_elsewhere"):
        outcome = "wrong_number"
    elif outcome == "done_elsewhere" and wants(task, stay) != "AWV":
        outcome = "reached"
    result = "agreed" if outcome == "reached" else ""
    kind = wants(task, stay)
    if outcome == "reached":
        result = _talk(world, who, kind, stay, task.id)
    elif outcome == "done_elsewhere" and kind == "AWV":
        code = visits.due_wellness(who, day_of(world.clock.now)) or "G0439"
        who.wellness.append(Wellness(code, day_of(world.clock.now) - timedelta(days=30), True))
        world.emit("patient_changed", who)
    identifier = f"com-{task.id}"
    request = (
        task.focus.removeprefix("CommunicationRequest/")
        if task.focus.startswith("CommunicationRequest/")
        else ""
    )
    _log(world, who, identifier, outcome, result, request, task, stay)
    done = outcome in care.TWO_WAY
    _finish(world, task, "completed" if done else "failed", outcome.replace("_", "-"))


def wants(task: Outreach, stay: Stay | None) -> str:
    """Which visit a call is about: what the task says, or what the patient's chart suggests."""
    text = task.text.lower()
    if "transitional" in text or "tcm" in text or "discharge" in text:
        return "TCM"
    if "wellness" in text or "awv" in text:
        return "AWV"
    return "TCM" if stay else "AWV"


def _recent(world: World, who: Patient) -> Stay | None:
    today = day_of(world.clock.now)
    for key, end in reversed(who.discharges):
        if (today - day_of(end)).days <= 14:
            return world.stays[key]
    return None


def _talk(world: World, who: Patient, kind: str, stay: Stay | None, key: str) -> str:
    """The result of a conversation: agreed, or booked at once."""
    if world.chance(key, "opts out") < OPTS_OUT_DURING_CALL:
        life.opt_out(world, who)
        return "declined"
    has = [world.appointments[i].kind for i in who.booked]
    if kind in has:
        return "booked"
    if world.chance(key, "books") < BOOKS_DURING_CALL:
        _book(world, who, kind, stay, key, day_of(world.clock.now) + timedelta(days=1))
        return "booked"
    return "agreed"


def _book(
    world: World, who: Patient, kind: str, stay: Stay | None, key: str, earliest: date
) -> str:
    starts = _soon(world, key, earliest)
    slot = appointments.book(
        world,
        who,
        kind,
        who.practitioner_id,
        starts,
        discharge_id=stay.id if stay and kind == "TCM" else "",
    )
    return slot.id


def _soon(world: World, key: str, earliest: date) -> datetime:
    """A time for a visit that should not wait: this afternoon, or one of the next open days."""
    today, chance = day_of(world.clock.now), world.chance
    soonest = world.clock.now + timedelta(minutes=90)
    soonest += timedelta(
        minutes=-soonest.minute % 15, seconds=-soonest.second, microseconds=-soonest.microsecond
    )
    is_free = calendar.is_open(today) and soonest <= at(today, LAST_SAME_DAY)
    if is_free and chance(key, "same day") < SAME_DAY:
        return soonest
    days = min(chance.within(key, "day", 0, 2), chance.within(key, "another day", 0, 2))
    return calendar.slot(chance, key, calendar.open_day(earliest, days))


def practice_calls(world: World, payload: tuple[str, str]) -> None:
    """The practice calls a discharged patient by itself, up to three times."""
    key, kind = payload
    stay = world.stays[key]
    who = world.patients[stay.patient_id]
    if (
        who.deceased_at
        or who.admitted
        or who.opted_out_at
        or not any(k == key for k, _ in who.discharges)
    ):
        return
    number = who.count(f"calls {key}")
    draw_key = f"{key} call {number}"
    outcome = world.chance.weighted(draw_key, "outcome", OUTCOMES[:5])
    if not who.phone:
        outcome = "wrong_number"
    result = _talk(world, who, kind, stay, draw_key) if outcome == "reached" else ""
    _log(world, who, f"com-{key[4:]}-{number}", outcome, result, "", None, stay)
    if outcome in ("no_answer", "left_message") and number < 3:
        day = calendar.open_day(day_of(world.clock.now) + timedelta(days=1))
        world.schedule(at(day, 9 + 6 * world.chance(draw_key, "again")), "practice_calls", payload)


def _log(
    world: World, who: Patient, identifier: str, outcome: str, result: str, request: str,
    task: Outreach | None, stay: Stay | None,
) -> None:  # fmt: skip
    now, sender = world.clock.now, caller(world, identifier)
    two_way = outcome in care.TWO_WAY
    who.contacts.append((now, two_way))
    resource = care.communication(
        identifier,
        who.id,
        now,
        sender,
        outcome,
        result,
        CALL,
        request,
        task.id if task else "",
        stay.id if stay else "",
    )
    world.resources.put(resource, now, True)
    world.truth.write(
        "contacts",
        {
            "at": now.isoformat(),
            "communication": identifier,
            "patient": who.id,
            "person": who.person,
            "outcome": outcome,
            "two_way": two_way,
            "result": result,
            "task": task.id if task else None,
            "effect": task.effect if task else None,
            "request": request or None,
            "discharge": stay.id if stay else None,
        },
        feed="communication",
    )


# ---- notes ------------------------------------------------------------------------------------------------
def _documentation(world: World, task: Outreach) -> None:
    visit = world.visits.get(task.focus.removeprefix("Encounter/"))
    if visit is None or visit.status == "entered-in-error":
        _finish(world, task, "rejected", "unknown-encounter")
        return
    if (
        visit.note_signed_at is None
        and world.chance(task.id, "signs when asked") >= SIGNS_WHEN_ASKED
    ):
        return
    if visit.note_signed_at is None:
        visits.signed(world, (visit.id, visit.practitioner_id))
    if visit.charges and visit.charge_entered_at is None:
        world.schedule(world.clock.now + timedelta(minutes=20), "charge_is_entered", visit.id)
    _finish(world, task, "completed", "signed")


def _finish(world: World, task: Outreach, status: str, business_status: str) -> None:
    task.status = status
    resource = world.resources.read("Task", task.id)
    if resource is not None:
        resource["status"] = status
        resource["businessStatus"] = records.concept("urn:lakeside:task-outcome", business_status)
        resource["lastModified"] = records.stamp(world.clock.now)
        world.resources.put(resource, world.clock.now)
    row = {
        "at": world.clock.now.isoformat(),
        "task": task.id,
        "effect": task.effect,
        "code": task.code,
        "patient": task.patient_id,
        "status": status,
        "business_status": business_status,
    }
    world.truth.write("tasks", row, feed="task")


# ---- booking requests -------------------------------------------------------------------------------------
def booking_is_worked(world: World, request_id: str) -> None:
    """The front desk looks at a booking request."""
    request = world.bookings[request_id]
    body = request.body
    who = world.patients.get(world.by_mrn.get(str(body.get("mrn", "")), ""))
    kind = str(body.get("visit_type", "OFFICE"))
    answer = world.chance.weighted(request_id, "answer", BOOKING_ANSWERS)
    if who is None or who.deceased_at or who.admitted or not who.is_active:
        answer = "declined"
    elif answer == "booked":
        held = [i for i in who.booked if world.appointments[i].kind == kind]
        if held:
            request.appointment_id = held[0]
        else:
            answer = _serve(world, request, who, kind)
    request.status = answer
    row = {
        "at": world.clock.now.isoformat(),
        "request": request_id,
        "mrn": body.get("mrn"),
        "kind": kind,
        "status": answer,
        "appointment": request.appointment_id,
    }
    world.truth.write("booking_answers", row, feed="appointment")


def _serve(world: World, request: BookingRequest, who: Patient, kind: str) -> str:
    if kind not in appointments.MINUTES:
        return "declined"
    body = request.body
    earliest = max(
        day_of(world.clock.now) + timedelta(days=1), _day(body.get("not_before")) or date.min
    )
    latest = _day(body.get("not_after"))
    if latest and calendar.open_day(earliest) > latest:
        return "no_slot"
    doctor = next(
        (p.id for p in world.practitioners.values() if p.npi == body.get("practitioner_npi")), ""
    )
    starts = appointments.open_slot(world, request.request_id, earliest, 3)
    if latest and day_of(starts) > latest:
        starts = calendar.slot(world.chance, request.request_id, calendar.open_day(earliest))
    stay = _recent(world, who) if kind == "TCM" else None
    slot = appointments.book(
        world,
        who,
        kind,
        doctor or who.practitioner_id,
        starts,
        request.request_id,
        stay.id if stay else "",
    )
    request.appointment_id = slot.id
    return "booked"


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10]) if value else None
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """A FHIR dateTime, or None."""
    try:
        return datetime.fromisoformat(str(value).replace("Z", "+00:00")) if value else None
    except ValueError:
        return None


def install(world: World) -> None:
    """Register what this module does when its time comes."""
    world.handle("task_is_worked", task_is_worked)
    world.handle("booking_is_worked", booking_is_worked)
    world.handle("practice_calls", practice_calls)
    hospital.install(world)
    life.install(world)
    appointments.install(world)
    visits.install(world)
