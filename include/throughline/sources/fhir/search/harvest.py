"""Searches a server for the feeds that its export leaves out, and lands what was found."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import orjson

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.bulk.errors import words
from throughline.sources.fhir.client import believed
from throughline.sources.fhir.ndjson import KINDS
from throughline.sources.fhir.search.capability import Capability
from throughline.sources.fhir.search.client import Found, Ignored, NotSearchable, Searcher
from throughline.sources.fhir.search.methods import LAST_UPDATED, Method, instant, ladder, windows
from throughline.sources.landing import BatchResult, Delivery, Landing, watermarks
from throughline.transports.address import Address, NotYet, SourceUnavailable
from throughline.transports.patience import REAL, Clock
from throughline.warehouse import Connection

log = logging.getLogger(__name__)

MOST_FAILURES = 3
MOST_REFUSALS = 20
"""After so many persons in a row whose search fails, or is refused, nobody else is asked about tonight."""
LONGEST_WAIT_S, WAITS_S = 60.0, 600.0
"""How long a search person by person waits in place when the server asks for it: each time, and in all."""


@dataclass
class _Harvest:
    """What the search of one feed has brought, so far."""

    method: Method
    lines: int = 0
    is_complete: bool = True
    reached: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    cannot_see: list[str] = field(default_factory=list)


class _Search:
    """The searches of one source in one night."""

    def __init__(
        self,
        client: Searcher,
        definition: SourceDefinition,
        conn: Connection,
        landing: Landing,
        capability: Capability,
        until: datetime,
        clock: Clock,
    ) -> None:
        self.client, self.definition, self.conn = client, definition, conn
        self.landing, self.capability = landing, capability
        self.said, self.until, self.clock = definition.search, until, clock

    def feed(self, feed: str, mark: datetime | None) -> Delivery:
        """Search one feed, and return its delivery. Raises `NotYet` and `SourceUnavailable`."""
        kind, before = KINDS[feed].resource_type, self.client.requests
        path = self.landing.incoming()
        with path.open("wb") as out:
            harvest = self._best(feed, kind, mark, out)
        self._deletions(kind, mark, harvest)
        until = self.until
        delivery = Delivery(feed, rows=harvest.lines, made_at=until, watermark=until)
        delivery.is_complete = harvest.is_complete
        landed = self.landing.keep(
            path,
            f"{kind}.search.ndjson",
            "ndjson",
            modified_at=until,
            may_repeat=not harvest.lines,
        )
        if landed.status == "landed":
            delivery.files.append(landed)
        else:
            # the overlap brought again what the night before has landed, and nothing else
            delivery.rows = 0
        if harvest.gone:
            delivery.files.append(self._tombstones(kind, harvest.gone, until))
        self._note(feed, harvest, self.client.requests - before)
        return delivery

    def _best(self, feed: str, kind: str, mark: datetime | None, out: BinaryIO) -> _Harvest:
        """Search in the first way that the server does not refuse. Raises `NotSearchable`."""
        methods = ladder(kind, self.capability, self.definition.feeds[feed].search_by)
        said = ""
        for method in methods:
            out.seek(0)
            out.truncate()
            harvest, seen = _Harvest(method), set[bytes]()
            try:
                for found in self._pages(feed, kind, method, mark, harvest):
                    harvest.is_complete = harvest.is_complete and found.is_complete
                    for line in found.matches:
                        # a record that spans two windows, or moves to the next page, comes twice
                        digest = hashlib.blake2b(line, digest_size=12).digest()
                        if digest not in seen:
                            seen.add(digest)
                            out.write(line + b"\n")
                    harvest.lines = len(seen)
            except NotSearchable as refused:
                log.warning("%s/%s by %s: %s", self.definition.source, feed, method.name, refused)
                # what it says of a search for a person may name the person
                said = said if method.name == "patient" else words(refused.body) or said
                continue
            return harvest
        nothing = NotSearchable(f"{self.definition.source}: the server offers no search of {kind}")
        nothing.said = said
        raise nothing

    def _pages(
        self, feed: str, kind: str, method: Method, mark: datetime | None, harvest: _Harvest
    ) -> Iterator[Found]:
        if method.name != "patient":
            for params in windows(method, mark, self.capability.at, self.said):
                yield from self.client.search(kind, params)
            return
        yield from self._by_person(feed, kind, method, mark, harvest)

    def _by_person(
        self, feed: str, kind: str, method: Method, mark: datetime | None, harvest: _Harvest
    ) -> Iterator[Found]:
        """Search person by person within the budget; who is not reached costs nobody else.

        Raises the problem if nobody is reached.
        """
        before, in_a_row, refused, waited = self.client.requests, 0, 0, 0.0
        problem: SourceUnavailable | None = None
        persons = deque(self._persons(feed))
        while persons:
            subject, complete_to = persons.popleft()
            is_spent = self.client.requests - before >= self.said.requests
            if is_spent or in_a_row >= MOST_FAILURES or refused >= MOST_REFUSALS:
                harvest.unasked.append(subject)
                continue
            params: dict[str, Any] = {method.param: subject}
            # nobody knows from when on the records of one who was not asked about before are missing
            if mark and complete_to and self.capability.searches(kind, LAST_UPDATED):
                since = min(mark, complete_to) - self.said.overlap
                params[LAST_UPDATED] = f"ge{instant(since)}"
            try:
                pages = list(self.client.search(kind, params, must_use=method.param))
            except Ignored:
                raise
            except NotYet as wait:
                if wait.wait_s <= LONGEST_WAIT_S and waited + wait.wait_s <= WAITS_S:
                    waited += wait.wait_s
                    self.clock.sleep(wait.wait_s)
                    persons.appendleft((subject, complete_to))
                    continue
                if not harvest.reached:
                    raise
                harvest.unasked += [subject, *(one for one, _ in persons)]
                return
            except SourceUnavailable as error:
                problem, is_refusal = error, isinstance(error, NotSearchable)
                in_a_row, refused = in_a_row + (not is_refusal), refused + is_refusal
                harvest.failed.append(subject)
                continue
            in_a_row = refused = 0
            is_whole = all(found.is_complete for found in pages)
            (harvest.reached if is_whole else harvest.failed).append(subject)
            yield from (Found(found.matches) for found in pages)
        if problem is not None and not harvest.reached:
            # the next night begins with others: it may be about these few only
            self._asked(feed, harvest)
            raise problem

    def _persons(self, feed: str) -> list[tuple[str, datetime | None]]:
        """Return the patients with an open case, and up to when the records of each are complete.

        Those first who were not asked about for longest.
        """
        return self.conn.execute(
            "select w.subject_id, s.complete_to from landing.wanted_subject as w"
            " left join landing.searched_subject as s on s.source = w.source and s.feed = %s"
            " and s.subject_id = w.subject_id and s.known_seq < %s"
            " where w.source = %s"
            " order by s.known_seq nulls first, w.due_at nulls last, w.subject_id",
            (feed, self.landing.night.seq, self.definition.source),
        ).fetchall()

    def _deletions(self, kind: str, mark: datetime | None, harvest: _Harvest) -> None:
        """Ask what was deleted, if the server keeps a history of the type."""
        unseen = harvest.method.cannot_see(self.said)
        harvest.cannot_see = [unseen] if unseen else []
        if mark is None:
            # nothing of it is loaded yet
            return
        if self.capability.does(kind, "history-type"):
            try:
                harvest.gone = self.client.deleted(kind, instant(mark - self.said.overlap))
                return
            except NotSearchable as refused:
                log.warning("%s: history of %s: %s", self.definition.source, kind, refused)
        harvest.cannot_see.append("deletions")

    def _tombstones(self, kind: str, gone: list[str], until: datetime) -> Any:
        path = self.landing.incoming()
        with path.open("wb") as out:
            for one in gone:
                entry = {"request": {"method": "DELETE", "url": f"{kind}/{one}"}}
                out.write(orjson.dumps({"resourceType": "Bundle", "entry": [entry]}) + b"\n")
        return self.landing.keep(
            path, f"{kind}.deleted.ndjson", "deleted.ndjson", modified_at=until, may_repeat=True
        )

    def _note(self, feed: str, harvest: _Harvest, requests: int) -> None:
        """Record how the feed was searched, and whom it was about."""
        source, seq = self.definition.source, self.landing.night.seq
        self.conn.execute(
            "insert into landing.search (source, feed, known_seq, method, param, cannot_see, requests,"
            " left_out) values (%s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (source, feed, known_seq) do update set method = excluded.method,"
            " param = excluded.param, cannot_see = excluded.cannot_see,"
            " requests = excluded.requests, left_out = excluded.left_out",
            (
                source,
                feed,
                seq,
                harvest.method.name,
                harvest.method.param,
                harvest.cannot_see,
                requests,
                len(harvest.failed) + len(harvest.unasked),
            ),
        )
        self._asked(feed, harvest)
        self.conn.execute(
            "with told (subject_id, is_reached) as ("
            "select unnest(%(reached)s::text[]), true"
            " union all select unnest(%(not_reached)s::text[]), false),"
            " ended as (update landing.subject_search as t set closed_seq = %(seq)s"
            " where t.source = %(source)s and t.feed = %(feed)s and t.closed_seq is null"
            " and not exists (select from told where told.subject_id = t.subject_id"
            " and told.is_reached = t.is_reached))"
            " insert into landing.subject_search (source, feed, subject_id, known_seq, is_reached)"
            " select %(source)s, %(feed)s, told.subject_id, %(seq)s, told.is_reached from told"
            " where not exists (select from landing.subject_search as t"
            " where t.source = %(source)s and t.feed = %(feed)s and t.subject_id = told.subject_id"
            " and t.closed_seq is null and t.is_reached = told.is_reached)",
            {
                "source": source,
                "feed": feed,
                "seq": seq,
                "reached": harvest.reached,
                "not_reached": harvest.failed + harvest.unasked,
            },
        )

    def _asked(self, feed: str, harvest: _Harvest) -> None:
        """Record who was asked about: those in vain are asked about again after the others."""
        self.conn.execute(
            "insert into landing.searched_subject as s (source, feed, subject_id, known_seq, complete_to)"
            " select %(source)s, %(feed)s, r.subject_id, %(seq)s, r.until from ("
            "select unnest(%(reached)s::text[]), %(until)s::timestamptz"
            " union all select unnest(%(failed)s::text[]), null) as r (subject_id, until)"
            " on conflict (source, feed, subject_id) do update set known_seq = excluded.known_seq,"
            " complete_to = coalesce(excluded.complete_to, s.complete_to)",
            {
                "source": self.definition.source,
                "feed": feed,
                "seq": self.landing.night.seq,
                "until": self.until,
                "reached": harvest.reached,
                "failed": harvest.failed,
            },
        )


def search(
    definition: SourceDefinition,
    feeds: list[str],
    address: Address,
    conn: Connection,
    landing: Landing,
    deadline: datetime | None = None,
    clock: Clock = REAL,
) -> list[BatchResult]:
    """Land what a search of each feed finds, and return its batches; does not commit.

    A feed that cannot be searched is late; the others go on. Raises `NotYet` if the server asks for a
    longer wait that ends before the `deadline`, and `SourceUnavailable` if it cannot be asked at all.
    """
    marks = watermarks(conn, definition.source, landing.night.cut_off)
    may_wait = _until(deadline)
    batches: list[BatchResult] = []
    with Searcher(address, clock=clock) as client:
        asked_at = datetime.now(UTC)
        capability = client.capability()
        until = believed(
            definition.source, capability.at, asked_at, datetime.now(UTC), landing.night.cut_off
        )
        one = _Search(client, definition, conn, landing, capability, until, clock)
        for feed in feeds:
            try:
                delivery = one.feed(feed, marks.get(feed))
            except SourceUnavailable as problem:
                if isinstance(problem, NotYet) and may_wait(problem.wait_s):
                    raise
                log.warning("%s/%s: %s", definition.source, feed, problem)
                landing.not_received([feed], problem)
                continue
            batches.append(landing.batch(delivery, definition.zone))
    return batches


def _until(deadline: datetime | None) -> Callable[[float], bool]:
    return lambda wait_s: (
        deadline is None or (datetime.now(UTC) + timedelta(seconds=wait_s) < deadline)
    )
