"""The money side of the world: the practice's billing system, a clearinghouse, and payers who pay or do not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.applications import Starlette

from sandbox.claims import (
    accounts,
    billing,
    clearinghouse,
    dates,
    enrollment,
    payers,
    verification,
    work_items,
)
from sandbox.claims.state import FEEDS, State
from sandbox.world.engine import World, at, day_of

PAYERS_WORK = 6.0
BILLING_WORKS = 16.75
"""Local hours of the day."""


def attach(world: World) -> None:
    """Add the claims side to a world; called when the world is created and at every start."""
    world.handle("payers_work", _payers_work)
    world.handle("billing_works", _billing_works)
    world.on("charge_entered", lambda world, visit: billing.charged(world, of(world), visit))
    world.on("note_signed", lambda world, visit: billing.signed(world, of(world), visit))
    world.on("visit_cancelled", lambda world, visit: billing.cancelled(world, of(world), visit))
    world.on("appointment_booked", lambda world, slot: verification.booked(world, of(world), slot))
    world.on("patient_changed", lambda world, who: enrollment.learn(of(world), who))
    world.on("claim_rejected", lambda world, claim: billing.rejected(world, of(world), claim))
    world.on("claim_paid", _claim_paid)
    world.on("deliver", _deliver)
    accounts.install(world)
    if "claims" not in world.parts:
        state = world.parts["claims"] = State(world.seed)
        enrollment.enroll(world, state)
        world.schedule(at(world.first_day, PAYERS_WORK), "payers_work")
        world.schedule(at(world.first_day, BILLING_WORKS), "billing_works")


def of(world: World) -> State:
    """What the claims side of a world remembers."""
    found: State = world.parts["claims"]
    return found


def receive(world: World, name: str, content: bytes) -> None:
    """Take a file out of the clearinghouse's inbox."""
    clearinghouse.receive(world, of(world), name, content)


def billing_app(world: World) -> Starlette:
    """The billing system's HTTP application."""
    return Starlette(routes=work_items.routes(world, lambda: of(world)))


def _payers_work(world: World, _: Any) -> None:
    today = day_of(world.clock.now)
    world.schedule(at(today + timedelta(days=1), PAYERS_WORK), "payers_work")
    payers.work(world, of(world), today)


def _billing_works(world: World, _: Any) -> None:
    today = day_of(world.clock.now)
    world.schedule(at(today + timedelta(days=1), BILLING_WORKS), "billing_works")
    if dates.is_business(today):
        verification.ask(world, of(world))
        work_items.work(world, of(world), today)
        billing.send(world, of(world), today)


def _claim_paid(world: World, payload: Any) -> None:
    accepted, paid, is_denied = payload
    accounts.remitted(world, accepted, paid)
    billing.remitted(world, of(world), accepted, paid, is_denied)


def _deliver(world: World, day: Any) -> None:
    clearinghouse.deliver(world, of(world), day, tuple(FEEDS), world.is_history)
