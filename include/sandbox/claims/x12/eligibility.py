"""270 and 271 (005010X279A1): the billing staff write the one, the clearinghouse reads it and writes the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sandbox.claims.x12.forms import Benefit, EligibilityAnswer, Inquiry, Subscriber
from sandbox.claims.x12.segments import (
    Segment,
    Transaction,
    X12Refused,
    day,
    parts_of,
    plain,
    seg,
    text_of,
)

VERSION = "005010X279A1"


def read(transaction: Transaction, submitter: str) -> list[Inquiry]:
    """Read the subscribers asked about. Raises :class:`X12Refused` when the set is not whole."""
    body = transaction.body
    if not body or body[-1][0] != "SE" or text_of(body[-1], 1) != str(len(body) + 1):
        raise X12Refused("SE01 does not count the segments")
    out: list[Inquiry] = []
    level = ""
    payer = provider = ("", "")
    trace = ("", "")
    who = Subscriber("", "", "", None)
    asked: date | None = None
    codes: list[str] = []

    def finish() -> None:
        if level == "22":
            out.append(
                Inquiry(trace[0], trace[1], payer[0], payer[1], provider[0], provider[1], who, asked,
                        tuple(codes), submitter)
            )  # fmt: skip

    for segment in body[:-1]:
        tag = segment[0]
        if tag == "HL":
            finish()
            level = text_of(segment, 3)
            if level == "22":
                trace, who, asked, codes = ("", ""), Subscriber("", "", "", None), None, []
        elif tag == "NM1":
            code, name, identifier = text_of(segment, 1), text_of(segment, 3), text_of(segment, 9)
            if code == "PR":
                payer = (identifier, name)
            elif code == "1P":
                provider = (identifier, name)
            elif code == "IL":
                who = Subscriber(identifier, name, text_of(segment, 4), None)
        elif tag == "TRN" and level == "22":
            trace = (text_of(segment, 2), text_of(segment, 3))
        elif tag == "DMG" and level == "22":
            who = Subscriber(
                who.member_id, who.last_name, who.first_name, _date(text_of(segment, 2)), text_of(segment, 3) or "U"
            )  # fmt: skip
        elif tag == "DTP" and text_of(segment, 1) == "291":
            asked = _date(text_of(segment, 3).split("-")[0])
        elif tag == "EQ":
            service = parts_of(segment, 2)
            if len(service) > 1:
                codes.append(service[1])
    finish()
    if not out:
        raise X12Refused("no subscriber in the inquiry")
    return out


def write_270(inquiries: Sequence[Inquiry], reference: str, at: datetime) -> Transaction:
    """Write one 270 that asks one payer, for one provider, about its members' benefits (service type 30)."""
    first = inquiries[0]
    body: list[Segment] = [
        seg("BHT", "0022", "13", reference, day(at), at.strftime("%H%M")),
        seg("HL", "1", None, "20", "1"),
        seg("NM1", "PR", "2", plain(first.payer_name), None, None, None, None, "PI", first.payer_id),
        seg("HL", "2", "1", "21", "1"),
        seg("NM1", "1P", "2", plain(first.provider_name), None, None, None, None, "XX", first.provider_npi),
    ]  # fmt: skip
    for number, inquiry in enumerate(inquiries, start=3):
        who = inquiry.subscriber
        body += [
            seg("HL", str(number), "2", "22", "0"),
            seg("TRN", "1", inquiry.trace, inquiry.trace_originator),
            _member(who),
        ]
        if who.birth_date:
            body.append(seg("DMG", "D8", day(who.birth_date), who.sex))
        if inquiry.asked_for:
            body.append(seg("DTP", "291", "D8", day(inquiry.asked_for)))
        body.append(seg("EQ", "30"))
    return Transaction("270", VERSION, body)


def write(answers: Sequence[EligibilityAnswer], reference: str, at: datetime) -> Transaction:
    """Write one 271 for answers of one payer to one provider."""
    first = answers[0].inquiry
    body: list[Segment] = [
        seg("BHT", "0022", "11", reference, day(at), at.strftime("%H%M")),
        seg("HL", "1", None, "20", "1"),
        seg("NM1", "PR", "2", plain(first.payer_name or first.payer_id), None, None, None, None, "PI", first.payer_id),
        seg("HL", "2", "1", "21", "1"),
        seg("NM1", "1P", "2", plain(first.provider_name), None, None, None, None, "XX", first.provider_npi),
    ]  # fmt: skip
    for number, answer in enumerate(answers, start=3):
        body += _answer(number, answer)
    return Transaction("271", VERSION, body)


def _answer(hl: int, answer: EligibilityAnswer) -> list[Segment]:
    inquiry = answer.inquiry
    who = inquiry.subscriber
    out = [
        seg("HL", str(hl), "2", "22", "0"),
        seg("TRN", "2", inquiry.trace, inquiry.trace_originator),
        _member(who),
    ]
    if answer.reject is not None:
        code, follow_up = answer.reject
        out.append(seg("AAA", "N", None, code, follow_up))
        return out
    if who.birth_date:
        out.append(seg("DMG", "D8", day(who.birth_date), who.sex))
    for benefit in answer.benefits:
        out += _benefit(benefit)
    return out


def _member(who: Subscriber) -> Segment:
    names = plain(who.last_name), plain(who.first_name, 35)
    return seg("NM1", "IL", "1", *names, None, None, None, "MI", who.member_id)


def _benefit(benefit: Benefit) -> list[Segment]:
    procedure = ("HC", benefit.hcpcs) if benefit.hcpcs else None
    out = [
        seg(
            "EB", benefit.information, None, benefit.service_type, benefit.insurance_type, plain(benefit.plan),
            None, None, None, None, None, None, None, procedure,
        )
    ]  # fmt: skip
    for qualifier, start, end in benefit.dates:
        if end is None:
            out.append(seg("DTP", qualifier, "D8", day(start)))
        else:
            out.append(seg("DTP", qualifier, "RD8", f"{day(start)}-{day(end)}"))
    return out


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
