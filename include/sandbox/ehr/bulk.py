"""Bulk Data export: kick-off, status, manifest, files (HL7 FHIR Bulk Data Access 2.0).

A job's id encodes what it exports (types, since, until), so that it survives a restart of the server. It exports
the EHR as of ``until``, the end of the last business day, however often it is requested.
"""

from __future__ import annotations

import asyncio
import base64
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sandbox.ehr.store import Store, instant, micros, moment
from sandbox.misbehaviour import SLOW_SECONDS
from sandbox.world.engine import World, at

TYPES = (
    "Patient", "Coverage", "Consent", "Encounter", "Condition", "Procedure", "DocumentReference", "Communication",
    "CommunicationRequest", "Task", "ChargeItem", "Claim", "PaymentNotice", "Practitioner", "Organization", "Location",
)  # fmt: skip
FILE_ROWS = 100_000
"""Most versions in one file."""
CHUNK = 1000
STORE_OF, STORE = "127.0.0.1", "localhost"
"""The host whose files may be at a store, and the name of the store."""
EMPTY = "0-1-0"
"""The part for a type without changes: an empty range of versions."""
VISIBLE = "type = ? and updated <= ? and (ended is null or ended > ?)"


def feed_of(kind: str) -> str:
    """The feed's name of a resource type: ``ChargeItem`` is ``charge_item``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


@dataclass(frozen=True)
class Window:
    """Changes to a type that were withheld or damaged, and count as new from ``release`` on."""

    type: str
    after: int
    until: int
    release: int


def windows(world: World) -> list[Window]:
    """The windows of this world, oldest first."""
    found: list[Window] = world.parts.setdefault("ehr_windows", [])
    return found


def settle(world: World, day: date) -> None:
    """At the end of a day, record which of its changes will be exported again, and when."""
    until = micros(at(day, 26.5))
    after = 0 if day == world.first_night else micros(at(day, 2.5))
    for kind in TYPES:
        feed = feed_of(kind)
        release = world.misbehaviour.release(feed, day)
        # a server does not notice that it left out a type, so it does not send it again by itself
        left_out = "missing" in world.misbehaviour.planned(feed, day)
        if release is not None and release > day and not left_out:
            windows(world).append(Window(kind, after, until, micros(at(release, 26.5))))


class Bulk:
    """The export of one EHR."""

    def __init__(self, world: World, store: Store) -> None:
        self.world, self.store = world, store
        self._asked: dict[str, int] = {}
        self._failed: dict[str, int] = {}

    # ---- kick-off and status ------------------------------------------------------------------------
    async def kick_off(self, request: Request) -> Response:
        """``GET /fhir/$export`` (and Patient/$export)."""
        if "respond-async" not in request.headers.get("prefer", ""):
            return outcome(400, "required", "Prefer: respond-async is needed")
        query = request.query_params
        types = [t for value in query.getlist("_type") for t in value.split(",") if t] or list(
            TYPES
        )
        unknown = [t for t in types if t not in TYPES and not t.isalpha()]
        if unknown:
            return outcome(400, "not-supported", f"unknown types: {', '.join(unknown)}")
        since = 0
        if query.get("_since"):
            try:
                since = micros(datetime.fromisoformat(query["_since"].replace("Z", "+00:00")))
            except ValueError:
                return outcome(400, "value", "_since is not an instant")
        until = micros(at(self.world.lived_to, 26.5))
        job = {"t": types, "s": since, "u": until, "q": str(request.url)}
        token = base64.urlsafe_b64encode(orjson.dumps(job)).decode().rstrip("=")
        return Response(
            status_code=202, headers={"Content-Location": f"{_base(request)}/bulk/status/{token}"}
        )

    async def status(self, request: Request) -> Response:
        """The first question is answered by 202, the next by the manifest."""
        token = request.path_params["job"]
        if request.method == "DELETE":
            self._asked.pop(token, None)
            return Response(status_code=202)
        job = _job(token)
        if job is None:
            return outcome(404, "not-found", "no such export")
        self._asked[token] = self._asked.get(token, 0) + 1
        if self._asked[token] == 1:
            return Response(status_code=202, headers={"Retry-After": "1", "X-Progress": "counting"})
        manifest = await asyncio.to_thread(self._manifest, job, token, _base(request))
        if any("paged" in self._faults(kind, job) for kind in job["t"]):
            manifest = _page(manifest, request)
        return JSONResponse(manifest)

    def _manifest(self, job: dict[str, Any], token: str, base: str) -> dict[str, Any]:
        output: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        database = self.store.reader()
        for kind in job["t"]:
            faults = self._faults(kind, job)
            if kind not in TYPES or "missing" in faults:
                continue
            if "late" in faults:
                errors.append(
                    {"type": "OperationOutcome", "url": f"{base}/bulk/file/{token}/{kind}/error"}
                )
                continue
            where, values = self._where(kind, job, 0)
            low, high, count = database.execute(
                f"select min(seq), max(seq), count(*) from resource where {where}",
                values,
            ).fetchone()
            if not count:
                # According to the guide, a type without data is left out. Like some real servers, this one lists an
                # empty file instead, so a type that is missing from its manifest has failed.
                output.append(
                    {"type": kind, "url": f"{base}/bulk/file/{token}/{kind}/{EMPTY}", "count": 0}
                )
                continue
            step = (
                max(FILE_ROWS, (high - low + 1) * FILE_ROWS // count)
                if count > FILE_ROWS
                else high - low + 1
            )
            for index, start in enumerate(range(low, high + 1, step)):
                entry = {
                    "type": kind,
                    "url": f"{base}/bulk/file/{token}/{kind}/{index}-{start}-{start + step - 1}",
                }
                if count <= FILE_ROWS:
                    entry["count"] = count
                if "expired" in faults:
                    entry["url"] += f"?manifest={self._asked[token] - 1}"
                output.append(entry)
                if "duplicate" in faults:
                    output.append({**entry, "url": entry["url"] + "?again=1"})
        deleted = []
        if job["s"] and any(self._deleted(database, kind, job) for kind in job["t"]):
            deleted.append({"type": "Bundle", "url": f"{base}/bulk/file/{token}/Bundle/deleted"})
        database.close()
        return {
            "transactionTime": instant(moment(job["u"])),
            "request": job["q"],
            "requiresAccessToken": True,
            "output": output,
            "deleted": deleted,
            "error": errors,
        }

    def _where(self, kind: str, job: dict[str, Any], deleted: int) -> tuple[str, list[Any]]:
        """Which versions an export of a type has: changed since, or released since."""
        since, until = job["s"], job["u"]
        values: list[Any] = [kind, until, until, deleted, since]
        changed = "updated > ?"
        for window in windows(self.world):
            if window.type == kind and since < window.release <= until:
                changed += " or (updated > ? and updated <= ?)"
                values += [window.after, window.until]
        return f"{VISIBLE} and deleted = ? and ({changed})", values

    def _deleted(self, database: Any, kind: str, job: dict[str, Any]) -> list[str]:
        if {"missing", "late"} & set(self._faults(kind, job)):
            return []
        where, values = self._where(kind, job, 1)
        rows = database.execute(f"select id from resource where {where} order by seq", values)
        return [row[0] for row in rows]

    def _faults(self, kind: str, job: dict[str, Any]) -> list[str]:
        if job["u"] != micros(at(self.world.lived_to, 26.5)):
            return []
        planned: list[str] = self.world.misbehaviour.planned(feed_of(kind), self.world.lived_to)
        return planned

    # ---- files ----------------------------------------------------------------------------------------
    async def file(self, request: Request) -> Response:
        """One NDJSON file, streamed."""
        job, kind, part = (
            _job(request.path_params["job"]),
            request.path_params["kind"],
            request.path_params["part"],
        )
        if job is None:
            return outcome(404, "not-found", "no such export")
        if part == "error":
            return Response(
                orjson.dumps(_not_ready(kind)) + b"\n", media_type="application/fhir+ndjson"
            )
        if part == "deleted":
            lines = await asyncio.to_thread(self._deleted_lines, job)
            return Response(lines, media_type="application/fhir+ndjson")
        faults = self._faults(kind, job)
        if "expired" in faults and request.query_params.get("manifest") == "1":
            return outcome(403, "expired", "the address of this file has expired")
        if "redirected" in faults and not self._is_at_store(request):
            return self._to_store(request)
        if "slow" in faults:
            await asyncio.sleep(SLOW_SECONDS)
        first = self._failed.setdefault(str(request.url), 0)
        self._failed[str(request.url)] += 1
        if "http_500" in faults and first < 2:
            return outcome(500, "exception", "try again")
        if "lost_answer" in faults and first < 1:
            request.scope["sandbox"]["lose"] = True
        _, low, high = part.split("-")
        stream = self._lines(kind, job, int(low), int(high))
        for fault in faults:
            stream = spoil(fault, stream)
        return StreamingResponse(stream, media_type="application/fhir+ndjson")

    @staticmethod
    def _is_at_store(request: Request) -> bool:
        return "/bulk/store/" in request.url.path or request.url.hostname != STORE_OF

    @staticmethod
    def _to_store(request: Request) -> Response:
        """Send the client to the file store: the same server by another name, so another origin."""
        there = request.url.replace(
            hostname=STORE, path=request.url.path.replace("/bulk/file/", "/bulk/store/")
        )
        return Response(status_code=307, headers={"Location": str(there)})

    async def stored(self, request: Request) -> Response:
        """One file as the file store gives it, which refuses every token, as signed addresses do."""
        if "authorization" in request.headers:
            return outcome(400, "security", "only one way to authenticate is allowed")
        return await self.file(request)

    def _lines(self, kind: str, job: dict[str, Any], low: int, high: int) -> Iterator[bytes]:
        where, values = self._where(kind, job, 0)
        database = self.store.reader()
        rows = database.execute(
            f"select body from resource where {where} and seq between ? and ?",
            [*values, low, high],
        )
        while found := rows.fetchmany(CHUNK):
            yield b"\n".join(row[0] for row in found) + b"\n"
        database.close()

    def _deleted_lines(self, job: dict[str, Any]) -> bytes:
        database = self.store.reader()
        out = []
        for kind in job["t"]:
            for identifier in self._deleted(database, kind, job):
                entry = {"request": {"method": "DELETE", "url": f"{kind}/{identifier}"}}
                out.append(
                    orjson.dumps(
                        {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
                    )
                )
        database.close()
        return b"\n".join(out) + b"\n" if out else b""


def spoil(kind: str, stream: Iterator[bytes]) -> Iterator[bytes]:
    """NDJSON as a misbehaving server would send it."""
    if kind not in ("truncated", "wrong_encoding", "out_of_order", "garbage_rows", "schema_drift"):
        yield from stream
        return
    lines = b"".join(stream).splitlines(keepends=True)
    if kind == "truncated":
        content = b"".join(lines)
        yield content[: int(len(content) * 0.7)]
    elif kind == "wrong_encoding":
        yield b"".join(lines).decode().encode("utf-16")
    elif kind == "out_of_order":
        random.Random(len(lines)).shuffle(lines)
        yield b"".join(lines)
    elif kind == "garbage_rows":
        for index, line in enumerate(lines):
            yield b'{"resourceType": "Nonsense", \xff\n' if index % 20 == 3 else line
    else:
        for index, line in enumerate(lines):
            # Half of the rows come from the upgraded server: status has another name, subject is a list.
            yield (
                line.replace(b'"status":', b'"state":').replace(b'"subject":', b'"subjects":')
                if index % 2
                else line
            )


def outcome(status: int, code: str, text: str) -> JSONResponse:
    """An error as a FHIR OperationOutcome."""
    issue = [{"severity": "error", "code": code, "diagnostics": text}]
    return JSONResponse({"resourceType": "OperationOutcome", "issue": issue}, status)


def _page(manifest: dict[str, Any], request: Request) -> dict[str, Any]:
    """One of the two pages of a manifest, with the link to the next."""
    half = (len(manifest["output"]) + 1) // 2
    if request.query_params.get("page") == "2":
        return {**manifest, "output": manifest["output"][half:], "deleted": [], "error": []}
    following = {"relation": "next", "url": f"{request.url.path}?page=2"}
    return {**manifest, "output": manifest["output"][:half], "link": [following]}


def _not_ready(kind: str) -> dict[str, Any]:
    text = f"{kind}: the index is not up to date; ask again later"
    issue = [{"severity": "error", "code": "transient", "diagnostics": text, "expression": [kind]}]
    return {"resourceType": "OperationOutcome", "issue": issue}


def _job(token: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"t", "s", "u", "q"} <= found.keys() else None


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/fhir"


def transaction_time(world: World) -> datetime:
    """The transaction time of the next export."""
    return at(world.lived_to, 26.5).astimezone(UTC)
