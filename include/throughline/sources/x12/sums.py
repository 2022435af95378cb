"""Sums the adjustments of an 835 by their meaning for a case's money.

Groups and reasons: X12 external code lists 974 (claim adjustment group codes) and 139 (CARC).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from throughline.sources.x12.payments import Adjustment

# CO or PI amounts that the contract or the law takes off and that nobody owes: fee schedule (45),
# multiple procedure and concurrent rules (59), more than the charge (94), negotiated discount (131),
# prompt pay (44), capitation (24), specialty fee (172), penalties of law (237), sequestration (253).
CONTRACTUAL = frozenset({"24", "44", "45", "59", "94", "131", "172", "223", "237", "253"})
ZERO = Decimal(0)


class Sums(msgspec.Struct, gc=False):
    """Dollars by meaning. Patient share is PR; denied is what a reason other than the contract
    withheld (CO, PI, OA); other is correction (CR) and what has no known group.

    OA-23 is in none of them: it is money of another remittance.
    """

    patient: Decimal = ZERO
    contractual: Decimal = ZERO
    denied: Decimal = ZERO
    other: Decimal = ZERO


NOTHING = Sums()


def together(some: list[Sums], more: Sums) -> Sums:
    """Return what several sums are together."""
    if more is NOTHING and len(some) == 1:
        return some[0]
    patient, contractual, denied, other = more.patient, more.contractual, more.denied, more.other
    for each in some:
        if each is not NOTHING:
            patient += each.patient
            contractual += each.contractual
            denied += each.denied
            other += each.other
    return Sums(patient, contractual, denied, other)


def sums_of(adjustments: list[Adjustment]) -> Sums:
    """Return the four sums of these adjustments."""
    if not adjustments:
        return NOTHING
    patient = contractual = denied = other = ZERO
    for a in adjustments:
        if a.group == "PR":
            patient += a.amount
        elif a.reason == "23" and a.group == "OA":
            # what an earlier payer paid or adjusted: that payer's own 835 has it already
            continue
        elif a.group in ("CO", "PI", "OA"):
            if a.reason in CONTRACTUAL:
                contractual += a.amount
            else:
                denied += a.amount
        else:
            other += a.amount
    return Sums(patient, contractual, denied, other)
