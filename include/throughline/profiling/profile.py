"""Builds the profile of a source: rehearses a night on its files, then looks at what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

from psycopg import sql

from throughline.profiling import elements, frames, shown
from throughline.profiling.coded import Coded
from throughline.profiling.meanings import CODE_MAPS, KEYS
from throughline.profiling.personal import Personal, parts_of
from throughline.profiling.rehearsal import rehearse
from throughline.profiling.shapes import (
    Element,
    Feed,
    Field,
    File,
    Key,
    RecordType,
    SourceProfile,
    Table,
)
from throughline.sources import SourceDefinition, registry
from throughline.sources.source import CarriesNothing
from throughline.warehouse import Connection


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
    coded = Coded(conn, definition, rehearsed.batches)
    standard = registry.standard(definition.standard)
    looked = elements.look(definition, rehearsed.landed, shown.ENOUGH)
    translated = tuple(coded.translated(*each) for each in sorted(looked.translated.items()))
    feeds = tuple(
        replace(
            feed,
            tables=tuple(
                _table(conn, name, rehearsed.batches[feed.name], columns, as_of, coded)
                for name, columns in standard.columns(feed.name).items()
            ),
        )
        if feed.verdict is not None
        else feed
        for feed in rehearsed.feeds
    )
    personal = coded.personal
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
    coded: Coded,
) -> Table:
    systems = {
        column: one.system
        for (table, column), one in CODE_MAPS.items()
        if table == name and one.system is not None
    }
    counted = frames.count(conn, name, batch, systems, as_of, coded.columns(name))
    fields = tuple(
        Field(
            column,
            tally.kind,
            counted.rows,
            tally.filled,
            tally.distinct,
            coded.staged(name, column, batch, tally) if tally.kind in ("code", "flag") else None,
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


def _without_urls(kind: RecordType, personal: Personal) -> RecordType:
    """Return a type of record without URLs that occur in one record only or that identify a person."""

    def is_open(element: Element) -> bool:
        _, is_url, url = element.path.partition("(")
        if element.is_read or not is_url:
            return True
        return element.records >= shown.ENOUGH_OF_A_URL and not personal.among(parts_of(url))

    kept = tuple(element for element in kind.elements if is_open(element))
    gone = len(kind.elements) - len(kept)
    return replace(kind, elements=kept, more_elements=kind.more_elements + gone)


def _without_names(feed: Feed, names: Mapping[str, str]) -> Feed:
    def place(text: str) -> str:
        name, _, row = text.rpartition(", ")
        return f"{names.get(name, name)}, {row}" if text else ""

    return replace(feed, faults=tuple(replace(f, place=place(f.place)) for f in feed.faults))
