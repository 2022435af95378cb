"""FHIR REST: create, read, update and search for the work that others put into the EHR."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.ehr.bulk import outcome
from sandbox.ehr.store import micros
from sandbox.hub import Hub
from sandbox.world import outreach
from sandbox.world.engine import World, written_at
from sandbox.world.model import Outreach

WRITABLE = ("Task", "CommunicationRequest", "Communication")
MOST_FOUND = 1000


def identifiers(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """System and value of each identifier."""
    found = resource.get("identifier") or []
    return [
        (str(i.get("system", "")), str(i.get("value", ""))) for i in found if isinstance(i, dict)
    ]


def system_and_value(token: str) -> tuple[str, str]:
    """System and value of ``system|value``, in which a backslash escapes the next character."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", token, maxsplit=1)
    system, value = (parts[0] + parts[1], parts[2]) if len(parts) == 3 else ("", token)
    return re.sub(r"\\(.)", r"\1", system), re.sub(r"\\(.)", r"\1", value)


class Rest:
    """The REST part of one EHR. ``conditional``: whether it supports If-None-Exist, which is optional in R4."""

    def __init__(self, hub: Hub, conditional: bool) -> None:
        self.hub, self.conditional = hub, conditional

    # ---- create ---------------------------------------------------------------------------------------
    async def create(self, request: Request) -> Response:
        """``POST /fhir/{type}``."""
        kind = request.path_params["type"]
        if kind not in WRITABLE:
            return outcome(405, "not-supported", f"{kind} cannot be created here")
        try:
            resource = orjson.loads(await request.body())
        except ValueError:
            return outcome(400, "structure", "not JSON")
        problem = _problem(kind, resource)
        if problem:
            return outcome(422, "required", problem)
        wanted = request.headers.get("if-none-exist", "")
        entry = {
            "do": "create",
            "type": kind,
            "resource": resource,
            "wanted": wanted if self.conditional else "",
        }
        status, found = await self.hub.act(entry)
        headers = {
            "Location": f"/fhir/{kind}/{found['id']}/_history/{found['meta']['versionId']}",
            "ETag": f'W/"{found["meta"]["versionId"]}"',
        }
        return JSONResponse(found, status, headers)

    async def update(self, request: Request) -> Response:
        """``PUT /fhir/{type}/{id}`` of something that exists."""
        kind, identifier = request.path_params["type"], request.path_params["id"]
        if kind not in WRITABLE:
            return outcome(405, "not-supported", f"{kind} cannot be changed here")
        try:
            resource = orjson.loads(await request.body())
        except ValueError:
            return outcome(400, "structure", "not JSON")
        problem = _problem(kind, resource)
        if problem or resource.get("id") != identifier:
            return outcome(422, "required", problem or "the id is another one")
        status, found = await self.hub.act({"do": "update", "type": kind, "resource": resource})
        return (
            JSONResponse(found, status)
            if status == 200
            else outcome(404, "not-found", "there is none to change")
        )

    # ---- read and search ------------------------------------------------------------------------------
    async def read(self, request: Request) -> Response:
        """``GET /fhir/{type}/{id}``."""
        kind, identifier = request.path_params["type"], request.path_params["id"]
        found = await asyncio.to_thread(self.hub.store.read, kind, identifier)
        return JSONResponse(found) if found else outcome(404, "not-found", "there is none")

    async def search(self, request: Request) -> Response:
        """``GET /fhir/{type}?identifier=&_lastUpdated=&_id=&_count=``."""
        kind, query = request.path_params["type"], request.query_params
        store = self.hub.store
        limit = min(
            int(query.get("_count", "100")) if query.get("_count", "100").isdigit() else 100,
            MOST_FOUND,
        )
        if "identifier" in query:
            found = await asyncio.to_thread(
                store.by_identifier, kind, *system_and_value(query["identifier"])
            )
        elif "_id" in query:
            one = await asyncio.to_thread(store.read, kind, query["_id"])
            found = [one] if one else []
        elif "_lastUpdated" in query:
            bounds = [0, 2**62]
            for word in query.getlist("_lastUpdated"):
                match = re.fullmatch(r"(gt|ge|lt|le)?(.+)", word)
                when = outreach.moment(match[2]) if match else None
                if match is None or when is None:
                    return outcome(400, "value", "_lastUpdated is not an instant")
                stamp = micros(when)
                if match[1] in ("gt", "ge"):
                    bounds[0] = stamp - (1 if match[1] == "ge" else 0)
                else:
                    bounds[1] = stamp - (1 if match[1] == "lt" else 0)
            found = await asyncio.to_thread(store.changed, kind, bounds[0], bounds[1], limit)
        else:
            return outcome(400, "not-supported", "search by identifier, _id or _lastUpdated")
        entries = [
            {"fullUrl": f"{kind}/{r['id']}", "resource": r, "search": {"mode": "match"}}
            for r in found[:limit]
        ]
        return JSONResponse(
            {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
        )


def _problem(kind: str, resource: Any) -> str:
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        return f"not a {kind}"
    if "status" not in resource:
        return "status is missing"
    if kind == "Task" and "intent" not in resource:
        return "Task.intent is missing"
    return ""


# ---- what the hub does with it ----------------------------------------------------------------------------
def create(hub: Hub, entry: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Write a resource that somebody sent; a conditional create finds the one that exists."""
    kind, resource, store, world = entry["type"], entry["resource"], hub.store, hub.world
    own = identifiers(resource)
    effect = next((v for s, v in own if s == "urn:throughline:effect"), own[0][1] if own else "")
    existing: list[dict[str, Any]] = []
    if entry["wanted"]:
        for value in parse_qs(entry["wanted"].lstrip("?")).get("identifier", []):
            existing += store.by_identifier(kind, *system_and_value(value))
    key = (
        f"{kind}|{sorted(own)}"
        if own
        else f"{kind}|{orjson.dumps(resource, option=orjson.OPT_SORT_KEYS).decode()}"
    )
    base = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
    identifier, again = base, 1
    while not existing and store.read(kind, identifier):
        again += 1
        identifier = f"{base}-{again}"
    moment = written_at(world, key)
    world.truth.write(
        "requests_received",
        {
            "at": moment.isoformat(),
            "kind": kind,
            "effect": effect,
            "identifiers": [f"{s}|{v}" for s, v in own],
            "id": existing[0]["id"] if existing else identifier,
            "patient": _patient_of(resource),
            "code": _code(resource),
            "is_new": not existing,
            "is_double": not existing and again > 1,
        },
    )
    if existing:
        return 200, existing[0]
    made = {**resource, "id": identifier}
    store.put(made, moment, True)
    store.flush()
    if kind == "Task":
        _take_task(world, made, effect, moment)
    elif kind == "CommunicationRequest":
        requests: dict[str, str] = world.parts.setdefault("communication_requests", {})
        requests[identifier] = orjson.dumps(resource).decode()
    found = store.read(kind, identifier)
    assert found is not None
    return 201, found


def update(hub: Hub, entry: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Change a resource that exists, such as cancelling a task."""
    kind, resource, store = entry["type"], entry["resource"], hub.store
    if store.read(kind, resource["id"]) is None:
        return 404, {}
    moment = written_at(hub.world, f"{kind}|{resource['id']}|{resource.get('status')}")
    store.put(resource, moment)
    store.flush()
    task = hub.world.outreach.get(resource["id"]) if kind == "Task" else None
    if task is not None and resource.get("status") in ("cancelled", "entered-in-error"):
        task.status = "cancelled"
    hub.world.truth.write(
        "requests_received",
        {"at": moment.isoformat(), "kind": f"{kind} update", "id": resource["id"], "status": resource.get("status"),
         "effect": task.effect if task else "", "patient": _patient_of(resource), "is_new": False, "is_double": False},
    )  # fmt: skip
    found = store.read(kind, resource["id"])
    assert found is not None
    return 200, found


def _take_task(world: World, task: dict[str, Any], effect: str, moment: datetime) -> None:
    focus = str((task.get("focus") or {}).get("reference", ""))
    requests: dict[str, str] = world.parts.setdefault("communication_requests", {})
    text = orjson.dumps(task).decode() + requests.get(
        focus.removeprefix("CommunicationRequest/"), ""
    )
    period = (task.get("restriction") or {}).get("period") or {}
    asked = str(task.get("status"))
    world.outreach[task["id"]] = Outreach(
        task["id"], _code(task), _patient_of(task), focus, effect, text, moment,
        "requested" if asked in ("requested", "ready", "accepted") else asked,
        outreach.moment(period.get("start")), outreach.moment(period.get("end")),
    )  # fmt: skip


def _code(resource: dict[str, Any]) -> str:
    coded = (resource.get("code") or {}).get("coding") or [{}]
    return str(coded[0].get("code", ""))


def _patient_of(resource: dict[str, Any]) -> str:
    about = resource.get("for") or resource.get("subject") or {}
    return str(about.get("reference", "")).removeprefix("Patient/")
