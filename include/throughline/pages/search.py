"""Search by name, record number, number of a case or an exception.

What is typed comes by POST, so that no name stands in an address or a log.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from throughline.pages import people
from throughline.pages.one import NotFound, span
from throughline.pages.people import Name
from throughline.pages.visitor import Visitor
from throughline.warehouse import Connection, sql

MOST = 50
"""Persons that a search shows."""
RECORDS = 1000
"""Records that a name is compared with at most; a person has one in each system, and those that were merged."""
LONGEST = 100
SHORTEST_NAME = 2
MOST_TRIED = 60
"""Spellings of what was typed that are looked up: each takes a millisecond."""


@dataclass(frozen=True)
class Found:
    """What a search found. `is_more` says that there are more persons than are shown."""

    persons: list[Name] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    is_more: bool = False

    @property
    def address(self) -> str:
        """The page of the only thing that was found; empty if there are none or several."""
        if len(self.persons) + len(self.cases) + len(self.exceptions) != 1:
            return ""
        if self.persons:
            return f"person/{self.persons[0].person_id}"
        return f"case/{self.cases[0]}" if self.cases else f"exception/{self.exceptions[0]}"


def search(conn: Connection, visitor: Visitor, typed: str) -> Found:
    """Return what fits; persons for those who may see patients, and each of them is kept as a look."""
    said = " ".join(typed.split())[:LONGEST]
    if not said or not said.isprintable():
        return Found()
    cases, exceptions = _by_number(conn, said)
    if not visitor.sees_patients:
        return Found(cases=cases, exceptions=exceptions)
    ids = _by_record(conn, said) or ([] if cases or exceptions else _by_name(conn, said))
    shown = people.names(conn, visitor, "search", ids[:MOST])
    persons = sorted(
        shown.values(), key=lambda name: ((name.family or "").lower(), name.full, name.person_id)
    )
    return Found(persons, cases, exceptions, len(ids) > MOST)


def _by_number(conn: Connection, said: str) -> tuple[list[str], list[str]]:
    try:
        first, last = span(said)
    except NotFound:
        return [], []
    cases = conn.execute(
        "select case_id::text from cases.case_record where case_id between %s and %s limit 10",
        (first, last),
    ).fetchall()
    exceptions = conn.execute(
        "select exception_id::text from operations.exception where exception_id between %s and %s"
        " limit 10",
        (first, last),
    ).fetchall()
    return [row[0] for row in cases], [row[0] for row in exceptions]


def _by_record(conn: Connection, said: str) -> list[str]:
    if not any(sign.isdigit() for sign in said):
        return []
    numbers = sorted({said, said.upper(), said.replace("-", ""), said.replace(" ", "")})
    found = sql.run(conn, "told/pages/search_numbers.sql", numbers=numbers, most=MOST + 1).rows
    return [row[0] for row in found]


def names_of(said: str) -> list[tuple[str, str]]:
    """Return what was typed as pairs of family and given name: `Long, Ada`, `Ada Long`, `Long`."""
    if "," in said:
        family, _, given = said.partition(",")
        return [(family.strip(), given.strip())]
    parts = said.split(" ")
    pairs = [(said, "")]
    for at in range(1, len(parts)):
        one, other = " ".join(parts[:at]), " ".join(parts[at:])
        pairs += [(other, one), (one, other)]
    return pairs[:7]


def spellings(name: str) -> list[str]:
    """Return how a name may be written in a record: with a hyphen or a space, another apostrophe, without accents."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign)
    )
    found = [unicodedata.normalize("NFC", name), plain]
    for here, there in (("-", " "), (" ", "-"), ("\u2019", "'"), ("'", "\u2019")):
        found += [each.replace(here, there) for each in found]
    return list(dict.fromkeys(found))


def _by_name(conn: Connection, said: str) -> list[str]:
    asked = {
        (_pattern(family), _pattern(given)): None
        for one, other in names_of(said)
        if one and len(one + other) >= SHORTEST_NAME
        for family in spellings(one)
        for given in spellings(other)
    }
    found: dict[str, None] = {}
    for family, given in list(asked)[:MOST_TRIED]:
        rows = sql.run(
            conn, "told/pages/search_names.sql", family=family, given=given, most=MOST + 1,
            records=RECORDS,
        ).rows  # fmt: skip
        found |= dict.fromkeys(row[0] for row in rows)
    return list(found)


def _pattern(beginning: str) -> str:
    """Return the pattern of `like` for a beginning, in lower case."""
    return re.sub(r"([\\%_])", r"\\\1", beginning.lower()) + "%"
