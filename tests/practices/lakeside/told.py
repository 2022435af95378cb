"""The sandbox's practice, told in three ways: by the EHR's export, by HL7 v2 messages in its place, and by both.

One world is lived for all of them. Each has a warehouse and definitions of its own, and reads its systems from folders:
what the EHR would export as NDJSON, and the outboxes that the SFTP server would show.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
import yaml

from sandbox.ehr.records import VISIT_TYPE
from sandbox.hub import Hub
from sandbox.world.engine import at
from tests.practices.denver.house import House
from tests.practices.denver.systems import Systems
from throughline.practice import practice
from throughline.vocabulary import OURS

TYPES = {
    "patient": "Patient", "coverage": "Coverage", "consent": "Consent", "encounter": "Encounter",
    "condition": "Condition", "procedure": "Procedure", "document_reference": "DocumentReference",
    "communication": "Communication", "task": "Task", "charge_item": "ChargeItem", "claim": "Claim",
    "payment_notice": "PaymentNotice", "practitioner": "Practitioner", "organization": "Organization",
    "location": "Location",
}  # fmt: skip
BY_MESSAGES = ("encounter", "document_reference", "charge_item")
"""What ADT, MDM and DFT tell. Where they tell it alone, the export has visits, and neither stays, notes nor charges."""
INTERFACES: dict[str, Any] = {
    "source": "interfaces",
    "title": "Interfaces of the hospital and of the practice",
    "standard": "hl7v2",
    "transport": "folder",
    "connection": "interfaces_main",
    "owner_team": "data_engineering",
    "time_zone": "America/New_York",
    "folder": "outbox",
    "feeds": {name: {"expected_by": "03:00"} for name in ("patient", *BY_MESSAGES)},
    "conventions": {
        "mrn_authority": "LAKESIDE",
        "codes": {
            "encounter.class_code": {"OBS": "OBSENC", "V": "VR", "H": "HH"},
            "document_reference.type_code": {"PN": "11506-3"},
        },
    },
}
EXPORT, MESSAGES, BOTH = "export", "messages", "both"
WAYS = (EXPORT, MESSAGES, BOTH)


def definitions(folder: Path, way: str) -> Path:
    """Lay the practice's definitions out: those of this tree, read from folders, and the interfaces if they tell."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    for name in ("ehr", "scheduling", "clearinghouse"):
        said = yaml.safe_load((OURS / "sources" / f"{name}.yaml").read_text("utf-8"))
        said |= {"transport": "folder", "connection": f"{name}_main", "roles": _roles(name)}
        if name == "ehr":
            said["folder"] = "outbox"
            del said["omitted_types"]
            if way == MESSAGES:
                said["feeds"] = {f: v for f, v in said["feeds"].items() if f not in BY_MESSAGES[1:]}
        (sources / f"{name}.yaml").write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")
    if way != EXPORT:
        (sources / "interfaces.yaml").write_text(yaml.safe_dump(INTERFACES, sort_keys=False))
    return folder


def _roles(name: str) -> dict[str, Any]:
    """Return the roles of a system; what goes out is not looked at here."""
    return {
        "ehr": {"chart": {}, "outreach": {}, "documentation": {}},
        "scheduling": {"schedule": {}},
        "clearinghouse": {"payer": {}},
    }[name]


class Ehr:
    """What the EHR exports each night: what changed since the last one, as files of NDJSON in `outbox`.

    `slim` is the same export of an EHR that knows no stays, notes and charges: messages tell them alone.
    """

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.hub, self.folder = hub, folder
        self.since = 0
        for name in ("whole", "slim"):
            (folder / name / "outbox").mkdir(parents=True)

    def export(self, day: date) -> None:
        """Put out what is known at the end of a day's deliveries."""
        database = self.hub.store.reader()
        for feed, kind in TYPES.items():
            found = database.execute(
                "select body from resource where type = ? and seq >= ? and ended is null and not deleted"
                " order by seq",
                (kind, self.since),
            ).fetchall()
            bodies = [body for (body,) in found]
            self._put("whole", day, kind, bodies)
            if feed == "encounter":
                bodies = [body for body in bodies if VISIT_TYPE.encode() in body]
            if feed not in BY_MESSAGES[1:]:
                self._put("slim", day, kind, bodies)
        database.close()
        self.since = self.hub.store.mark()

    def _put(self, name: str, day: date, kind: str, bodies: list[bytes]) -> None:
        file = self.folder / name / "outbox" / f"{day:%Y%m%d}.{kind}.ndjson"
        file.write_bytes(b"".join(body + b"\n" for body in bodies))
        made = at(day, 26).timestamp()
        os.utime(file, (made, made))


class Told(House):
    """One of the three practices. Nothing goes out: the world's staff do their work in all three alike."""

    def __init__(self, conn: Any, root: Path, connections: dict[str, Any], own: Path) -> None:
        super().__init__(conn, root, cast("Systems", SimpleNamespace(connections=connections)))
        self.own = own

    def night(self, day: str) -> int:
        """Run a night by the practice's own definitions."""
        with self.at_home():
            return super().night(day)

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Be this practice and no other."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("THROUGHLINE_DEFINITIONS", str(self.own))
            practice.cache_clear()
            yield
        practice.cache_clear()

    def send(self, seq: int) -> None:
        """Send nothing."""


def connections(hub: Hub, ehr: Ehr, way: str) -> dict[str, Any]:
    """Return the folders of the systems."""
    outboxes = hub.folder / "sftp"
    of = {
        "ehr_main": ehr.folder / ("slim" if way == MESSAGES else "whole"),
        "scheduling_main": outboxes / "scheduling",
        "clearinghouse_main": outboxes / "practice",
        "interfaces_main": outboxes / "interfaces",
    }
    return {name: {"conn_type": "fs", "extra": {"path": str(path)}} for name, path in of.items()}


def truth(hub: Hub, kind: str, identity: str) -> dict[str, dict[str, Any]]:
    """Return the last word of the truth on each id of a kind, of what the servers have told."""
    hub.truth.flush()
    file = hub.folder / "truth" / f"{kind}.jsonl"
    rows = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    return {row[identity]: row for row in sorted(rows, key=lambda row: row["at"])}


def days(first: date, number: int) -> list[date]:
    """Return so many business dates."""
    return [first + timedelta(days=n) for n in range(number)]
