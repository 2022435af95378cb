"""Asks a server for what changed, waits for it within the night's deadline, and lands it.

An export can take hours, and nobody waits in place for that long: `NotYet` gives the turn back, and the
next visit goes on from the ledger of jobs. What is not ready by the deadline is late tonight; its job
stays, for the night after.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.bulk import errors, jobs
from throughline.sources.fhir.bulk.asking import digest, request_of
from throughline.sources.fhir.bulk.client import BulkClient, JobLost, Refused, Running
from throughline.sources.fhir.bulk.jobs import Job
from throughline.sources.fhir.bulk.landed import Part, fetch, land
from throughline.sources.fhir.bulk.manifest import Manifest
from throughline.sources.fhir.client import believed
from throughline.sources.fhir.ndjson import KINDS
from throughline.sources.fhir.search.capability import Capability
from throughline.sources.landing import BatchResult, Landing, watermarks
from throughline.transports.address import Address, NotYet, SourceUnavailable
from throughline.transports.patience import REAL, Clock
from throughline.warehouse import Connection, failpoints

log = logging.getLogger(__name__)

# A visit waits in place for this long in all; a longer wait gives the worker's slot back.
IN_PLACE_S = 60.0
LAST_LOOK_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 600.0
NOT_READY = "no export was ready in time"
# A job that is not ready after this time is given up, and asked for anew.
GIVEN_UP_AFTER = timedelta(hours=40)


@dataclass(frozen=True)
class _Wish:
    """Feeds that are asked for together, because they are complete up to the same moment."""

    since: datetime | None
    feeds: list[str]


class _Visit:
    """One visit to a server in a night."""

    def __init__(
        self,
        client: BulkClient,
        definition: SourceDefinition,
        conn: Connection,
        landing: Landing,
        deadline: datetime | None,
        clock: Clock,
    ) -> None:
        self.client, self.definition, self.conn, self.landing = client, definition, conn, landing
        self.night = landing.night
        self.deadline, self.clock = deadline, clock
        self.marks = watermarks(conn, definition.source, landing.night.cut_off)
        self.since = self._since()
        self.asked = digest(definition)
        self.pending: list[Job] = []
        self.ready: dict[UUID, Part] = {}
        self.refused: set[str] = set()
        self.capability: Capability | None = None
        self.in_place = IN_PLACE_S

    def _since(self) -> dict[str, datetime | None]:
        """Return from where each feed is asked for: where it is complete, or from the beginning."""
        days = self.definition.export.full_every_days
        full = jobs.last_full(self.conn, self.definition.source) if days else {}
        oldest = datetime.now(UTC) - timedelta(days=days)
        return {
            feed: None
            if days and full.get(feed, datetime.min.replace(tzinfo=UTC)) < oldest
            else self.marks.get(feed)
            for feed in self.definition.feeds
        }

    def take_up(self) -> None:
        """Take up the jobs that earlier visits began; give up those that nobody wants any more."""
        for job in jobs.running(self.conn, self.definition.source):
            is_old = datetime.now(UTC) - job.asked_at > GIVEN_UP_AFTER
            is_wanted = job.asked == self.asked and all(
                feed in self.since and self.since[feed] == job.since for feed in job.feeds
            )
            if is_wanted and not is_old:
                log.info("%s: goes on with an export of %s", self.definition.source, job.asked_at)
                self.pending.append(job)
            else:
                self._end(job, "given_up")

    def _end(self, job: Job, status: str) -> None:
        """End a job without its files, and tell the server."""
        log.warning("%s: an export ended: %s", self.definition.source, status)
        self.client.finish(job.status_url)
        jobs.end(self.conn, job, status, self.night.seq)
        jobs.release(self.conn, job)
        self.conn.commit()

    def look(self) -> list[float | None]:
        """Look at each pending job; returns the waits that servers ask for, None where they do not."""
        waits: list[float | None] = []
        for job in list(self.pending):
            try:
                found = self.client.status(job.status_url)
            except JobLost:
                self.pending.remove(job)
                self._end(job, "lost")
                continue
            except NotYet as again:
                waits.append(again.wait_s)
                continue
            except SourceUnavailable:
                if job.business_date >= self.night.business_date:
                    raise
                self.pending.remove(job)
                self._end(job, "lost")
                continue
            if isinstance(found, Running):
                waits.append(found.asked_s)
                continue
            self.pending.remove(job)
            self.ready[job.job_id] = Part(job, found, self._complete_to(job, found))
        return waits

    def _complete_to(self, job: Job, found: Manifest) -> datetime:
        """Return up to when an export is complete."""
        said = _parse_instant(self.definition.source, found.transaction_time)
        now, cut_off = datetime.now(UTC), self.night.cut_off
        return believed(self.definition.source, said, job.asked_at, now, cut_off)

    def wishes(self) -> list[_Wish]:
        """Return what no job brings up to tonight: a job of an earlier night leaves the days since."""
        failed = jobs.failed_in(self.conn, self.definition.source, self.night.seq)
        since: dict[datetime | None, list[str]] = {}
        for feed in self.definition.feeds:
            own = [job for job in self.pending if feed in job.feeds]
            parts = [part for part in self.ready.values() if feed in part.job.feeds]
            is_asked = any(
                job.business_date >= self.night.business_date
                for job in own + [part.job for part in parts]
            )
            if own or is_asked or feed in self.refused or (feed in failed and self._had(feed)):
                continue
            start = max((part.complete_to for part in parts), default=self.since[feed])
            since.setdefault(start, []).append(feed)
        return [_Wish(start, feeds) for start, feeds in since.items()]

    def _had(self, feed: str) -> bool:
        """Return whether this feed was asked for twice tonight already, in vain."""
        row = self.conn.execute(
            "select count(*) from landing.export_job where source = %s and ended_seq = %s"
            " and status in ('expired', 'lost') and %s = any(feeds)",
            (self.definition.source, self.night.seq, feed),
        ).fetchone()
        return bool(row and row[0] > 1)

    def ask(self) -> list[float | None]:
        """Ask for what is wanted; returns the waits of what the server does not take yet."""
        waits: list[float | None] = []
        problem: Refused | None = None
        for wish in self.wishes():
            try:
                self._ask(wish.since, wish.feeds)
            except NotYet as again:
                waits.append(again.wait_s)
            except Refused as refused:
                # some servers export practitioners and places only together with other types
                self._refuse(wish.feeds, refused)
                problem = refused
        if problem is not None and not (self.pending or self.ready or waits):
            raise problem
        return waits

    def _ask(self, since: datetime | None, feeds: list[str]) -> None:
        """Kick off an export; again without the types that the server refuses, which are late alone.

        Raises `Refused` if it refuses all of them.
        """
        try:
            # a server that takes one export at a time takes this one when the others are ready
            url = self.client.kick_off(
                request_of(self.definition, feeds, since, self.night.business_date),
                is_first=not self.pending,
            )
        except Refused as refused:
            self._without(since, feeds, refused)
            return
        job = jobs.begin(
            self.conn, self.definition.source, self.night, feeds, since, self.asked, url
        )
        self.conn.commit()
        failpoints.hit("export.after_kick_off")
        self.pending.append(job)

    def _without(self, since: datetime | None, feeds: list[str], refused: Refused) -> None:
        """Ask again for those of some feeds that were refused together that may be had.

        A server that names the types it refuses is taken at its word. Else those go that its
        CapabilityStatement does not list; if it lists all of them, halves are asked for. Raises `Refused`.
        """
        named = (errors.named_in(refused.body, is_refusal=True) or set()) & set(feeds)
        if not named and refused.is_of_request and len(feeds) > 1:
            named = self._not_listed(feeds)
        rest = [feed for feed in feeds if feed not in named]
        if named and rest:
            self._refuse(sorted(named), refused)
            self._ask(since, rest)
            return
        if not refused.is_of_request or len(feeds) == 1 or named:
            raise refused
        middle = len(feeds) // 2
        all_refused = True
        for half in (feeds[:middle], feeds[middle:]):
            try:
                self._ask(since, half)
                all_refused = False
            except Refused as again:
                self._refuse(half, again)
        if all_refused:
            raise refused

    def _not_listed(self, feeds: list[str]) -> set[str]:
        """Return the feeds whose type the server's CapabilityStatement does not have, if it has others."""
        if self.capability is None:
            self.capability = self.client.capability() or Capability(datetime.now(UTC))
        lacks = {f for f in feeds if not self.capability.has(KINDS[f].resource_type)}
        return lacks if len(lacks) < len(feeds) else set()

    def _refuse(self, feeds: list[str], refused: Refused) -> None:
        """Ask for some feeds no more tonight, and keep why."""
        self.refused |= set(feeds)
        for feed in feeds:
            log.warning("%s/%s: the server does not export it", self.definition.source, feed)
        self.landing.not_received(feeds, refused)

    def _by_deadline(self, wait_s: float) -> float:
        """Return a wait cut short for a last look before the deadline, if that is a while away."""
        if self.deadline is None:
            return wait_s
        left = (self.deadline - datetime.now(UTC)).total_seconds() - LAST_LOOK_S
        return min(wait_s, left) if left > IN_PLACE_S else wait_s

    def may_wait(self, wait_s: float) -> bool:
        """Return whether a wait ends before the deadline."""
        ends_at = datetime.now(UTC) + timedelta(seconds=wait_s)
        return self.deadline is None or ends_at < self.deadline

    def gather(self) -> None:
        """Ask and look until every job is ready, or the deadline has passed.

        Raises `NotYet` if it takes longer than anybody should wait in place.
        """
        pause = FIRST_PAUSE_S
        while True:
            waits = self.ask()
            before = len(self.pending)
            waits += self.look()
            if not waits and not self.wishes():
                return
            if not waits or (self.wishes() and len(self.pending) < before):
                # a job that has ended makes room for another
                continue
            stated = [wait for wait in waits if wait is not None]
            wait = max(min([*stated, *([pause] if len(stated) < len(waits) else [])]), 0.1)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
            if wait <= self.in_place:
                self.in_place -= wait
                self.clock.sleep(wait)
                continue
            if len(stated) < len(waits):
                # without a word from the server: the longer it takes, the less often it is asked
                age = [(datetime.now(UTC) - job.asked_at).total_seconds() for job in self.pending]
                wait = min(max(wait, IN_PLACE_S, max(age, default=0) / 4), LONGEST_PAUSE_S)
            if self.may_wait(self._by_deadline(wait)):
                problem = f"{self.definition.source}: the export is not ready"
                raise NotYet(problem, self._by_deadline(wait))
            log.warning(
                "%s: the export is not ready by the deadline; its feeds are late, and it is taken up"
                " again by the next night",
                self.definition.source,
            )
            late = {feed for job in self.pending for feed in job.feeds}
            self.landing.not_received(sorted(late), SourceUnavailable(NOT_READY))
            return

    def collect(self) -> list[Part]:
        """Return the parts with their files fetched; asks again, once a night, for what has expired."""
        while True:
            self.gather()
            for part in self.ready.values():
                if part.is_newer_than(self.since) and part.got is None:
                    fetch(self.client, part, self.landing, self.definition.source, self.may_wait)
            failed = jobs.failed_in(self.conn, self.definition.source, self.night.seq)
            expired = [
                part
                for part in self.ready.values()
                if part.has_expired and not failed & set(part.job.feeds)
            ]
            if not expired:
                return sorted(self.ready.values(), key=lambda part: part.complete_to)
            for part in expired:
                part.discard()
                del self.ready[part.job.job_id]
                self._end(part.job, "expired")


def export(
    definition: SourceDefinition,
    address: Address,
    conn: Connection,
    landing: Landing,
    deadline: datetime | None = None,
    clock: Clock = REAL,
) -> list[BatchResult]:
    """Land an export of what changed since each feed was last complete, and return its batches.

    Feeds that are complete up to the same moment are asked for together. A feed whose files cannot
    be fetched, or are not ready by the `deadline`, is late; the others go on. Commits the ledger of
    jobs, but not what is landed. Raises `NotYet` while it may still become ready, and
    `SourceUnavailable` if nothing came.
    """
    with BulkClient(address, clock=clock) as client:
        visit = _Visit(client, definition, conn, landing, deadline, clock)
        visit.take_up()
        parts = visit.collect()
        if not parts and definition.feeds:
            raise SourceUnavailable(f"{definition.source}: {NOT_READY}")
        batches = land(parts, definition, landing, visit.marks)
        for part in parts:
            jobs.end(conn, part.job, "landed", landing.night.seq)
        return batches


def release(definition: SourceDefinition, address: Address, conn: Connection) -> None:
    """Tell the server that the files of ended jobs may be deleted, now that they are kept; commits."""
    ended = jobs.unreleased(conn, definition.source)
    if not ended:
        return
    with BulkClient(address) as client:
        for job in ended:
            client.finish(job.status_url)
            jobs.release(conn, job)
    conn.commit()


def _parse_instant(source: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SourceUnavailable(f"{source}: the export has no readable transactionTime") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
