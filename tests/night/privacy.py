"""Searches for patient data where none may be: in logs, databases, reports and pages.

The search terms come from the truth that the sandbox's servers wrote, not from the pipeline: each
patient's full name, record number, phone number, birth date and member numbers. A leak is reported by the term's number
and the place of the match, so that the report itself leaks nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

CHUNK = 1 << 20
LONGEST = 128
"""Bytes that neighbouring chunks share, so that a term across their border is found."""
SYSTEM = ("pg_catalog", "information_schema")
TEXTUAL = (
    "text",
    "character varying",
    "character",
    "json",
    "jsonb",
    "bytea",
    "xml",
    "name",
    "ARRAY",
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
)

NAME_KEYS = {"name", "names"}
FAMILY_KEYS = {"family", "family_name", "last_name"}
GIVEN_KEYS = {"given", "given_name", "first_name"}
NUMBER_KEYS = {"mrn", "record_number", "medical_record_number"}
PHONE_KEYS = {"phone", "telephone", "phone_number"}
MEMBER_KEYS = {"member", "member_id", "subscriber_id"}
PAYERS, MEMBER = "payers", 2
"""A person's payers in the truth, and where in each the member's number stands."""
BIRTH_KEYS = {"birth_date", "birthdate", "birthDate", "born", "date_of_birth", "dob"}

KINDS = {"name", "number", "phone", "birth date", "member"}


@dataclass(frozen=True)
class Term:
    """A value of a patient that must not be found. `place` is its position in the truth."""

    kind: str
    place: str
    text: str


Tables = Iterable[tuple[str, Iterable[str]]]
"""Databases, each with the names of some tables (`schema.table`)."""


@dataclass(frozen=True)
class Leak:
    """A term that was found: what kind, where the truth has it, and where it stands now."""

    kind: str
    place: str
    found_in: str


def terms(truth_dir: Path) -> list[Term]:
    """Return what is to be looked for: every patient's name, number, phone, birth date and member numbers.

    Raises `AssertionError` when the truth names nobody: then nothing could be found.
    """
    found: dict[tuple[str, str], Term] = {}
    for path in sorted(truth_dir.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    for kind, text in _of(json.loads(line)):
                        found.setdefault((kind, text), Term(kind, f"{path.name}:{number}", text))
    kinds = {term.kind for term in found.values()}
    assert kinds >= KINDS, f"the truth tells only {sorted(kinds)}"
    return list(found.values())


def _of(record: object) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of every person in a record of the truth, however deep it lies."""
    if isinstance(record, list):
        for item in record:
            yield from _of(item)
        return
    if not isinstance(record, dict):
        return
    family = next((record[key] for key in FAMILY_KEYS if _is_text(record.get(key))), None)
    given = next((_first(record[key]) for key in GIVEN_KEYS if _first(record.get(key))), None)
    if family and given:
        yield from _name_forms(family, given)
    for payer in record.get(PAYERS) or ():
        if isinstance(payer, list) and len(payer) > MEMBER and _is_text(payer[MEMBER]):
            yield "member", payer[MEMBER]
    for key, value in record.items():
        if _is_text(value):
            if key in MEMBER_KEYS:
                yield "member", value
            elif key in NUMBER_KEYS:
                yield "number", value
            elif key in PHONE_KEYS:
                yield from _phone_forms(value)
            elif key in BIRTH_KEYS:
                yield from _birth_forms(value)
            elif (
                key in NAME_KEYS
                and len(value.split()) >= 2
                and "patient" in record.get("type", "patient")
            ):
                parts = value.split()
                yield from _name_forms(parts[-1], parts[0])
        else:
            yield from _of(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _first(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) and value.strip() else None


def _name_forms(family: str, given: str) -> Iterator[tuple[str, str]]:
    """A name as people, HL7 v2, X12 and FHIR's JSON write it."""
    for joint in (
        f"{given} {family}",
        f"{family}, {given}",
        f"{family}^{given}",
        f"{family}*{given}",
    ):
        yield "name", joint


def _phone_forms(phone: str) -> Iterator[tuple[str, str]]:
    digits = re.sub(r"\D", "", phone)[-10:]
    yield "phone", phone
    if len(digits) == 10:
        yield "phone", digits
        yield "phone", f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
        yield "phone", f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"


def _birth_forms(birth: str) -> Iterator[tuple[str, str]]:
    """A birth date as FHIR, HL7 v2 and X12, and people write it."""
    year, month, day = birth[:4], birth[5:7], birth[8:10]
    yield "birth date", f"{year}-{month}-{day}"
    yield "birth date", f"{year}{month}{day}"
    yield "birth date", f"{month}/{day}/{year}"


def find_leaks(
    truth_dir: Path,
    paths: Iterable[Path],
    dsns: Iterable[str],
    *,
    tables: Tables = (),
    min_birth_year: int = 2015,
) -> list[Leak]:
    """Return every term of the truth that stands in a file below `paths` or in a database.

    `dsns` are databases that may hold no patient data at all (Airflow's): every column of every
    table is read. `tables` are those of another database that may not hold any either. Birth dates
    from `min_birth_year` on are left out, since they are also dates of nights. Letters of either case
    are the same.
    """
    wanted = [
        term
        for term in terms(Path(truth_dir))
        if term.kind != "birth date" or _year(term.text) < min_birth_year
    ]
    looked_for = _Search(wanted)
    leaks: list[Leak] = []
    for path in paths:
        for file in _files(Path(path)):
            leaks += [
                Leak(term.kind, term.place, str(file))
                for term in looked_for.in_chunks(_chunks(file))
            ]
    for dsn in dsns:
        leaks += _in_database(dsn, looked_for)
    for dsn, names in tables:
        leaks += _in_database(dsn, looked_for, names)
    return leaks


def rows_of(dsn: str, names: Iterable[str]) -> dict[str, int]:
    """Return how many rows each of these tables has: a search through an empty one shows nothing."""
    counted = {}
    with psycopg.connect(dsn) as conn:
        for name in names:
            query = sql.SQL("select count(*) from {}").format(sql.Identifier(*name.split(".")))
            row = conn.execute(query).fetchone()
            counted[name] = row[0] if row else 0
    return counted


def _year(birth: str) -> int:
    return int(birth[-4:] if "/" in birth else birth[:4])


class _Search:
    """Searches a text for very many terms in one pass, by their first words."""

    def __init__(self, wanted: list[Term]) -> None:
        self._by_head: dict[bytes, list[tuple[bytes, Term]]] = {}
        for term in wanted:
            text = term.text.lower().encode()
            head = _HEAD.match(text)
            if head:
                self._by_head.setdefault(head[0], []).append((text, term))

    def in_chunks(self, chunks: Iterable[bytes]) -> set[Term]:
        """Return the terms that stand in a text given in overlapping chunks."""
        found: set[Term] = set()
        for chunk in chunks:
            text = chunk.lower()
            for word in _WORD.finditer(text):
                for wanted, term in self._by_head.get(word[0], ()):
                    if text.startswith(wanted, word.start()) and not _goes_on(
                        text, word.start() + len(wanted)
                    ):
                        found.add(term)
        return found


_HEAD = re.compile(rb"[^0-9a-z\x80-\xff]*[0-9a-z\x80-\xff]+")
# A byte that is no text, as `encode(..., 'escape')` and COPY write it: a word ends there.
_NO_TEXT = re.compile(rb"\\+[0-7]{3}")
_WORD = re.compile(rb"[(+]*[0-9a-z\x80-\xff]+")


def _goes_on(text: bytes, end: int) -> bool:
    """Whether a term is only the beginning of a longer word there."""
    return end < len(text) and re.match(rb"[0-9a-z]", text[end : end + 1]) is not None


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.is_file())


def _chunks(file: Path) -> Iterator[bytes]:
    rest = b""
    with file.open("rb") as stream:
        while block := stream.read(CHUNK):
            yield rest + block
            rest = block[-LONGEST:]


def _in_database(dsn: str, looked_for: _Search, names: Iterable[str] | None = None) -> list[Leak]:
    wanted = None if names is None else set(names)
    leaks: list[Leak] = []
    with psycopg.connect(dsn) as conn:
        tables: dict[tuple[str, str], list[sql.Composed]] = {}
        for schema, table, column, kind in conn.execute(
            "select c.table_schema, c.table_name, c.column_name, c.data_type"
            " from information_schema.columns as c"
            " inner join information_schema.tables as t using (table_schema, table_name)"
            " where t.table_type = 'BASE TABLE' and c.data_type = any(%s)"
            " and c.table_schema <> all(%s) order by 1, 2, c.ordinal_position",
            (list(TEXTUAL), list(SYSTEM)),
        ):
            if wanted is not None and f"{schema}.{table}" not in wanted:
                continue
            # Bytes as they are, but those that no text has: pickles and messages hold plain words.
            shape = "encode({}, 'escape')" if kind == "bytea" else "{}"
            tables.setdefault((schema, table), []).append(
                sql.SQL(shape).format(sql.Identifier(column))
            )
        for (schema, table), columns in tables.items():
            query = sql.SQL("copy (select {} from {}) to stdout").format(
                sql.SQL(", ").join(columns), sql.Identifier(schema, table)
            )
            with conn.cursor().copy(query) as rows:
                found = looked_for.in_chunks(_NO_TEXT.sub(b" ", bytes(row)) for row in rows)
            leaks += [Leak(term.kind, term.place, f"{schema}.{table}") for term in found]
    return leaks
