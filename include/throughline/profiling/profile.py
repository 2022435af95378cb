"""Builds the profile of a source: rehearses a night on its files, then looks at what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import UUID

from psycopg import sql

from throughline.profiling import elements, frames, shown
from throughline.profiling.meanings import CODE_MAPS, KEYS, PERSONAL, CodeMap, Meanings
from throughline.profiling.rehearsal import rehearse
from throughline.profiling.shapes import (
    Codes,
    Element,
    Feed,
    Field,
    File,
    Key,
    RecordType,
    SourceProfile,
    Table,
    Value,
)
from throughline.quality.history import STATUSES
from throughline.sources import SourceDefinition, registry
from throughline.sources.source import CarriesNothing
from throughline.sources.tabular.shape import ANOTHER
from throughline.warehouse import Connection

PLACES = 3
"""Of so many codes of a field that may not be shown, it is said where they stand."""
OUR_WORDS = STATUSES | {"patient", "clinic"}
"""Words that come from our readers or from FHIR, so they identify nobody."""


def profile(
    conn: Connection,
    definition: SourceDefinition,
    folder: Path,
    as_of: date,
    root: Path,
    read_from: str,
) -> SourceProfile:
    """Return the profile of a source from the files of a folder.

    `conn` is the owner's connection to an empty warehouse, which this function writes to. Dates after
    `as_of` count as in the future. `root` is an empty folder for the landed files, and `read_from`
    tells the reader of the profile where the files came from. Raises `NothingToProfile` and
    `SourceUnavailable`.
    """
    rehearsed = rehearse(conn, definition, folder, as_of, root)
    personal = _Personal(conn)
    meanings = Meanings()
    standard = registry.standard(definition.standard)
    feeds = tuple(
        replace(
            feed,
            tables=tuple(
                _table(conn, name, rehearsed.batches[feed.name], columns, as_of, meanings, personal)
                for name, columns in standard.columns(feed.name).items()
            ),
        )
        if feed.verdict is not None
        else feed
        for feed in rehearsed.feeds
    )
    looked = elements.look(definition, rehearsed.landed, shown.ENOUGH)
    translated = tuple(
        (name, _translated(of, personal)) for name, of in sorted(looked.translated.items())
    )
    names = personal.without(file.name for file in rehearsed.files)
    return SourceProfile(
        definition.source,
        definition.title,
        definition.standard,
        read_from,
        as_of,
        tuple(replace(file, name=names[file.name]) for file in rehearsed.files),
        tuple(_without_names(feed, names) for feed in feeds),
        tuple(_without_urls(one, personal) for one in looked.told()),
        translated,
        tuple(
            f"{one.told}, {_carried(rehearsed.files, one):,} of these files"
            for one in definition.carries_nothing
        ),
    )


def _carried(files: Iterable[File], decided: CarriesNothing) -> int:
    return sum(file.status == "refused" and decided.matches(file.name) for file in files)


def _table(
    conn: Connection,
    name: str,
    batch: UUID,
    columns: tuple[str, ...],
    as_of: date,
    meanings: Meanings,
    personal: _Personal,
) -> Table:
    maps = {column: one for (table, column), one in CODE_MAPS.items() if table == name}
    systems = {column: one.system for column, one in maps.items() if one.system is not None}
    counted = frames.count(conn, name, batch, systems, as_of)
    fields = tuple(
        Field(
            column,
            tally.kind,
            counted.rows,
            tally.filled,
            tally.distinct,
            _codes(tally, maps.get(column), meanings, personal, _Places(conn, name, batch, column))
            if tally.kind in ("code", "flag")
            else None,
            # a birth year is personal
            min(tally.years) if tally.kind == "date" and tally.years else None,
            max(tally.years) if tally.kind == "date" and tally.years else None,
            tally.too_early,
            tally.too_late,
            tally.negative,
        )
        for column, tally in counted.columns.items()
        if column in columns or (column == "subject_id" and tally.filled)
    )
    keys = tuple(_key(conn, name, batch, *key) for key in _keys(name))
    return Table(name, counted.rows, counted.deleted, fields, keys)


def _keys(table: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    return ((("source_id",), "row"), *KEYS.get(table, ()))


def _key(conn: Connection, table: str, batch: UUID, columns: tuple[str, ...], thing: str) -> Key:
    """Count the key values that several things share; each version of a record should come once."""
    each = sql.SQL(", ").join(map(sql.Identifier, columns))
    filled = sql.SQL(" and ").join(
        sql.SQL("{} is not null").format(sql.Identifier(column)) for column in columns
    )
    things = sql.SQL("*" if thing == "row" else "distinct {}").format(sql.Identifier(thing))
    row = conn.execute(
        sql.SQL(
            "select count(*), coalesce(sum(rows), 0) from (select count(*) as rows from staging.{}"
            " where batch_id = %s and not is_deleted and {} group by {} having count({}) > 1) as k"
        ).format(sql.Identifier(table), filled, each, things),
        (batch,),
    ).fetchone()
    shared, rows = row or (0, 0)
    return Key(columns, shared, int(rows))


def _codes(
    tally: frames.Tally,
    code_map: CodeMap | None,
    meanings: Meanings,
    personal: _Personal,
    places: _Places,
) -> Codes:
    rows: dict[str, int] = {}
    meaning: dict[str, str | None] = {}
    for (value, system), count in tally.counts.items():
        rows[value] = rows.get(value, 0) + count
        if code_map is not None:
            meaning[value] = meaning.get(value) or meanings.of(code_map, system, value)
    found = _shown(rows, meaning, tally.persons(), personal, is_flag=tally.kind == "flag")
    if code_map is None:
        return found
    seen = {value.value for value in found.values}
    lost = sorted(value for value in rows if value not in seen and meaning.get(value) is None)
    return replace(
        found,
        is_mapped=True,
        is_for_all=code_map.is_for_all,
        maps=code_map.maps,
        places=places.of(lost[:PLACES], personal) if code_map.is_for_all else (),
    )


def _translated(of: elements.Translated, personal: _Personal) -> Codes:
    persons = {code: len(known) for code, known in of.persons.items()}
    found = _shown(dict(of.rows), of.meanings, persons, personal)
    return replace(found, is_mapped=True, is_for_all=of.is_for_all)


def _shown(
    rows: Mapping[str, int],
    meaning: Mapping[str, str | None],
    persons: Mapping[str, int],
    personal: _Personal,
    *,
    is_flag: bool = False,
) -> Codes:
    """Return the values that may be shown, and counts of the others."""
    someones = personal.among(rows) if not is_flag else frozenset()
    values, hidden = [], []
    for value, count in sorted(rows.items(), key=lambda each: (-each[1], each[0])):
        may = shown.may_be_shown(
            value,
            persons.get(value, 0),
            is_known=is_flag or value in OUR_WORDS or meaning.get(value) is not None,
            is_personal=value in someones,
        )
        if may:
            told = {"True": "yes", "False": "no"}[value] if is_flag else value
            values.append(Value(told, count, meaning.get(value)))
        else:
            hidden.append(value)
    return Codes(
        tuple(values),
        len(hidden),
        sum(rows[value] for value in hidden),
        hidden_unmapped=sum(1 for value in hidden if meaning.get(value) is None),
    )


@dataclass(frozen=True)
class _Places:
    """Where the values of a staged column stand: for whoever has the file, what may not be shown can be looked up."""

    conn: Connection
    table: str
    batch: UUID
    column: str

    def of(self, values: Iterable[str], personal: _Personal) -> tuple[str, ...]:
        """Return the file and row in which each value stands first."""
        query = sql.SQL(
            "select f.original_name, s.row_no from staging.{} as s"
            " inner join landing.file as f on f.file_id = s.file_id"
            " where s.batch_id = %s and not s.is_deleted and s.{}::text = %s order by 1, 2 limit 1"
        ).format(sql.Identifier(self.table), sql.Identifier(self.column))
        told = []
        for value in values:
            row = self.conn.execute(query, (self.batch, value)).fetchone()
            if row is not None:
                file = personal.without([row[0]])[row[0]]
                told.append(f"{file}, row {row[1] % ANOTHER}")
        return tuple(told)


class _Personal:
    """The identifying values in the staged rows; other values are checked against them, never listed."""

    LONGEST_SHORT = 2

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        columns = conn.execute(
            "select table_name, column_name, data_type from information_schema.columns"
            " where table_schema = 'staging' and (column_name = any(%s)"
            " or column_name = 'identifiers' or (table_name = 'patient' and column_name = 'source_id'))",
            (sorted(PERSONAL),),
        ).fetchall()
        parts = [
            sql.SQL(
                "select i ->> 'value' from staging.{} cross join jsonb_array_elements({}) as i"
                if kind == "jsonb"
                else "select {1} from staging.{0}"
            ).format(sql.Identifier(table), sql.Identifier(column))
            for table, column, kind in columns
        ]
        conn.execute(
            sql.SQL(
                "create temp table personal as select distinct lower(p.value) as value"
                " from ({}) as p (value) where length(p.value) > %s"
            ).format(sql.SQL(" union all ").join(parts)),
            # a single letter is an initial or a sex code, not a name
            (self.LONGEST_SHORT,),
        )
        conn.execute("create index on personal (value)")

    def among(self, values: Iterable[str]) -> frozenset[str]:
        """Return the values that identify a person, ignoring case."""
        given = list(values)
        rows = self._conn.execute(
            "select g.value from unnest(%s::text[]) as g (value)"
            " where exists (select from personal as p where p.value = lower(g.value))",
            (given,),
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def without(self, names: Iterable[str]) -> dict[str, str]:
        """Return how each file is shown: by its name, or by a number if the name identifies a person."""
        told = {}
        for number, name in enumerate(dict.fromkeys(names), 1):
            told[name] = f"(file {number})" if self.among(_words(name)) else name
        return told


def _without_urls(kind: RecordType, personal: _Personal) -> RecordType:
    """Return a type of record without URLs that occur in one record only or that identify a person."""

    def is_open(element: Element) -> bool:
        _, is_url, url = element.path.partition("(")
        if element.is_read or not is_url:
            return True
        return element.records >= shown.ENOUGH_OF_A_URL and not personal.among(_words(url))

    kept = tuple(element for element in kind.elements if is_open(element))
    gone = len(kind.elements) - len(kept)
    return replace(kind, elements=kept, more_elements=kind.more_elements + gone)


def _words(text: str) -> set[str]:
    """Return the parts of a file or element name that could be a person's name or number."""
    words = {
        *re.findall(r"[^\W_]+", text),
        *re.findall(r"\w+", text),
        *re.split(r"[\s._/]", text),
    }
    # a short number is a version or a part, and identifies nobody
    return {word for word in words if len(word) > 4 or word.isalpha()}


def _without_names(feed: Feed, names: Mapping[str, str]) -> Feed:
    def place(text: str) -> str:
        name, _, row = text.rpartition(", ")
        return f"{names.get(name, name)}, {row}" if text else ""

    return replace(feed, faults=tuple(replace(f, place=place(f.place)) for f in feed.faults))
