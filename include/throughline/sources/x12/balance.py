"""Whether the money of an 835 balances, and where it does not.

005010X221A1, section 1.10.2: for a line SVC02 - CAS = SVC03, for a claim CLP03 - CAS of the claim and of
its lines = CLP04, for the set BPR02 = CLP04 - PLB. A positive adjustment takes off; a reversal (CLP02 = 22)
has every amount with the opposite sign and balances like any claim. CLP05 is no part of it (X12 RFI 2548).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

ZERO = Decimal(0)
CLAIM, LINES = "claim", "lines"


class Adjusted(Protocol):
    """Something with adjustments: a claim's payment, or one of its lines."""

    @property
    def adjustments(self) -> Sequence[Amount]: ...
    @property
    def paid_amount(self) -> Decimal | None: ...


class Amount(Protocol):
    """One adjustment."""

    amount: Decimal


class Line(Adjusted, Protocol):
    """A service line (SVC)."""

    line_no: int
    charge: Decimal | None


class Paid(Adjusted, Protocol):
    """What a payer did with a claim (CLP)."""

    total_charge: Decimal | None

    @property
    def lines(self) -> Sequence[Line]: ...


@dataclass(frozen=True, slots=True)
class Doubt:
    """Where a claim's payment does not balance: what it states, and what the amounts around it make of it.

    `where` is `line` and its number, `claim`, or `lines`, which do not add up to the claim.
    """

    where: str
    stated: Decimal
    explained: Decimal


@dataclass(slots=True)
class Sum:
    """What the claims and provider adjustments of a set add up to."""

    amount: Decimal = ZERO
    is_known: bool = True

    def take(self, paid: Decimal | None) -> None:
        """Add what a claim was paid (CLP04)."""
        if paid is None:
            self.is_known = False
        else:
            self.amount += paid

    def take_off(self, adjusted: Decimal | None) -> None:
        """Take off a provider adjustment (PLB04 and its like)."""
        self.take(None if adjusted is None else -adjusted)

    @property
    def explained(self) -> Decimal | None:
        """The sum; None if one of its amounts cannot be read."""
        return self.amount if self.is_known else None


def doubt_of(claim: Paid, *, is_institutional: bool) -> Doubt | None:
    """Return the first place where a claim's payment does not balance, or None.

    A professional, dental or outpatient claim has all its lines, so that their charges add up to the
    claim's; an institutional one may have only those that were adjusted (SVC, situational rule; X12 RFI
    2348).
    """
    charged = adjusted = ZERO
    for one in claim.adjustments:
        adjusted += one.amount
    for line in claim.lines:
        charge, paid = line.charge, line.paid_amount
        if charge is None or paid is None:
            return None
        rest = charge
        for one in line.adjustments:
            rest -= one.amount
        if rest != paid:
            return Doubt(f"line {line.line_no}", paid, rest)
        charged += charge
        adjusted += charge - paid
    total, paid = claim.total_charge, claim.paid_amount
    if total is None or paid is None:
        return None
    if total - adjusted != paid:
        return Doubt(CLAIM, paid, total - adjusted)
    if claim.lines and charged != total and not is_institutional:
        return Doubt(LINES, total, charged)
    return None
