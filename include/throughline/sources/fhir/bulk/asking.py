"""What an export is asked for: types, queries, and from which day or moment on."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.bulk.client import Request
from throughline.sources.fhir.ndjson import KINDS
from throughline.sources.fhir.search.methods import DATES, STANDING


def request_of(
    definition: SourceDefinition, feeds: list[str], since: datetime | None, on: date | None = None
) -> Request:
    """Return the request for an export of some feeds as a definition asks for it: all, or what changed since.

    One of all asks for no more than the days before `on` that the definition names (`history_days`).
    """
    said = definition.export
    return Request(
        types=tuple(KINDS[feed].resource_type for feed in feeds),
        since=_instant(since) if since is not None else None,
        level=said.level,
        group=said.group,
        filters=tuple(
            query
            for feed in feeds
            for query in _filters(definition, feed, on if since is None else None)
        ),
        is_lenient=said.is_lenient,
    )


def _filters(definition: SourceDefinition, feed: str, on: date | None) -> tuple[str, ...]:
    """Return the queries to which an export of a type is limited: its own, and from which day on."""
    own = definition.feeds[feed].type_filter
    days = definition.feeds[feed].history_days or definition.history_days
    kind = KINDS[feed].resource_type
    # what stands has no date that says so: persons, coverages, practitioners come whole
    if days is None or on is None or feed in STANDING or kind not in DATES:
        return own
    since = f"{DATES[kind][0]}=ge{on - timedelta(days=days)}"
    return tuple(f"{query}&{since}" for query in own) or (f"{kind}?{since}",)


def digest(definition: SourceDefinition) -> str:
    """Return a hash of what is asked for besides types and time: a job that differs is not wanted."""
    said = definition.export
    filters = {
        name: [
            *feed.type_filter,
            *([str(days)] if (days := feed.history_days or definition.history_days) else []),
        ]
        for name, feed in definition.feeds.items()
    }
    text = json.dumps([said.level, said.group, said.is_lenient, filters], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
