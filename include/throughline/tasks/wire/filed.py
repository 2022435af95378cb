"""Reads a claim file of ours back, so that a person is shown what the file says and nothing else.

Every segment of the file has its place in what is told: one that has none, or a claim that says something
else than its row in `tasks.claim`, makes the file one that nobody can attest. Loops and elements: ASC X12
005010X222A1 (837P), of which `x12_837p.py` writes a part.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from throughline.decisions import NotAllowedError
from throughline.sources.records import FileRefusedError
from throughline.sources.x12.segments import SegmentReader
from throughline.sources.x12.values import at
from throughline.tasks.wire.x12 import day, digits, money, plain, quantity, sex, zip_code

ENVELOPE = frozenset({"GS", "ST", "BHT", "PER", "SE", "GE", "IEA"})
"""Segments that do not describe a claim."""


class NotTold(NotAllowedError, ValueError):
    """The file and the list of its claims differ; the message names what, without its value."""


@dataclass
class Filed:
    """What a file says: of its sender once, and of each claim in its order."""

    interchange: str = ""
    receiver: str = ""
    billing: dict[str, Any] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """The sum of the claims' charges in US dollars."""
        return sum((Decimal(claim["charge"]) for claim in self.claims), Decimal(0))


def read(payload: bytes) -> Filed:
    """Return what a file of claims says. Raises `NotTold` if it says more than can be told."""
    reader = _Reader()
    try:
        segments = SegmentReader(io.BytesIO(payload), "claims")
        for e in segments:
            reader.take(e)
        _ = reader.filed.total
    except (FileRefusedError, InvalidOperation):
        raise NotTold("the file of claims cannot be read") from None
    if segments.skipped:
        raise NotTold("the file has text outside its interchange")
    return reader.filed


class _Reader:
    """Where reading stands: at the billing provider, at a subscriber, in a claim, in a line."""

    def __init__(self) -> None:
        self.filed = Filed()
        self.about = ""
        self.opened: dict[str, Any] = {}
        self.line: dict[str, Any] | None = None

    def take(self, e: list[str]) -> None:
        """Take one segment."""
        tag = e[0]
        known = _KNOWN.get(tag)
        is_told = tag in ENVELOPE if known is None else known(self, e) is not False
        if not is_told:
            raise NotTold(f"the file has a segment {tag} that the list does not tell")

    def _isa(self, e: list[str]) -> bool:
        is_first, self.filed.interchange = not self.filed.interchange, at(e, 13)
        return is_first

    def _hl(self, e: list[str]) -> bool:
        self.about, self.line = "", None
        self.opened = {"lines": [], "diagnoses": []}
        return at(e, 3) in ("20", "22")

    def _sbr(self, e: list[str]) -> None:
        self.opened["filing_code"] = at(e, 9)

    def _nm1(self, e: list[str]) -> bool:
        self.about = who = at(e, 1)
        named = {"family": at(e, 3), "given": at(e, 4)}
        if who == "40":
            self.filed.receiver = at(e, 9)
        elif who == "85":
            self.filed.billing |= {"name": at(e, 3), "npi": at(e, 9)}
        elif who == "IL":
            self.opened["patient"] = named | {"member": at(e, 9)}
        elif who == "PR":
            self.opened["payer"] = {"name": at(e, 3), "id": at(e, 9)}
        elif who == "82" and self.line is None:
            self.opened["practitioner"] = named | {"npi": at(e, 9)}
        return who in ("41", "40", "85", "IL", "PR") or (who == "82" and self.line is None)

    def _prv(self, e: list[str]) -> bool:
        if self.about == "82":
            self.opened["practitioner"]["taxonomy"] = at(e, 3)
        elif self.about in ("", "41", "40"):
            self.filed.billing["taxonomy"] = at(e, 3)
        return self.about in ("", "41", "40", "82")

    def _where(self) -> dict[str, Any] | None:
        if self.about == "85":
            return self.filed.billing
        return self.opened.get("patient") if self.about == "IL" else None

    def _n3(self, e: list[str]) -> bool:
        where = self._where()
        if where is not None:
            where["address"] = at(e, 1)
        return where is not None and not at(e, 2)

    def _n4(self, e: list[str]) -> bool:
        where = self._where()
        if where is not None:
            where |= {"city": at(e, 1), "state": at(e, 2), "postal_code": at(e, 3)}
        return where is not None

    def _dmg(self, e: list[str]) -> bool:
        if self.about == "IL":
            self.opened["patient"] |= {"birth_date": at(e, 2), "sex": at(e, 3)}
        return self.about == "IL"

    def _clm(self, e: list[str]) -> bool:
        place, _, frequency = (*at(e, 5).split(":"), "", "")[:3]
        self.about = "CLM"
        self.opened |= {
            "number": at(e, 1), "charge": at(e, 2), "place": place, "frequency": frequency,
        }  # fmt: skip
        self.filed.claims.append(self.opened)
        return {"patient", "payer"} <= self.opened.keys()

    def _ref(self, e: list[str]) -> bool:
        kind = at(e, 1)
        if kind == "EI" and self.about == "85":
            self.filed.billing["tax_id"] = at(e, 2)
        elif kind == "EA" and self.about == "CLM":
            self.opened["patient"]["record"] = at(e, 2)
        elif kind == "6R" and self.line is not None:
            self.line["number"] = at(e, 2)
        else:
            return False
        return True

    def _hi(self, e: list[str]) -> None:
        self.opened["diagnoses"] += [part.partition(":")[2] for part in e[1:]]

    def _lx(self, e: list[str]) -> None:
        self.line = {"line": at(e, 1)}
        self.opened["lines"].append(self.line)

    def _sv1(self, e: list[str]) -> bool:
        if self.line is None:
            return False
        _, code, *modifiers = (*at(e, 1).split(":"), "")
        self.line |= {
            "code": code,
            "modifiers": [modifier for modifier in modifiers if modifier],
            "charge": at(e, 2),
            "units": at(e, 4),
            "pointers": [place for place in at(e, 7).split(":") if place],
        }
        return at(e, 3) == "UN"

    def _dtp(self, e: list[str]) -> bool:
        if self.line is None or at(e, 1) != "472" or at(e, 2) != "D8":
            return False
        self.line["service_on"] = at(e, 3)
        return True


_KNOWN: dict[str, Callable[[_Reader, list[str]], bool | None]] = {
    "ISA": _Reader._isa, "HL": _Reader._hl, "SBR": _Reader._sbr, "NM1": _Reader._nm1, "PRV": _Reader._prv,
    "N3": _Reader._n3, "N4": _Reader._n4, "DMG": _Reader._dmg, "CLM": _Reader._clm, "REF": _Reader._ref,
    "HI": _Reader._hi, "LX": _Reader._lx, "SV1": _Reader._sv1, "DTP": _Reader._dtp,
}  # fmt: skip
"""What each segment that describes a claim is told by."""


_again = lru_cache(maxsize=4096)(plain)
"""`plain` for what many claims of a batch say alike; no patient's name is kept."""


def written(number: str, frequency: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file must say of a claim, from its row in `tasks.claim`, as `read` returns it."""
    who, payer, doctor = content["subscriber"], content["payer"], content["rendering"]
    patient = {
        "family": plain(who["family"]), "given": plain(who["given"], 35), "member": who["member_id"],
        "address": plain(who["address"], 55), "city": _again(who["city"], 30), "state": _again(who["state"], 2),
        "postal_code": zip_code(who["postal_code"]), "birth_date": day(who["birth_date"]), "sex": sex(who.get("sex")),
    }  # fmt: skip
    if who.get("mrn"):
        patient["record"] = plain(who["mrn"], 50)
    practitioner = {
        "family": _again(doctor["family"]),
        "given": _again(doctor.get("given"), 35),
        "npi": content["rendering_npi"],
    }
    if doctor.get("taxonomy"):
        practitioner["taxonomy"] = doctor["taxonomy"]
    return {
        "filing_code": payer["filing_code"],
        "patient": patient,
        "payer": {"name": _again(payer["name"] or payer["id"]), "id": payer["id"]},
        "number": number,
        "charge": money(content["total"]),
        "place": content["place_of_service"],
        "frequency": frequency,
        "practitioner": practitioner,
        "diagnoses": [code.replace(".", "") for code in content["diagnoses"]],
        "lines": [
            {
                "line": str(line["line"]),
                "code": line["code"],
                "modifiers": list(line["modifiers"]),
                "charge": money(line["charge"]),
                "units": quantity(line["units"]),
                "pointers": [str(place) for place in line["pointers"]],
                "service_on": day(line["service_on"]),
                "number": f"{number}L{line['line']}",
            }
            for line in content["lines"]
        ],
    }


def written_of_sender(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file must say of its billing provider, from the content of its first claim."""
    own = content["billing"]
    said = {
        "name": plain(own["name"]), "npi": own["npi"], "address": plain(own["address"], 55),
        "city": plain(own["city"], 30), "state": plain(own["state"], 2), "postal_code": zip_code(own["postal_code"]),
        "tax_id": digits(own["tax_id"]),
    }  # fmt: skip
    return said | ({"taxonomy": own["taxonomy"]} if own.get("taxonomy") else {})


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the names of what two descriptions of a claim say differently, without values."""
    if one == other:
        return []
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
