"""Which of several names, numbers, addresses and people of a resource is the right one (FHIR R4).

An element counts on the day `on` (ISO, or empty if it is not known) while its period has begun and has
not ended. A period may say only a year or a month.
"""

from __future__ import annotations

from throughline.sources.fhir.npi import best
from throughline.sources.fhir.settings import Settings
from throughline.sources.fhir.values import (
    Address,
    Backbone,
    Concept,
    Contact,
    Identifier,
    Name,
    Period,
    Reference,
    Resource,
    code,
    target,
)

# The other ways to write the identifier system of NPIs.
NPI_SYSTEMS = frozenset({"http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"})

# Each list: best first. What is not in it, or has no use, comes at the place of None.
_IDENTIFIER = {"official": 0, "usual": 0, None: 0, "secondary": 1, "temp": 2, "old": 9}
_NAME = {"official": 0, "usual": 1, None: 2, "temp": 3, "nickname": 4, "maiden": 5, "old": 6}
_NAME |= {"anonymous": 7}
_PHONE = {"home": 0, "mobile": 0, None: 0, "temp": 1, "work": 2}
_ADDRESS = {"home": 0, None: 1, "temp": 2, "billing": 3, "work": 4}
UNRANKED = 1 << 30


def day_of(resource: Resource, settings: Settings) -> str:
    """Return the last day for which a resource speaks: when it was delivered, else changed; else empty."""
    updated = resource.meta.last_updated if resource.meta is not None else None
    changed, delivered = (updated or "")[:10], settings.delivered_on
    return changed if changed > delivered else delivered


def is_current(period: Period | None, on: str) -> bool:
    """Return whether a day lies within a period."""
    if period is None or not on:
        return True
    starts, ends = (period.start or "")[:10], (period.end or "")[:10]
    return on[: len(starts)] >= starts and (not ends or on[: len(ends)] <= ends)


def _newest(period: Period | None) -> int:
    """Return a number that is smaller for a period that began later, 0 for one without a start."""
    starts = (period.start or "")[:10] if period is not None else ""
    digits = starts.replace("-", "")
    return -int(digits.ljust(8, "0")) if digits.isascii() and digits.isdigit() else 0


def identifier_of(identifiers: list[Identifier], system: str, on: str = "") -> str | None:
    """Return the value of the identifier of a system: one in use before an old or temporary one."""
    return _first([i for i in identifiers if i.system == system and i.value], on)


def identifier_in_use(identifiers: list[Identifier], on: str = "") -> str | None:
    """Return the value of the first identifier in use, of any system."""
    return _first([i for i in identifiers if i.value], on)


def identifier_typed(identifiers: list[Identifier], kind: str, on: str = "") -> str | None:
    """Return the value of the identifier with a type's code (HL7 v2 table 0203), as `identifier_of`."""
    return _first([i for i in identifiers if i.value and code(i.type) == kind], on)


def _first(some: list[Identifier], on: str) -> str | None:
    if len(some) > 1:
        some.sort(key=lambda i: _rank(i, on))
    return some[0].value if some else None


def _rank(one: Identifier, on: str) -> int:
    return _IDENTIFIER.get(one.use, 0) + (0 if is_current(one.period, on) else 10)


def npi_of(identifiers: list[Identifier], system: str, on: str = "") -> str | None:
    """Return the NPI: of the server's own system, else by FHIR's or by its type.

    Of several, one in use and with a right check digit.
    """
    some = [i for i in identifiers if i.system == system and i.value] or [
        i for i in identifiers if i.value and (i.system in NPI_SYSTEMS or code(i.type) == "NPI")
    ]
    if len(some) > 1:
        some.sort(key=lambda i: _rank(i, on))
        return best(i.value for i in some if i.value)
    return some[0].value if some else None


def name_of(names: list[Name], on: str = "") -> Name:
    """Return the name in use: official, usual, without a use; a former one only if there is no other."""
    if len(names) == 1:
        return names[0]
    written = [n for n in names if n.family or any(n.given)] or names
    return min(
        written,
        key=lambda n: (not is_current(n.period, on), _NAME.get(n.use, 2), _newest(n.period)),
        default=Name(),
    )


def phone_of(telecom: list[Contact], on: str = "") -> str | None:
    """Return the telephone number in use: by rank, then use (no work number before a private one).

    Of two alike, the one that began later, else the first. A number for text messages comes last.
    """
    found = [
        t
        for t in telecom
        if t.value
        and t.system in ("phone", "sms")
        and t.use != "old"
        and "@" not in t.value
        and is_current(t.period, on)
    ]
    if len(found) > 1:
        found.sort(
            key=lambda t: (
                t.system == "sms",
                t.rank if type(t.rank) is int and t.rank > 0 else UNRANKED,
                _PHONE.get(t.use, 0),
                _newest(t.period),
            )
        )
    return found[0].value if found else None


def preferred_contact(telecom: list[Contact], on: str = "") -> str | None:
    """Return the system of the contact point with the best rank among those in use."""
    ranked = [
        t
        for t in telecom
        if type(t.rank) is int and t.system and t.use != "old" and is_current(t.period, on)
    ]
    return min(ranked, key=lambda t: t.rank or 0).system if ranked else None


def address_of(addresses: list[Address], on: str = "") -> Address:
    """Return the home address in use, else another in use; an old one is none."""
    if len(addresses) == 1 and addresses[0].use == "home" and addresses[0].period is None:
        return addresses[0]
    found = [a for a in addresses if a.use != "old" and is_current(a.period, on)]
    if len(found) == 1:
        return found[0]
    return min(found, key=lambda a: (_ADDRESS.get(a.use, 1), _newest(a.period)), default=Address())


def practitioner_of(references: list[Reference]) -> str | None:
    """Return the id of the first practitioner among some references, else of the first."""
    if len(references) > 1:
        for one in references:
            if (who := target(one, "Practitioner")) is not None:
                return who
    return target(references[0]) if references else None


def leader(people: list[tuple[list[Concept], str]], roles: tuple[str, ...]) -> str | None:
    """Return the id of the one who led: of the first of `roles` that anybody has, else the first.

    `people` are the types and the id of each, `roles` codes or texts of types, best first. Who only
    referred the patient (v3-ParticipationType REF) led nothing.
    """
    if len(people) == 1 and not people[0][0]:
        return people[0][1]
    by_role: dict[str, str] = {}
    others: list[str] = []
    for types, who in people:
        said = {c.code for t in types for c in t.coding if c.code}
        said |= {t.text for t in types if t.text}
        for each in said:
            by_role.setdefault(each, who)
        if "REF" not in said:
            others.append(who)
    found = next((by_role[role] for role in roles if role in by_role), None)
    return found or (others[0] if others else None)


class Performer(Backbone):
    """Who performed a procedure or a charge."""

    function: Concept | None = None
    actor: Reference | None = None


def performer(performers: list[Performer], settings: Settings) -> str | None:
    """Return the id of the performer: by function, else the first practitioner, else the first."""
    if len(performers) == 1 and performers[0].function is None:
        return target(performers[0].actor)
    people = [
        ([p.function] if p.function is not None else [], who)
        for p in performers
        if (who := target(p.actor, "Practitioner")) is not None
    ]
    return leader(people, settings.practitioner_roles) or (
        target(performers[0].actor) if performers else None
    )
