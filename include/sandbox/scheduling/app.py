"""The scheduling system's HTTP API: booking requests, acknowledged at once and processed the next morning."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.hub import Hub
from sandbox.world.engine import written_at
from sandbox.world.model import BookingRequest

NEEDED = ("request_id", "mrn", "visit_type")


def routes(hub: Hub) -> list[Route]:
    """``POST`` and ``GET /booking-requests``."""

    async def post(request: Request) -> Response:
        try:
            body = orjson.loads(await request.body())
        except ValueError:
            return JSONResponse({"error": "not JSON"}, 400)
        if not isinstance(body, dict) or not all(body.get(name) for name in NEEDED):
            return JSONResponse({"error": f"needed: {', '.join(NEEDED)}"}, 422)
        key = request.headers.get("idempotency-key", "")
        status, answer = await hub.act({"do": "booking", "body": body, "key": key})
        return JSONResponse(answer, status)

    async def get(request: Request) -> Response:
        wanted = request.query_params.get("request_id") or request.path_params.get("request_id", "")
        found = hub.world.bookings.get(wanted)
        if found is None:
            return JSONResponse({"error": "there is none"}, 404)
        return JSONResponse(told(found))

    return [
        Route("/booking-requests", post, methods=["POST"]),
        Route("/booking-requests", get, methods=["GET"]),
        Route("/booking-requests/{request_id}", get, methods=["GET"]),
    ]


def told(request: BookingRequest) -> dict[str, Any]:
    """A booking request as the interface shows it."""
    return {
        "request_id": request.request_id,
        "status": request.status,
        "appointment_id": request.appointment_id or None,
        "received_at": request.received_at.isoformat(),
    }


def book(hub: Hub, entry: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Accept a booking request; requests with the same key or the same id are the same request."""
    world, body, key = hub.world, entry["body"], entry["key"]
    request_id = world.booking_keys.get(key, "") if key else ""
    known = world.bookings.get(request_id or str(body["request_id"]))
    other = known is not None and known.body != body
    moment = written_at(world, f"booking|{body['request_id']}")
    world.truth.write(
        "requests_received",
        {"at": moment.isoformat(), "kind": "booking", "effect": key or body["request_id"], "id": body["request_id"],
         "mrn": body["mrn"], "visit_type": body["visit_type"], "is_new": known is None, "is_double": False},
    )  # fmt: skip
    if known is not None:
        if other:
            return 409, {"error": "this key was used for another request", **told(known)}
        return 200, told(known)
    made = BookingRequest(str(body["request_id"]), key, body, moment)
    world.bookings[made.request_id] = made
    if key:
        world.booking_keys[key] = made.request_id
    return 201, told(made)
