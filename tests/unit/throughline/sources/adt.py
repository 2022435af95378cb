"""Writes ADT messages as a hospital sends them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from throughline.sources.definitions import SourceDefinition, parse

HOSPITAL: dict[str, Any] = {
    "source": "hospital",
    "title": "General Hospital",
    "standard": "hl7v2",
    "transport": "folder",
    "connection": "hospital_main",
    "owner_team": "data_engineering",
    "time_zone": "America/New_York",
    "folder": "outbox",
    "feeds": {"patient": {"expected_by": "03:00"}, "encounter": {"expected_by": "03:00"}},
    "conventions": {"mrn_authority": "LAKESIDE"},
}
BASE = datetime(2026, 3, 2, 8, tzinfo=UTC)


def hospital(**conventions: Any) -> SourceDefinition:
    """The definition of the hospital, with more conventions."""
    said = {**HOSPITAL["conventions"], **conventions}
    kept = {name: value for name, value in said.items() if value is not None}
    return parse({**HOSPITAL, "conventions": kept}, "hospital.yaml")


def pv1(visit: str = "V1", kind: str = "I", **fields: str) -> str:
    """A PV1; `fields` by number: `f36="01"`."""
    values = {2: kind, 3: "4E^12^1^GH", 7: "D7^Attending^A", 19: visit}
    values |= {int(name[1:]): value for name, value in fields.items()}
    return "PV1|" + "|".join(values.get(n, "1" if n == 1 else "") for n in range(1, 53)).rstrip("|")


def pid(mrn: str = "MRN000001", **fields: str) -> str:
    """A PID; `fields` by number."""
    values = {
        3: f"{mrn}^^^LAKESIDE^MR",
        5: "Family1^Given1",
        7: "19500102",
        8: "F",
        11: "1 Main St^^Albany^NY^12207^^H",
        13: "(555) 014-0001",
    }
    values |= {int(name[1:]): value for name, value in fields.items()}
    return "PID|" + "|".join(values.get(n, "1" if n == 1 else "") for n in range(1, 40)).rstrip("|")


def adt(event: str, minute: int, *segments: str, evn: str = "", **head: str) -> str:
    """A message of an event, written some minutes after 08:00 on 2 March 2026."""
    at = head.get("at", (BASE + timedelta(minutes=minute)).strftime("%Y%m%d%H%M%S"))
    control = head.get("control", f"M{minute}")
    msh = f"MSH|^~\\&|ADT|GH|TL|LAKE|{at}||ADT^{event}^ADT_A01|{control}|{head.get('mode', 'P')}|2.5.1"
    return "\r".join((msh, f"EVN|{event}|{evn}", *segments)) + "\r"
