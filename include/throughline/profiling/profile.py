"""The profile of a source: a rehearsal of its files, and a look at what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
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
    Key,
    RecordType,
    SourceProfile,
    Table,
    Value,
)
from throughline.quality.history import STATUSES
from throughline.sources import SourceDefinition, registry
from throughline.warehouse import Connection

OUR_WORDS = STATUSES | {"patient", "clinic"}
"""Words that the readers write themselves, or that FHIR gives: they are nobody's."""


def profile(
    conn: Connection,
    definition: SourceDefinition,
    folder: Path,
    as_of: date,
    root: Path,
    read_from: str,
) -> SourceProfile:
    """Return the profile of a source from the files of a folder.

    `conn` is the owner's connection to an empty warehouse, which is written to; `as_of` is the last
    day that is no future, `root` an empty folder for what is landed meanwhile, `read_from` where the
    files are from, for the reader. Raises `NothingToProfile` and `SourceUnavailable`.
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
    )


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
            _codes(tally, maps.get(column), meanings, personal)
            if tally.kind in ("code", "flag")
            else None,
            # the year in which somebody was born is theirs
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
    """Count the values of a key that several things have; a record comes once in each version."""
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
    tally: frames.Tally, code_map: CodeMap | None, meanings: Meanings, personal: _Personal
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
    return replace(found, is_mapped=True, is_for_all=code_map.is_for_all, maps=code_map.maps)


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


class _Personal:
    """What tells a person in the staged rows: asked whether a value is among it, never listed."""

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
            # an initial is no name, and F is a sex
            (self.LONGEST_SHORT,),
        )
        conn.execute("create index on personal (value)")

    def among(self, values: Iterable[str]) -> frozenset[str]:
        """Return those of some values that tell a person, in whatever case they are written."""
        given = list(values)
        rows = self._conn.execute(
            "select g.value from unnest(%s::text[]) as g (value)"
            " where exists (select from personal as p where p.value = lower(g.value))",
            (given,),
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def without(self, names: Iterable[str]) -> dict[str, str]:
        """Return names of files by what they may be called: by number, when a person is named in one."""
        told = {}
        for number, name in enumerate(dict.fromkeys(names), 1):
            told[name] = f"(file {number})" if self.among(_words(name)) else name
        return told


def _without_urls(kind: RecordType, personal: _Personal) -> RecordType:
    """Return a type of record without the urls that one record alone has, or that name a person."""

    def is_open(element: Element) -> bool:
        _, is_url, url = element.path.partition("(")
        if element.is_read or not is_url:
            return True
        return element.records >= shown.ENOUGH_OF_A_URL and not personal.among(_words(url))

    kept = tuple(element for element in kind.elements if is_open(element))
    gone = len(kind.elements) - len(kept)
    return replace(kind, elements=kept, more_elements=kind.more_elements + gone)


def _words(text: str) -> set[str]:
    """Return what may be somebody's name or number in a name of ours or of a sender."""
    words = {
        *re.findall(r"[^\W_]+", text),
        *re.findall(r"\w+", text),
        *re.split(r"[\s._/]", text),
    }
    # a short number tells a version or a part, and may be anybody's
    return {word for word in words if len(word) > 4 or word.isalpha()}


def _without_names(feed: Feed, names: Mapping[str, str]) -> Feed:
    def place(text: str) -> str:
        name, _, row = text.rpartition(", ")
        return f"{names.get(name, name)}, {row}" if text else ""

    return replace(feed, faults=tuple(replace(f, place=place(f.place)) for f in feed.faults))
