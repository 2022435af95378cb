"""What a FHIR server offers of the feeds that a source asks for, with a small sample of each, by search.

An export costs the server hours of work, and begins only on request (`exports`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from throughline.firstlook.found import Look, Stop, listed
from throughline.firstlook.login import Server, covers, server
from throughline.firstlook.words import is_page, meant, said_of
from throughline.sources.fhir.ndjson import KINDS
from throughline.sources.fhir.search.methods import LAST_UPDATED, Method, instant, ladder
from throughline.sources.source import Feed, SourceDefinition
from throughline.transports.address import Address, SourceUnavailable

ROWS = 50
"""How many records of a type are asked for."""
PERSONS = 5
"""How many persons are asked about, where a server searches for one person only."""
DAYS = (31, 3650)
"""How far back is looked for a sample: at first little, which is cheap."""
EXPORTS = {"system": ("", "export"), "patient": ("Patient", "export"), "group": ("Group", "export")}


@dataclass
class _Sample:
    """What searches of one type brought: records as lines, by which way, or why not."""

    lines: list[bytes] = field(default_factory=list)
    by: Method | None = None
    problem: str = ""
    statuses: set[int] = field(default_factory=set)


def look_at(
    look: Look, definition: SourceDefinition, address: Address, stack: ExitStack
) -> Server | None:
    """Look at a FHIR server as a source asks it; the stack closes it. Returns it, or None if it is not reached."""
    try:
        found = server(look, address, stack)
    except Stop:
        return None
    _group(look, definition, found)
    _export(look, definition, found)
    patients = _patients(found)
    unsampled: dict[str, list[str]] = {}
    for feed in definition.feeds.values():
        _feed(look, definition, found, feed, patients, unsampled)
    for problem, feeds in unsampled.items():
        look.note(
            f"no sample of {listed(feeds)}: the server {problem}",
            "an export has them, perhaps: look with EXPORT=1",
        )
    return found


def _exported(definition: SourceDefinition) -> list[str]:
    return [name for name, feed in definition.feeds.items() if feed.read_by == "export"]


def _group(look: Look, definition: SourceDefinition, found: Server) -> None:
    """Read the Group that is exported: one that is not there would be found by a kick-off only."""
    if definition.export.level != "group" or not _exported(definition):
        return
    group, write = definition.export.group, f"{look.place}: export: group"
    try:
        answer = found.get(f"Group/{group}")
    except SourceUnavailable as error:
        look.note(f"Group/{group}: {error}")
        return
    if answer.status == 200 and not is_page(answer.body):
        look.good("the Group to be exported is there")
    elif answer.status in (404, 410):
        look.bad(
            f"the server has no Group with this id: it {said_of(answer)}",
            f"write the right id in {write}",
        )
    elif answer.status == 403:
        look.note(
            "whether the Group is there is not known: the login may not read it",
            "ask for the scope system/Group.rs, or look with EXPORT=1",
        )
    else:
        look.note(f"whether the Group is there is not known: the server {said_of(answer)}")


def _export(look: Look, definition: SourceDefinition, found: Server) -> None:
    """Compare the export that a source asks for with those that the server lists."""
    if not _exported(definition):
        return
    level = definition.export.level
    has = {
        name
        for name, (kind, _) in EXPORTS.items()
        for operation in found.offers.operations.get(kind, ())
        if operation in ("export", f"{name}-export")
    }
    # some list all of them for the whole server
    has |= {name for name in EXPORTS if f"{name}-export" in found.offers.operations.get("", ())}
    if level in has:
        look.good(f"the server lists the export of this level ({level})")
    elif has:
        other = sorted(has)[0]
        look.bad(
            f"the server lists no export of the level {level}, but of {listed(sorted(has))}",
            f"{look.place}: write export: {{level: {other}{', group: …' if other == 'group' else ''}}}",
        )
    else:
        look.note(
            "the server's CapabilityStatement lists no $export: it has none, or does not say so",
            f"look with EXPORT=1; if it has none: read_by: search for each feed of {look.place}",
        )


def _patients(found: Server) -> list[str]:
    """Return the ids of a few patients, to search for their records; they are never shown."""
    try:
        answer = found.get("Patient", {"_count": PERSONS})
        entries = answer.json().get("entry", []) if answer.status == 200 else []
        return [str(one["resource"]["id"]) for one in entries][:PERSONS]
    except (SourceUnavailable, ValueError, LookupError, TypeError, AttributeError):
        return []


def _feed(
    look: Look,
    definition: SourceDefinition,
    found: Server,
    feed: Feed,
    patients: list[str],
    unsampled: dict[str, list[str]],
) -> None:
    kind = KINDS[feed.name].resource_type
    place = f"{look.place}: feeds"
    is_search = feed.read_by == "search"
    if not covers(found.scopes, "rs", kind):
        look.bad(
            f"{feed.name}: the scopes that were given do not read {kind}",
            f"ask for system/{kind}.rs (SMART v1: system/{kind}.read), and write it in `scope`",
        )
        look.offers.append((feed.name, feed.read_by, "not allowed", "–"))
        return
    has = found.offers.has(kind)
    methods = ladder(kind, found.offers, feed.search_by if is_search else "")
    if not is_search:
        # a sample only: the simplest ways first, whatever the statement says
        simple = [Method("all"), Method("last_updated", LAST_UPDATED)]
        methods = [*simple, *(one for one in methods if one not in simple)]
    sample = _sampled(found, kind, methods, patients)
    offered = "yes" if has else "not listed"
    if sample.by is not None:
        (look.into / f"{kind}.ndjson").write_bytes(b"".join(line + b"\n" for line in sample.lines))
        look.sampled += 1
        by = f"search by {sample.by.param or sample.by.name}" if is_search else "export"
        look.offers.append((feed.name, by, offered, f"{len(sample.lines)}"))
        if not sample.lines:
            look.note(f"{feed.name}: the search brought no {kind}")
        if is_search and (unseen := sample.by.cannot_see(definition.search)):
            look.note(f"{feed.name}: what a search by {sample.by.name} does not see: {unseen}")
        return
    may_not = bool(sample.statuses & {401, 403})
    # what an export is for may well be refused to a search without a patient
    offered = "no" if not has else "refused" if may_not or is_search else "yes"
    look.offers.append((feed.name, feed.read_by, offered, "–"))
    if may_not:
        look.bad(
            f"{feed.name}: the login may not read {kind}: the server {sample.problem}",
            f"ask for system/{kind}.rs, or take {feed.name} out of {place}",
        )
    elif not has:
        look.bad(
            f"{feed.name}: the server has no {kind} (its CapabilityStatement does not list it"
            f"{f', and it {sample.problem}' if sample.problem else ''})",
            f"take {feed.name} out of {place}, and out of what needs it: another source may bring it",
        )
    elif is_search:
        look.bad(
            f"{feed.name}: the server searches {kind} in none of the ways that we know"
            f"{f': it {sample.problem}' if sample.problem else ''}",
            f"take {feed.name} out of {place}, or let an export bring it",
        )
    else:
        unsampled.setdefault(sample.problem or "offers no search of it", []).append(feed.name)


def _sampled(found: Server, kind: str, methods: list[Method], patients: list[str]) -> _Sample:
    """Search a type in the first way that works; further back, if nothing happened lately."""
    sample = _Sample()
    for method in methods:
        for days in DAYS:
            asked = _params(method, patients, days)
            pages = [_page(found, kind, params, sample, method) for params in asked]
            brought = [page for page in pages if page is not None]
            if brought:
                sample.by = method
                sample.lines = list(dict.fromkeys(line for page in brought for line in page))[:ROWS]
            if sample.lines or not brought or method.name in ("all", "patient"):
                break
        if sample.by is not None:
            break
    return sample


def _params(method: Method, patients: list[str], days: int) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    if method.name == "patient":
        yield from ({method.param: one, "_count": ROWS} for one in patients)
    elif method.name == "last_updated":
        yield {method.param: [f"ge{instant(since)}", f"le{instant(now)}"], "_count": ROWS}
    elif method.name == "date":
        yield {method.param: [f"ge{since:%Y-%m-%d}"], "_count": ROWS}
    else:
        yield {"_count": ROWS}


def _page(
    found: Server, kind: str, params: dict[str, Any], sample: _Sample, method: Method
) -> list[bytes] | None:
    """Return the records of one page; None if none came, with why in the sample."""
    try:
        answer = found.get(kind, params)
    except SourceUnavailable as error:
        sample.problem = str(error).rpartition(": ")[2]
        return None
    if answer.status != 200:
        sample.statuses.add(answer.status)
        if method.name != "patient":
            sample.problem = said_of(answer)
        # what it says of a search for a person may name the person
        sample.problem = sample.problem or meant(answer.status)
        return None
    try:
        bundle = orjson.loads(answer.body)
        if bundle["resourceType"] != "Bundle":
            raise ValueError
        every = [entry.get("resource") for entry in bundle.get("entry", [])]
    except (ValueError, LookupError, TypeError, AttributeError):
        sample.problem = "sends a page for people" if is_page(answer.body) else "sends no Bundle"
        return None
    records = [one for one in every if isinstance(one, dict) and one.get("resourceType") == kind]
    return [orjson.dumps(one) for one in records]
