"""The billing staff ask insurers about benefits before a wellness visit: 270s of the practice's own."""

from __future__ import annotations

from sandbox.claims import clearinghouse
from sandbox.claims.catalog import BILLING_SYSTEM, CLEARINGHOUSE
from sandbox.claims.state import LOCAL, State
from sandbox.claims.x12 import eligibility, segments
from sandbox.claims.x12.forms import Inquiry, Subscriber
from sandbox.world.engine import World, day_of
from sandbox.world.model import Appointment

ASKS = 0.6
ANSWERING = ("part_b", "advantage")
TRACE_ORIGIN = "9LAKEBILL1"


def booked(world: World, state: State, slot: Appointment) -> None:
    """An appointment was made; for most wellness visits the insurer is asked."""
    if slot.kind == "AWV" and world.chance(slot.id, "benefits asked") < ASKS:
        state.to_verify.append(slot.patient_id)


def ask(world: World, state: State) -> None:
    """Send the day's inquiries in one file: one transaction set per payer."""
    asked, state.to_verify = sorted(set(state.to_verify)), []
    today = day_of(world.clock.now)
    by_payer: dict[str, list[Inquiry]] = {}
    for patient_id in asked:
        who = world.patients[patient_id]
        has = next((c for c in who.covered_on(today) if c.kind in ANSWERING), None)
        if has is None:
            continue
        member = Subscriber(has.member_id, who.family, who.given, who.birth_date, who.sex)
        by_payer.setdefault(has.payer_id, []).append(
            Inquiry(
                f"LBE{state.next('inquiry'):08d}", TRACE_ORIGIN, has.payer_id, has.payer_name,
                world.practice.npi, world.practice.name, member, today, (), BILLING_SYSTEM.identifier,
            )
        )  # fmt: skip
    if not by_payer:
        return
    at = world.clock.now.astimezone(LOCAL)
    number = state.next("inquiry batch")
    transactions = [
        eligibility.write_270(inquiries, f"LBQ{number:06d}{index}", at)
        for index, (_, inquiries) in enumerate(sorted(by_payer.items()))
    ]
    group = segments.Group(
        "HS", BILLING_SYSTEM.identifier, CLEARINGHOUSE.identifier, eligibility.VERSION, transactions
    )
    interchange = segments.Interchange(
        BILLING_SYSTEM.identifier,
        CLEARINGHOUSE.identifier,
        f"{state.next('sent'):09d}",
        [group],
        at,
    )
    clearinghouse.receive(world, state, f"LBQ{number:06d}.270", segments.render(interchange))
