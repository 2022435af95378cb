"""The payers of the sandbox and what they allow: who they are, when they pay, how much of a charge.

Floors: Medicare pays a clean electronic claim from the 14th day on (Medicare Claims Processing Manual,
chapter 1, section 80.2.1.2: the payment floor of 13 days); the others are contracts of this world.
Filing limits in days from the service date: Medicare one calendar year (42 CFR 424.44).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from sandbox.claims.x12.forms import Party

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Plan:
    """One payer. ``floor`` calendar days from receipt to payment, as (least, most)."""

    party: Party
    kind: str
    filing_code: str
    floor: tuple[int, int]
    filing_days: int
    deductible: Decimal
    coinsurance: Decimal
    copay: Decimal
    prefix: str


def _party(
    name: str, identifier: str, tax_id: str, street: str, city: str, state: str, zip_code: str
) -> Party:
    return Party(name, identifier, street, city, state, zip_code, tax_id)


PLANS: dict[str, Plan] = {
    plan.party.identifier: plan
    for plan in (
        # 2026 Part B deductible 283 USD, coinsurance 20 %: CMS fact sheet of 14 November 2025.
        Plan(
            _party("Medicare Part B", "MEDB1", "521111111", "PO BOX 6189", "INDIANAPOLIS", "IN", "462066189"),
            "part_b", "MB", (14, 14), 365, Decimal(283), Decimal("0.20"), Decimal(0), "2",
        ),
        Plan(
            _party("Sunrise Advantage", "SUNADV", "362222222", "200 SUNRISE PLAZA", "TAMPA", "FL", "336020001"),
            "advantage", "16", (3, 3), 180, Decimal(0), Decimal(0), Decimal(20), "S",
        ),
        Plan(
            _party("Commonwealth Mutual", "COMM1", "133333333", "55 BROAD ST", "HARTFORD", "CT", "061030001"),
            "commercial", "CI", (7, 10), 180, Decimal(500), Decimal("0.20"), Decimal(0), "C",
        ),
        Plan(
            _party("State Medicaid", "MCAID", "144444444", "1 CAPITOL SQ", "ALBANY", "NY", "122070001"),
            "medicaid", "MC", (9, 11), 90, Decimal(0), Decimal(0), Decimal(0), "M",
        ),
    )
}  # fmt: skip

CLEARINGHOUSE = _party(
    "Lakeshore Clearinghouse",
    "LAKECLEAR",
    "165555555",
    "9 HARBOR WAY",
    "BUFFALO",
    "NY",
    "142020001",
)
BILLING_SYSTEM = _party(
    "Lakeside Billing", "LAKEBILL", "161234567", "1 MAIN ST", "ROCHESTER", "NY", "146040001"
)


def chance(seed: int, entity: str, purpose: str) -> Random:
    """A source of chances that depends on the seed, whom it is about and what for, and on nothing else."""
    digest = hashlib.blake2b(f"{seed}|{entity}|{purpose}".encode(), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))


def cents(amount: Decimal) -> Decimal:
    """Round to whole cents, halves up, as payers do."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def allowed(seed: int, plan: Plan, hcpcs: str, charge: Decimal) -> Decimal:
    """What the fee schedule allows of a charge: 70 to 80 %, the same for a code all year."""
    share = Decimal(
        str(
            round(
                chance(seed, f"{plan.party.identifier}|{hcpcs}", "fee schedule").uniform(
                    0.70, 0.80
                ),
                4,
            )
        )
    )
    return cents(charge * share)
