"""The professional claim, X12 837P (005010X222A1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from throughline.tasks.wire.x12 import (
    Envelope,
    Unwritable,
    day,
    digits,
    interchange,
    money,
    plain,
    quantity,
    segment,
    sex,
    zip_code,
)

VERSION = "005010X222A1"
BILLING, ADDRESS = "the billing provider's name or address", "the patient's address"
DOCTOR = "the practitioner's name"
MOST_MODIFIERS, MOST_POINTERS, MOST_DIAGNOSES = 4, 4, 12


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
            "NM1",
            "41",
            "2",
            plain(submitter_name, what="the practice's name"),
            None,
            None,
            None,
            None,
            "46",
            envelope.sender,
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
            "NM1",
            "85",
            "2",
            plain(billing["name"], what=BILLING),
            None,
            None,
            None,
            None,
            "XX",
            billing["npi"],
        ),
        segment("N3", plain(billing["address"], 55, BILLING)),
        segment(
            "N4",
            plain(billing["city"], 30, BILLING),
            plain(billing["state"], 2, BILLING),
            zip_code(billing["postal_code"]),
        ),
        segment("REF", "EI", digits(billing["tax_id"])),
    ]
    for number, claim in enumerate(claims, start=2):
        body += _claim(number, claim)
    return interchange(envelope, "HC", VERSION, "837", body)


def _claim(hl: int, claim: ProfessionalClaim) -> list[str]:
    content = claim.content
    who, payer, rendering = content["subscriber"], content["payer"], content["rendering"]
    out = [
        segment("HL", str(hl), "1", "22", "0"),
        segment("SBR", "P", "18", None, None, None, None, None, None, payer["filing_code"]),
        segment("NM1", "IL", "1", plain(who["family"], what="the patient's family name"),
                plain(who["given"], 35, "the patient's given name"), None, None, None, "MI", who["member_id"]),
        segment("N3", plain(who["address"], 55, ADDRESS)),
        segment("N4", plain(who["city"], 30, ADDRESS), plain(who["state"], 2, ADDRESS),
                zip_code(who["postal_code"])),
        segment("DMG", "D8", day(who["birth_date"]), sex(who.get("sex"))),
        segment("NM1", "PR", "2", plain(payer["name"] or payer["id"], what="the payer's name"), None, None, None,
                None, "PI", payer["id"]),
        segment("CLM", claim.control_number, money(content["total"]), None, None,
                (content["place_of_service"], "B", claim.frequency_code), "Y", "A", "Y", "Y"),
    ]  # fmt: skip
    if who.get("mrn"):
        out.append(segment("REF", "EA", plain(who["mrn"], 50, "the record number")))
    codes = [code.replace(".", "") for code in content["diagnoses"]]
    if len(codes) > MOST_DIAGNOSES:
        raise Unwritable("HI has more diagnoses than a claim may have")
    out.append(segment("HI", *(("ABK" if n == 0 else "ABF", code) for n, code in enumerate(codes))))
    out.append(
        segment("NM1", "82", "1", plain(rendering["family"], what=DOCTOR),
                plain(rendering.get("given"), 35, DOCTOR), None, None, None, "XX", content["rendering_npi"])
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
