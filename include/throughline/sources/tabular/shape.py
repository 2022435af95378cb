"""The tables of a source, as its definition describes them (`conventions.tables`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources import catalogue
from throughline.sources.codes import Codes, codes_of
from throughline.sources.definitions import SourceDefinition
from throughline.sources.tabular.columns import COLUMNS, STANDARD, Column, lines_of
from throughline.sources.tabular.values import (
    Row,
    Value,
    columns_in,
    is_met,
    name_of,
    text_of,
    value_of,
)

ANOTHER = 1_000_000_000
"""The row number of a row's second record of a feed is as much higher: each record has a number of its own."""

POSITION = "position"
"""The order of a table of changes in which a later row of a file replaces an earlier one."""


class Cells(NamedTuple):
    """One row: its number, its cells, and what is wrong with it, if anything."""

    row: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Total:
    """A row that adds up those before it: which row that is, which columns it adds up, which cell counts rows."""

    where: Mapping[str, Any]
    sums: tuple[str, ...]
    rows: str
    is_of_section: bool
    marks: Mapping[str, str]


@dataclass(frozen=True)
class Covers:
    """The days around its own that a snapshot covers: records outside of them are not missed."""

    column: str
    days_back: int
    days_ahead: int


@dataclass(frozen=True)
class Record:
    """What a row says for one feed. `number` tells the records of one feed of a table apart.

    `row` has the number and the patient's name of an answer to a row of our work lists.
    """

    feed: str
    number: int
    when: Mapping[str, Any]
    key: tuple[Value, ...]
    patient: Value | None
    columns: Mapping[str, Value]
    sums: frozenset[str]
    is_grouped: bool
    deletes_absent: bool
    covers: Covers | None
    lines: Mapping[str, Value] | None = None
    line_key: tuple[Value, ...] = ()
    row: tuple[Value, Value] | None = None

    def row_no(self, row: int) -> int:
        """Return the number under which the record of a row is staged."""
        return row + self.number * ANOTHER


@dataclass(frozen=True)
class Table:
    """One kind of file: how it is recognised and taken apart, and the records of its rows.

    `files` is a regular expression of their names. `used` are the columns of a file that anything is read from.
    """

    name: str
    files: str
    format: str
    encoding: str
    delimiter: str
    quote: str
    sheet: str
    header: tuple[int, ...]
    names: tuple[str, ...]
    footer: int
    unused: frozenset[str]
    ignore: tuple[Mapping[str, Any], ...]
    total: Total | None
    is_snapshot: bool
    order: Value | None
    by_position: bool
    deleted: Mapping[str, Any] | None
    dated: str
    zone: ZoneInfo
    records: tuple[Record, ...]
    used: tuple[str, ...]
    query: str = ""

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that its rows have records of."""
        return tuple(dict.fromkeys(record.feed for record in self.records))

    def matches(self, name: str) -> bool:
        """Return whether a file of this name is of this table; `.gz` after it does not count."""
        return re.fullmatch(f"({self.files})([.]gz)?", name, re.IGNORECASE | re.DOTALL) is not None

    def is_ignored(self, row: Row) -> bool:
        """Return whether the definition says that a row belongs to nobody."""
        return any(is_met(conditions, row) for conditions in self.ignore)

    def made_at(self, name: str, modified_at: datetime | None) -> datetime | None:
        """Return up to when a file is complete: the end of the day in its name, or the time that it bears.

        A file that was written during the day in its name is complete up to then. Raises `ValueError` for a name
        without the date.
        """
        if not self.dated:
            return modified_at
        found = datetime.strptime(name.removesuffix(".gz"), self.dated)  # noqa: DTZ007 - a local day
        ends = datetime.combine(found.date() + timedelta(days=1), time(3), self.zone)
        ends = ends.astimezone(UTC) - timedelta(seconds=1)
        return min(ends, modified_at) if modified_at is not None else ends

    def version(self, name: str, modified_at: datetime | None) -> str:
        """Return the version of what a file says that has no other: the later file counts."""
        made = self.made_at(name, modified_at)
        return "/".join(
            at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at is not None else "0001"
            for at in (made, modified_at)
        )


def tables_of(definition: SourceDefinition) -> tuple[Table, ...]:
    """Return the tables of a source, whose definition was checked."""
    said = msgspec.json.encode([definition.conventions, definition.time_zone]).decode()
    return _tables(said)


def table_of(definition: SourceDefinition, file: str) -> Table | None:
    """Return the table that a file is of, or None. Raises `LookupError` if there are two."""
    found = [table for table in tables_of(definition) if table.matches(file)]
    if len(found) > 1:
        raise LookupError(", ".join(table.name for table in found))
    return found[0] if found else None


@lru_cache(maxsize=32)
def _tables(said: str) -> tuple[Table, ...]:
    conventions, zone_name = msgspec.json.decode(said)
    codes = codes_of(STANDARD, conventions.get("codes", {}))
    zone = ZoneInfo(zone_name)
    return tuple(
        _table(name, table, ZoneInfo(table["zone"]) if "zone" in table else zone, codes)
        for name, table in conventions["tables"].items()
    )


def _table(name: str, said: Mapping[str, Any], zone: ZoneInfo, codes: Mapping[str, Codes]) -> Table:
    empty = frozenset({"", *(str(each) for each in said.get("empty", ()))})
    counts: dict[str, int] = {}
    records = []
    for each in said["records"]:
        number = counts[each["feed"]] = counts.get(each["feed"], -1) + 1
        records.append(_record(each, number, said.get("absent", ""), zone, empty, codes))
    order = said.get("order")
    header = said.get("header", 1)
    form = said.get("format", "csv")
    return Table(
        name=name,
        files="|".join(_pattern(each) for each in _listed(said.get("files", f"{name}.csv"))),
        format=form,
        encoding=said.get("encoding", "utf-8"),
        delimiter=said.get("delimiter", "\t" if form == "tsv" else ","),
        quote=said.get("quote", '"'),
        sheet=said.get("sheet", ""),
        header=tuple(header) if isinstance(header, list) else (header,) if header else (),
        names=tuple(said.get("columns", ())),
        footer=said.get("footer", 0),
        unused=frozenset(name_of(each) for each in said.get("unused", ())),
        ignore=tuple(said.get("ignore", ())),
        total=_total(said["total"]) if "total" in said else None,
        is_snapshot=said["delivers"] == "snapshot",
        order=_order(order, zone, empty),
        by_position=order == POSITION or said.get("ties") == POSITION,
        deleted=said.get("deleted"),
        dated=said.get("dated", ""),
        zone=zone,
        records=tuple(records),
        used=tuple(dict.fromkeys(used_columns(said))),
        query=said.get("query", "").strip().rstrip(";"),
    )


def used_columns(said: Mapping[str, Any]) -> list[str]:
    """Return the columns of the file that the description of a table names, except those that it does not use."""
    found: list[str] = []
    for record in said["records"]:
        lines = record.get("lines", {})
        for each in (*_listed(record["key"]), *_listed(lines.get("key", []))):
            found += columns_in(each)
        found += columns_in(record.get("patient"))
        found += record.get("row", {}).values()
        found += record.get("when", {})
        for value in (*record["columns"].values(), *lines.get("columns", {}).values()):
            found += columns_in(value)
    if said.get("order") != POSITION:
        found += columns_in(said.get("order"))
    found += said.get("deleted", {})
    for conditions in said.get("ignore", ()):
        found += conditions
    total = said.get("total", {})
    found += [*total.get("where", {}), *total.get("sums", ())]
    found += [total["rows"]] if "rows" in total else []
    return found


def _pattern(names: str) -> str:
    """Return the regular expression of file names with * and ?, as Python and PostgreSQL both read it."""
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in names)


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _total(said: Mapping[str, Any]) -> Total:
    return Total(
        said["where"],
        tuple(said.get("sums", ())),
        said.get("rows", ""),
        said.get("of", "file") == "section",
        said.get("number", {}),
    )


def _order(said: Any, zone: ZoneInfo, empty: frozenset[str]) -> Value | None:
    if said is None or said == POSITION:
        return None
    kind = "moment" if {"moment", "date"} & set(said) else "money"
    return value_of({**said, "required": True}, Column("order", kind), zone, empty, None)


def _record(
    said: Mapping[str, Any],
    number: int,
    absent: str,
    zone: ZoneInfo,
    empty: frozenset[str],
    codes: Mapping[str, Codes],
) -> Record:
    entry = catalogue.entry(said["feed"])

    def mapped(table: str, columns: Mapping[str, Any]) -> dict[str, Value]:
        return {
            name: value_of(each, COLUMNS[table][name], zone, empty, codes.get(f"{table}.{name}"))
            for name, each in columns.items()
        }

    def ids(key: Any) -> tuple[Value, ...]:
        return tuple(text_of(each, zone, empty) for each in _listed(key))

    lines = said.get("lines")
    table = lines_of(entry)
    return Record(
        entry.name,
        number,
        said.get("when", {}),
        ids(said["key"]),
        text_of(said["patient"], zone, empty) if "patient" in said else None,
        mapped(entry.table.name, said["columns"]),
        frozenset(
            name
            for name, each in said["columns"].items()
            if isinstance(each, dict) and each.get("sum")
        ),
        lines is not None or said.get("one_per") == "key",
        said.get("absent", absent) == "deleted",
        Covers(**said["covers"]) if "covers" in said else None,
        mapped(table, lines["columns"]) if lines is not None and table is not None else None,
        ids(lines["key"]) if lines is not None and "key" in lines else (),
        (ids(said["row"]["number"])[0], ids(said["row"]["patient"])[0]) if "row" in said else None,
    )


def looked_up(definition: SourceDefinition) -> dict[str, dict[str, str]]:
    """Return, by `table.column`, what each word of a lookup stands for, and each of these for itself.

    Only texts, and only those of which the definition does not say what becomes of another word (`otherwise`): such a
    word is a code that nobody has mapped.
    """
    found: dict[str, dict[str, str]] = {}
    codes = codes_of(STANDARD, definition.conventions.get("codes", {}))
    for _, table, columns in _mappings(definition):
        for name, said in columns.items():
            field = f"{table}.{name}"
            if not isinstance(said, Mapping) or "lookup" not in said or "otherwise" in said:
                continue
            if COLUMNS[table][name].type != "text":
                continue
            for word, given in said["lookup"].items():
                if given is not None:
                    kept = codes[field](str(given)) if field in codes else str(given)
                    found.setdefault(field, {}).update({str(word): str(kept), str(kept): str(kept)})
    return found


def lookups(definition: SourceDefinition) -> dict[str, tuple[str, ...]]:
    """Return the places of the lookups in a definition's file, by the `table.column` that they are for."""
    found: dict[str, tuple[str, ...]] = {}
    for place, table, columns in _mappings(definition):
        for name, said in columns.items():
            if isinstance(said, Mapping) and "lookup" in said:
                field = f"{table}.{name}"
                found[field] = (*found.get(field, ()), f"{place}/{name}/lookup")
    return found


def _mappings(definition: SourceDefinition) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the place of each mapping in a definition's file, the table that it is for, and its columns."""
    for name, table in definition.conventions.get("tables", {}).items():
        for number, record in enumerate(table["records"]):
            entry = catalogue.entry(record["feed"])
            place = f"conventions/tables/{name}/records/{number}"
            yield f"{place}/columns", entry.table.name, record["columns"]
            lines = lines_of(entry)
            if lines is not None and "lines" in record:
                yield f"{place}/lines/columns", lines, record["lines"]["columns"]
