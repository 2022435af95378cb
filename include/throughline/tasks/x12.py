"""Writes the X12 005010 that leaves the house: 837P (X222A1) and 270 (X279A1).

Small on purpose, and apart from the readers: what is written here is read back by a validator that
is not ours (pyx12, for the 837P) before anything is sent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

PROFESSIONAL = "005010X222A1"
ELIGIBILITY = "005010X279A1"
ELEMENT, COMPONENT, REPETITION, END = "*", ":", "^", "~"
_BASIC = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]")
"""What the basic and extended character sets of X12 leave (without our own separators)."""

# What is written as it is must be of these, or it is not written at all.
_EXACT = re.compile(r"[A-Za-z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]*")
MOST_MODIFIERS, MOST_POINTERS, MOST_DIAGNOSES = 4, 4, 12

Component = str | None
Element = str | None | tuple[Component, ...]


class Unwritable(ValueError):
    """A value has no place in X12 as it is. The text names segment and element, never the value."""


@dataclass(frozen=True)
class Envelope:
    """Who sends to whom, when (local time of the practice), under which control number (ISA13)."""

    sender: str
    receiver: str
    at: datetime
    control_number: str
    is_test: bool = False


def is_writable(value: object) -> bool:
    """Say whether a code or a number can be written as it is."""
    return _EXACT.fullmatch(str(value)) is not None


def plain(text: object, longest: int = 60) -> str:
    """Return text in X12's characters: upper case, no accents, nothing that would end an element."""
    folded = unicodedata.normalize("NFKD", str(text or "")).encode("ascii", "ignore").decode()
    return " ".join(_BASIC.sub(" ", folded.upper()).split())[:longest].rstrip()


def money(amount: object) -> str:
    """Return an amount as X12 writes it: no needless zeros, no exponent."""
    text = f"{Decimal(str(amount)):.2f}"
    return text.rstrip("0").rstrip(".")


def quantity(units: object) -> str:
    """Return a number of units with all its digits, without needless zeros or an exponent."""
    text = f"{Decimal(str(units)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(value: date | str) -> str:
    """Return a date as CCYYMMDD; a text is an ISO date."""
    return (date.fromisoformat(value) if isinstance(value, str) else value).strftime("%Y%m%d")


def segment(tag: str, *elements: Element) -> str:
    """Return one segment; empty elements at its end are left away. Raises `Unwritable`."""
    out = [tag]
    for place, element in enumerate(elements, start=1):
        for part in element if isinstance(element, tuple) else (element,):
            if not is_writable(part or ""):
                raise Unwritable(f"{tag}{place:02d} cannot be written in X12")
        if isinstance(element, tuple):
            parts = [part or "" for part in element]
            while parts and not parts[-1]:
                parts.pop()
            out.append(COMPONENT.join(parts))
        else:
            out.append(element or "")
    while len(out) > 1 and not out[-1]:
        out.pop()
    return ELEMENT.join(out) + END


def interchange(
    envelope: Envelope, functional_id: str, version: str, set_id: str, body: Iterable[str]
) -> bytes:
    """Return ISA to IEA around one group with one transaction set whose `body` stands between ST and SE."""
    at, control = envelope.at, envelope.control_number.zfill(9)
    sender, receiver = envelope.sender, envelope.receiver
    inner = list(body)
    lines = [
        ELEMENT.join((
            "ISA", "00", " " * 10, "00", " " * 10, "ZZ", sender[:15].ljust(15),
            "ZZ", receiver[:15].ljust(15), at.strftime("%y%m%d"), at.strftime("%H%M"),
            REPETITION, "00501", control, "0", "T" if envelope.is_test else "P", COMPONENT,
        )) + END,
        segment("GS", functional_id, sender[:15], receiver[:15], day(at.date()), at.strftime("%H%M"),
                str(int(control)), "X", version),
        segment("ST", set_id, "0001", version),
        *inner,
        segment("SE", str(len(inner) + 2), "0001"),
        segment("GE", "1", str(int(control))),
        segment("IEA", "1", control),
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode("ascii")


# ---- 837P ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProfessionalClaim:
    """A claim to write: its patient control number (CLM01) and what `tasks.claim.content` says."""

    control_number: str
    frequency_code: str
    content: dict[str, Any]


def professional(
    envelope: Envelope,
    reference: str,
    submitter_name: str,
    submitter_phone: str,
    claims: Sequence[ProfessionalClaim],
) -> bytes:
    """Return one 837P with all `claims`, which share payer and billing provider. Raises `Unwritable`."""
    first = claims[0].content
    billing = first["billing"]
    body = [
        segment(
            "BHT",
            "0019",
            "00",
            reference,
            day(envelope.at.date()),
            envelope.at.strftime("%H%M"),
            "CH",
        ),
        segment(
            "NM1", "41", "2", plain(submitter_name), None, None, None, None, "46", envelope.sender
        ),
        segment("PER", "IC", "BILLING", "TE", submitter_phone),
        segment(
            "NM1", "40", "2", envelope.receiver, None, None, None, None, "46", envelope.receiver
        ),
        segment("HL", "1", None, "20", "1"),
    ]
    if billing.get("taxonomy"):
        body.append(segment("PRV", "BI", "PXC", billing["taxonomy"]))
    body += [
        segment(
            "NM1", "85", "2", plain(billing["name"]), None, None, None, None, "XX", billing["npi"]
        ),
        segment("N3", plain(billing["address"], 55)),
        segment(
            "N4",
            plain(billing["city"], 30),
            plain(billing["state"], 2),
            _zip(billing["postal_code"]),
        ),
        segment("REF", "EI", _digits(billing["tax_id"])),
    ]
    for number, claim in enumerate(claims, start=2):
        body += _claim(number, claim)
    return interchange(envelope, "HC", PROFESSIONAL, "837", body)


def _claim(hl: int, claim: ProfessionalClaim) -> list[str]:
    content = claim.content
    who, payer, rendering = content["subscriber"], content["payer"], content["rendering"]
    out = [
        segment("HL", str(hl), "1", "22", "0"),
        segment("SBR", "P", "18", None, None, None, None, None, None, payer["filing_code"]),
        segment("NM1", "IL", "1", plain(who["family"]), plain(who["given"], 35), None, None, None, "MI",
                who["member_id"]),
        segment("N3", plain(who["address"], 55)),
        segment("N4", plain(who["city"], 30), plain(who["state"], 2), _zip(who["postal_code"])),
        segment("DMG", "D8", day(who["birth_date"]), _sex(who.get("sex"))),
        segment("NM1", "PR", "2", plain(payer["name"] or payer["id"]), None, None, None, None, "PI", payer["id"]),
        segment("CLM", claim.control_number, money(content["total"]), None, None,
                (content["place_of_service"], "B", claim.frequency_code), "Y", "A", "Y", "Y"),
    ]  # fmt: skip
    if who.get("mrn"):
        out.append(segment("REF", "EA", plain(who["mrn"], 50)))
    codes = [code.replace(".", "") for code in content["diagnoses"]]
    if len(codes) > MOST_DIAGNOSES:
        raise Unwritable("HI has more diagnoses than a claim may have")
    out.append(segment("HI", *(("ABK" if n == 0 else "ABF", code) for n, code in enumerate(codes))))
    out.append(
        segment("NM1", "82", "1", plain(rendering["family"]), plain(rendering.get("given"), 35), None, None,
                None, "XX", content["rendering_npi"])
    )  # fmt: skip
    if rendering.get("taxonomy"):
        out.append(segment("PRV", "PE", "PXC", rendering["taxonomy"]))
    for line in content["lines"]:
        if len(line["modifiers"]) > MOST_MODIFIERS or len(line["pointers"]) > MOST_POINTERS:
            raise Unwritable("SV1 has more modifiers or pointers than a line may have")
        out += [
            segment("LX", str(line["line"])),
            segment("SV1", ("HC", line["code"], *line["modifiers"]), money(line["charge"]), "UN",
                    quantity(line["units"]), None, None, tuple(str(p) for p in line["pointers"])),
            segment("DTP", "472", "D8", day(line["service_on"])),
            segment("REF", "6R", f"{claim.control_number}L{line['line']}"),
        ]  # fmt: skip
    return out


# ---- 270 -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inquiry:
    """One person asked about: `trace` comes back in TRN02 of the answer."""

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

    The originator in TRN03 is ours alone: a one-digit prefix and nine more characters. Raises
    `Unwritable`.
    """
    body = [
        segment(
            "BHT", "0022", "13", reference, day(envelope.at.date()), envelope.at.strftime("%H%M")
        ),
        segment("HL", "1", None, "20", "1"),
        segment(
            "NM1", "PR", "2", plain(payer_name or payer_id), None, None, None, None, "PI", payer_id
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
                segment("NM1", "1P", "1", plain(inquiry.provider_family), plain(inquiry.provider_given, 35),
                        None, None, None, "XX", inquiry.provider_npi),
            ]  # fmt: skip
        number += 1
        body += [
            segment("HL", str(number), str(provider), "22", "0"),
            segment("TRN", "1", inquiry.trace, "9THROUGHLN"),
            segment("NM1", "IL", "1", plain(inquiry.family), plain(inquiry.given, 35), None, None, None, "MI",
                    inquiry.member_id),
            segment("DMG", "D8", day(inquiry.birth_date), _sex(inquiry.sex)),
            segment("DTP", "291", "D8", day(as_of)),
            segment("EQ", "30"),
            *(segment("EQ", None, ("HC", code)) for code in procedure_codes),
        ]  # fmt: skip
    return interchange(envelope, "HS", ELIGIBILITY, "270", body)


def _sex(value: object) -> str:
    first = str(value or "").strip().upper()[:1]
    return first if first in ("F", "M") else "U"


def _digits(value: object) -> str:
    return re.sub(r"\D", "", str(value or ""))


def _zip(value: object) -> str:
    return _digits(value)[:9]
