"""The practice's billing system: its staff code the clinicians' charges into claims and send them out.

Nothing is invented: codes, units, diagnoses and practitioner are the clinician's. Some visits are forgotten
until somebody asks, some member ids are mistyped, denials are corrected or written off.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sandbox.claims import accounts, binding, clearinghouse, dates
from sandbox.claims.catalog import BILLING_SYSTEM, CLEARINGHOUSE, PLANS
from sandbox.claims.state import LOCAL, Accepted, State
from sandbox.claims.x12 import professional, segments
from sandbox.claims.x12.forms import Claim, ClaimLine, PaidClaim, Subscriber
from sandbox.world.engine import World, day_of
from sandbox.world.model import Charge, Coverage, Visit

NOT_OURS = frozenset({"SUNADV"})
"""Payers whose claims another submitter sends from the first night on."""
FORGOTTEN = 0.06
"""Share of charged visits that nobody bills until somebody asks."""
MISTYPED = 0.007
HOLD = (1, 2)
"""Business days from charge to claim: the bill hold, and the backlog."""
CORRECTS = 0.6
"""Share of denials that are answered by a corrected claim; the others are written off."""
WORTH_CORRECTING = frozenset({"16", "31", "50"})
VOIDS = 0.8
"""Share of claims for visits that never were that are taken back."""
MOST_DIAGNOSES = 12
MOST_POINTERS = 4


# ---- what the practice's day brings ---------------------------------------------------------------------------
def charged(world: World, state: State, visit: Visit) -> None:
    """The clinician entered charges: they wait for the end of the bill hold, or are forgotten."""
    if not billable(visit) or not insurers(world, visit):
        return
    if world.chance(visit.id, "forgotten") < FORGOTTEN:
        state.forgotten.add(visit.id)
        tell(world, visit, "forgotten")
        return
    hold = world.chance.within(visit.id, "hold", *HOLD)
    put_off(state, visit.id, dates.after(day_of(world.clock.now), hold))


def signed(world: World, state: State, visit: Visit) -> None:
    """A note was signed that a claim waited for."""
    if visit.id in state.unsigned:
        state.unsigned.remove(visit.id)
        put_off(state, visit.id, dates.after(day_of(world.clock.now)))


def cancelled(world: World, state: State, visit: Visit) -> None:
    """A visit did not happen: its claim is voided if the payer has it, or else never sent."""
    if visit.id in state.billed and world.chance(visit.id, "voids") < VOIDS:
        _void(world, state, visit)


def rejected(world: World, state: State, claim: Claim) -> None:
    """A payer rejected one of our claims: it is corrected and sent again."""
    if claim.submitter != BILLING_SYSTEM.identifier:
        return
    wait = world.chance.within(claim.control, f"sent again {claim.frequency}", 1, 3)
    right = code(world, world.visits[state.claim_visits[claim.control]])
    made = replace(right, frequency=claim.frequency, original_reference=claim.original_reference)
    again(state, made, dates.after(day_of(world.clock.now), wait))


def remitted(
    world: World, state: State, accepted: Accepted, paid: PaidClaim, is_denied: bool
) -> None:
    """A payer decided: denials are worked, and a claim for nothing is taken back."""
    claim = accepted.submission.claim
    is_own = claim.submitter == BILLING_SYSTEM.identifier
    if paid.status in ("2", "22") or accepted.step != "pay":
        return
    if is_own:
        state.numbers[paid.control] = paid.payer_claim_number
        if paid.control in state.void_when_paid:
            state.void_when_paid.remove(paid.control)
            _void(world, state, world.visits[state.claim_visits[paid.control]])
            return
    if not is_denied:
        return
    today = day_of(world.clock.now)
    reasons = {a.reason for line in paid.lines for a in line.adjustments}
    corrects = (
        is_own
        and is_ours(world, claim.payer_id)
        and claim.frequency == "1"
        and reasons & WORTH_CORRECTING
        and world.chance(paid.control, "corrects") < CORRECTS
    )
    if corrects:
        wait = world.chance.within(paid.control, "corrected after", 2, 6)
        right = code(world, world.visits[state.claim_visits[paid.control]])
        made = replace(right, frequency="7", original_reference=paid.payer_claim_number)
        again(state, made, dates.after(today, wait))
        return
    wait = world.chance.within(paid.control, "written off after", 3, 9)
    accounts.write_off_denial(world, accepted, paid, dates.after(today, wait))


def _void(world: World, state: State, visit: Visit) -> None:
    control = state.billed[visit.id]
    number = state.numbers.get(control)
    if number is None:
        state.void_when_paid.add(control)
        return
    made = replace(code(world, visit), frequency="8", original_reference=number)
    again(state, made, dates.after(day_of(world.clock.now), 2))


# ---- coding -----------------------------------------------------------------------------------------------------
def billable(visit: Visit) -> list[Charge]:
    """The charges of a visit that an insurer may be asked for."""
    return [
        charge
        for charge in visit.charges
        if charge.amount > 0
        and not (
            charge.no_charge_reason or charge.is_global_period or charge.is_self_pay_restricted
        )
    ]


def insurers(world: World, visit: Visit) -> list[Coverage]:
    """Who pays for a visit, primary first; nobody for those who pay themselves."""
    found = world.patients[visit.patient_id].covered_on(visit.date)
    return [coverage for coverage in found if coverage.payer_id in PLANS]


def is_ours(world: World, payer_id: str) -> bool:
    """Whether this billing system sends claims to a payer today."""
    return world.is_history or payer_id not in NOT_OURS


def code(world: World, visit: Visit) -> Claim:
    """Make the claim of a visit out of its charges. The visit has charges and an insurer."""
    who, doctor = world.patients[visit.patient_id], world.practitioners[visit.practitioner_id]
    charges, covers = billable(visit), insurers(world, visit)
    plan = PLANS[covers[0].payer_id]
    diagnoses = tuple(dict.fromkeys(d for charge in charges for d in charge.diagnoses))[
        :MOST_DIAGNOSES
    ]
    lines = [
        ClaimLine(
            number, charge.code, charge.modifiers, charge.amount, Decimal(charge.units), visit.date,
            tuple(diagnoses.index(d) + 1 for d in charge.diagnoses if d in diagnoses)[:MOST_POINTERS],
            charge.id,
        )
        for number, charge in enumerate(charges, 1)
    ]  # fmt: skip
    secondary = next((c for c in covers[1:] if c.payer_id != covers[0].payer_id), None)
    return Claim(
        control=control_of(visit),
        frequency="1",
        charge=sum((line.charge for line in lines), Decimal(0)),
        place_of_service=visit.place_of_service,
        diagnoses=diagnoses,
        lines=lines,
        billing_npi=world.practice.npi,
        billing_taxonomy=world.practice.taxonomy,
        rendering_npi=doctor.npi,
        rendering_name=(doctor.family, doctor.given),
        payer_id=plan.party.identifier,
        payer_name=plan.party.name,
        filing_code=plan.filing_code,
        subscriber=Subscriber(
            covers[0].member_id, who.family, who.given, who.birth_date, who.sex, who.street, who.city,
            who.state, who.postal_code,
        ),
        record_number=who.mrn,
        secondary=(secondary.payer_id, secondary.member_id) if secondary else None,
        submitter=BILLING_SYSTEM.identifier,
    )  # fmt: skip


def control_of(visit: Visit) -> str:
    """CLM01 of a visit's claim in this billing system; corrections keep it."""
    return "L" + visit.id.removeprefix("enc-").replace("-", "").upper()


# ---- sending ----------------------------------------------------------------------------------------------------
def put_off(state: State, visit_id: str, day: date) -> None:
    """Bill a visit on a day."""
    state.to_bill.setdefault(day, []).append(visit_id)


def again(state: State, claim: Claim, day: date) -> None:
    """Send a claim on a day: one that was rejected, a correction, or a void."""
    state.to_send.setdefault(day, []).append(claim)


def send(world: World, state: State, today: date) -> None:
    """Send what is due in one file."""
    due: list[str] = []
    for day in sorted(d for d in state.to_bill if d <= today):
        due += state.to_bill.pop(day)
    claims: list[Claim] = []
    for visit_id in sorted(set(due)):
        claim = _bill(world, state, world.visits[visit_id])
        if claim is not None:
            claims.append(claim)
    for day in sorted(d for d in state.to_send if d <= today):
        waiting = state.to_send.pop(day)
        claims += [c for c in waiting if is_ours(world, c.payer_id) and _is_wanted(world, state, c)]
    if not claims:
        return
    at = world.clock.now.astimezone(LOCAL)
    number = state.next("batch")
    transaction = professional.write(
        claims, f"LB{number:08d}", at, BILLING_SYSTEM, CLEARINGHOUSE, binding.practice(world)
    )
    group = segments.Group(
        "HC",
        BILLING_SYSTEM.identifier,
        CLEARINGHOUSE.identifier,
        professional.VERSION,
        [transaction],
    )
    interchange = segments.Interchange(
        BILLING_SYSTEM.identifier,
        CLEARINGHOUSE.identifier,
        f"{state.next('sent'):09d}",
        [group],
        at,
    )
    clearinghouse.receive(world, state, f"LB{number:08d}.837", segments.render(interchange))


def _bill(world: World, state: State, visit: Visit) -> Claim | None:
    """The claim of a visit as it is sent first, or None when there is none to send (yet)."""
    if visit.status == "entered-in-error" or visit.id in state.billed or not billable(visit):
        return None
    covers = insurers(world, visit)
    if not covers or not is_ours(world, covers[0].payer_id):
        return None
    if visit.note_signed_at is None:
        state.unsigned.add(visit.id)
        return None
    claim = code(world, visit)
    state.billed[visit.id] = claim.control
    state.claim_visits[claim.control] = visit.id
    state.forgotten.discard(visit.id)
    if world.chance(visit.id, "mistyped") < MISTYPED:
        return replace(
            claim, subscriber=replace(claim.subscriber, member_id=claim.subscriber.member_id[:-1])
        )
    return claim


def _is_wanted(world: World, state: State, claim: Claim) -> bool:
    """Whether a visit still has a valid claim; if not, a void is sent."""
    visit = world.visits[state.claim_visits[claim.control]]
    return claim.frequency == "8" or visit.status != "entered-in-error"


def tell(world: World, visit: Visit, what: str) -> None:
    """Write down what billing did with a visit without sending a claim."""
    covers = insurers(world, visit)
    world.truth.write(
        "billing",
        {
            "at": world.clock.now.isoformat(),
            "visit": visit.id,
            "patient": visit.patient_id,
            "payer": covers[0].payer_id if covers else None,
            "what": what,
        },
    )


def due_after(world: World, key: str) -> date:
    """When something asked for today is worked: today or the next business day."""
    today = day_of(world.clock.now)
    return (
        today if world.chance(key, "today") < 0.6 else dates.on_or_after(today + timedelta(days=1))
    )
