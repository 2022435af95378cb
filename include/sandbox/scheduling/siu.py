"""Writes SIU messages (HL7 v2.5.1 and 2.3.1, chapter 10) and the batch files around them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.world.engine import LOCAL, World
from sandbox.world.model import Appointment

EVENTS = {
    "S12": "Booked", "S13": "Booked", "S14": "Booked", "S15": "Cancelled", "S16": "Dc", "S17": "Deleted",
    "S26": "Noshow",
}  # fmt: skip
"""Trigger event to the resulting filler status (table 0278)."""

MANY = 20_000
"""The number of messages that triggers a file before the week is over."""
_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": " ", "\n": " "}
)


def text(value: str) -> str:
    """A value with HL7's separators escaped."""
    return value.translate(_ESCAPES)


def local(moment: datetime) -> str:
    """A time stamp with its offset."""
    return moment.astimezone(LOCAL).strftime("%Y%m%d%H%M%S%z")


def message(
    world: World, event: str, slot: Appointment, status: str = "", reason: str = ""
) -> None:
    """Write one message about an appointment and keep it for the day's file."""
    now = world.clock.now
    number = world.count("siu")
    who = world.patients[slot.patient_id]
    doctor = world.practitioners[slot.practitioner_id]
    old = world.chance(slot.id, "siu version") < 0.2
    starts = local(slot.starts_at)
    ends = local(slot.starts_at + timedelta(minutes=slot.minutes))
    code = f"{slot.kind}^{slot.kind.title()} visit^LAKESIDE"
    sch = [""] * 26
    sch[0], sch[1], sch[2] = "SCH", f"{text(slot.placer)}^LAKESIDE", f"{slot.id}^SCHED"
    sch[6] = f"{reason.upper()}^{reason}^LAKESIDE" if reason else ""
    sch[8] = code
    sch[9], sch[10], sch[11] = (
        str(slot.minutes),
        "min^minutes^UCUM",
        f"1^^{slot.minutes}^{starts}^{ends}" if old else "",
    )
    sch[16], sch[20] = "1001^Desk^Front", "1001^Desk^Front"
    sch[25] = f"{status or EVENTS[event]}^{status or EVENTS[event]}^HL70278"
    segments = [
        f"MSH|^~\\&|SCHED|LAKESIDE|TL|LAKESIDE|{local(now)}||SIU^{event}"
        + ("" if old else "^SIU_S12")
        + f"|L{number:09d}|P|{'2.3.1' if old else '2.5.1'}",
        "|".join(sch),
    ]
    if not old:
        segments.append(f"TQ1|1||||||{starts}|{ends}")
    sex = who.sex or "U"
    segments += [
        f"PID|1||{who.mrn}^^^LAKESIDE^MR||{text(who.family)}^{text(who.given)}||{who.birth_date:%Y%m%d}|{sex}|||"
        f"{text(who.street)}^^{text(who.city)}^{who.state}^{who.postal_code}||{who.phone}",
        "PV1|1|O|LAKESIDE^^^LAKESIDE||||"
        + f"{doctor.npi}^{text(doctor.family)}^{text(doctor.given)}^^^^^^NPI"
        + "|" * 12
        + slot.visit_id,
        "RGS|1|A",
        f"AIS|1|A|{code}|{starts}",
        f"AIP|1|A|{doctor.npi}^{text(doctor.family)}^{text(doctor.given)}^^^^^^NPI",
    ]
    world.siu.append("\r".join(segments) + "\r")
    world.truth.write(
        "schedule_messages",
        {
            "at": now.isoformat(),
            "event": event,
            "control": f"L{number:09d}",
            "appointment": slot.id,
            "placer": slot.placer,
            "patient": slot.patient_id,
            "mrn": who.mrn,
            "kind": slot.kind,
            "starts_at": slot.starts_at.isoformat(),
            "status": status or EVENTS[event],
            "reason": reason,
        },
        feed="appointment",
    )


def batch(messages: list[str], name: str, at: datetime) -> bytes:
    """A file of messages with file and batch envelope (HL7 v2.5.1, 2.10.3)."""
    when = local(at)
    head = f"FHS|^~\\&|SCHED|LAKESIDE|TL|LAKESIDE|{when}||{name}\rBHS|^~\\&|SCHED|LAKESIDE|TL|LAKESIDE|{when}||{name}\r"
    return (head + "".join(messages) + f"BTS|{len(messages)}\rFTS|1\r").encode()


def deliver(world: World, day: object) -> None:
    """Drop the day's messages as a file; before the first night, once a week."""
    if world.is_history and world.lived_to.weekday() != 5 and len(world.siu) < MANY:
        return
    messages, world.siu = world.siu, []
    stamp = f"{day:%Y%m%d}"
    name = f"SIU_{stamp}_{world.count('siu file'):04d}.hl7"
    world.drop("scheduling", name, batch(messages, name, world.clock.now), feed="appointment")
