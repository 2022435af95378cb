"""835: one record per claim payment (CLP loop) with its lines, one per provider adjustment (PLB).

Loops and elements: ASC X12 005010X221A1. What must balance, and whether it does: `payments`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from throughline.sources.records import WITHOUT_CLAIMS, Fault
from throughline.sources.x12.envelope import ENVELOPE, Transaction
from throughline.sources.x12.payments import (
    ZERO,
    Adjustment,
    Payment,
    PaymentLine,
    ProviderAdjustment,
    Remittance,
    Sum,
    doubt_of,
)
from throughline.sources.x12.values import at, code_of, day, money, name_at, number, period

ONE = Decimal(1)
# BPR01 (X12 305): notification only, prenotification of transfers to come. No money moves.
NO_MONEY = frozenset({"H", "P"})
# The others of X12 305 that 005010X221A1 allows: payment with or without remittance, split payment. What any other
# code, or another flag in BPR03 (X12 478), means for the money is not known.
MONEY = frozenset({"C", "D", "I", "U", "X"})
CREDIT, DEBIT = "C", "D"
# X12 974 (CAS01): contractual obligation, correction and reversal, other, payer initiated, patient responsibility.
# The list is closed (only X12 adds to it, and 005010X221A1 allows no other code), so a source maps none of its own.
GROUPS = frozenset({"CO", "CR", "OA", "PI", "PR"})
_NAMEABLE = re.compile("[A-Za-z0-9]{1,2}")
_BLANK = ("",) * 8
# Segments that end a claim's loop.
_ENDS = ENVELOPE | {"CLP", "LX", "PLB"}


def _adjustments(e: list[str]) -> tuple[list[Adjustment], bool]:
    """Return the up to six reasons of a CAS, and whether all of them could be read."""
    group = at(e, 1).upper()
    found = []
    readable = True
    count = len(e)
    for index in range(2, count, 3):
        reason = e[index].strip()
        if not reason:
            continue
        amount = money(at(e, index + 1))
        if amount is None:
            readable = False
            continue
        quantity = e[index + 2].strip() if index + 2 < count else ""
        found.append(Adjustment(group, reason, amount, number(quantity) if quantity else None))
    return found, readable


def _as_submitted(line: PaymentLine, parts: list[str], ordered: str) -> None:
    """Name a line by what was submitted, and keep what was paid instead."""
    code = code_of(parts)
    modifiers = [m for m in parts[2:6] if m]
    if code and (code, modifiers) != (line.code, line.modifiers):
        line.paid_code, line.paid_modifiers = line.code, line.modifiers
        line.code, line.modifiers = code, modifiers
    units = number(ordered) if ordered else None
    if units is not None and units != line.units:
        line.paid_units, line.units = line.units, units


def _unknown_group(group: str) -> str:
    """Return why a claim waits whose CAS01 is of no list: what it means for the money is not known."""
    told = f"_{group.lower()}" if _NAMEABLE.fullmatch(group) else ""
    return f"adjustment_group_unknown{told}"


class _Reader:
    """The parser state of one 835."""

    def __init__(self, transaction: Transaction, first_row: int) -> None:
        self.tx = transaction
        self.component = transaction.context.separators.component
        self.first_row = first_row
        self.row = first_row - 1
        self.header = Remittance(position=transaction.start)
        self.sum = Sum()
        self.above: list[list[str]] = []
        self.party_of = ""
        self.strangers: set[str] = set()
        self.claim: Payment | None = None
        self.line: PaymentLine | None = None
        self.raw: list[list[str]] = []
        self.reason: str | None = None
        self.is_institutional = False
        # PLB segments with their positions, kept to the end: of a file that breaks off the last
        # may be half of one, and half an amount looks like an amount
        self.balances: list[tuple[int, list[str]]] = []

    def __iter__(self) -> Iterator[Payment | ProviderAdjustment | Fault]:
        for e in self.tx.segments:
            tag = e[0]
            if tag not in _ENDS:
                if self.claim is not None:
                    self.raw.append(e)
                    self.inside_claim(self.claim, tag, e)
                else:
                    self.above_claim(tag, e)
                continue
            if tag in ENVELOPE:
                self.tx.end(e)
                break
            if self.claim is not None:
                yield self.finish()
            if tag == "CLP":
                self.open_claim(e)
            elif tag == "PLB":
                self.balances.append((self.tx.position, e))
        else:
            self.tx.end(None)
        if self.claim is not None:
            if self.tx.truncated:
                self.reason = "truncated"
            yield self.finish()
        last = self.tx.position - (self.tx.pushed_back is not None)
        for position, e in self.balances:
            yield from self.provider(e, position, self.tx.truncated and position == last)
        self.header.explained = self.sum.explained
        if self.row < self.first_row and self.header.announced:
            yield Fault(
                self.tx.file,
                self.first_row,
                self.tx.start,
                "truncated" if self.tx.truncated else WITHOUT_CLAIMS,
                source_id=self.header.key,
                payload=self.tx.text(self.above),
                payer_id=self.header.payer_id,
                stated=self.header.announced,
                explained=ZERO,
            )

    def above_claim(self, tag: str, e: list[str]) -> None:
        header = self.header
        if self.row < self.first_row:
            self.above.append(e)
        if tag == "N1":
            self.party_of = at(e, 1)
            if self.row >= self.first_row:
                # the payer and the payee of a set stand above its claims; some repeat them
                self.others(e)
            elif self.party_of == "PR":
                header.payer_name = name_at(e, 2)
                header.payer_id = at(e, 4) or None
            elif self.party_of == "PE":
                header.payee_id = at(e, 4) or None
                if at(e, 3) == "XX":
                    header.payee_npi = header.payee_id
        elif tag == "REF":
            if self.party_of == "PR" and at(e, 1) == "2U" and self.row < self.first_row:
                header.payer_id = at(e, 2) or None
        elif tag == "TRN":
            header.check_number = at(e, 2) or None
            header.originator = (at(e, 3) + at(e, 4)) or None
        elif tag == "BPR":
            total, how, flag = money(at(e, 2)), at(e, 1).upper(), at(e, 3).upper()
            if total is not None and flag == DEBIT:
                total = -total
            header.announced = header.total_paid = total
            if how in NO_MONEY and total is not None:
                header.total_paid = ZERO
            elif how not in MONEY or flag not in ("", CREDIT, DEBIT):
                # nobody knows what is paid: the set is held
                header.total_paid = None
            header.payment_method = at(e, 4) or None
            header.paid_on = day(at(e, 16))
        elif tag == "DTM" and at(e, 1) == "405":
            header.produced_on = day(at(e, 2))

    def others(self, e: list[str]) -> None:
        """Note whether the claims that follow are another payer's or payee's than the payment (N1 below the first)."""
        whose = {"PR": self.header.payer_id, "PE": self.header.payee_id}
        kind, number = at(e, 1), at(e, 4)
        if kind in whose:
            self.strangers.discard(kind)
            if number and whose[kind] and number != whose[kind]:
                self.strangers.add(kind)

    def open_claim(self, e: list[str]) -> None:
        self.row += 1
        self.raw = [e]
        self.reason = None
        self.line = None
        self.is_institutional = False
        _, number_, status, charge, amount, share, filing, payers = (*e[:8], *_BLANK[len(e) :])
        control = number_.strip()
        self.header.first_claim = self.header.first_claim or control
        total, paid = money(charge.strip()), money(amount.strip())
        self.sum.take(paid)
        if not control:
            self.reason = "claim_number_missing"
        elif not status.strip():
            self.reason = "claim_status_missing"
        elif total is None or paid is None:
            self.reason = "claim_amount_unreadable"
        elif self.strangers:
            self.reason = "claim_of_another_party"
        self.claim = Payment(
            context=self.tx.context,
            remittance=self.header,
            row=self.row,
            position=self.tx.position,
            patient_control_number=control,
            status_code=status.strip(),
            total_charge=total,
            paid_amount=paid,
            patient_responsibility=money(share.strip()),
            filing_code=filing.strip() or None,
            payer_claim_number=payers.strip() or None,
        )

    def inside_claim(self, claim: Payment, tag: str, e: list[str]) -> None:
        line = self.line
        if tag == "CAS":
            found, readable = _adjustments(e)
            (line or claim).adjustments.extend(found)
            if not readable:
                self.reason = self.reason or "adjustment_unreadable"
            elif found and found[0].group not in GROUPS:
                self.reason = self.reason or _unknown_group(found[0].group)
        elif tag == "SVC":
            self.open_line(claim, e)
        elif tag == "DTM":
            self.date(claim, line, e)
        elif tag == "REF":
            if line is not None and at(e, 1) == "6R":
                line.control_number = at(e, 2) or None
        elif tag == "NM1":
            self.name(claim, e)
        elif tag == "N1":
            self.others(e)
        elif tag == "LQ":
            if line is not None and at(e, 1) in ("HE", "RX") and at(e, 2):
                line.remark_codes.append(at(e, 2))
        elif tag == "MOA" or tag == "MIA":
            self.is_institutional = self.is_institutional or tag == "MIA"
            # MOA03-07; MIA05 and MIA20-23: claim level remark codes
            places = range(3, 8) if tag == "MOA" else (5, 20, 21, 22, 23)
            claim.remark_codes.extend(at(e, i) for i in places if at(e, i))

    def open_line(self, claim: Payment, e: list[str]) -> None:
        _, what, charged, given, revenue, count, submitted, ordered = (*e[:8], *_BLANK[len(e) :])
        parts = what.strip().split(self.component)
        charge, paid, units = money(charged.strip()), money(given.strip()), count.strip()
        if charge is None or (paid is None and given.strip()):
            self.reason = self.reason or "line_amount_unreadable"
        if parts[0] == "NU" or revenue.strip():
            # a revenue code: an institution's line
            self.is_institutional = True
        self.line = line = PaymentLine(
            line_no=len(claim.lines) + 1,
            code=code_of(parts),
            modifiers=[m for m in parts[2:6] if m] if len(parts) > 2 else [],
            charge=charge,
            paid_amount=paid if paid is not None else ZERO,
            # SVC05 absent means one unit (005010X221A1, SVC05)
            units=number(units) if units else ONE,
        )
        if submitted or ordered:
            _as_submitted(line, submitted.strip().split(self.component), ordered.strip())
        claim.lines.append(line)

    def date(self, claim: Payment, line: PaymentLine | None, e: list[str]) -> None:
        qualifier = at(e, 1)
        if line is not None:
            if qualifier == "472" or qualifier == "150":
                line.service_from = day(at(e, 2))
                if line.service_from is None:
                    self.reason = self.reason or "service_date_unreadable"
        elif qualifier in ("232", "472"):
            claim.service_from = period("D8", at(e, 2))[0]
        elif qualifier == "050":
            claim.received_on = day(at(e, 2))

    def name(self, claim: Payment, e: list[str]) -> None:
        who = at(e, 1)
        if who == "QC":
            claim.family, claim.given = name_at(e, 3), name_at(e, 4)
            claim.member_id = at(e, 9) or claim.member_id
        elif who == "IL":
            if claim.member_id is None:
                claim.member_id = at(e, 9) or None
        elif who == "74":
            # corrected patient or insured: the payer's spelling and number apply
            claim.family = name_at(e, 3) or claim.family
            claim.given = name_at(e, 4) or claim.given
            claim.member_id = at(e, 9) or claim.member_id
        elif who == "TT":
            claim.crossover_payer = at(e, 9) or at(e, 3) or None
        elif who == "82":
            claim.rendering_npi = (at(e, 9) or None) if at(e, 8) == "XX" else None

    def finish(self) -> Payment | Fault:
        claim = self.claim
        assert claim is not None
        self.claim = self.line = None
        if self.reason is not None:
            is_cut = self.tx.is_cut(self.raw, "CLP", 1)
            named = None if is_cut else claim.patient_control_number or None
            return Fault(
                self.tx.file,
                claim.row,
                claim.position,
                self.reason,
                source_id=claim.key if claim.patient_control_number else None,
                payload=self.tx.text(self.raw),
                subject_id=named,
                subject_source="pcn",
                payer_id=None if named else self.header.payer_id,
            )
        claim.doubt = doubt_of(claim, is_institutional=self.is_institutional)
        if claim.service_from is None:
            days = [line.service_from for line in claim.lines if line.service_from is not None]
            claim.service_from = min(days) if days else None
        return claim

    def provider(
        self, e: list[str], position: int, is_cut: bool
    ) -> Iterator[ProviderAdjustment | Fault]:
        """Yield the up to six adjustments of a PLB; PLB03-1 is the reason, PLB03-2 a reference."""
        for index in range(3, len(e), 2):
            if not at(e, index):
                continue
            self.row += 1
            reason, _, reference = at(e, index).partition(self.component)
            amount = money(at(e, index + 1))
            if not is_cut:
                self.sum.take_off(amount)
            if amount is None or is_cut:
                yield Fault(
                    self.tx.file,
                    self.row,
                    position,
                    "truncated" if is_cut else "provider_adjustment_unreadable",
                    payload=self.tx.text([e]),
                    payer_id=self.header.payer_id,
                )
                continue
            yield ProviderAdjustment(
                context=self.tx.context,
                remittance=self.header,
                row=self.row,
                position=position,
                provider_npi=at(e, 1) or None,
                fiscal_period_end=day(at(e, 2)),
                reason_code=reason,
                reference=reference.strip() or None,
                amount=amount,
            )


def read_payments(
    transaction: Transaction, first_row: int
) -> Iterator[Payment | ProviderAdjustment | Fault]:
    """Yield the rows of one 835; an unreadable one becomes a fault, and the rest is still read."""
    return iter(_Reader(transaction, first_row))


__all__ = [
    "Adjustment",
    "Payment",
    "PaymentLine",
    "ProviderAdjustment",
    "Remittance",
    "read_payments",
]
