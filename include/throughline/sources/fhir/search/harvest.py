"""Searches a server for the feeds that its export leaves out, and lands what was found."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import orjson

from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.ndjson import KINDS
from throughline.sources.fhir.search.client import (
    Capability,
    Found,
    NotSearchable,
    Searcher,
)
from throughline.sources.fhir.search.methods import LAST_UPDATED, Method, instant, ladder, windows
from throughline.sources.landing import BatchResult, Delivery, Landing
from throughline.transports.address import Address, NotYet, SourceUnavailable
from throughline.transports.patience import REAL, Clock
from throughline.warehouse import Connection

log = logging.getLogger(__name__)


@dataclass
class _Harvest:
    """What the search of one feed has brought, so far."""

    method: Method
    lines: int = 0
    is_complete: bool = True
    asked: list[str] = field(default_factory=list)
    left_out: int = 0
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
    ) -> None:
        self.client, self.definition, self.conn = client, definition, conn
        self.landing, self.capability = landing, capability
        self.said = definition.search

    def feed(self, feed: str, mark: datetime | None) -> Delivery:
        """Search one feed, and return its delivery. Raises `NotYet` and `SourceUnavailable`."""
        kind, before = KINDS[feed].resource_type, self.client.requests
        path = self.landing.incoming()
        with path.open("wb") as out:
            harvest = self._best(feed, kind, mark, out)
        self._deletions(kind, mark, harvest)
        until = self.capability.at
        delivery = Delivery(feed, rows=harvest.lines, made_at=until, watermark=until)
        delivery.is_complete = harvest.is_complete and not harvest.left_out
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
                continue
            return harvest
        raise NotSearchable(f"{self.definition.source}: the server offers no search of {kind}")

    def _pages(
        self, feed: str, kind: str, method: Method, mark: datetime | None, harvest: _Harvest
    ) -> Iterator[Found]:
        if method.name != "patient":
            for params in windows(method, mark, self.capability.at, self.said):
                yield from self.client.search(kind, params)
            return
        since: dict[str, Any] = {}
        if mark is not None and self.capability.searches(kind, LAST_UPDATED):
            since = {LAST_UPDATED: f"ge{instant(mark - self.said.overlap)}"}
        spent = self.client.requests
        for subject, is_new in self._persons(feed):
            if self.client.requests - spent >= self.said.requests:
                harvest.left_out += 1
                continue
            # records of a person who was not asked about before may be older than the feed
            person: dict[str, Any] = {method.param: subject, **({} if is_new else since)}
            yield from self.client.search(kind, person, must_use=method.param)
            harvest.asked.append(subject)

    def _persons(self, feed: str) -> list[tuple[str, bool]]:
        """Return the patients with an open case, those first who were not asked about for longest."""
        return self.conn.execute(
            "select w.subject_id, s.known_seq is null from landing.wanted_subject as w"
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
                harvest.left_out,
            ),
        )
        with self.conn.cursor() as cursor:
            cursor.executemany(
                "insert into landing.searched_subject (source, feed, subject_id, known_seq)"
                " values (%s, %s, %s, %s) on conflict (source, feed, subject_id)"
                " do update set known_seq = excluded.known_seq",
                [(source, feed, subject, seq) for subject in harvest.asked],
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
    marks = dict(
        conn.execute(
            "select feed, max(watermark) from landing.watermark where source = %s group by feed",
            (definition.source,),
        ).fetchall()
    )
    may_wait = _until(deadline)
    batches: list[BatchResult] = []
    with Searcher(address, clock=clock) as client:
        one = _Search(client, definition, conn, landing, client.capability())
        for feed in feeds:
            try:
                delivery = one.feed(feed, marks.get(feed))
            except SourceUnavailable as problem:
                if isinstance(problem, NotYet) and may_wait(problem.wait_s):
                    raise
                log.warning("%s/%s: %s", definition.source, feed, problem)
                continue
            batches.append(landing.batch(delivery, definition.zone))
    return batches


def _until(deadline: datetime | None) -> Callable[[float], bool]:
    return lambda wait_s: (
        deadline is None or (datetime.now(UTC) + timedelta(seconds=wait_s) < deadline)
    )
