"""A small export, on request: what changed in the last days. Its files are fetched, and the job ended at the server."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from throughline.firstlook.found import Look, listed
from throughline.sources.fhir.bulk import errors
from throughline.sources.fhir.bulk.asking import request_of
from throughline.sources.fhir.bulk.client import BulkClient, JobLost, Refused, Running
from throughline.sources.fhir.bulk.manifest import Manifest
from throughline.sources.fhir.ndjson import FEED_OF_TYPE
from throughline.sources.source import SourceDefinition
from throughline.transports.address import Address, NotYet, SourceUnavailable
from throughline.transports.patience import REAL, Clock
from throughline.vocabulary.counts import count

DAYS = 2
WAIT_S = 900.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
FILES = 3
"""How many files of a type are fetched."""


def export(look: Look, definition: SourceDefinition, address: Address, clock: Clock = REAL) -> None:
    """Export what changed in the last days, as the source asks for it, into the sample."""
    feeds = [name for name, feed in definition.feeds.items() if feed.read_by == "export"]
    if not feeds:
        look.note("EXPORT=1: no feed of this source is read by export")
        return
    with BulkClient(address.with_extra(patience_s=10), clock=clock) as client:
        job, feeds = _begun(look, client, definition, feeds)
        if not job:
            return
        try:
            manifest = _waited(look, client, job, clock)
            if manifest is not None:
                _fetched(look, client, manifest, feeds)
        except SourceUnavailable as error:
            look.bad(f"the export failed: {str(error).partition(': ')[2]}", "ask the vendor")
        finally:
            client.finish(job)


def _begun(
    look: Look, client: BulkClient, definition: SourceDefinition, feeds: list[str]
) -> tuple[str, list[str]]:
    """Kick off; once more without the types that the server names in a refusal. Returns the job, or an empty text."""
    since = datetime.now(UTC) - timedelta(days=DAYS)
    for _ in range(2):
        try:
            return client.kick_off(request_of(definition, feeds, since)), feeds
        except Refused as refused:
            named = (errors.named_in(refused.body, is_refusal=True) or set()) & set(feeds)
            said = f": {refused.said}" if refused.said else ""
            for feed in sorted(named):
                look.bad(
                    f"{feed}: the server does not export it{said}",
                    f"{look.place}: feeds: write read_by: search for {feed}, or take it out",
                )
            feeds = [feed for feed in feeds if feed not in named]
            if not named or not feeds:
                look.bad(
                    f"the server refuses the export ({str(refused).rpartition('_')[2]}){said}",
                    f"look at export in {look.place}: level, group, type_filter",
                )
                return "", feeds
        except SourceUnavailable as error:
            why = "it is busy" if isinstance(error, NotYet) else str(error).partition(": ")[2]
            look.bad(f"no export began: {why}", "ask the vendor how often an export is allowed")
            return "", feeds
    return "", feeds


def _waited(look: Look, client: BulkClient, job: str, clock: Clock) -> Manifest | None:
    until, pause = clock.now() + WAIT_S, FIRST_PAUSE_S
    begun = time.monotonic()
    while clock.now() < until:
        try:
            found = client.status(job)
        except JobLost as lost:
            look.bad(
                f"the export failed at the server: {str(lost).partition(': ')[2]}", "ask the vendor"
            )
            return None
        except NotYet as wait:
            found = Running(wait.wait_s)
        if not isinstance(found, Running):
            look.good(
                f"an export of the last {count(DAYS, 'day')} was ready after {time.monotonic() - begun:.0f} s"
            )
            return found
        clock.sleep(min(found.asked_s or pause, max(until - clock.now(), 0.1)))
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
    look.note(
        f"the export was not ready after {count(int(WAIT_S // 60), 'minute')}, and was ended: a night waits longer"
    )
    return None


def _fetched(look: Look, client: BulkClient, manifest: Manifest, feeds: list[str]) -> None:
    taken: dict[str, int] = {}
    for file in manifest.output:
        number = taken[file.type] = taken.get(file.type, 0) + 1
        if number <= FILES and FEED_OF_TYPE.get(file.type) in feeds:
            target = look.into / f"{file.type}.export.{number}.ndjson"
            client.download(file, target, needs_token=manifest.needs_token)
            look.sampled += 1
    brought = {FEED_OF_TYPE.get(kind) for kind in taken}
    absent = [feed for feed in feeds if feed not in brought]
    if absent:
        look.note(
            f"the export has no file for {listed(absent)}: nothing changed, or the server leaves them out",
            "omitted_types says which of the two a night takes it for",
        )
    if manifest.error:
        look.bad(
            f"the export reports {count(len(manifest.error), 'file')} of errors",
            "ask the vendor: a type in it counts as not delivered",
        )
