"""Which of several names, numbers and practitioners of a message is the right one (HL7 v2 chapter 2A)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from throughline.sources.fhir.npi import best, is_npi
from throughline.sources.hl7v2.message import Message, day
from throughline.sources.records import one_line

# Where practitioners stand in PV1, best first: attending, admitting, consulting. The referring
# doctor (PV1-8) is not the one who sees the patient. The repetitions of PV1-9 are several people, those
# of the others are numbers of one.
PRACTITIONERS = (7, 17, 9)
SEVERAL_PEOPLE = 9
NPI_AUTHORITIES = frozenset({"NPI", "NPIID", "2.16.840.1.113883.4.6", "US-NPI"})
# Licences and the like (HL7 table 0203): numbers by which no system knows a practitioner.
FOREIGN_NUMBERS = frozenset(
    {"DEA", "DL", "LN", "MCD", "MCR", "MD", "NCPDP", "PPN", "SL", "SS", "TAX", "UPIN"}
)
# Degrees (HL7 table 0360) of those who may bill a visit, if the definition names none.
BILLABLE = ("MD", "DO", "NP", "PA", "CNS", "CNM")

# XTN-2 (HL7 table 0201), best first; no voice reaches the address of the last set.
_USES = {"PRN": 0, "PRS": 0, "": 0, "ORN": 1, "VHN": 2, "WPN": 3, "ASN": 4, "EMR": 5}
_NO_VOICE_USE = frozenset({"NET", "BPN"})
# XTN-3 (HL7 table 0202): fax, modem, beeper, addresses.
_NO_VOICE = frozenset({"FX", "MD", "BP", "INTERNET", "X.400"})
# XPN-7 (HL7 table 0200), best first; a type that is not here comes between.
_NAME_TYPES = {"L": 0, "": 1, "D": 1, "R": 1, "U": 1, "I": 2, "C": 2, "B": 4, "M": 5, "A": 6}
_NAME_TYPES |= {"N": 6, "S": 7, "K": 7, "P": 7, "T": 7, "REL": 7, "TEMP": 7, "NB": 7}
_OTHER_NAME = 3
# Names that are wrong, hidden, or somebody else's.
_NO_NAME = frozenset({"BAD", "NOUSE", "MSK", "NAV", "F", "MTN"})
# XAD-7 (HL7 table 0190), best first.
_ADDRESSES = {"H": 0, "L": 1, "P": 1, "": 1, "C": 2, "M": 2, "BI": 3, "V": 4, "O": 5, "B": 5}
_NO_ADDRESS = frozenset({"BA", "N", "BDL", "BR", "F", "RH", "S", "SH", "TM"})
_LAST = 9


class Identifier(msgspec.Struct):
    """One repetition of PID-3, -2 or -4: the number, who assigned it, of which type."""

    value: str
    authority: str | None = None
    type: str | None = None


def identifiers(m: Message, pid: list[str], on: date | None) -> list[Identifier]:
    """Return the patient's numbers (PID-3, -2, -4); those that have expired (CX-8) come last."""
    found: list[Identifier] = []
    expired: list[Identifier] = []
    for index in (3, 2, 4):
        for cx in m.repetitions(pid, index):
            value = m.part(cx, 1)
            if value is not None:
                is_one = len(cx) < 4 or m.subcomponent not in cx[3]
                authority = (
                    m.part(cx, 4)
                    if is_one
                    else next((part for part in m.subparts(cx, 4) if part), None)
                )
                one = Identifier(value, authority, m.part(cx, 5))
                (expired if on is not None and _is_over(m.part(cx, 8), on) else found).append(one)
    return found + expired if expired else found


def _is_over(ends: str | None, on: date) -> bool:
    last = day(ends) if ends else None
    return last is not None and last < on


def record_number(
    identifiers: Sequence[Identifier], authority: str | None, kind: str
) -> str | None:
    """Return the record number that the EHR uses: that of the defined authority and type.

    If the definition names no authority, the type is enough. If it does, numbers of other authorities
    are ignored: they may belong to other people.
    """
    for one in identifiers:
        if one.type == kind and (authority is None or one.authority == authority):
            return one.value
    return None


def _is_current(m: Message, parts: list[str], first: int, last: int, on: date | None) -> bool:
    """Return whether a day lies within the component `first` to `last` of a repetition."""
    if on is None or len(parts) < first:
        return True
    begins, ends = day(m.part(parts, first)), day(m.part(parts, last))
    return (begins is None or begins <= on) and (ends is None or ends >= on)


def telephone(m: Message, pid: list[str], on: date | None) -> str | None:
    """Return the patient's telephone number as written: home (PID-13), business (PID-14), any (PID-40).

    Fax numbers, beepers, e-mail addresses and numbers that are not in use on the day of the message
    are left out. The sender's order of preference (XTN-18) comes first, then the use, then the order
    of the repetitions; of two with dates, the newer one.
    """
    plain = pid[13] if len(pid) > 13 else ""
    if plain and m.component not in plain and m.repetition not in plain:
        parts = [plain]
        number = _number(m, parts)
        if number is not None and _is_whole(number):
            return number
    found: list[tuple[tuple[int, int, int, int, int], str]] = []
    for place, index in enumerate((13, 40, 14)):
        for parts in m.repetitions(pid, index):
            number = _number(m, parts)
            if number is None:
                continue
            use, kind = (m.part(parts, 2) or "").upper(), (m.part(parts, 3) or "").upper()
            if use in _NO_VOICE_USE or kind in _NO_VOICE or not _is_current(m, parts, 13, 14, on):
                continue
            order = m.part(parts, 18) or ""
            began = day(m.part(parts, 13))
            rank = int(order) if order.isascii() and order.isdigit() and len(order) < 4 else 1000
            key = (
                int(not _is_whole(number)),
                rank,
                place,
                _USES.get(use, _LAST),
                -began.toordinal() if began is not None else 0,
            )
            found.append((key, number))
    return min(found, key=lambda one: one[0])[1] if found else None


def _is_whole(number: str) -> bool:
    """Return whether a number has the digits of a whole one."""
    return sum(map(str.isdigit, number)) >= 7


def _number(m: Message, parts: list[str]) -> str | None:
    """Return the number of an XTN: XTN-1, unformatted (XTN-12), or its parts since version 2.3."""
    number = m.part(parts, 1) or m.part(parts, 12)
    if number is None and (local := m.part(parts, 7)):
        country = (m.part(parts, 5) or "").lstrip("+")
        number = f"{m.part(parts, 6) or ''}{local}"
        if country not in ("", "1"):
            number = f"+{country}{number}"
    if number is None or "@" in number or not any(c.isdigit() for c in number):
        return None
    return number


def name(m: Message, pid: list[str], on: date | None) -> tuple[str | None, str | None]:
    """Return family and given name: the legal one (XPN-7) that is in use on the day of the message."""
    names = m.repetitions(pid, 5)
    if len(names) == 1 and len(names[0]) < 7:
        return one_line(m.part(names[0], 1)), one_line(m.part(names[0], 2))
    found: list[tuple[int, list[str]]] = []
    for parts in names:
        kind = (m.part(parts, 7) or "").upper()
        if kind in _NO_NAME or not (m.part(parts, 1) or m.part(parts, 2)):
            continue
        rank = _NAME_TYPES.get(kind, _OTHER_NAME)
        found.append((rank + (0 if _is_in_use(m, parts, on) else 10), parts))
    if not found:
        return None, None
    parts = min(found, key=lambda one: one[0])[1]
    return one_line(m.part(parts, 1)), one_line(m.part(parts, 2))


def _is_in_use(m: Message, parts: list[str], on: date | None) -> bool:
    """Return whether a name is in use: by XPN-12 and -13, before version 2.5 by XPN-10."""
    if len(parts) < 10:
        return True
    span = [*m.subparts(parts, 10), "", ""]
    ends = day(span[1])
    return (on is None or ends is None or ends >= on) and _is_current(m, parts, 12, 13, on)


def address(m: Message, pid: list[str], on: date | None) -> list[str] | None:
    """Return the home address (XAD-7), else another that is in use and has a postal code, as its components."""
    places = m.repetitions(pid, 11)
    if len(places) == 1 and len(places[0]) < 7:
        return places[0]
    found: list[tuple[int, list[str]]] = []
    for parts in places:
        code, kind = m.part(parts, 5), (m.part(parts, 7) or "").upper()
        if code is not None and kind not in _NO_ADDRESS and _is_current(m, parts, 13, 14, on):
            found.append((_ADDRESSES.get(kind, _LAST), parts))
    return min(found, key=lambda one: one[0])[1] if found else None


def postal_code(m: Message, pid: list[str], on: date | None) -> str | None:
    """Return the postal code of the home address, else of another that is in use."""
    place = address(m, pid, on)
    return m.part(place, 5) if place is not None else None


# One practitioner: the numbers (XCN), and what the segment says of the role.
Candidate = tuple[list[list[str]], list[str]]


def practitioner(
    m: Message, roles: Sequence[str], degrees: Sequence[str], on: date | None
) -> tuple[str | None, str | None]:
    """Return the id and the NPI of the practitioner of an appointment.

    Of several in AIP (else in AIG, else in PV1-7, -17 or -9), the one whose role (AIP-4) the definition
    names, in the order of `roles`; else one whose role or degree is of `degrees`, who may bill; else
    one with an NPI; else the first. A resource that the message takes away (AIP-2 D) does not count.
    """
    for people in _candidates(m, roles, degrees):
        best_rank: tuple[int, bool, bool] | None = None
        found: tuple[str | None, str | None] = (None, None)
        for numbers, said in people:
            own, npi = _numbers(m, numbers, on)
            if own is None:
                continue
            if len(people) == 1:
                return own, npi
            # a suffix (XCN-5), a degree (XCN-7) or both (XCN-21), in any notation: RN, M.D.
            titles = [
                title.replace(".", "").upper()
                for parts in numbers
                for i in (5, 7, 21)
                if (title := m.part(parts, i))
            ]
            rank = (
                next((n for n, role in enumerate(roles) if role in said), len(roles)),
                not any(title in degrees for title in [*said, *titles]),
                npi is None or not is_npi(npi),
            )
            if best_rank is None or rank < best_rank:
                best_rank, found = rank, (own, npi)
        if best_rank is not None:
            return found
    return None, None


def _candidates(
    m: Message, roles: Sequence[str], degrees: Sequence[str]
) -> Iterator[list[Candidate]]:
    """Yield the practitioners of each place that may name them, best first."""
    yield [(m.repetitions(f, 3), _said(m, f)) for f in _resources(m, "AIP")]
    general = [([m.repetitions(f, 3)[0][:1]], _said(m, f)) for f in _resources(m, "AIG")]
    yield [one for one in general if any(each in roles or each in degrees for each in one[1])]
    for index in PRACTITIONERS:
        numbers = [m.repetitions(f, index) for f in m.every("PV1")]
        if index == SEVERAL_PEOPLE:
            numbers = [[one] for some in numbers for one in some]
        yield [(some, []) for some in numbers if some]


def kept(m: Message, tag: str) -> list[list[str]]:
    """Return the segments of a kind of resource (AIS, AIG, AIL, AIP) that do not take theirs away."""
    return [
        fields
        for fields in m.every(tag)
        if fields[2:3] in ([], [""], ["A"]) or not _is_away(m, fields)
    ]


def _is_away(m: Message, fields: list[str]) -> bool:
    return (m.value(fields, 2) or "").upper() == "D"


def _resources(m: Message, tag: str) -> list[list[str]]:
    """Return the segments of a kind that name a resource and do not take it away."""
    return [fields for fields in kept(m, tag) if len(fields) > 3 and fields[3]]


def _said(m: Message, fields: list[str]) -> list[str]:
    """Return code and text of a resource's role (AIP-4, AIG-4)."""
    return [each.upper() for part in (1, 2) if (each := m.value(fields, 4, part)) is not None]


def _numbers(
    m: Message, numbers: list[list[str]], on: date | None
) -> tuple[str | None, str | None]:
    """Return the id and the NPI of one practitioner; numbers that have expired (XCN-20) do not count."""
    own: str | None = None
    foreign: str | None = None
    npis: list[str] = []
    for parts in numbers:
        number = m.part(parts, 1)
        if number is None or not _is_current(m, parts, 19, 20, on):
            continue
        kind = (m.part(parts, 13) or "").upper()
        if kind in NPI_AUTHORITIES or any(
            a.upper() in NPI_AUTHORITIES for a in m.subparts(parts, 9)
        ):
            npis.append(number)
            own = own or number
        elif kind in FOREIGN_NUMBERS:
            foreign = foreign or number
        else:
            own = own or number
    return own or foreign, best(npis)


def number_of(m: Message, fields: list[str], index: int, on: date | None) -> str | None:
    """Return the number of the person in a field (XCN), by which the sender knows the practitioner, else the NPI."""
    return _numbers(m, m.repetitions(fields, index), on)[0]
