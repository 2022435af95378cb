"""Fetch what a source has for the night and land it: once per night, whatever is tried again."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.bulk import BulkClient, Download, Manifest, ManifestFile
from throughline.sources.fhir.ndjson import FEED_OF_TYPE, KINDS, deleted_types
from throughline.sources.files import open_file
from throughline.sources.hl7v2 import siu
from throughline.sources.landing import BatchResult, Delivery, Landing, landed_before
from throughline.sources.records import FileRefusedError
from throughline.sources.x12 import reader as x12
from throughline.transports import sftp
from throughline.transports.address import Address, SourceUnavailable
from throughline.warehouse import Connection, failpoints
from throughline.warehouse.nights import Night

log = logging.getLogger(__name__)


def extract(
    definition: SourceDefinition,
    address: Address,
    conn: Connection,
    night: Night,
    landing_root: Path,
) -> list[BatchResult]:
    """Land what a source has, and return the batches of this night; commits.

    A night that has landed this source before gets the same batches again, from what lies there.
    Raises `SourceUnavailable` when the source cannot be reached at all.
    """
    before = landed_before(conn, definition.source, night.seq)
    if before:
        conn.commit()
        return before
    landing = Landing(conn, definition.source, night, Path(landing_root))
    landing.clear_incoming()
    fetch = {"fhir_bulk": _export, "hl7v2_sftp": _schedules, "x12_sftp": _interchanges}
    batches = fetch[definition.standard](definition, address, conn, landing)
    failpoints.hit("land.before_commit")
    conn.commit()
    failpoints.hit("land.after_commit")
    return sorted(batches, key=lambda batch: batch.feed)


# --- folders ------------------------------------------------------------------------------------


def _fetch_new(
    definition: SourceDefinition,
    address: Address,
    landing: Landing,
    take: Callable[[Path, sftp.RemoteFile], None],
) -> None:
    """Fetch the files of a folder that no earlier night has fetched."""
    with sftp.connect(address) as folder:
        for file in folder.listing(definition.folder):
            if landing.known(file.name, file.bytes, file.modified_at):
                continue
            incoming = landing.incoming()
            if folder.get(definition.folder, file, incoming) is None:
                log.warning("%s: %s is still being written", definition.source, file.name)
                continue
            take(incoming, file)


def _schedules(
    definition: SourceDefinition, address: Address, conn: Connection, landing: Landing
) -> list[BatchResult]:
    """HL7 v2 files: all of them are of the one feed."""
    feed = next(iter(definition.feeds))
    delivery, cut_off, refused = Delivery(feed), Delivery(feed, is_complete=False), 0

    def take(incoming: Path, file: sftp.RemoteFile) -> None:
        nonlocal refused
        try:
            with open_file(incoming) as stream:
                contents = siu.scan(stream, file.name, definition.zone)
        except FileRefusedError as error:
            log.warning("%s", error)
            landing.keep(
                incoming, file.name, "hl7", modified_at=file.modified_at, refused=error.reason
            )
            refused += 1
            return
        landed = landing.keep(incoming, file.name, "hl7", modified_at=file.modified_at)
        if landed.status == "landed":
            part = delivery if contents.is_complete else cut_off
            part.files.append(landed)
            part.rows += contents.messages
            part.made_at = _later(part.made_at, contents.made_at)

    _fetch_new(definition, address, landing, take)
    return _batches(landing, definition, {feed: delivery}, {feed: cut_off}, bool(refused))


def _interchanges(
    definition: SourceDefinition, address: Address, conn: Connection, landing: Landing
) -> list[BatchResult]:
    """X12 files: each belongs to the feeds that its content names."""
    whole: dict[str, Delivery] = {}
    cut_off: dict[str, Delivery] = {}

    def take(incoming: Path, file: sftp.RemoteFile) -> None:
        try:
            with open_file(incoming) as stream:
                contents = x12.scan(stream, file.name)
            used = {feed: n for feed, n in contents.feeds.items() if feed in definition.feeds}
            if not used:
                is_empty = not contents.feeds and not contents.unused
                reason = "no_transaction_set" if is_empty else x12.NOT_USED
                raise FileRefusedError(file.name, contents.segments, reason)
        except FileRefusedError as error:
            log.warning("%s", error)
            landing.keep(
                incoming, file.name, "x12", modified_at=file.modified_at, refused=error.reason
            )
            return
        landed = landing.keep(incoming, file.name, "x12", modified_at=file.modified_at)
        if landed.status != "landed":
            return
        made = contents.newest.replace(tzinfo=definition.zone) if contents.newest else None
        for feed, sets in used.items():
            parts = whole if contents.is_complete else cut_off
            part = parts.setdefault(feed, Delivery(feed, is_complete=contents.is_complete))
            part.files.append(landed)
            part.rows += sets
            part.made_at = _later(part.made_at, made)

    _fetch_new(definition, address, landing, take)
    return _batches(landing, definition, whole, cut_off, False)


def _batches(
    landing: Landing,
    definition: SourceDefinition,
    whole: dict[str, Delivery],
    cut_off: dict[str, Delivery],
    refused: bool,
) -> list[BatchResult]:
    """One batch per feed. A file that broke off goes with the others of its feed where there are any
    that are newer or as new, and else keeps the feed behind."""
    batches = []
    for feed in sorted({*whole, *cut_off}):
        good, bad = whole.get(feed, Delivery(feed)), cut_off.get(feed, Delivery(feed))
        if not good.files and not bad.files:
            if refused:
                landing.batch(Delivery(feed, is_complete=False), definition.zone, "refused")
            continue
        good.files += bad.files
        good.rows += bad.rows
        if bad.files and (
            good.made_at is None or bad.made_at is None or bad.made_at > good.made_at
        ):
            good.is_complete, good.made_at = False, bad.made_at or good.made_at
        good.watermark = good.made_at
        batches.append(landing.batch(good, definition.zone))
    return batches


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


# --- Bulk Data ----------------------------------------------------------------------------------


def _export(
    definition: SourceDefinition, address: Address, conn: Connection, landing: Landing
) -> list[BatchResult]:
    """A Bulk Data export of what changed since each feed was last complete.

    Feeds that are complete up to the same moment are asked for together. A feed whose files cannot
    be fetched is late; the others go on.
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
            # another of its files cannot be fetched: all of them are asked for again
            incoming.unlink(missing_ok=True)
            continue
        # nothing to read is no repetition of the last file that had nothing to read
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
    """Return the feeds that were asked for and have no output, where that is no answer."""
    named = {FEED_OF_TYPE.get(file.type) for file in manifest.output}
    omitted = {f for f in asked - named if definition.feeds[f].omitted_types == "late"}
    for feed in sorted(omitted):
        log.warning(
            "%s/%s: asked for and not in the manifest: late. If this server leaves out what has not"
            " changed, say omitted_types: unchanged",
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
    """Land a file of deletions: it is part of the batch of each type that it names.

    Without all of it no feed can say that it is complete. Raises `SourceUnavailable`.
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
    """Land a file of errors; return the feeds that it says were not exported, and whether that is all.

    An error that does not say what it is about may be about anything that was asked for.
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
            "%s: an error of the export does not say what it is about: nothing counts as complete",
            source,
        )
    return feeds, is_understood


def _named_in(line: bytes) -> set[str] | None:
    """Return the feeds that the errors of an OperationOutcome are about: by expression, else by their
    text's start; None when one of them does not say."""
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
