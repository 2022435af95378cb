"""The billing work queue over HTTP: an outside system requests that a visit be billed, and staff work on it.

Items wait until the end of the next working day. The outcome depends only on the requests, not on the order in
which they arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.claims import billing, dates
from sandbox.claims.state import State, WorkItem
from sandbox.world.engine import World, written_at
from sandbox.world.model import Visit

NEEDED = ("work_item_id", "encounter_id")
RECEIVED = "received"
CHARGES_WHEN_ASKED = 0.85
"""Share of clinicians who enter a missing charge when billing asks; no charge is ever made up."""


def routes(world: World, state: Callable[[], State]) -> list[Route]:
    """``POST`` and ``GET /work-items``, ``GET /work-items/{id}``."""

    async def post(request: Request) -> Response:
        try:
            body = orjson.loads(await request.body())
        except ValueError:
            return JSONResponse({"error": "not JSON"}, 400)
        key = request.headers.get("idempotency-key", "")
        if not key:
            return JSONResponse({"error": "the header Idempotency-Key is needed"}, 400)
        if not isinstance(body, dict) or not all(body.get(name) for name in NEEDED):
            return JSONResponse({"error": f"needed: {', '.join(NEEDED)}"}, 422)
        status, answer = take(world, state(), key, body)
        return JSONResponse(answer, status)

    async def search(request: Request) -> Response:
        key = request.query_params.get("idempotency_key")
        items = state().work_items
        if key is None:
            return JSONResponse({"error": "search by idempotency_key"}, 400)
        found = [items[state().keys[key]]] if key in state().keys else []
        return JSONResponse({"items": [told(item) for item in found]})

    async def read(request: Request) -> Response:
        found = state().work_items.get(request.path_params["id"])
        return JSONResponse(told(found)) if found else JSONResponse({"error": "there is none"}, 404)

    return [
        Route("/work-items", post, methods=["POST"]),
        Route("/work-items", search, methods=["GET"]),
        Route("/work-items/{id}", read, methods=["GET"]),
    ]


def told(item: WorkItem) -> dict[str, Any]:
    """A work item as the interface shows it."""
    return {
        "work_item_id": item.work_item_id,
        "idempotency_key": item.idempotency_key,
        "encounter_id": item.body.get("encounter_id"),
        "status": item.status,
        "reason": item.reason or None,
        "patient_control_number": item.control or None,
        "received_at": item.received_at.isoformat(),
    }


def take(world: World, state: State, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Take a work item; the same key is the same work item, and gets the first answer again."""
    known = state.work_items.get(state.keys.get(key, ""))
    moment = written_at(world, f"work item|{key}")
    visit_id = str(body["encounter_id"])
    others = [i for i in state.work_items.values() if i.body["encounter_id"] == visit_id]
    visit = world.visits.get(visit_id)
    world.truth.write(
        "requests_received",
        {
            "at": moment.isoformat(),
            "kind": "work_item",
            "effect": key,
            "id": str(body["work_item_id"]),
            "visit": visit_id,
            "patient": visit.patient_id if visit else None,
            "is_new": known is None,
            "is_double": known is None and bool(others),
        },
    )
    if known is not None:
        return 200, {"work_item_id": known.work_item_id, "status": RECEIVED}
    made = WorkItem(str(body["work_item_id"]), key, body, RECEIVED, "", "", moment)
    state.work_items[made.work_item_id] = made
    state.keys[key] = made.work_item_id
    return 201, {"work_item_id": made.work_item_id, "status": made.status}


def work(world: World, state: State, today: date) -> None:
    """Look at what is open: bill the visit, or say why not."""
    for identifier in sorted(state.work_items):
        item = state.work_items[identifier]
        if item.status == RECEIVED:
            item.status = "in-progress"
            item.due = billing.due_after(world, identifier)
        if item.status == "in-progress" and item.due is not None and item.due <= today:
            _look(world, state, item, world.visits.get(str(item.body["encounter_id"])), today)


def _look(world: World, state: State, item: WorkItem, visit: Visit | None, today: date) -> None:
    if visit is None or visit.status == "entered-in-error":
        _close(world, item, visit, "rejected", "no such visit")
        return
    covers = billing.insurers(world, visit)
    if visit.id in state.billed:
        item.control = state.billed[visit.id]
        _close(world, item, visit, "completed", "a claim was sent")
    elif not covers:
        _close(world, item, visit, "rejected", "no insurer")
    elif not billing.is_ours(world, covers[0].payer_id):
        _close(world, item, visit, "rejected", "another submitter bills this payer")
    elif not billing.billable(visit):
        _close(world, item, visit, "rejected", "nothing to bill")
    elif (
        visit.charge_entered_at is None
        and world.chance(visit.id, "charges when asked") >= CHARGES_WHEN_ASKED
    ):
        _close(world, item, visit, "rejected", "no charge by the clinician")
    else:
        _bill(world, state, item, visit, today)


def _bill(world: World, state: State, item: WorkItem, visit: Visit, today: date) -> None:
    """Have the visit billed with the day's claims, once charge and signature are there."""
    state.forgotten.discard(visit.id)
    if visit.charge_entered_at is None:
        world.schedule(world.clock.now, "charge_is_entered", visit.id)
        item.due = dates.after(today)
    elif visit.note_signed_at is None:
        state.unsigned.add(visit.id)
        item.due = dates.after(today)
    else:
        billing.put_off(state, visit.id, today)
        item.control = billing.control_of(visit)
        _close(world, item, visit, "completed", "a claim is sent")


def _close(world: World, item: WorkItem, visit: Visit | None, status: str, reason: str) -> None:
    item.status, item.reason = status, reason
    world.truth.write(
        "work_items",
        {
            "at": world.clock.now.isoformat(),
            "item": item.work_item_id,
            "key": item.idempotency_key,
            "visit": item.body["encounter_id"],
            "patient": visit.patient_id if visit else None,
            "status": status,
            "reason": reason,
            "control": item.control or None,
        },
    )
