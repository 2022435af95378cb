"""The control API: advances the world, makes it misbehave, lets its staff decide. Not part of the health system."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import staff
from sandbox.hub import Hub
from sandbox.misbehaviour import CALLS, FEEDS, KINDS


def routes(hub: Hub) -> list[Route]:
    """``GET /world``, ``POST /advance``, ``/misbehave``, ``/staff``, ``/pace``."""

    async def world(_: Request) -> Response:
        return JSONResponse(told(hub))

    async def advance(request: Request) -> Response:
        body = await _body(request)
        try:
            to = date.fromisoformat(str(body.get("to", "")))
        except ValueError:
            return JSONResponse({"error": "to is not a date"}, 422)
        return JSONResponse(await hub.advance(to))

    async def misbehave(request: Request) -> Response:
        body = await _body(request)
        entry = {
            "do": "misbehave",
            "feed": str(body.get("feed")),
            "date": body.get("date"),
            "kind": str(body.get("kind")),
        }
        try:
            await hub.act(entry)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(entry)

    async def ask_staff(request: Request) -> Response:
        body = await _body(request)
        options = [str(o) for o in body.get("options") or []]
        chosen = staff.choose(
            hub.world.seed, str(body.get("question")), str(body.get("subject")), options
        )
        return JSONResponse({"choice": chosen.choice, "note": chosen.note})

    async def pace(request: Request) -> Response:
        body = await _body(request)
        answer = await hub.act({"do": "pace", "activity": float(body.get("activity", 1.0))})
        return JSONResponse(answer)

    return [
        Route("/world", world, methods=["GET"]),
        Route("/advance", advance, methods=["POST"]),
        Route("/misbehave", misbehave, methods=["POST"]),
        Route("/staff", ask_staff, methods=["POST"]),
        Route("/pace", pace, methods=["POST"]),
    ]


def set_pace(hub: Hub, entry: dict[str, Any]) -> dict[str, Any]:
    """Set how much happens, from each person's next event on (1 is normal)."""
    hub.world.activity = max(0.0, entry["activity"])
    return {"activity": hub.world.activity}


def told(hub: Hub) -> dict[str, Any]:
    """The state of the world."""
    world = hub.world
    return {
        "now": world.clock.now.isoformat(),
        "lived_to": world.lived_to.isoformat(),
        "first_day": world.first_day.isoformat(),
        "first_night": world.first_night.isoformat(),
        "seed": world.seed,
        "patients": len(world.patients),
        "visits": len(world.visits),
        "stays": len(world.stays),
        "appointments": len(world.appointments),
        "activity": world.activity,
        "misbehaviour": [
            {
                "feed": f.feed,
                "date": f.day.isoformat() if f.day else None,
                "kind": f.kind,
                "days": f.days,
            }
            for f in world.misbehaviour.faults
        ],
        "feeds": FEEDS,
        "calls": CALLS,
        "kinds": list(KINDS),
    }


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = orjson.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
