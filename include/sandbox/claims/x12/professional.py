"""837P (005010X222A1): the billing system writes it, the clearinghouse reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sandbox.claims.x12.forms import Claim, ClaimLine, Party, Subscriber
from sandbox.claims.x12.segments import (
    Segment,
    Transaction,
    X12Refused,
    day,
    money,
    parts_of,
    plain,
    seg,
    text_of,
)

VERSION = "005010X222A1"


def write(
    claims: list[Claim],
    reference: str,
    at: datetime,
    submitter: Party,
    receiver: Party,
    billing: Party,
) -> Transaction:
    """Write one 837P with all ``claims`` under one billing provider. ``at`` is local time."""
    body: list[Segment] = [
        seg("BHT", "0019", "00", reference, day(at), at.strftime("%H%M"), "CH"),
        seg(
            "NM1",
            "41",
            "2",
            plain(submitter.name),
            None,
            None,
            None,
            None,
            "46",
            submitter.identifier,
        ),
        seg("PER", "IC", "EDI SUPPORT", "TE", submitter.phone),
        seg(
            "NM1",
            "40",
            "2",
            plain(receiver.name),
            None,
            None,
            None,
            None,
            "46",
            receiver.identifier,
        ),
        seg("HL", "1", None, "20", "1"),
    ]
    if claims and claims[0].billing_taxonomy:
        body.append(seg("PRV", "BI", "PXC", claims[0].billing_taxonomy))
    body += [
        seg(
            "NM1", "85", "2", plain(billing.name), None, None, None, None, "XX", billing.identifier
        ),
        seg("N3", billing.street),
        seg("N4", billing.city, billing.state, billing.postal_code),
        seg("REF", "EI", billing.tax_id),
    ]
    for number, claim in enumerate(claims, start=2):
        body += _claim(number, claim)
    return Transaction("837", VERSION, body)


def _claim(hl: int, claim: Claim) -> list[Segment]:
    who = claim.subscriber
    out = [
        seg("HL", str(hl), "1", "22", "0"),
        seg("SBR", "P", "18", None, None, None, None, None, None, claim.filing_code),
        seg("NM1", "IL", "1", plain(who.last_name), plain(who.first_name, 35), None, None, None, "MI", who.member_id),
    ]  # fmt: skip
    if who.street:
        out.append(seg("N3", plain(who.street, 55)))
        out.append(seg("N4", plain(who.city, 30), who.state, who.postal_code))
    if who.birth_date:
        out.append(seg("DMG", "D8", day(who.birth_date), who.sex))
    out.append(
        seg("NM1", "PR", "2", plain(claim.payer_name), None, None, None, None, "PI", claim.payer_id)
    )
    out.append(
        seg(
            "CLM", claim.control, money(claim.charge), None, None,
            (claim.place_of_service, "B", claim.frequency), "Y", "A", "Y", "Y",
        )
    )  # fmt: skip
    if claim.original_reference:
        out.append(seg("REF", "F8", claim.original_reference))
    if claim.record_number:
        out.append(seg("REF", "EA", claim.record_number))
    codes = [
        (("ABK" if n == 0 else "ABF"), code.replace(".", ""))
        for n, code in enumerate(claim.diagnoses)
    ]
    if codes:
        out.append(seg("HI", *codes))
    last, first = claim.rendering_name
    out.append(
        seg(
            "NM1",
            "82",
            "1",
            plain(last),
            plain(first, 35),
            None,
            None,
            None,
            "XX",
            claim.rendering_npi,
        )
    )
    if claim.secondary:
        payer, member = claim.secondary
        out += [
            seg("SBR", "S", "18", None, None, None, None, None, None, "MC" if payer == "MCAID" else "CI"),
            seg("OI", None, None, "Y", None, None, "Y"),
            seg("NM1", "IL", "1", plain(who.last_name), plain(who.first_name, 35), None, None, None, "MI", member),
            seg("NM1", "PR", "2", payer, None, None, None, None, "PI", payer),
        ]  # fmt: skip
    for line in claim.lines:
        out += [
            seg("LX", str(line.number)),
            seg(
                "SV1", ("HC", line.hcpcs, *line.modifiers), money(line.charge), "UN", money(line.units), None, None,
                tuple(str(p) for p in line.pointers),
            ),
            seg("DTP", "472", "D8", day(line.service_date)),
            seg("REF", "6R", line.line_control or str(line.number)),
        ]  # fmt: skip
    return out


def read(transaction: Transaction, submitter: str) -> list[Claim]:
    """Read every CLM loop of an 837P.

    Raises :class:`X12Refused` with the segment's number when a required loop is missing, the count of
    SE is wrong or a number cannot be read: what a 999 would reject.
    """
    body = transaction.body
    if not body or body[-1][0] != "SE" or text_of(body[-1], 1) != str(len(body) + 1):
        raise X12Refused("SE01 does not count the segments")
    if text_of(body[-1], 2) != transaction.control:
        raise X12Refused("SE02 differs from ST02")
    reader = _Reader(submitter)
    for number, segment in enumerate(body[:-1], start=2):
        try:
            reader.take(segment)
        except (InvalidOperation, ValueError, IndexError) as error:
            raise X12Refused(f"segment {number} {segment[0]}: {type(error).__name__}") from None
    reader.finish()
    if not reader.claims:
        raise X12Refused("no CLM in the transaction set")
    return reader.claims


class _Reader:
    """Walks through an 837P; each CLM inherits the data of the loops above it."""

    def __init__(self, submitter: str) -> None:
        self.submitter = submitter
        self.claims: list[Claim] = []
        self.level = ""
        self.batch = ""
        self.billing_npi = self.taxonomy = self.filing_code = ""
        self.payer = ("", "")
        self.who = Subscriber("", "", "", None)
        self.claim: Claim | None = None
        self.in_other = False

    def take(self, segment: Segment) -> None:
        tag = str(segment[0])
        handler = getattr(self, f"_{tag.lower()}", None)
        if handler is not None:
            handler(segment)

    def finish(self) -> None:
        if self.claim is None:
            return
        if not self.claim.lines:
            raise X12Refused("a CLM without a service line")
        if not self.claim.billing_npi or not self.claim.payer_id:
            raise X12Refused("a CLM without billing provider or payer")
        self.claims.append(self.claim)
        self.claim = None

    def _bht(self, s: Segment) -> None:
        self.batch = text_of(s, 3)

    def _hl(self, s: Segment) -> None:
        self.finish()
        self.level = text_of(s, 3)
        self.in_other = False
        if self.level == "20":
            self.billing_npi = self.taxonomy = ""

    def _prv(self, s: Segment) -> None:
        if self.claim is None and text_of(s, 1) == "BI":
            self.taxonomy = text_of(s, 3)

    def _sbr(self, s: Segment) -> None:
        if self.claim is not None:
            self.in_other = True
        else:
            self.filing_code = text_of(s, 9)

    def _nm1(self, s: Segment) -> None:
        code, identifier = text_of(s, 1), text_of(s, 9)
        if self.claim is not None:
            if code == "82":
                self.claim.rendering_npi = identifier
                self.claim.rendering_name = (text_of(s, 3), text_of(s, 4))
            elif self.in_other and code == "IL":
                self.claim.secondary = ("", identifier)
            elif self.in_other and code == "PR":
                member = self.claim.secondary[1] if self.claim.secondary else ""
                self.claim.secondary = (identifier, member)
        elif code == "85":
            self.billing_npi = identifier
        elif code == "IL":
            self.who = Subscriber(identifier, text_of(s, 3), text_of(s, 4), None)
        elif code == "PR":
            self.payer = (identifier, text_of(s, 3))

    def _dmg(self, s: Segment) -> None:
        if self.claim is None and self.level == "22":
            self.who = replace(self.who, birth_date=_date(text_of(s, 2)), sex=text_of(s, 3) or "U")

    def _clm(self, s: Segment) -> None:
        self.finish()
        self.in_other = False
        place = parts_of(s, 5)
        self.claim = Claim(
            control=text_of(s, 1),
            frequency=place[2] if len(place) > 2 else "1",
            charge=Decimal(text_of(s, 2)),
            place_of_service=place[0] if place else "",
            diagnoses=(),
            lines=[],
            billing_npi=self.billing_npi,
            billing_taxonomy=self.taxonomy,
            rendering_npi="",
            rendering_name=("", ""),
            payer_id=self.payer[0],
            payer_name=self.payer[1],
            filing_code=self.filing_code,
            subscriber=self.who,
            submitter=self.submitter,
            batch_reference=self.batch,
        )

    def _ref(self, s: Segment) -> None:
        if self.claim is None:
            return
        kind, value = text_of(s, 1), text_of(s, 2)
        if kind == "F8":
            self.claim.original_reference = value
        elif kind == "EA":
            self.claim.record_number = value
        elif kind == "6R" and self.claim.lines:
            self.claim.lines[-1].line_control = value

    def _hi(self, s: Segment) -> None:
        if self.claim is not None:
            codes = tuple(parts_of(s, n)[1] for n in range(1, len(s)) if len(parts_of(s, n)) > 1)
            self.claim.diagnoses = self.claim.diagnoses + codes

    def _lx(self, s: Segment) -> None:
        if self.claim is not None:
            self.in_other = False
            self.claim.lines.append(
                ClaimLine(int(text_of(s, 1)), "", (), Decimal(0), Decimal(1), date(1900, 1, 1))
            )

    def _sv1(self, s: Segment) -> None:
        if self.claim is None:
            return
        line = self.claim.lines[-1]
        service = parts_of(s, 1)
        line.hcpcs = service[1]
        line.modifiers = tuple(m for m in service[2:6] if m)
        line.charge = Decimal(text_of(s, 2))
        line.units = Decimal(text_of(s, 4) or "1")
        line.pointers = tuple(int(p) for p in parts_of(s, 7) if p)

    def _dtp(self, s: Segment) -> None:
        if self.claim is not None and self.claim.lines and text_of(s, 1) == "472":
            # A range RD8 counts from its From date (the filing clock of a professional claim).
            self.claim.lines[-1].service_date = _date(text_of(s, 3).split("-")[0])


def _date(text: str) -> date:
    return date.fromisoformat(text)
