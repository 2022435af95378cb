"""The content of transactions as plain data: money in US dollars as Decimal, dates as dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Party:
    """An organization with an address: the practice, a payer, the clearinghouse."""

    name: str
    identifier: str
    street: str = "1 MAIN ST"
    city: str = "ROCHESTER"
    state: str = "NY"
    postal_code: str = "146040001"
    tax_id: str = ""
    phone: str = "5855550100"


@dataclass(frozen=True)
class Subscriber:
    """The insured, who is always the patient here."""

    member_id: str
    last_name: str
    first_name: str
    birth_date: date | None
    sex: str = "U"
    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""


@dataclass(slots=True)
class ClaimLine:
    """One service line (loop 2400)."""

    number: int
    hcpcs: str
    modifiers: tuple[str, ...]
    charge: Decimal
    units: Decimal
    service_date: date
    pointers: tuple[int, ...] = (1,)
    line_control: str = ""


@dataclass(slots=True)
class Claim:
    """One CLM loop of an 837P with what its HL loops say of it.

    ``control`` is CLM01, ``frequency`` CLM05-3, ``original_reference`` REF*F8 (the payer's claim number),
    ``secondary`` the payer id and member id of loop 2320/2330 where the claim should cross over.
    """

    control: str
    frequency: str
    charge: Decimal
    place_of_service: str
    diagnoses: tuple[str, ...]
    lines: list[ClaimLine]
    billing_npi: str
    billing_taxonomy: str
    rendering_npi: str
    rendering_name: tuple[str, str]
    payer_id: str
    payer_name: str
    filing_code: str
    subscriber: Subscriber
    record_number: str = ""
    original_reference: str = ""
    secondary: tuple[str, str] | None = None
    submitter: str = ""
    batch_reference: str = ""

    def content(self) -> str:
        """A string that is equal for two claims if and only if they request the same from the same payer."""
        lines = ";".join(
            f"{line.hcpcs},{'.'.join(line.modifiers)},{line.charge},{line.units},{line.service_date}"
            for line in self.lines
        )
        return "|".join(
            (
                self.control, self.frequency, self.payer_id, self.subscriber.member_id, self.billing_npi,
                self.rendering_npi, ",".join(self.diagnoses), lines, self.original_reference,
            )
        )  # fmt: skip


@dataclass(frozen=True)
class ClaimStatus:
    """One claim in a 277CA: ``category`` A0..A8, ``code`` the claim status code, ``entity`` whom it is about."""

    claim: Claim
    category: str
    code: str
    entity: str = ""
    payer_claim_number: str = ""


@dataclass(frozen=True)
class Inquiry:
    """One subscriber asked about in a 270."""

    trace: str
    trace_originator: str
    payer_id: str
    payer_name: str
    provider_npi: str
    provider_name: str
    subscriber: Subscriber
    asked_for: date | None
    hcpcs: tuple[str, ...]
    submitter: str = ""


@dataclass(frozen=True)
class Benefit:
    """One EB of a 271.

    ``information`` is EB01 (1 active, 6 inactive, D description, R other payer, X hospice provider),
    ``insurance_type`` EB04 (MB, HN, QM ...), ``dates`` pairs of DTP qualifier and value (a date or a range).
    """

    information: str
    service_type: str = "30"
    insurance_type: str = ""
    plan: str = ""
    hcpcs: str = ""
    dates: tuple[tuple[str, date, date | None], ...] = ()


@dataclass(frozen=True)
class EligibilityAnswer:
    """What a payer answers to one inquiry; ``reject`` is an AAA03 code with its AAA04 follow-up."""

    inquiry: Inquiry
    benefits: tuple[Benefit, ...] = ()
    reject: tuple[str, str] | None = None


@dataclass(frozen=True)
class Adjustment:
    """One CAS triplet."""

    group: str
    reason: str
    amount: Decimal


@dataclass(slots=True)
class PaidLine:
    """One SVC loop."""

    number: int
    hcpcs: str
    modifiers: tuple[str, ...]
    charge: Decimal
    paid: Decimal
    service_date: date
    adjustments: tuple[Adjustment, ...]
    remarks: tuple[str, ...] = ()
    line_control: str = ""
    allowed: Decimal = Decimal(0)
    units: Decimal = Decimal(1)


@dataclass(slots=True)
class PaidClaim:
    """One CLP loop. ``status`` is CLP02: 1, 2, 4, 19, 22 ...; money of a reversal is negative."""

    control: str
    status: str
    charge: Decimal
    paid: Decimal
    patient_share: Decimal
    filing_code: str
    payer_claim_number: str
    subscriber: Subscriber
    rendering_npi: str
    lines: list[PaidLine]
    received_on: date
    crossover: Party | None = None
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True)
class ProviderAdjustment:
    """One PLB pair: a positive amount lowers the payment."""

    reason: str
    reference: str
    amount: Decimal


@dataclass(slots=True)
class Remittance:
    """One 835: one payment of one payer to one payee."""

    payer: Party
    payee: Party
    trace: str
    paid_on: date
    claims: list[PaidClaim] = field(default_factory=list)
    provider_adjustments: list[ProviderAdjustment] = field(default_factory=list)

    def total(self) -> Decimal:
        """BPR02: what is paid, provider adjustments taken off."""
        paid = sum((c.paid for c in self.claims), Decimal(0))
        return paid - sum((a.amount for a in self.provider_adjustments), Decimal(0))
