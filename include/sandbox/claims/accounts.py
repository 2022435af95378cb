"""Patients' accounts: the patient's share is paid or written off, and posted in the EHR as a PaymentNotice.

A write-off is a named person's act. Qualified Medicare beneficiaries are never billed (42 U.S.C. 1396a(n)(3)).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox.claims.catalog import cents
from sandbox.claims.state import Accepted
from sandbox.claims.x12.forms import PaidClaim
from sandbox.ehr import records
from sandbox.world.engine import World, at, day_of

AT_THE_DESK = 0.8
"""Share of copays that were taken at the visit; they are posted when the remittance names the claim."""
WAYS = (("soon", 0.50), ("later", 0.31), ("partly", 0.07), ("written off", 0.08), ("never", 0.04))
DAYS = {"soon": (1, 5), "later": (6, 28), "partly": (5, 20), "written off": (10, 24)}
CLERKS = ("Dana Whitfield", "Marcus Oyelaran", "Ines Calder")
"""Who posts payments and writes off; none of them is a patient."""
WRONG_ACCOUNT = 0.01


def remitted(world: World, accepted: Accepted, paid: PaidClaim) -> None:
    """An insurer leaves a share to the patient: decide how it is resolved, and when."""
    if paid.status == "22" or paid.crossover is not None or accepted.step == "reverse":
        return
    share = paid.patient_share
    if share <= 0:
        return
    who = world.patients[accepted.patient_id]
    key = f"{paid.control}|{paid.payer_claim_number}"
    now, chance = world.clock.now, world.chance
    if any(coverage.is_qmb for coverage in who.covered_on(day_of(now))):
        _post(world, now + timedelta(days=2), "written-off", accepted, share, key)
        return
    is_copay = any(a.reason == "3" for line in paid.lines for a in line.adjustments)
    if is_copay and chance(key, "desk") < AT_THE_DESK:
        _post(world, now + timedelta(hours=11), "paid", accepted, share, key)
        return
    way = chance.weighted(key, "way", WAYS)
    if way == "never":
        return
    later = now + timedelta(days=chance.within(key, "days", *DAYS[way]), hours=5)
    if way == "partly":
        part = cents(share / 2)
        _post(world, later, "paid", accepted, part, key)
        _post(
            world, later + timedelta(days=6), "written-off", accepted, share - part, f"{key}|rest"
        )
    else:
        _post(world, later, "written-off" if way == "written off" else "paid", accepted, share, key)


def write_off_denial(world: World, accepted: Accepted, paid: PaidClaim, day: date) -> None:
    """Write off what an insurer finally denied."""
    denied = sum(
        (line.charge for line in paid.lines if line.paid == 0 and line.allowed == 0), Decimal(0)
    )
    if denied > 0:
        _post(world, at(day, 15.5), "written-off", accepted, denied, f"{paid.control}|denied")


def _post(
    world: World, when: datetime, what: str, accepted: Accepted, amount: Decimal, key: str
) -> None:
    control = accepted.submission.claim.control
    payload = (what, control, accepted.submission.visit_id, accepted.patient_id, amount, key)
    if amount > 0:
        world.schedule(when, "account_is_posted", payload)


def posted(world: World, payload: tuple[str, str, str | None, str, Decimal, str]) -> None:
    """Money or a write-off is posted; a few postings are for the wrong amount and replaced the next day."""
    what, control, _, patient_id, amount, key = payload
    number = world.count("payment notice")
    identifier = f"pay-{number:07d}"
    is_wrong = not key.endswith("|again") and world.chance(key, "wrong posting") < WRONG_ACCOUNT
    clerk = world.chance.pick(key, "clerk", CLERKS)
    shown = cents(amount / 10) if is_wrong else amount
    resource = notice(identifier, patient_id, control, what, shown, world.clock.now, clerk)
    world.resources.put(resource, world.clock.now, True)
    _tell(world, payload, identifier, shown, what, clerk)
    if is_wrong:
        tomorrow = world.clock.now + timedelta(days=1)
        world.schedule(tomorrow, "posting_is_taken_back", (identifier, shown, clerk, payload))
        world.schedule(
            tomorrow + timedelta(minutes=5), "account_is_posted", (*payload[:5], f"{key}|again")
        )


def taken_back(
    world: World, payload: tuple[str, Decimal, str, tuple[str, str, str | None, str, Decimal, str]]
) -> None:
    """A wrong posting is marked as entered in error."""
    identifier, shown, clerk, first = payload
    what, control, _, patient_id, _, _ = first
    resource = notice(identifier, patient_id, control, what, shown, world.clock.now, clerk)
    resource["status"] = "entered-in-error"
    world.resources.put(resource, world.clock.now)
    _tell(world, first, identifier, shown, "taken back", clerk)


def notice(
    identifier: str,
    patient_id: str,
    control: str,
    what: str,
    amount: Decimal,
    when: datetime,
    clerk: str,
) -> records.Resource:
    """A PaymentNotice about a claim, by the claim's control number; ``what`` is paid or written-off."""
    return {
        "resourceType": "PaymentNotice",
        "id": identifier,
        "extension": [
            {
                "url": records.EXTENSION + "patient",
                "valueReference": records.reference("Patient", patient_id),
            },
            {"url": records.EXTENSION + "recorder", "valueString": clerk},
        ],
        "status": "active",
        "request": {"type": "Claim", "identifier": {"system": CONTROL_SYSTEM, "value": control}},
        "created": records.stamp(when),
        "payment": {"identifier": {"system": RECEIPT_SYSTEM, "value": identifier.upper()}},
        "paymentDate": day_of(when).isoformat(),
        "recipient": {"display": "Lakeside Family Medicine"},
        "amount": {"value": float(amount), "currency": "USD"},
        "paymentStatus": records.concept(STATUS_SYSTEM, what),
    }


CONTROL_SYSTEM = "urn:lakeside:patient-control-number"
RECEIPT_SYSTEM = "urn:lakeside:receipt"
STATUS_SYSTEM = "http://terminology.hl7.org/CodeSystem/paymentstatus"


def _tell(
    world: World, payload: tuple[str, str, str | None, str, Decimal, str], identifier: str, amount: Decimal,
    what: str, clerk: str,
) -> None:  # fmt: skip
    world.truth.write(
        "patient_payments",
        {
            "at": world.clock.now.isoformat(),
            "notice": identifier,
            "control": payload[1],
            "visit": payload[2],
            "patient": payload[3],
            "what": what,
            "amount": str(amount),
            "recorder": clerk,
        },
        feed="payment_notice",
    )


def install(world: World) -> None:
    """Register what this module does when its time comes."""
    world.handle("account_is_posted", posted)
    world.handle("posting_is_taken_back", taken_back)
