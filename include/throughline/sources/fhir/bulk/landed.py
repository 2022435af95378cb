"""Fetches the files of exports, and lands them: one delivery per feed, whatever its parts."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.bulk.client import BulkClient, Download
from throughline.sources.fhir.bulk.errors import named_in
from throughline.sources.fhir.bulk.jobs import Job
from throughline.sources.fhir.bulk.manifest import LISTS, Manifest, ManifestFile
from throughline.sources.fhir.ndjson import FEED_OF_TYPE, KINDS, deleted_types
from throughline.sources.files import open_file
from throughline.sources.landing import BatchResult, Delivery, Landing
from throughline.sources.records import FileRefusedError
from throughline.transports.address import NotYet, SourceUnavailable
from throughline.transports.https import FileGone

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Got:
    """One file of a manifest after its download: where it is, or why it is not there."""

    number: int
    file: ManifestFile
    path: Path
    download: Download | None
    problem: SourceUnavailable | None = None


@dataclass
class Part:
    """One export that is ready, and its files once they are fetched, by list of the manifest."""

    job: Job
    manifest: Manifest
    complete_to: datetime
    got: dict[str, list[Got]] | None = None
    late: set[str] = field(default_factory=set)
    is_understood: bool = True

    def is_newer_than(self, since: Mapping[str, datetime | None]) -> bool:
        """Return whether it brings any feed further than it already is."""
        return any(
            (mark := since.get(feed)) is None or self.complete_to > mark for feed in self.job.feeds
        )

    @property
    def has_expired(self) -> bool:
        """Whether the server no longer has one of its files."""
        files = [got for listed in (self.got or {}).values() for got in listed]
        return any(isinstance(got.problem, FileGone) for got in files)

    def discard(self) -> None:
        """Remove what was fetched."""
        for listed in (self.got or {}).values():
            for got in listed:
                got.path.unlink(missing_ok=True)


def fetch(
    client: BulkClient,
    part: Part,
    landing: Landing,
    source: str,
    may_wait: Callable[[float], bool],
) -> None:
    """Fetch the files of a part. An address that has expired is looked up in the manifest again.

    Raises `NotYet` if `may_wait` allows the wait that a server asks for; other problems are kept with
    the file.
    """
    wanted = {KINDS[feed].resource_type for feed in part.job.feeds}
    part.got = {}
    for name in ("error", "output", "deleted"):
        part.got[name] = []
        for number in range(len(getattr(part.manifest, name))):
            file = getattr(part.manifest, name)[number]
            if name == "output" and file.type not in wanted:
                continue
            path = landing.incoming()
            got = _one(client, part, number, file, path, may_wait)
            if isinstance(got.problem, FileGone) and _is_renewed(client, part):
                renewed = getattr(part.manifest, name)[number]
                got = _one(client, part, number, renewed, path, may_wait)
            if got.problem is not None:
                log.warning("%s: %s: %s", source, file.type or name, got.problem)
            part.got[name].append(got)


def _one(
    client: BulkClient,
    part: Part,
    number: int,
    file: ManifestFile,
    path: Path,
    may_wait: Callable[[float], bool],
) -> Got:
    # the manifest may have been read again since this file was listed
    needs_token = part.manifest.needs_token
    try:
        done = client.download(file, path, needs_token=needs_token)
    except SourceUnavailable as problem:
        if isinstance(problem, NotYet) and may_wait(problem.wait_s):
            raise
        path.unlink(missing_ok=True)
        return Got(number, file, path, None, problem)
    return Got(number, file, path, done)


def _is_renewed(client: BulkClient, part: Part) -> bool:
    """Read the manifest again, and return whether it is the same export under new addresses."""
    try:
        again = client.status(part.job.status_url)
    except SourceUnavailable:
        return False
    if not isinstance(again, Manifest) or again.transaction_time != part.manifest.transaction_time:
        return False
    types = [
        [[file.type for file in getattr(one, name)] for name in LISTS]
        for one in (part.manifest, again)
    ]
    if types[0] != types[1] or again == part.manifest:
        return False
    part.manifest = again
    return True


def land(
    parts: list[Part],
    definition: SourceDefinition,
    landing: Landing,
    marks: Mapping[str, datetime],
) -> list[BatchResult]:
    """Land what parts have brought, oldest first, and return one batch per feed.

    A feed that is late in one part is late in all after it, because records in between are missing.
    Raises `SourceUnavailable` if a file of deletions or errors could not be fetched.
    """
    deliveries: dict[str, Delivery] = {}
    behind: set[str] = set()
    turns: Counter[str] = Counter()
    for part in parts:
        feeds = [
            feed
            for feed in part.job.feeds
            if feed in definition.feeds
            and ((mark := marks.get(feed)) is None or part.complete_to > mark)
        ]
        if part.got is None or not feeds:
            part.discard()
            continue
        _read_errors(part, landing, definition.source)
        omitted = _omitted(part, definition, set(feeds) - part.late)
        landing.not_received(sorted(omitted), SourceUnavailable("it was not in the manifest"))
        part.late |= omitted
        for got in part.got["output"]:
            if got.problem is not None:
                landing.not_received([FEED_OF_TYPE[got.file.type]], got.problem)
                part.late.add(FEED_OF_TYPE[got.file.type])
        behind |= part.late
        brought = {
            feed: deliveries.setdefault(feed, Delivery(feed))
            for feed in feeds
            if feed not in behind
        }
        for delivery in brought.values():
            delivery.made_at = delivery.watermark = part.complete_to
            delivery.is_complete = delivery.is_complete and part.is_understood
        _land_output(part, brought, turns, landing)
        _land_deletions(part, brought, landing)
        turns.update(list(brought))
    return [landing.batch(delivery, definition.zone) for delivery in deliveries.values()]


def _land_output(
    part: Part, brought: dict[str, Delivery], turns: Counter[str], landing: Landing
) -> None:
    for got in (part.got or {})["output"]:
        feed = FEED_OF_TYPE[got.file.type]
        if feed not in brought or got.download is None:
            # one of its files cannot be fetched: the next night asks for all of them again
            got.path.unlink(missing_ok=True)
            continue
        turn = f"{turns[feed]}-" if turns[feed] else ""
        # an empty file is not a duplicate of an earlier empty file
        landed = landing.keep(
            got.path,
            f"{got.file.type}.{turn}{got.number}.ndjson",
            "ndjson",
            modified_at=part.complete_to,
            may_repeat=not got.download.lines,
        )
        if landed.status == "landed":
            brought[feed].files.append(landed)
            brought[feed].rows += got.download.lines
        if not got.download.is_complete:
            brought[feed].is_complete = False


def _omitted(part: Part, definition: SourceDefinition, asked: set[str]) -> set[str]:
    """Return the requested feeds without output, if this server must list every type it has."""
    named = {FEED_OF_TYPE.get(file.type) for file in part.manifest.output}
    omitted = {f for f in asked - named if definition.feeds[f].omitted_types == "late"}
    for feed in sorted(omitted):
        log.warning(
            "%s/%s: requested but not in the manifest, so it is late. If this server leaves out types"
            " without changes, write omitted_types: unchanged",
            definition.source,
            feed,
        )
    return omitted


def _land_deletions(part: Part, brought: dict[str, Delivery], landing: Landing) -> None:
    """Land the files of deletions; each becomes part of the batch of every type that it names.

    If any of it is missing, no feed is complete. Raises `SourceUnavailable`.
    """
    for got in (part.got or {})["deleted"]:
        if got.problem is not None or got.download is None:
            raise got.problem or SourceUnavailable("no deletions")
        try:
            with open_file(got.path) as stream:
                types, is_readable = deleted_types(stream, got.file.type)
        except FileRefusedError:
            types, is_readable = set(), False
        named = [feed for feed in brought if KINDS[feed].resource_type in types]
        if not (is_readable and got.download.is_complete):
            log.warning("deletions of %s: not all of them can be read", part.complete_to.date())
            for delivery in brought.values():
                delivery.is_complete = False
            named = named or list(brought)[:1]
        landed = landing.keep(
            got.path,
            f"deleted.{got.number}.ndjson",
            "deleted.ndjson",
            modified_at=part.complete_to,
            may_repeat=True,
            refused=None if named else "deletions_of_no_feed_tonight",
        )
        for feed in named:
            brought[feed].files.append(landed)


def _read_errors(part: Part, landing: Landing, source: str) -> None:
    """Land the files of errors, and note which feeds were not exported.

    An error that names no feed may concern any feed that was requested: then nothing is complete.
    """
    for got in (part.got or {})["error"]:
        if got.problem is not None:
            raise got.problem
        with got.path.open("rb") as stream:
            for line in stream:
                if not line.strip():
                    continue
                named = named_in(line)
                part.late |= named or set()
                part.is_understood = part.is_understood and named is not None
        landing.keep(got.path, "error.ndjson", "error.ndjson", refused="export_error_report")
    for feed in sorted(part.late):
        log.warning("%s/%s: the server could not export it tonight", source, feed)
    # the report's own words may name a patient
    landing.not_received(sorted(part.late), SourceUnavailable("the server could not export it"))
    if not part.is_understood:
        log.warning("%s: an error of the export names no feed: nothing counts as complete", source)
