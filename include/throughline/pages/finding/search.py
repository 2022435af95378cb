"""Search by name, telephone number, record number, number of a case, an exception, a claim or a batch of claims.

What is typed comes by POST, so that no name stands in an address or a log (`typed`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import product

from throughline.pages import people
from throughline.pages.calls.stops import Stop, not_called
from throughline.pages.one import NotFound, span
from throughline.pages.people import Name
from throughline.pages.visitor import Visitor
from throughline.sources.fhir.values import digits
from throughline.told.today import today
from throughline.warehouse import Connection, sql

MOST = 50
"""Persons that a search shows."""
RECORDS = 1000
"""Records that a name is compared with at most; a person has one in each system, and those that were merged."""
LONGEST = 100
SHORTEST_NAME = 2
MOST_TRIED = 60
"""Pairs of names that are looked up: each takes a millisecond."""
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
UMLAUT_WRITTEN_OUT = re.compile("(?<=[^aeiouq])([aou])e(?=[^aeiou\\W])")
"""ae, oe or ue between consonants."""
LOCAL_DIGITS = 7
"""Digits of a telephone number without its area code, in North America: the fewest that are looked for."""
LONGEST_TELEPHONE = 18
"""Digits that a telephone number has at most (15, by E.164) with the prefix for another country (011)."""
TELEPHONE = re.compile(
    r"(?:tel(?:ephone)?\.?:? ?)?[(+]*[0-9][0-9 ()./+-]*(?: ?(?:;ext=|extension|ext|x|#)\.? ?[0-9]{1,6})?"
)


@dataclass(frozen=True)
class Hits:
    """What fits, by id: persons, cases, exceptions and batches of claims. Names nobody."""

    persons: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The page of the only thing that fits; empty if there are none or several."""
        pages = {
            "person": self.persons,
            "case": self.cases,
            "exception": self.exceptions,
            "claims": self.batches,
        }
        found = [f"{page}/{one}" for page, ids in pages.items() for one in ids]
        return found[0] if len(found) == 1 else ""


@dataclass(frozen=True)
class Found:
    """What a search shows. `is_more` says that there are more persons than are shown, `stops` whom nobody may call."""

    persons: list[Name] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    is_more: bool = False
    stops: dict[str, list[Stop]] = field(default_factory=dict)


def cleaned(typed: str) -> str:
    """Return what was typed in one line, as long as a search may be; empty if it holds what nobody types."""
    said = " ".join(typed.split())[:LONGEST]
    return said if said.isprintable() else ""


def hits(conn: Connection, visitor: Visitor, typed: str) -> Hits:
    """Return what fits, one person more than are shown if there are more; persons for those who may see patients."""
    said = cleaned(typed)
    if not said:
        return Hits()
    cases, exceptions, batches = _by_number(conn, said)
    claimed = _by_claim(conn, said)
    cases += [case for case, _ in claimed if case not in cases]
    batches += [batch for _, batch in claimed if batch and batch not in batches]
    if not visitor.sees_patients:
        return Hits([], cases, exceptions, batches)
    ids = [*dict.fromkeys((*_by_record(conn, said), *_by_telephone(conn, said)))]
    ids = ids or ([] if cases or exceptions or batches else _by_name(conn, said))
    return Hits(ids[: MOST + 1], cases, exceptions, batches)


def search(conn: Connection, visitor: Visitor, typed: str) -> Found:
    """Return what fits, persons by name, each of whom is kept as a look."""
    found = hits(conn, visitor, typed)
    shown = people.names(conn, visitor, "search", found.persons[:MOST])
    persons = sorted(
        shown.values(), key=lambda name: ((name.family or "").lower(), name.full, name.person_id)
    )
    stops = not_called(conn, shown, today(conn).cut_off) if shown else {}
    is_more = len(found.persons) > MOST
    return Found(persons, found.cases, found.exceptions, found.batches, is_more, stops)


def _by_number(conn: Connection, said: str) -> tuple[list[str], list[str], list[str]]:
    try:
        first, last = span(said)
    except NotFound:
        return [], [], []
    cases = conn.execute(
        "select case_id::text from cases.case_record where case_id between %s and %s limit 10",
        (first, last),
    ).fetchall()
    exceptions = conn.execute(
        "select exception_id::text from operations.exception where exception_id between %s and %s"
        " limit 10",
        (first, last),
    ).fetchall()
    batches = conn.execute(
        "select batch_id::text from tasks.claim_batch where batch_id between %s and %s limit 10",
        (first, last),
    ).fetchall()
    return [row[0] for row in cases], [row[0] for row in exceptions], [row[0] for row in batches]


def _by_claim(conn: Connection, said: str) -> list[tuple[str, str | None]]:
    """Return the case and the batch, if it is in one, of the claim of ours with a control number."""
    return conn.execute(
        "select t.case_id::text, c.batch_id::text from tasks.claim as c"
        " inner join tasks.task as t on t.task_id = c.task_id where c.patient_control_number = %s",
        (said.upper(),),
    ).fetchall()


def _by_record(conn: Connection, said: str) -> list[str]:
    if not any(sign.isdigit() for sign in said):
        return []
    numbers = sorted({said, said.upper(), said.replace("-", ""), said.replace(" ", "")})
    found = sql.run(conn, "told/pages/search_numbers.sql", numbers=numbers, most=MOST + 1).rows
    return [row[0] for row in found]


def telephone_of(said: str) -> str:
    """Return the digits of a telephone number in any form a person types; empty if it is none.

    `(716) 555-0142`, `716.555.0142`, `+1 716 555 0142 ext. 5` and `555-0142` are telephone numbers. A country code
    or a prefix of North America, and the zeros that begin a number in other countries, are left out.
    """
    plain = unicodedata.normalize("NFKC", said)
    plain = re.sub("[\u2010-\u2015\u2212]", "-", plain).lower()
    if not TELEPHONE.fullmatch(plain):
        return ""
    found = (digits(plain.lstrip("telphon.: ")) or "").lstrip("0")
    return found if LOCAL_DIGITS <= len(found) <= LONGEST_TELEPHONE else ""


def _by_telephone(conn: Connection, said: str) -> list[str]:
    number = telephone_of(said)
    if not number:
        return []
    found = sql.run(conn, "told/pages/search_telephones.sql", number=number, most=MOST + 1).rows
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


def other_spellings(name: str) -> list[str]:
    """Return how else German writes a name: Müller is also Mueller. Marks, hyphens and blanks need none."""
    name = unicodedata.normalize("NFC", name).lower()
    short = UMLAUT_WRITTEN_OUT.sub(r"\1", name)
    return [each for each in (name.translate(UMLAUTS), short) if each != name]


def _by_name(conn: Connection, said: str) -> list[str]:
    pairs = [pair for pair in names_of(said) if pair[0] and len("".join(pair)) >= SHORTEST_NAME]
    others = [
        pair
        for family, given in pairs
        for pair in product((family, *other_spellings(family)), (given, *other_spellings(given)))
        if pair != (family, given)
    ]
    return _with_names(conn, pairs) or _with_names(conn, others)


def _with_names(conn: Connection, pairs: list[tuple[str, str]]) -> list[str]:
    """Return who has a family and a given name that begin like one of some pairs, as the warehouse compares names."""
    if not pairs:
        return []
    keys = conn.execute(
        "select core.name_key(t.family), core.name_key(t.given) from unnest(%s::text[], %s::text[])"
        " as t (family, given)",
        ([family for family, _ in pairs], [given for _, given in pairs]),
    ).fetchall()
    asked = {
        (_pattern(family), _pattern(given)): None
        for family, given in keys
        if family and len(family + given) >= SHORTEST_NAME
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
    """Return the pattern of `like` for a beginning."""
    return re.sub(r"([\\%_])", r"\\\1", beginning) + "%"
