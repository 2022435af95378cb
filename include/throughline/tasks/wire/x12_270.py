"""The eligibility inquiry, X12 270 (005010X279A1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from throughline.tasks.wire.x12 import Envelope, day, interchange, plain, segment, sex

VERSION = "005010X279A1"
DOCTOR, MEMBER = "the practitioner's name", "the member's name"


@dataclass(frozen=True)
class Inquiry:
    """One person in an inquiry; the answer returns `trace` in TRN02."""

    trace: str
    member_id: str
    family: str
    given: str
    birth_date: date
    sex: str | None
    provider_npi: str
    provider_family: str
    provider_given: str


def eligibility(
    envelope: Envelope,
    reference: str,
    payer_id: str,
    payer_name: str,
    as_of: date,
    procedure_codes: Sequence[str],
    inquiries: Sequence[Inquiry],
) -> bytes:
    """Return one 270 to one payer: active coverage, and the next date of each procedure code.

    The originator in TRN03 is unique to us: a one-digit prefix and nine more characters. Raises
    `Unwritable`.
    """
    body = [
        segment(
            "BHT", "0022", "13", reference, day(envelope.at.date()), envelope.at.strftime("%H%M")
        ),
        segment("HL", "1", None, "20", "1"),
        segment(
            "NM1",
            "PR",
            "2",
            plain(payer_name or payer_id, what="the payer's name"),
            None,
            None,
            None,
            None,
            "PI",
            payer_id,
        ),
    ]
    number, provider = 1, 0
    last = ""
    for inquiry in sorted(inquiries, key=lambda each: (each.provider_npi, each.trace)):
        if inquiry.provider_npi != last:
            number, last = number + 1, inquiry.provider_npi
            provider = number
            body += [
                segment("HL", str(number), "1", "21", "1"),
                segment("NM1", "1P", "1", plain(inquiry.provider_family, what=DOCTOR),
                        plain(inquiry.provider_given, 35, DOCTOR), None, None, None, "XX", inquiry.provider_npi),
            ]  # fmt: skip
        number += 1
        body += [
            segment("HL", str(number), str(provider), "22", "0"),
            segment("TRN", "1", inquiry.trace, "9THROUGHLN"),
            segment("NM1", "IL", "1", plain(inquiry.family, what=MEMBER), plain(inquiry.given, 35, MEMBER),
                    None, None, None, "MI", inquiry.member_id),
            segment("DMG", "D8", day(inquiry.birth_date), sex(inquiry.sex)),
            segment("DTP", "291", "D8", day(as_of)),
            segment("EQ", "30"),
            *(segment("EQ", None, ("HC", code)) for code in procedure_codes),
        ]  # fmt: skip
    return interchange(envelope, "HS", VERSION, "270", body)
