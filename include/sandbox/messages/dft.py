"""DFT of charges (HL7 v2.5.1, chapter 6): charged, corrected, credited, charged anew, and taken back.

A charge that is no payer's matter goes by another account, as in life: what the clinician gave for nothing, and what
the patient pays alone, is in no message.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.messages.adt import of_visit
from sandbox.messages.engine import Engine, doctor, fields, person, send
from sandbox.scheduling.siu import local, text
from sandbox.world.engine import World
from sandbox.world.model import Charge, Visit

CORRECTED, CHARGED_ANEW, PAID_BESIDE = 0.06, 0.05, 0.05
"""Shares of visits with wrong units at first, with a charge that is credited and charged anew, with a copay beside."""


def install(world: World, engine: Engine) -> None:
    """Tell the charges of each visit by DFT."""
    world.on("charges_changed", lambda world, told: _charges(world, engine, *told))


def _charges(world: World, engine: Engine, visit: Visit, what: str) -> None:
    now, chance = world.clock.now, world.chance
    told = [c for c in visit.charges if not c.no_charge_reason and not c.is_self_pay_restricted]
    if not told:
        return

    def tell(event: str, at: datetime, kind: str, units: int = 1, *, beside: str = "") -> None:
        several = [_ft1(world, visit, n, c, at, kind, units) for n, c in enumerate(told, 1)]
        segments = [
            person(world.patients[visit.patient_id]),
            fields("PV1", of_visit(world, visit)),
            *several,
            *([beside] if beside else []),
        ]
        send(world, engine, "dft", event, at, visit.id, segments)

    if what == "retracted":
        tell("P03", now, "CD")
        return
    draw = chance(visit.id, "charge told")
    if draw < CORRECTED:
        tell("P03", now, "CG", 2)
        tell("P11", now + timedelta(minutes=45), "CG")
    elif draw < CORRECTED + CHARGED_ANEW:
        tell("P03", now, "CG", 3)
        tell("P03", now + timedelta(minutes=30), "CD", 3)
        tell("P03", now + timedelta(minutes=31), "CG")
    else:
        is_paid = chance(visit.id, "copay") < PAID_BESIDE
        said = {1: "9", 2: f"pay-{visit.id[4:]}", 4: local(now), 6: "PY", 7: "COPAY", 11: "20.00"}
        copay = fields("FT1", said)
        tell("P03", now, "CG", beside=copay if is_paid else "")


def _ft1(
    world: World, visit: Visit, place: int, charge: Charge, at: datetime, kind: str, units: int
) -> str:
    who = doctor(world.practitioners[visit.practitioner_id])
    system = "HCPCS" if charge.code[0].isalpha() else "C4"
    return fields(
        "FT1",
        {
            1: str(place),
            2: charge.id,
            4: local(visit.starts_at),
            5: local(at),
            6: kind,
            7: f"P{charge.code}^{text(visit.kind.title())} visit^LAKESIDE",
            10: str(charge.units * units),
            11: f"{Decimal(charge.amount) * units:.2f}&USD",
            19: "~".join(f"{code}^^I10" for code in charge.diagnoses),
            20: who,
            21: who,
            25: f"{charge.code}^^{system}",
            26: "~".join(charge.modifiers),
        },
    )
