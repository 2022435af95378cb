"""The interface engine: keeps each message until it is due, and puts files of them out, in the order that it likes.

Some messages come a night late, some twice, and a file is in no order: that of MSH-7 is the receiver's to find.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sandbox.scheduling.siu import local, text
from sandbox.world.engine import LOCAL, World
from sandbox.world.model import Patient, Practitioner

USER = "interfaces"
"""The SFTP user whose outbox the files come into."""
MANY = 20_000
"""Messages that trigger a file before the week is over, while the days before the first night are lived."""
LATE, TWICE, WITHOUT_OFFSET = 0.06, 0.03, 0.3
"""Shares of messages that come after a day or more, that come twice, and whose times name no offset."""


_OFFSET = re.compile(r"(?<=\b\d{14})[+-]\d{4}\b")


@dataclass
class Engine:
    """What a world tells by messages, and what waits: when it is due, its kind, its order in a file, its bytes."""

    kinds: tuple[str, ...]
    waiting: list[tuple[datetime, str, float, str]] = field(default_factory=list)


def person(who: Patient) -> str:
    """PID of a patient, under the practice's record number."""
    died = f"{local(who.deceased_at)}|Y" if who.deceased_at else ""
    return (
        f"PID|1||{who.mrn}^^^LAKESIDE^MR||{text(who.family)}^{text(who.given)}||{who.birth_date:%Y%m%d}|"
        f"{who.sex or 'U'}|||{text(who.street)}^^{text(who.city)}^{who.state}^{who.postal_code}^USA^H||{who.phone}"
        + (f"{'|' * 16}{died}" if died else "")
    )


def doctor(who: Practitioner) -> str:
    """A practitioner by NPI, as XCN."""
    return f"{who.npi}^{text(who.family)}^{text(who.given)}^^^^^^NPI^L^^^NPI"


def fields(tag: str, by_number: dict[int, str]) -> str:
    """Return a segment whose fields are named by number; the first one is the set id."""
    return "|".join([tag, *(by_number.get(n, "") for n in range(1, max(by_number) + 1))])


def send(
    world: World,
    engine: Engine,
    kind: str,
    event: str,
    at: datetime,
    about: str,
    segments: Sequence[str],
) -> None:
    """Keep a message of an event, written at `at`, until it is due.

    `about` is the id of the stay, visit, note, charge or person that it tells of.
    """
    number = world.count("interface message")
    control, key = f"I{number:09d}", f"{about} {event} {number}"
    chance = world.chance
    said = "\r".join(
        (
            f"MSH|^~\\&|{kind.upper()}|LAKESIDE|TL|LAKESIDE|{local(at)}||{kind.upper()}^{event}|{control}|P|2.5.1",
            fields("EVN", {1: event, 2: local(at)}),
            *segments,
        )
    )
    offset = f"{at.astimezone(LOCAL):%z}"
    # without offsets, all times of a message are read in the zone of its source: not those of a summer and a winter
    if chance(key, "message without offset") < WITHOUT_OFFSET and set(_OFFSET.findall(said)) == {
        offset
    }:
        said = _OFFSET.sub("", said)
    late = chance(key, "message late")
    due = at + timedelta(hours=chance.within(key, "message hours", 20, 44) * (late < LATE))
    place = chance(key, "message order")
    engine.waiting.append((due, kind, place, said + "\r"))
    if chance(key, "message twice") < TWICE:
        engine.waiting.append((due + timedelta(hours=24), kind, place, said + "\r"))
    world.truth.write(
        "interface_messages",
        {
            "at": at.isoformat(),
            "kind": kind,
            "event": event,
            "control": control,
            "about": about,
            "due": due.isoformat(),
        },
    )


def deliver(world: World, engine: Engine, day: date, *, everything: bool = False) -> None:
    """Put out what is due, a file for each kind; before the first night, once a week."""
    now = world.clock.now
    is_quiet = world.is_history and world.lived_to.weekday() != 5
    if is_quiet and len(engine.waiting) < MANY and not everything:
        return
    due = [one for one in engine.waiting if everything or one[0] <= now]
    engine.waiting = [] if everything else [one for one in engine.waiting if one[0] > now]
    for kind in engine.kinds:
        messages = [said for _, of, _, said in sorted(due, key=lambda one: one[2]) if of == kind]
        if not messages:
            continue
        name = f"{kind.upper()}_{day:%Y%m%d}_{world.count('interface file'):04d}.hl7"
        world.drop(USER, name, batch(messages, name, now), "")


def batch(messages: Sequence[str], name: str, at: datetime) -> bytes:
    """A file of messages in an envelope that counts them (HL7 v2.5.1, 2.10.3)."""
    when = f"|LAKESIDE|TL|LAKESIDE|{local(at)}||{name}\r"
    head = f"FHS|^~\\&|ENGINE{when}BHS|^~\\&|ENGINE{when}"
    return (head + "".join(messages) + f"BTS|{len(messages)}\rFTS|1\r").encode()
