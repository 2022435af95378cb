"""837 professional and institutional: one record per claim (CLM loop), with its service lines.

Loops and elements: ASC X12 005010X222A1 (837P) and 005010X223A2 (837I).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import msgspec

from throughline.sources.records import Fault
from throughline.sources.x12.envelope import ENVELOPE, Context, Transaction
from throughline.sources.x12.values import at, code_of, day, moment, money, name_at, number, period

ZERO = Decimal(0)
_BLANK = ("",) * 8
# HI qualifiers that carry diagnoses in ICD-10-CM (ABK, ABF, ABJ, APR) and, before it, ICD-9-CM.
DIAGNOSES = frozenset({"ABK", "ABF", "ABJ", "BK", "BF", "BJ"})


class Party(msgspec.Struct):
    """A subscriber or patient as the submitter names them."""

    family: str | None = None
    given: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    member_id: str | None = None


class ClaimLine(msgspec.Struct):
    """One LX loop: what was done, when, for how much."""

    line_no: int
    code: str | None = None
    modifiers: list[str] = []
    charge: Decimal | None = None
    units: Decimal | None = None
    service_from: date | None = None
    service_to: date | None = None
    diagnosis_pointers: str | None = None
    control_number: str | None = None
    rendering_npi: str | None = None
    place_of_service: str | None = None


class Claim(msgspec.Struct):
    """One CLM loop. `row` counts the claims of the file from 1; amounts are in dollars.

    `charged` is the sum of its lines where it is not the total (CLM02), else None.
    """

    context: Context
    row: int
    position: int
    kind: str
    patient_control_number: str
    total_charge: Decimal | None
    frequency_code: str | None
    place_of_service: str | None
    use: str | None = None
    created_at: datetime | None = None
    batch_reference: str | None = None
    billing_npi: str | None = None
    billing_tax_id: str | None = None
    rendering_npi: str | None = None
    filing_code: str | None = None
    payer_id: str | None = None
    payer_name: str | None = None
    subscriber: Party = msgspec.field(default_factory=Party)
    patient: Party = msgspec.field(default_factory=Party)
    service_from: date | None = None
    service_to: date | None = None
    original_payer_claim_number: str | None = None
    medical_record_number: str | None = None
    diagnoses: list[str] = []
    lines: list[ClaimLine] = []
    charged: Decimal | None = None


def kind_of(version: str) -> str | None:
    """Return P, I or D by the guide that GS08 or ST03 names, or None when it names none."""
    for mark, kind in (
        ("X222", "P"),
        ("X223", "I"),
        ("X224", "D"),
        ("X098", "P"),
        ("X096", "I"),
        ("X097", "D"),
    ):
        if mark in version:
            return kind
    return None


def _person(e: list[str]) -> Party:
    return Party(family=name_at(e, 3), given=name_at(e, 4), member_id=at(e, 9) or None)


def _demographics(party: Party, e: list[str]) -> None:
    party.birth_date = day(at(e, 2))
    party.sex = at(e, 3) or None


class _Reader:
    """The parser state of one 837."""

    def __init__(self, transaction: Transaction, first_row: int) -> None:
        self.tx = transaction
        self.component = transaction.context.separators.component
        self.guide = kind_of(transaction.context.version)
        self.row = first_row - 1
        self.use: str | None = None
        self.created_at: datetime | None = None
        self.batch_reference: str | None = None
        self.level = ""
        self.party_of = ""
        self.billing_npi: str | None = None
        self.billing_tax_id: str | None = None
        self.filing_code: str | None = None
        self.payer_id: str | None = None
        self.payer_name: str | None = None
        self.subscriber = Party()
        self.patient: Party | None = None
        self.claim: Claim | None = None
        self.line: ClaimLine | None = None
        self.other_payer = False
        self.raw: list[list[str]] = []
        self.reason: str | None = None

    def __iter__(self) -> Iterator[Claim | Fault]:
        for e in self.tx.segments:
            tag = e[0]
            if tag in ENVELOPE:
                self.tx.end(e)
                break
            if tag == "CLM" or tag == "HL":
                if self.claim is not None:
                    yield self.finish()
                if tag == "CLM":
                    self.open_claim(e)
                else:
                    self.enter_level(e)
            elif self.claim is not None:
                self.raw.append(e)
                self.inside_claim(self.claim, tag, e)
            else:
                self.above_claim(tag, e)
        else:
            self.tx.end(None)
        if self.claim is not None:
            if self.tx.truncated:
                self.reason = "truncated"
            yield self.finish()

    def enter_level(self, e: list[str]) -> None:
        self.level = at(e, 3)
        self.party_of = ""
        if self.level == "20":
            self.billing_npi = self.billing_tax_id = None
        if self.level in ("20", "22"):
            self.filing_code = self.payer_id = self.payer_name = None
            self.subscriber = Party()
        self.patient = Party() if self.level == "23" else None

    def above_claim(self, tag: str, e: list[str]) -> None:
        if tag == "NM1":
            self.party_of = who = at(e, 1)
            if who == "85":
                self.billing_npi = (at(e, 9) or None) if at(e, 8) == "XX" else None
            elif who == "IL":
                self.subscriber = _person(e)
            elif who == "QC":
                self.patient = _person(e)
            elif who == "PR":
                self.payer_name, self.payer_id = name_at(e, 3), at(e, 9) or None
        elif tag == "DMG":
            if self.party_of == "QC" and self.patient is not None:
                _demographics(self.patient, e)
            elif self.party_of == "IL":
                _demographics(self.subscriber, e)
        elif tag == "SBR":
            self.filing_code = at(e, 9) or None
        elif tag == "REF":
            if self.party_of == "85" and at(e, 1) in ("EI", "SY"):
                self.billing_tax_id = at(e, 2) or None
        elif tag == "BHT":
            self.use = at(e, 6) or None
            self.batch_reference = at(e, 3) or None
            self.created_at = moment(at(e, 4), at(e, 5))

    def open_claim(self, e: list[str]) -> None:
        self.row += 1
        self.raw = [e]
        self.reason = None
        self.line = None
        self.other_payer = False
        self.party_of = ""
        place = at(e, 5).split(self.component)
        control, total = at(e, 1), money(at(e, 2))
        if not control:
            self.reason = "claim_number_missing"
        elif total is None:
            self.reason = "claim_charge_unreadable"
        self.claim = Claim(
            context=self.tx.context,
            row=self.row,
            position=self.tx.position,
            kind=self.guide or "P",
            patient_control_number=control,
            total_charge=total,
            frequency_code=(place[2].strip() or None) if len(place) > 2 else None,
            place_of_service=place[0].strip() or None,
            use=self.use,
            created_at=self.created_at,
            batch_reference=self.batch_reference,
            billing_npi=self.billing_npi,
            billing_tax_id=self.billing_tax_id,
            filing_code=self.filing_code,
            payer_id=self.payer_id,
            payer_name=self.payer_name,
            subscriber=self.subscriber,
            patient=self.patient or self.subscriber,
        )

    def inside_claim(self, claim: Claim, tag: str, e: list[str]) -> None:
        line = self.line
        if tag == "SV1" or tag == "SV2":
            if line is None or line.charge is not None:
                # a service line without its LX counts as charged all the same
                line = self.open_line(claim, "")
            self.service(line, tag, e)
        elif tag == "LX":
            self.open_line(claim, at(e, 1))
        elif tag == "DTP":
            self.dates(claim, line, e)
        elif tag == "REF":
            self.reference(claim, line, e)
        elif tag == "HI":
            for element in e[1:]:
                qualifier, _, code = element.partition(self.component)
                if qualifier in DIAGNOSES and code:
                    claim.diagnoses.append(code.split(self.component)[0].strip())
        elif tag == "NM1":
            if at(e, 1) == "82" and at(e, 8) == "XX":
                if line is not None:
                    line.rendering_npi = at(e, 9) or None
                elif not self.other_payer:
                    claim.rendering_npi = at(e, 9) or None
        elif tag == "SBR":
            # loop 2320: from here on, the claim is about another payer of the same patient
            self.other_payer = True
        elif tag == "SV3" and self.guide is None:
            self.reason = "transaction_set_not_used_here"

    def open_line(self, claim: Claim, count: str) -> ClaimLine:
        ordinal = int(count) if count.isascii() and count.isdigit() and len(count) < 7 else 0
        self.line = line = ClaimLine(line_no=ordinal or len(claim.lines) + 1)
        claim.lines.append(line)
        return line

    def service(self, line: ClaimLine, tag: str, e: list[str]) -> None:
        _, first, second, third, fourth, fifth, _, pointers = (*e[:8], *_BLANK[len(e) :])
        if tag == "SV1":
            what, charge, units = first.strip(), second.strip(), fourth.strip()
            line.place_of_service = fifth.strip() or None
            line.diagnosis_pointers = pointers.strip() or None
        else:
            what, charge, units = second.strip(), third.strip(), fifth.strip()
            if self.guide is None and self.claim is not None:
                self.claim.kind = "I"
        parts = what.split(self.component)
        if len(parts) > 1:
            line.code = code_of(parts)
            line.modifiers = [m for m in parts[2:6] if m]
        line.charge = money(charge)
        line.units = number(units) if units else None
        if line.charge is None:
            self.reason = self.reason or "line_charge_unreadable"

    def dates(self, claim: Claim, line: ClaimLine | None, e: list[str]) -> None:
        qualifier = at(e, 1)
        if qualifier == "472" and line is not None:
            line.service_from, line.service_to = period(at(e, 2), at(e, 3))
            if line.service_from is None:
                self.reason = self.reason or "service_date_unreadable"
        elif qualifier == "434" and line is None and not self.other_payer:
            claim.service_from, claim.service_to = period(at(e, 2), at(e, 3))

    def reference(self, claim: Claim, line: ClaimLine | None, e: list[str]) -> None:
        qualifier = at(e, 1)
        if line is not None:
            if qualifier == "6R":
                line.control_number = at(e, 2) or None
        elif not self.other_payer:
            if qualifier == "F8":
                claim.original_payer_claim_number = at(e, 2) or None
            elif qualifier == "EA":
                claim.medical_record_number = at(e, 2) or None

    def finish(self) -> Claim | Fault:
        claim = self.claim
        assert claim is not None
        self.claim = None
        if self.reason is not None:
            is_cut = self.tx.is_cut(self.raw, "CLM", 1)
            named = None if is_cut else claim.patient_control_number or None
            return Fault(
                self.tx.file,
                claim.row,
                claim.position,
                self.reason,
                source_id=claim.patient_control_number or None,
                payload=self.tx.text(self.raw),
                subject_id=named,
                subject_source="pcn",
            )
        if claim.lines:
            # the guides want CLM02 to be the sum of SV102, or of SV203
            charged = ZERO
            for line in claim.lines:
                if line.charge:
                    charged += line.charge
            if charged != claim.total_charge:
                claim.charged = charged
        if claim.service_from is None:
            starts = [line.service_from for line in claim.lines if line.service_from is not None]
            claim.service_from = min(starts) if starts else None
        if claim.service_to is None:
            ends = [line.service_to for line in claim.lines if line.service_to is not None]
            claim.service_to = max(ends) if ends else None
        return claim


def read_claims(transaction: Transaction, first_row: int) -> Iterator[Claim | Fault]:
    """Yield the claims of one 837; an unreadable claim becomes a fault, and the rest is still read."""
    return iter(_Reader(transaction, first_row))
