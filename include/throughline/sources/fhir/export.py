"""Lands a Bulk Data export: for each feed, what changed since it was last complete."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import orjson

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.bulk import BulkClient, Download, Manifest, ManifestFile
from throughline.sources.fhir.ndjson import FEED_OF_TYPE, KINDS, deleted_types
from throughline.sources.files import open_file
from throughline.sources.landing import BatchResult, Delivery, Landing
from throughline.sources.records import FileRefusedError
from throughline.transports import Address, SourceUnavailable
from throughline.warehouse import Connection

log = logging.getLogger(__name__)


def export(
    definition: SourceDefinition, address: Address, conn: Connection, landing: Landing
) -> list[BatchResult]:
    """Land an export of what changed since each feed was last complete, and return its batches.

    Feeds that are complete up to the same moment are asked for together. A feed whose files cannot
    be fetched is late; the others go on. Raises `SourceUnavailable`.
    """
    since: dict[datetime | None, list[str]] = {}
    marks = _watermarks(conn, definition.source)
    for feed in definition.feeds:
        since.setdefault(marks.get(feed), []).append(feed)
    batches: list[BatchResult] = []
    with BulkClient(address) as client:
        for mark, feeds in since.items():
            types = [KINDS[feed].resource_type for feed in feeds]
            manifest, job = client.export(types, _instant(mark) if mark is not None else None)
            complete_to = _parse_instant(definition.source, manifest.transaction_time)
            if mark is None or complete_to > mark:
                batches += _land_export(client, manifest, feeds, complete_to, definition, landing)
            client.finish(job)
    return batches


def _land_export(
    client: BulkClient,
    manifest: Manifest,
    feeds: list[str],
    complete_to: datetime,
    definition: SourceDefinition,
    landing: Landing,
) -> list[BatchResult]:
    deliveries = {f: Delivery(f, made_at=complete_to, watermark=complete_to) for f in feeds}
    late: set[str] = set()
    for error in manifest.error:
        not_exported, is_understood = _not_exported(client, error, landing, definition.source)
        late |= not_exported
        if not is_understood:
            for delivery in deliveries.values():
                delivery.is_complete = False
    late |= _omitted(manifest, definition, set(feeds) - late)
    fetched: list[tuple[str, str, Path, Download]] = []
    for number, file in enumerate(manifest.output):
        feed = FEED_OF_TYPE.get(file.type)
        if feed not in deliveries or feed in late:
            continue
        incoming = landing.incoming()
        try:
            got = client.download(file, incoming)
        except SourceUnavailable as problem:
            log.warning("%s/%s: %s", definition.source, feed, problem)
            late.add(feed)
            continue
        fetched.append((feed, f"{file.type}.{number}.ndjson", incoming, got))
    for feed, name, incoming, got in fetched:
        if feed in late:
            # one of its files cannot be fetched: the next night asks for all of them again
            incoming.unlink(missing_ok=True)
            continue
        # an empty file is not a duplicate of an earlier empty file
        landed = landing.keep(
            incoming, name, "ndjson", modified_at=complete_to, may_repeat=not got.lines
        )
        if landed.status == "landed":
            deliveries[feed].files.append(landed)
            deliveries[feed].rows += got.lines
        if not got.is_complete:
            deliveries[feed].is_complete = False
    for number, file in enumerate(manifest.deleted):
        _land_deletions(client, file, number, deliveries, late, landing, complete_to)
    return [
        landing.batch(delivery, definition.zone)
        for feed, delivery in deliveries.items()
        if feed not in late
    ]


def _omitted(manifest: Manifest, definition: SourceDefinition, asked: set[str]) -> set[str]:
    """Return the requested feeds without output, if this server must list every type it has."""
    named = {FEED_OF_TYPE.get(file.type) for file in manifest.output}
    omitted = {f for f in asked - named if definition.feeds[f].omitted_types == "late"}
    for feed in sorted(omitted):
        log.warning(
            "%s/%s: requested but not in the manifest, so it is late. If this server leaves out types"
            " without changes, write omitted_types: unchanged",
            definition.source,
            feed,
        )
    return omitted


def _land_deletions(
    client: BulkClient,
    file: ManifestFile,
    number: int,
    deliveries: dict[str, Delivery],
    late: set[str],
    landing: Landing,
    complete_to: datetime,
) -> None:
    """Land a file of deletions; it becomes part of the batch of each type that it names.

    If any of it is missing, no feed is complete. Raises `SourceUnavailable`.
    """
    incoming = landing.incoming()
    got = client.download(file, incoming)
    try:
        with open_file(incoming) as stream:
            types, is_readable = deleted_types(stream, file.type)
    except FileRefusedError:
        types, is_readable = set(), False
    asked = [feed for feed in deliveries if feed not in late]
    named = [feed for feed in asked if KINDS[feed].resource_type in types]
    if not (is_readable and got.is_complete):
        log.warning("deletions of %s: not all of them can be read", complete_to.date())
        for feed in asked:
            deliveries[feed].is_complete = False
        named = named or asked[:1]
    landed = landing.keep(
        incoming,
        f"deleted.{number}.ndjson",
        "deleted.ndjson",
        modified_at=complete_to,
        may_repeat=True,
        refused=None if named else "deletions_of_no_feed_tonight",
    )
    for feed in named:
        deliveries[feed].files.append(landed)


def _not_exported(
    client: BulkClient, file: ManifestFile, landing: Landing, source: str
) -> tuple[set[str], bool]:
    """Land a file of errors; return the feeds that were not exported, and whether every error names its feed.

    An error that names no feed may concern any feed that was requested.
    """
    incoming = landing.incoming()
    feeds, is_understood = set(), True
    client.download(file, incoming)
    with incoming.open("rb") as stream:
        for line in stream:
            if not line.strip():
                continue
            named = _named_in(line)
            feeds |= named or set()
            is_understood = is_understood and named is not None
    landing.keep(incoming, "error.ndjson", "error.ndjson", refused="export_error_report")
    for feed in sorted(feeds):
        log.warning("%s/%s: the server could not export it tonight", source, feed)
    if not is_understood:
        log.warning(
            "%s: an error of the export names no feed: nothing counts as complete",
            source,
        )
    return feeds, is_understood


def _named_in(line: bytes) -> set[str] | None:
    """Return the feeds that the errors of an OperationOutcome name in their expression or at the start
    of their text; None if one of them names none."""
    try:
        named: set[str] = set()
        for issue in orjson.loads(line).get("issue", []):
            if issue.get("severity") not in ("error", "fatal"):
                continue
            words = [str(e).partition(".")[0] for e in issue.get("expression", [])]
            text = str(issue.get("diagnostics", "") or (issue.get("details") or {}).get("text", ""))
            first = re.split(r"[^A-Za-z]", text, maxsplit=1)[0]
            if not words and first not in FEED_OF_TYPE:
                return None
            words.append(first)
            named |= {FEED_OF_TYPE[word] for word in words if word in FEED_OF_TYPE}
    except (ValueError, AttributeError, TypeError):
        return None
    return named


def _watermarks(conn: Connection, source: str) -> dict[str, datetime]:
    """Return how far each feed of a source has been loaded."""
    rows = conn.execute(
        "select feed, max(watermark) from landing.watermark where source = %s group by feed",
        (source,),
    ).fetchall()
    return dict(rows)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parse_instant(source: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SourceUnavailable(f"{source}: the export has no readable transactionTime") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
