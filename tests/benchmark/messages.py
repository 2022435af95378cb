"""How long HL7 v2 messages take to read: this reader beside the libraries of others, in one run.

`python -m tests.benchmark.messages` prints a table. Each message is parsed, and asked for what names it (`ASKED`);
all of them must answer the same. This reader reads besides each value into its column, as a night does. `hl7`
(python-hl7) is of the requirements; `hl7apy` is measured where it is installed.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
import os
import time
from collections.abc import Callable
from functools import partial

import hl7

from tests.unit.throughline.sources import adt, test_dft, test_mdm, wire
from throughline.sources.definitions import SourceDefinition, parse
from throughline.sources.hl7v2 import rows
from throughline.sources.hl7v2.message import Message
from throughline.sources.records import Fault

Parser = Callable[[str], list[str | None]]
MESSAGES = 100
"""Messages of a kind in one reading."""
TRIES = 3
"""The least of so many readings counts."""
ASKED = ("MSH-10-1", "PID-3-1", "PID-5-1", "PV1-19-1")
"""Segment, field and component: the message, the patient's number and name, the visit."""
OTHERS = {"hl7": "python-hl7", "hl7apy": "hl7apy"}
"""The libraries of others, by the name of their package."""
FEEDS = {
    "ADT": ("encounter", "patient"),
    "DFT": ("charge_item", "patient"),
    "MDM": ("document_reference", "patient"),
    "SIU": ("appointment",),
}


def made(kind: str, number: int) -> list[str]:
    """Return so many messages of a kind, each of another visit."""
    several = []
    for n in range(number):
        who, visit = adt.pid(f"MRN{n:06d}"), adt.pv1(f"V{n}", f44="202603011000")
        if kind == "ADT":
            one = adt.adt("A03", n, who, visit)
        elif kind == "DFT":
            one = test_dft.dft(n, test_dft.ft1(f"T{n}"), visit=f"V{n}")
        elif kind == "MDM":
            one = test_mdm.mdm("T02", n, test_mdm.txa(f"D{n}"))
        else:
            one = wire.siu(control=f"M{n}")
        several.append(one)
    return several


def source(kind: str) -> SourceDefinition:
    """Return a source that sends this kind."""
    said = adt.HOSPITAL | {"feeds": {feed: {"expected_by": "03:00"} for feed in FEEDS[kind]}}
    return parse(said, "hospital.yaml")


def ours(text: str) -> list[str | None]:
    """Return what this reader answers."""
    message = Message(text.rstrip("\r").split("\r"))
    places = (place.split("-") for place in ASKED)
    return [message.value(message.first(tag), int(n), int(part)) for tag, n, part in places]


def by_hl7(text: str) -> list[str | None]:
    """Return what python-hl7 answers."""
    message = hl7.parse(text)
    places = (place.split("-") for place in ASKED)
    return [message[f"{tag}.F{n}.R1.C{part}"] for tag, n, part in places]


def by_hl7apy(text: str) -> list[str | None]:
    """Return what hl7apy answers, without groups and at its tolerant level, which are its fastest."""
    message = importlib.import_module("hl7apy.parser").parse_message(text, find_groups=False)
    found: list[str | None] = []
    for tag, n, part in (place.lower().split("-") for place in ASKED):
        field = getattr(getattr(message, tag), f"{tag}_{n}")[0]
        found.append(getattr(field, f"{tag}_{n}_{part}").to_er7())
    return found


def read(kind: str, messages: list[str]) -> int:
    """Read messages into rows of every feed, as a night does. Returns how many rows; a fault raises `ValueError`."""
    definition, stream = source(kind), "".join(messages).encode()
    number = 0
    for feed in FEEDS[kind]:
        for one in rows.rows(io.BytesIO(stream), "f.hl7", definition, feed, FEEDS[kind]):
            if isinstance(one, Fault):
                raise ValueError(one.reason)
            number += 1
    return number


def every(parser: Parser, messages: list[str]) -> list[list[str | None]]:
    """Return what a parser answers to each message."""
    return [parser(message) for message in messages]


def microseconds(messages: list[str], work: Callable[[list[str]], object]) -> float:
    """Return the processor time of the work for each message, in microseconds: the least of several times."""
    fastest = float("inf")
    for _ in range(TRIES):
        begun = time.process_time()
        work(messages)
        fastest = min(fastest, time.process_time() - begun)
    return fastest / len(messages) * 1e6


def readers() -> dict[str, Parser]:
    """Return who parses a message, by name and version; those of others where they are installed."""
    found: dict[str, Parser] = {"this reader": ours}
    for package, by in (("hl7", by_hl7), ("hl7apy", by_hl7apy)):
        if importlib.util.find_spec(package) is not None:
            found[f"{OTHERS[package]} {importlib.metadata.version(package)}"] = by
    return found


def text(number: int = MESSAGES) -> str:
    """Return the table. Raises `ValueError` if two of them read a message differently."""
    parsers = readers()
    head = ["message", "bytes", *(f"{name}, µs" for name in parsers), "this reader, into rows, µs"]
    lines = [" | ".join(["", *head, ""]).strip(), "|---|" + "--:|" * (len(head) - 1)]
    for kind in FEEDS:
        messages = made(kind, number)
        for name, parser in parsers.items():
            if every(parser, messages) != every(ours, messages):
                raise ValueError(f"{name} reads {kind} differently")
        costs = [microseconds(messages, partial(every, parser)) for parser in parsers.values()]
        costs.append(microseconds(messages, partial(read, kind)))
        size = sum(map(len, messages)) / len(messages)
        cells = " | ".join(f"{cost:,.0f}" for cost in costs)
        lines.append(f"| {kind} | {size:,.0f} | {cells} |")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return "\n".join([*lines, "", f"Load of the machine: {load}, of {os.cpu_count()} cores."])


if __name__ == "__main__":
    print(text())
