"""Source definitions: `include/definitions/sources/*.yaml`, one per system of record.

Read while DAG files are parsed, so that this module imports nothing heavy at its top.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from throughline.sources import catalogue

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions" / "sources"


class SourceDefinitionError(ValueError):
    """A source definition is missing or is not what its schema asks for."""


@dataclass(frozen=True)
class Feed:
    """One kind of delivery: expected by this local time of the morning after its business date.

    `omitted_types` says what it means when a Bulk Data export names no output of the type that was
    asked for: `late`, it was not delivered, or `unchanged`, there is nothing new. `volume` says
    what a delivery's is held against: the `usual`, or nothing where it answers what was `asked`;
    it is the catalogue's, unless the definition knows better of this source.
    """

    name: str
    owner_team: str
    expected_by: time
    allowed_lag_days: int = 0
    omitted_types: str = "late"
    volume: str = "usual"


@dataclass(frozen=True)
class SourceDefinition:
    """One system of record: how it is read, what it brings, who owns it, its own conventions."""

    source: str
    title: str
    standard: str
    connection: str
    owner_team: str
    time_zone: str
    feeds: dict[str, Feed]
    folder: str = ""
    conventions: dict[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of everything that the source says without one."""
        return ZoneInfo(self.time_zone)


def source_names(folder: Path = DEFINITIONS) -> list[str]:
    """Return the names of the sources that are defined, in the order of their files' names."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


@lru_cache(maxsize=64)
def definition(name: str, folder: Path = DEFINITIONS) -> SourceDefinition:
    """Return one source definition, checked against its schema. Raises `SourceDefinitionError`."""
    file = folder / f"{name}.yaml"
    if not file.is_file():
        raise SourceDefinitionError(f"there is no definition of a source {name!r}")
    return parse(yaml.safe_load(file.read_text(encoding="utf-8")), file.name)


def schema() -> dict[str, Any]:
    """Return the schema of a source definition; the names of feeds are those of the catalogue."""
    found: dict[str, Any] = json.loads((DEFINITIONS / "schema.json").read_text(encoding="utf-8"))
    found["properties"]["feeds"]["propertyNames"] = {"enum": list(catalogue.names())}
    return found


def parse(raw: Any, file: str) -> SourceDefinition:
    """Return the definition that a YAML document holds. Raises `SourceDefinitionError`."""
    import jsonschema

    problems = sorted(
        f"{'/'.join(str(part) for part in error.absolute_path) or 'document'}: {error.message}"
        for error in jsonschema.Draft202012Validator(schema()).iter_errors(raw)
    )
    if problems:
        raise SourceDefinitionError(f"{file}: {'; '.join(problems)}")
    try:
        ZoneInfo(raw["time_zone"])
    except (KeyError, ValueError) as error:
        raise SourceDefinitionError(f"{file}: time_zone: {error}") from None
    if Path(file).stem != raw["source"]:
        raise SourceDefinitionError(f"{file}: source: is {raw['source']!r}, not the file's name")
    if raw["standard"] != "fhir_bulk" and any(
        "omitted_types" in x for x in (raw, *raw["feeds"].values())
    ):
        raise SourceDefinitionError(f"{file}: omitted_types: is said of a Bulk Data export only")
    for name in raw["feeds"]:
        standards = catalogue.entry(name).standards
        if raw["standard"].split("_")[0] not in standards:
            raise SourceDefinitionError(
                f"{file}: feeds/{name}: {raw['standard']} does not read it, but {', '.join(standards)}"
            )
    feeds = {
        name: Feed(
            name=name,
            owner_team=feed.get("owner_team", raw["owner_team"]),
            expected_by=time.fromisoformat(feed["expected_by"]),
            allowed_lag_days=feed.get("allowed_lag_days", 0),
            omitted_types=feed.get("omitted_types", raw.get("omitted_types", "late")),
            volume=feed.get("volume", catalogue.entry(name).volume),
        )
        for name, feed in raw["feeds"].items()
    }
    return SourceDefinition(
        source=raw["source"],
        title=raw["title"],
        standard=raw["standard"],
        connection=raw["connection"],
        owner_team=raw["owner_team"],
        time_zone=raw["time_zone"],
        feeds=feeds,
        folder=raw.get("folder", ""),
        conventions=raw.get("conventions", {}),
    )
