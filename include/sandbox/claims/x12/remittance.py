"""835 (005010X221A1): what a payer paid, and the reasons for what it did not pay.

The balance of the guide (section 1.10.2): charge - adjustments = paid, for each line, each claim and,
with the provider adjustments, for the whole payment.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

from sandbox.claims.x12.forms import Adjustment, PaidClaim, PaidLine, Remittance
from sandbox.claims.x12.segments import Element, Segment, Transaction, day, money, plain, seg

VERSION = "005010X221A1"
MOST_ADJUSTMENTS = 6
FILING_CODES = {"CI": "12"}
"""CLP06 has fewer codes than SBR09 of a claim: commercial insurance is a preferred provider organization."""


class OutOfBalance(ValueError):
    """A remittance that does not balance: an error in the sandbox, never sent."""


def write(remittance: Remittance) -> Transaction:
    """Write one 835. Raises :class:`OutOfBalance` when a line or a claim does not balance."""
    payer, payee, total = remittance.payer, remittance.payee, remittance.total()
    if len(remittance.provider_adjustments) > MOST_ADJUSTMENTS:
        raise OutOfBalance("more provider adjustments than one PLB holds")
    if total < 0:
        raise OutOfBalance("a payment below zero has to be carried forward")
    no_money = total == 0
    body: list[Segment] = [
        seg("BPR", "H" if no_money else "I", money(total), "C", "NON", *([None] * 11), day(remittance.paid_on))
        if no_money
        else seg(
            "BPR", "I", money(total), "C", "ACH", "CCP", "01", "021000021", "DA", "123456789",
            f"1{payer.tax_id}", None, "01", "021300077", "DA", "987654321", day(remittance.paid_on),
        ),
        seg("TRN", "1", remittance.trace, f"1{payer.tax_id}"),
        seg("DTM", "405", day(remittance.paid_on)),
        seg("N1", "PR", plain(payer.name), "XV", payer.identifier),
        seg("N3", payer.street),
        seg("N4", payer.city, payer.state, payer.postal_code),
        seg("PER", "BL", "PROVIDER SERVICES", "TE", payer.phone),
        seg("N1", "PE", plain(payee.name), "XX", payee.identifier),
        seg("REF", "TJ", payee.tax_id),
    ]  # fmt: skip
    if remittance.claims:
        body.append(seg("LX", "1"))
    for claim in remittance.claims:
        body += _claim(claim)
    fiscal_end = day(remittance.paid_on.replace(month=12, day=31))
    if remittance.provider_adjustments:
        # One PLB holds up to six pairs of one fiscal year.
        pairs: list[Element] = []
        for adjustment in remittance.provider_adjustments:
            pairs += [(adjustment.reason, adjustment.reference), money(adjustment.amount)]
        body.append(seg("PLB", payee.identifier, fiscal_end, *pairs))
    return Transaction("835", VERSION, body)


def _claim(claim: PaidClaim) -> list[Segment]:
    _check(claim)
    who = claim.subscriber
    out = [
        seg(
            "CLP", claim.control, claim.status, money(claim.charge), money(claim.paid),
            money(claim.patient_share) if claim.patient_share else None,
            FILING_CODES.get(claim.filing_code, claim.filing_code),
            claim.payer_claim_number, "11", "1",
        ),
        *_cas(claim.adjustments),
        seg("NM1", "QC", "1", plain(who.last_name), plain(who.first_name, 35), None, None, None, "MI", who.member_id),
    ]  # fmt: skip
    if claim.rendering_npi:
        out.append(seg("NM1", "82", "1", None, None, None, None, None, "XX", claim.rendering_npi))
    if claim.crossover:
        to = claim.crossover
        out.append(
            seg("NM1", "TT", "2", plain(to.name), None, None, None, None, "PI", to.identifier)
        )
    out.append(seg("DTM", "050", day(claim.received_on)))
    for line in claim.lines:
        out += _line(line)
    return out


def _line(line: PaidLine) -> list[Segment]:
    out = [
        seg("SVC", ("HC", line.hcpcs, *line.modifiers), money(line.charge), money(line.paid), None, money(line.units)),
        seg("DTM", "472", day(line.service_date)),
        *_cas(line.adjustments),
        seg("REF", "6R", line.line_control or str(line.number)),
    ]  # fmt: skip
    if line.allowed > 0:
        out.append(seg("AMT", "B6", money(line.allowed)))
    out += [seg("LQ", "HE", remark) for remark in line.remarks]
    return out


def _cas(adjustments: tuple[Adjustment, ...]) -> list[Segment]:
    out: list[Segment] = []
    for group, members in groupby(
        sorted(adjustments, key=lambda a: a.group), key=lambda a: a.group
    ):
        elements: list[str | None] = []
        for adjustment in members:
            elements += [adjustment.reason, money(adjustment.amount), None]
        out.append(seg("CAS", group, *elements))
    return out


def _check(claim: PaidClaim) -> None:
    def rest(charge: Decimal, adjustments: tuple[Adjustment, ...]) -> Decimal:
        return charge - sum((a.amount for a in adjustments), Decimal(0))

    for line in claim.lines:
        if rest(line.charge, line.adjustments) != line.paid:
            raise OutOfBalance(f"line {line.number} of a claim does not balance")
    lines_paid = sum((line.paid for line in claim.lines), Decimal(0))
    if claim.lines and rest(lines_paid, claim.adjustments) != claim.paid:
        raise OutOfBalance("the lines of a claim do not add up to it")
