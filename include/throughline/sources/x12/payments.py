"""What an 835 says of claims (CLP) and providers (PLB), and whether its money balances.

005010X221A1, section 1.10.2: for a line SVC02 - CAS = SVC03, for a claim CLP03 - CAS of the claim and of
its lines = CLP04, for the set BPR02 = CLP04 - PLB. A positive adjustment takes off; a reversal (CLP02 = 22)
has every amount with the opposite sign and balances like any claim. CLP05 is no part of it (X12 RFI 2548).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec

from throughline.sources.x12.envelope import Context
from throughline.sources.x12.values import text_of

REVERSAL = "22"
ZERO = Decimal(0)
CLAIM, LINES = "claim", "lines"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Where a claim's payment does not balance: what it states, and what the amounts around it make of it.

    `where` is `line` and its number, `claim`, or `lines`, which do not add up to the claim.
    """

    where: str
    stated: Decimal
    explained: Decimal


class Adjustment(msgspec.Struct):
    """One reason of a CAS segment: group (CO, PR, OA, PI), CARC, amount in dollars."""

    group: str
    reason: str
    amount: Decimal
    quantity: Decimal | None = None


class PaymentLine(msgspec.Struct):
    """One SVC loop: what the payer did with a service line.

    `code`, `modifiers` and `units` are those that were submitted (SVC06, SVC07); a payer that bundles,
    splits or changes a code pays another, `paid_code` with `paid_modifiers` and `paid_units`. They are
    None and empty where it paid what was submitted.
    """

    line_no: int
    code: str | None = None
    modifiers: list[str] = []
    charge: Decimal | None = None
    paid_amount: Decimal | None = None
    units: Decimal | None = None
    paid_code: str | None = None
    paid_modifiers: list[str] = []
    paid_units: Decimal | None = None
    service_from: date | None = None
    control_number: str | None = None
    adjustments: list[Adjustment] = []
    remark_codes: list[str] = []


class Remittance(msgspec.Struct):
    """The header of an 835: who pays, how and when.

    `position` is the segment of its ST. `total_paid` is BPR02, below zero for a debit (BPR03); of a notice
    or a test (BPR01 H, P), which move no money, it is zero, and `announced` keeps BPR02. Once the
    set has been read, `explained` is what its claims and provider adjustments make of it, or None where
    one of their amounts cannot be read. `first_claim` is the number of its first claim.
    """

    position: int = 0
    check_number: str | None = None
    originator: str | None = None
    payee_id: str | None = None
    first_claim: str = ""
    payment_method: str | None = None
    total_paid: Decimal | None = None
    announced: Decimal | None = None
    paid_on: date | None = None
    produced_on: date | None = None
    payer_id: str | None = None
    payer_name: str | None = None
    payee_npi: str | None = None
    explained: Decimal | None = None
    _key: str | None = None

    @property
    def key(self) -> str:
        """What identifies the payment, once its header has been read.

        TRN02 is unique between a payer (TRN03) and a payee only (005010X221A1, TRN02; X12 RFI 217 and 654,
        read 2026-11-28), and payers are known to begin again or to send `0`: the day of the payment tells
        those apart. The envelope is no part of it, as a remittance sent again has another one.
        """
        if self._key is None:
            on = self.paid_on or self.produced_on
            self._key = "|".join(
                str(part or "")
                for part in (
                    self.originator,
                    self.payer_id,
                    self.payee_id,
                    self.check_number,
                    on,
                )
            )
        return self._key


class Payment(msgspec.Struct):
    """One CLP loop. `row` counts the CLP and PLB rows of the file from 1.

    `doubt` says where it does not balance, if anywhere.
    """

    context: Context
    remittance: Remittance
    row: int
    position: int
    patient_control_number: str
    status_code: str
    total_charge: Decimal | None
    paid_amount: Decimal | None
    patient_responsibility: Decimal | None
    filing_code: str | None
    payer_claim_number: str | None
    family: str | None = None
    given: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    member_id: str | None = None
    crossover_payer: str | None = None
    rendering_npi: str | None = None
    service_from: date | None = None
    received_on: date | None = None
    adjustments: list[Adjustment] = []
    remark_codes: list[str] = []
    lines: list[PaymentLine] = []
    doubt: Doubt | None = None

    @property
    def is_reversal(self) -> bool:
        """Whether this reverses an earlier payment (CLP02 = 22)."""
        return self.status_code == REVERSAL

    @property
    def key(self) -> str:
        """What identifies what was paid for a claim; the same when it is corrected or sent again.

        One number may stand for several claims (an account, `0` where none was submitted), and a payer
        may split a claim over several sets: the payer's number and the first service tell them apart.
        """
        head, lines, on = self.remittance, self.lines, self.service_from
        what = ""
        if lines:
            line = lines[0]
            what = line.control_number or f"{line.code}{''.join(line.modifiers)}"
            on = line.service_from or on
        own = self.payer_claim_number or f"{self.member_id}:{self.total_charge}"
        first = text_of(on)
        return (
            f"{head._key or head.key}|{self.patient_control_number}|{self.status_code}|{own}"
            f"|{first}:{what}"
        )


class ProviderAdjustment(msgspec.Struct):
    """One reason of a PLB segment: money between payer and provider that belongs to no claim."""

    context: Context
    remittance: Remittance
    row: int
    position: int
    provider_npi: str | None
    fiscal_period_end: date | None
    reason_code: str
    reference: str | None
    amount: Decimal

    @property
    def key(self) -> str:
        """What identifies it: its payment, and the first claim beside it, as a payment may come in parts.

        One without reference in a set without claims is known by its amount alone.
        """
        head = self.remittance
        what = self.reference or ("" if head.first_claim else str(self.amount))
        return (
            f"{head.key}|PLB|{self.provider_npi or ''}|{self.reason_code}|{what}|{head.first_claim}"
        )


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


def doubt_of(claim: Payment, *, is_institutional: bool) -> Doubt | None:
    """Return where a claim's payment does not balance, or None: the claim itself, else its first such line.

    A professional, dental or outpatient claim has all its lines, so that their charges add up to the
    claim's; an institutional one may have only those that were adjusted (SVC, situational rule; X12 RFI
    2348).
    """
    charged = adjusted = ZERO
    of_line: Doubt | None = None
    for one in claim.adjustments:
        adjusted += one.amount
    for line in claim.lines:
        charge, paid = line.charge, line.paid_amount
        if charge is None or paid is None:
            return None
        rest = charge
        for one in line.adjustments:
            rest -= one.amount
        if rest != paid and of_line is None:
            of_line = Doubt(f"line {line.line_no}", paid, rest)
        charged += charge
        adjusted += charge - rest
    total, paid = claim.total_charge, claim.paid_amount
    if total is None or paid is None:
        return None
    if total - adjusted != paid:
        return Doubt(CLAIM, paid, total - adjusted)
    if of_line is None and claim.lines and charged != total and not is_institutional:
        return Doubt(LINES, total, charged)
    return of_line
