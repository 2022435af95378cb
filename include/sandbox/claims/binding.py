"""What clearinghouse and payers know of the rest of the world."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sandbox.claims.state import State
from sandbox.claims.x12.forms import Claim, Party
from sandbox.world.engine import World
from sandbox.world.model import Visit

CLEARINGHOUSE_USER = "practice"
"""Whose folder the clearinghouse puts files into."""

__all__ = ["CLEARINGHOUSE_USER", "World"]


def practice(world: World) -> Party:
    """The practice as billing provider and payee."""
    has = world.practice
    return Party(
        has.name, has.npi, has.street, has.city, has.state, has.postal_code, has.tax_id, has.phone
    )


def is_practitioner(world: World, npi: str) -> bool:
    """Whether payers know this NPI as somebody who may render services at the practice."""
    return any(p.npi == npi and p.is_billable for p in world.practitioners.values())


def patient_of(state: State, claim: Claim) -> str | None:
    """The patient of a claim, by payer and member id; None if the payer does not know the member."""
    enrolled = state.enrollment.get((claim.payer_id, claim.subscriber.member_id))
    return enrolled.patient_id if enrolled else None


def visit_of(world: World, state: State, claim: Claim) -> str | None:
    """The visit a claim bills: the member's, on that day, with that practitioner.

    When there are several it is the most alike one that was charged and that no claim stands for.
    """
    patient_id = patient_of(state, claim)
    if patient_id is None:
        return None
    codes = {line.hcpcs for line in claim.lines}
    days = {line.service_date for line in claim.lines}

    def likeness(visit: Visit) -> tuple[int, bool, bool, int, str]:
        charged = {charge.code for charge in visit.charges}
        is_real = visit.status != "entered-in-error" and visit.charge_entered_at is not None
        is_free = not state.submitted_visits.get(visit.id)
        named = {code.replace(".", "") for charge in visit.charges for code in charge.diagnoses}
        return len(codes & charged), is_real, is_free, len(named & set(claim.diagnoses)), visit.id

    found = [
        visit
        for visit in visits_of(world, patient_id)
        if visit.date in days
        and world.practitioners[visit.practitioner_id].npi == claim.rendering_npi
    ]
    return max(found, key=likeness).id if found else None


def visits_of(world: World, patient_id: str) -> Iterable[Visit]:
    """Every visit of a patient, oldest first."""
    who = world.patients[patient_id]
    for number in range(1, who.counters.get("encounter", 0) + 1):
        visit = world.visits.get(f"enc-{who.number}-{number:03d}")
        if visit is not None:
            yield visit


def hospice_since(world: World, patient_id: str) -> date | None:
    """When hospice care began, if it did."""
    return world.patients[patient_id].hospice_from


def misbehaves(world: World, day: date, feeds: Iterable[str]) -> bool:
    """Whether a fault was asked for one of these feeds and this day."""
    return any(world.misbehaviour.planned(feed, day) for feed in feeds)
