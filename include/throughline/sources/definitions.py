"""Source definitions: `sources/*.yaml` of the definitions, one per system of record.

DAG files import this module, so it imports nothing heavy at the top.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from throughline.sources import catalogue, registry
from throughline.sources.checks import instead, problems, with_line
from throughline.sources.source import (
    INSIDE,
    CarriesNothing,
    Export,
    Feed,
    Role,
    Search,
    SourceDefinition,
    SourceDefinitionError,
    WorkList,
)
from throughline.sources.tabular import work_lists
from throughline.vocabulary import OURS, DefinitionError, Place, documents, layers, read
from throughline.vocabulary.numbers import is_time_zone
from throughline.vocabulary.overlay import SOURCES

__all__ = [
    "Feed",
    "SourceDefinition",
    "SourceDefinitionError",
    "definition",
    "file_of",
    "names_with_feeds",
    "parse",
    "source_names",
]

SCHEMA = OURS / "sources" / "schema.json"

_X12_ID = re.compile(r"[ -)+-9;-\]_-}]*")
"""What X12 can say, without the separators of our files."""

# Obsolete words, and what replaces them.
REPLACED = {
    "fhir_bulk": ("fhir", "https"),
    "hl7v2_sftp": ("hl7v2", "sftp"),
    "x12_sftp": ("x12", "sftp"),
}


def _files(folder: Path | None) -> dict[str, Path]:
    if folder is None:
        return layers().files(SOURCES)
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def source_names(folder: Path | None = None) -> list[str]:
    """Return the names of all defined sources, sorted; with `folder`, of those that it alone defines."""
    return list(_files(folder))


def file_of(name: str, folder: Path | None = None) -> Path:
    """Return the file that defines a source. Raises `SourceDefinitionError`."""
    file = _files(folder).get(name)
    if file is None:
        known = ", ".join(source_names(folder)) or "none"
        raise SourceDefinitionError(
            f"there is no definition of a source {name!r}; there are {known}"
        )
    return file


def names_with_feeds(folder: Path | None = None) -> list[str]:
    """Return the names of the sources that are read every night; the others only take work.

    An invalid file counts too, so that `open_night` can refuse it and say why.
    """
    try:
        files = _files(folder)
    except DefinitionError:  # the practice's folder is not there: `open_night` says so
        return []
    return [name for name, file in files.items() if _may_have_feeds(file)]


def _may_have_feeds(file: Path) -> bool:
    return _has_feeds(file, documents.version(file))


@lru_cache(maxsize=64)
def _has_feeds(file: Path, _version: tuple[int, int, int]) -> bool:
    try:
        raw = documents.data(file.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return True
    return not isinstance(raw, dict) or "feeds" in raw or "roles" not in raw


def definition(name: str, folder: Path | None = None) -> SourceDefinition:
    """Return one source definition, checked. Raises `SourceDefinitionError`."""
    file = file_of(name, folder)
    return _checked(file, documents.version(file))


@lru_cache(maxsize=64)
def _checked(file: Path, _version: tuple[int, int, int]) -> SourceDefinition:
    try:
        document = read(file)
    except DefinitionError as error:
        raise SourceDefinitionError(str(error)) from None
    return parse(document.data, document.name, document.lines)


def parse(raw: Any, file: str, lines: Mapping[Place, int] | None = None) -> SourceDefinition:
    """Return the definition in a YAML document; `lines` maps each place to its line.

    Raises `SourceDefinitionError`. For each error, its message has the file, the line, the place, the
    value found and what to write instead.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wrong = _replaced(raw) or problems(raw, schema) or sorted(_mistakes(raw, file))
    if wrong:
        raise SourceDefinitionError("\n".join(with_line(each, file, lines or {}) for each in wrong))
    feeds = {
        name: Feed(
            name=name,
            owner_team=feed.get("owner_team", raw["owner_team"]),
            expected_by=time.fromisoformat(feed["expected_by"]),
            allowed_lag_days=feed.get("allowed_lag_days", 0),
            omitted_types=feed.get("omitted_types", raw.get("omitted_types", "late")),
            volume=feed.get("volume", catalogue.entry(name).volume),
            type_filter=tuple(feed.get("type_filter", ())),
            read_by=feed.get("read_by", "export"),
            search_by=feed.get("search_by", ""),
            same_within_minutes=feed.get("same_within_minutes"),
            history_days=feed.get("history_days"),
        )
        for name, feed in raw.get("feeds", {}).items()
    }
    roles = {
        name: Role(
            name=name,
            connection=""
            if role.get("form") == INSIDE
            else role.get("connection", raw.get("connection", "")),
            submitter_id=role.get("submitter_id", ""),
            receiver_id=role.get("receiver_id", ""),
            mode=role.get("mode", Role.mode),
            form=role.get("form", Role.form),
            work_list=_work_list(role.get("list", {}), raw)
            if role.get("form") == "work_list"
            else None,
        )
        for name, role in raw.get("roles", {}).items()
    }
    return SourceDefinition(
        source=raw["source"],
        title=raw["title"],
        standard=raw.get("standard", ""),
        transport=raw.get("transport", ""),
        connection=raw.get("connection", ""),
        owner_team=raw["owner_team"],
        time_zone=raw.get("time_zone", ""),
        feeds=feeds,
        folder=raw.get("folder", ""),
        conventions=raw.get("conventions", {}),
        roles=roles,
        serves={name: tuple(values) for name, values in raw.get("serves", {}).items()},
        ids=raw.get("ids", ""),
        export=_export(raw.get("export", {})),
        carries_nothing=tuple(
            CarriesNothing(names, one["decided_by"], date.fromisoformat(one["decided_on"]))
            for one in raw.get("carries_nothing", [])
            for names in one["names"]
        ),
        search=_search(raw.get("search", {})),
        history_days=raw.get("history_days"),
    )


def _work_list(said: dict[str, Any], raw: dict[str, Any]) -> WorkList:
    """Return how a list of work goes out: by the transport of the feeds, if it names none."""
    return WorkList(
        transport=said.get("transport", raw.get("transport", "")),
        folder=said.get("folder", WorkList.folder),
        file=said.get("file", WorkList.file),
        permissions=said.get("permissions", WorkList.permissions),
        outcomes=tuple(said.get("outcomes", ())),
        bring=tuple(said.get("bring", {}).items()),
    )


def _export(said: dict[str, Any]) -> Export:
    """Return how an export is asked for; that of a group is asked in full every week by default.

    A patient who joins a group brings older records, which a server need not send with `_since`.
    """
    level = said.get("level", "system")
    return Export(
        level=level,
        group=said.get("group", ""),
        wait_minutes=said.get("wait_minutes", Export.wait_minutes),
        full_every_days=said.get("full_every_days", 7 if level == "group" else 0),
        is_lenient=said.get("lenient", False),
    )


def _search(said: dict[str, Any]) -> Search:
    """Return how a server is searched."""
    return Search(
        overlap_minutes=said.get("overlap_minutes", Search.overlap_minutes),
        lookback_days=said.get("lookback_days", Search.lookback_days),
        ahead_days=said.get("ahead_days", Search.ahead_days),
        requests=said.get("requests", Search.requests),
    )


def _replaced(raw: Any) -> list[str]:
    """Return what to write for an obsolete word."""
    word = raw.get("standard") if isinstance(raw, dict) else None
    if not isinstance(word, str) or word not in REPLACED:
        return []
    standard, transport = REPLACED[word]
    return [
        f"standard: {word!r} is a standard and a transport in one;"
        f" write standard: {standard} and transport: {transport}"
    ]


def _mistakes(raw: dict[str, Any], file: str) -> Iterator[str]:
    """Yield the errors that no schema can find: words defined in another file, and keys without effect."""
    if Path(file).stem != raw["source"]:
        yield f"source: {raw['source']!r} is not the file's name; write {Path(file).stem}"
    if "time_zone" in raw and not is_time_zone(raw["time_zone"]):
        yield f"time_zone: there is no zone {raw['time_zone']!r}; write one such as America/New_York"
    for number, one in enumerate(raw.get("carries_nothing", [])):
        try:
            date.fromisoformat(one["decided_on"])
        except ValueError:
            day = f"there is no day {one['decided_on']!r}; write one such as 2026-09-01"
            yield f"carries_nothing/{number}/decided_on: {day}"
        for names in one["names"]:
            if not names.strip("*?. "):
                problem = f"{names!r} is every file; write what the names have in common"
                yield f"carries_nothing/{number}/names: {problem}"
    payers = _words_of("payers.yaml", "payers")
    for called, payer in (raw.get("conventions") or {}).get("payers", {}).items():
        if payers is not None and payer not in payers:
            yield f"conventions/payers/{called}: there is no payer {payer!r}; {instead(payer, payers)}"
    teams = _words_of("teams.yaml")
    owners = {"": raw, **{f"feeds/{name}/": feed for name, feed in raw.get("feeds", {}).items()}}
    for place, said in owners.items():
        team = said.get("owner_team", raw["owner_team"])
        if teams is not None and team not in teams and (said is raw or "owner_team" in said):
            yield f"{place}owner_team: there is no team {team!r}; {instead(team, teams)}"
    if "feeds" in raw:
        yield from _mistakes_of_standard(raw)
    elif "roles" not in raw:
        yield "feeds: is missing; write at least one feed of its standard, or its roles"
    yield from _mistakes_of_roles(raw)


def _words_of(file: str, key: str = "") -> dict[str, Any] | None:
    """Return what another file names; None if it cannot be read, which its own check reports."""
    try:
        said = read(layers().file(file)).data
    except DefinitionError:
        return None
    if key and isinstance(said, dict):
        said = said.get(key)
    return said if isinstance(said, dict) else None


def _mistakes_of_standard(raw: dict[str, Any]) -> Iterator[str]:
    if raw["standard"] not in registry.names():
        known = instead(raw["standard"], registry.names())
        yield f"standard: there is no standard {raw['standard']!r}; {known}"
        return
    standard = registry.standard(raw["standard"])
    if raw["transport"] not in standard.transports:
        known = instead(raw["transport"], standard.transports)
        yield f"transport: {standard.name} cannot use {raw['transport']!r}; {known}"
    for feed in raw["feeds"]:
        if feed not in standard.feeds:
            known = instead(feed, standard.feeds)
            yield f"feeds/{feed}: {standard.name} has no feed with this name; {known}"
        elif (
            standard.needs_patients
            and "patient" not in raw["feeds"]
            and (catalogue.entry(feed).subject == "patient")
        ):
            yield f"feeds/{feed}: needs the feed patient beside it, which says whose number is whose; add it"
    conventions = raw.get("conventions", {})
    for name in conventions:
        if name not in standard.conventions:
            known = (
                instead(name, standard.conventions)
                if standard.conventions
                else "leave it out: it has none"
            )
            yield f"conventions/{name}: {standard.name} has no convention with this name; {known}"
    wrong = problems(conventions, {"properties": standard.conventions}, at="conventions")
    yield from wrong
    if not wrong:
        yield from standard.mistakes(raw)
    is_export = raw["transport"] in standard.exports
    if is_export and "folder" in raw:
        yield "folder: an export has none; leave it out, or use the transport of a folder"
    for place, said in {"": raw, **{f"feeds/{n}/": f for n, f in raw["feeds"].items()}}.items():
        for name in ("omitted_types", "type_filter", "export", "read_by", "search_by", "search"):
            if name in said and not is_export:
                yield f"{place}{name}: applies only to a Bulk Data export; leave it out"
        for name in ("omitted_types", "type_filter"):
            if name in said and said.get("read_by") == "search":
                yield f"{place}{name}: no export has this feed; leave it out"
        if place and "history_days" in said and not is_export:
            yield f"{place}history_days: a file may be of several feeds; write it beside feeds, for all of them"
        if "search_by" in said and said.get("read_by") != "search":
            yield f"{place}search_by: applies only to read_by: search; leave it out"
    yield from _mistakes_of_export(raw)


# Parameters that shape a result instead of selecting resources: no `_typeFilter` may have them.
SHAPING = ("_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total",
           "_contained", "_containedType", "_graph", "_format")  # fmt: skip


def _mistakes_of_export(raw: dict[str, Any]) -> Iterator[str]:
    said = raw.get("export", {})
    is_group = said.get("level") == "group"
    if is_group and "group" not in said:
        yield "export/group: is missing; write the id of the Group on the server"
    if "group" in said and not is_group:
        yield "export/group: applies only to level: group; leave it out"
    for feed, its in raw["feeds"].items():
        kind = "".join(word.capitalize() for word in feed.split("_"))
        for query in its.get("type_filter", ()):
            named, _, params = query.partition("?")
            if named != kind or not params:
                yield f"feeds/{feed}/type_filter: {query!r} is no query for {kind}; write {kind}?name=value"
            for param in params.split("&"):
                name = param.partition("=")[0].partition(":")[0]
                if name in SHAPING:
                    yield f"feeds/{feed}/type_filter: {name} selects nothing; leave it out"


def _mistakes_of_roles(raw: dict[str, Any]) -> Iterator[str]:
    roles, serves = raw.get("roles", {}), raw.get("serves", {})
    for name, role in roles.items():
        if role.get("form") == INSIDE:
            if "connection" in role:
                yield f"roles/{name}/connection: nothing is sent to what stays inside; leave it out"
        elif "connection" not in role and "connection" not in raw:
            yield f"roles/{name}/connection: is missing; write the id of an Airflow connection"
        if name == "chart" and "mode" in role:
            yield f"roles/{name}/mode: nothing is sent to a chart; say it of the role that takes the work"
        yield from work_lists.mistakes(name, role, raw)
        for field in ("submitter_id", "receiver_id"):
            if name != "payer" and field in role:
                yield f"roles/{name}/{field}: applies only to the role payer; leave it out"
            elif not _X12_ID.fullmatch(str(role.get(field, ""))):
                yield f"roles/{name}/{field}: X12 cannot say it; write letters, digits and signs but * : ^ ~"
    for name in ("payers", "billing_npi"):
        if name in serves and "payer" not in roles:
            yield f"serves/{name}: applies only to a system with the role payer; leave it out"
    if "charts" in serves and not set(roles) - {"chart", "payer"}:
        yield "serves/charts: no role of this system serves patients of a chart; leave it out"
    if "chart" in roles and "ids" not in raw:
        yield (
            "ids: is missing; write named, or bare if this is the only chart there ever was and its"
            " visits go by their bare id"
        )
    if "chart" not in roles and "ids" in raw:
        yield "ids: applies only to a chart; leave it out"
