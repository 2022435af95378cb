"""A server of Bulk Data exports that misbehaves as asked, on one host or on several."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen, Web
from tests.unit.throughline.sources.smart import smart, token
from throughline import warehouse
from throughline.sources.definitions import SourceDefinition, parse
from throughline.sources.landing import BatchResult
from throughline.transports.address import Address

FEEDS = ("patient", "encounter", "task")
TYPES = ("Patient", "Encounter", "Task")
TIME = "2026-09-04T05:00:00Z"


def small(**more: Any) -> SourceDefinition:
    """A source with three feeds; `feeds` adds to each of them."""
    said = {
        "source": "ehr",
        "title": "EHR",
        "standard": "fhir",
        "transport": "https",
        "connection": "ehr_main",
        "owner_team": "data_engineering",
        "time_zone": "America/New_York",
        "roles": {"chart": {}},
        "ids": "bare",
        **more,
    }
    said["feeds"] = {
        name: {"expected_by": "03:00", **more.get("feeds", {}).get(name, {})} for name in FEEDS
    }
    return parse(said, "ehr.yaml")


class Exporter:
    """A server with as many jobs as it is asked for; every job exports `lines`, by type.

    Queues of answers go before what it would say by itself: `kick_offs`, `statuses`, and `files` by
    type. An export with a type of `refuses` is answered with 400 and `refusal`. `wants_token` guards
    all but the store, which answers files on another host if `has_store` is set, and refuses every
    request with a token, as a store of signed addresses does.
    """

    def __init__(self, web: Web, store: Web) -> None:
        self.web, self.store = web, store
        web.respond, store.respond = self._guarded, self._stored
        self.lines: dict[str, bytes] = {}
        self.time = TIME
        self.kick_offs: deque[Answer] = deque()
        self.statuses: deque[Answer] = deque()
        self.files: dict[str, deque[Answer]] = {}
        self.page_size = 0
        self.wants_token = False
        self.has_store = False
        self.store_generation = 1
        self.pending_polls = 0
        self.refuses: frozenset[str] = frozenset()
        self.refusal = b""
        self.deleted: list[str] = []
        self.asked: list[dict[str, list[str]]] = []
        self.paths: list[str] = []
        self.polled: Counter[str] = Counter()

    @property
    def address(self) -> Address:
        """Where it is, with the credentials it wants."""
        if self.wants_token:
            return smart(self.web, patience_s=0.5)
        return self.web.address(extra={"patience_s": 0.5})

    def _guarded(self, seen: Seen) -> Answer:
        if seen.path == "/token":
            return token()
        if self.wants_token and seen.headers.get("authorization") != "Bearer t1":
            return Answer(401)
        return self._answer(seen)

    def _answer(self, seen: Seen) -> Answer:
        path, query = urlsplit(seen.path).path, parse_qs(urlsplit(seen.path).query)
        if path.endswith("$export"):
            self.paths.append(path)
            self.asked.append(query)
            if self.kick_offs:
                return self.kick_offs.popleft()
            if self.refuses & set(query["_type"][0].split(",")):
                return Answer(400, self.refusal)
            return Answer(
                202, headers={"Content-Location": self.web.url(f"/job/{len(self.asked)}")}
            )
        if path.startswith("/job/"):
            return self._status(seen.method, path, int(query.get("page", ["1"])[0]))
        return self._file(path.rpartition("/")[2], seen)

    def _status(self, method: str, path: str, page: int) -> Answer:
        if method == "DELETE":
            self.deleted.append(path)
            return Answer(202)
        if path in self.deleted:
            return Answer(404)
        self.polled[path] += 1
        if self.statuses:
            return self.statuses.popleft()
        if self.polled[path] <= self.pending_polls:
            return Answer(202)
        return Answer(200, json.dumps(self.manifest(path, page)).encode())

    def manifest(self, path: str, page: int = 1) -> dict[str, Any]:
        """One page of the manifest of a job."""
        asked = self.asked[int(path.rpartition("/")[2]) - 1]
        output = [
            {
                "type": kind,
                "url": self.web.url(f"/file/{kind}"),
                "count": self.lines.get(kind, b"").count(b"\n"),
            }
            for kind in asked["_type"][0].split(",")
        ]
        body: dict[str, Any] = {"transactionTime": self.time, "requiresAccessToken": True}
        if self.has_store:
            body["requiresAccessToken"] = False
            for entry in output:
                generation = f"?generation={self.store_generation}"
                entry["url"] = self.store.url(f"/{entry['type']}{generation}")
        if self.page_size:
            following = output[page * self.page_size :]
            output = output[(page - 1) * self.page_size : page * self.page_size]
            if following:
                body["link"] = [{"relation": "next", "url": f"{path}?page={page + 1}"}]
        return {**body, "output": output, "deleted": [], "error": []}

    def _file(self, kind: str, seen: Seen) -> Answer:
        queue = self.files.get(kind)
        if queue:
            return queue.popleft()
        return Answer(200, self.lines.get(kind, b""))

    def _stored(self, seen: Seen) -> Answer:
        if "authorization" in seen.headers:
            return Answer(400, b"Only one auth mechanism allowed")
        path, query = urlsplit(seen.path).path, parse_qs(urlsplit(seen.path).query)
        if query.get("generation", ["1"]) != [str(self.store_generation)]:
            return Answer(403, b"<Code>AccessDenied</Code><Message>Request has expired</Message>")
        return self._file(path.rpartition("/")[2], seen)


@contextmanager
def exporter() -> Iterator[Exporter]:
    """Run one."""
    with ExitStack() as stack:
        yield Exporter(*(stack.enter_context(servers.web()) for _ in range(2)))


def lines(kind: str, *ids: str) -> bytes:
    """Resources of a type."""
    return b"".join(json.dumps({"resourceType": kind, "id": i}).encode() + b"\n" for i in ids)


Fetch = Callable[..., list[BatchResult]]
MONDAY, TUESDAY = "2026-09-03", "2026-09-04"


def rows(batches: list[BatchResult]) -> dict[str, tuple[str, int, int]]:
    """Business date, rows and files of batches by feed."""
    return {b.feed: (str(b.business_date), b.rows, b.files) for b in batches}


WHOLE = {
    "patient": (MONDAY, 2, 1),
    "encounter": (MONDAY, 1, 1),
    "task": (MONDAY, 0, 1),
}


def jobs(conn: warehouse.Connection) -> list[tuple[str, bool]]:
    """How each job ended, and whether its server knows."""
    return conn.execute(
        "select status, released_at is not null from landing.export_job order by asked_at"
    ).fetchall()


def in_hours(hours: float) -> datetime:
    """A deadline."""
    return datetime.now(UTC) + timedelta(hours=hours)
