"""Turns the rows of a file into records of feeds, and says what a file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

import msgspec

from throughline.sources import catalogue
from throughline.sources.definitions import SourceDefinition
from throughline.sources.records import Fault, FileRefusedError
from throughline.sources.standard import Contents, File
from throughline.sources.table import StagedRow
from throughline.sources.tabular.columns import BY_READER, COLUMNS, lines_of
from throughline.sources.tabular.shape import Record, Table, table_of
from throughline.sources.tabular.values import Refused, Row, is_met
from throughline.sources.tabular.walk import Line, Walk
from throughline.sources.tabular.work_lists import folded_number, named
from throughline.transports.files import RemoteFile

NOT_DESCRIBED = "file_of_no_table"
OF_TWO_TABLES = "file_of_two_tables"
NO_DATE = "file_without_a_date"
KIND = "table"
"""The kind of a claim that a table states: the practice's own system knows it, by its own patient."""

NEW_COLUMN = "new_column"
NOBODYS = "no record takes this row, and nothing says to ignore it"
TWICE = "another row of the file has this number and this time, and says something else"
DIFFERENT = "the rows of one record differ in"


def _table(definition: SourceDefinition, file: str) -> Table:
    try:
        table = table_of(definition, file)
    except LookupError:
        raise FileRefusedError(file, 0, OF_TWO_TABLES) from None
    if table is None:
        raise FileRefusedError(file, 0, NOT_DESCRIBED)
    return table


def scan(stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
    """Count the rows of a file by feed. Raises `FileRefusedError`.

    A file without the total row that its table has, or with one that does not add up, is incomplete. A snapshot
    with the bytes of an earlier one says something new: that nothing has changed since.
    """
    table = _table(definition, file.name)
    made = _made(table, file.name, file.modified_at)
    walk = Walk(stream, file.name, table)
    feeds = dict.fromkeys(table.feeds, 0)
    rows = 0
    for line in walk:
        rows += 1
        if line.kind == "row":
            for feed in {r.feed for r in table.records if is_met(r.when, line.cells)}:
                feeds[feed] += 1
    return Contents(
        feeds,
        made,
        walk.is_whole,
        walk.position,
        may_repeat=table.is_snapshot or not rows,
        suffix=table.format,
    )


def _made(table: Table, name: str, modified_at: datetime | None) -> datetime:
    try:
        made = table.made_at(name, modified_at)
    except ValueError:
        made = None
    if made is None:
        raise FileRefusedError(name, 0, NO_DATE)
    return made


def read(
    stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
) -> Iterator[StagedRow | Fault]:
    """Yield the records and faults of one feed in a file. Raises `FileRefusedError`.

    What cannot be read at all is a fault of every feed of the file, because each lacks what it says.
    """
    table = _table(definition, file.name)
    _made(table, file.name, file.made_at)
    reader = _Reader(table, file, feed)
    walk = Walk(stream, file.name, table)
    for line in walk:
        if line.kind == "row":
            yield from reader.records(line)
        elif line.fault:
            yield Fault(
                file.name,
                line.row,
                line.row,
                line.fault,
                payload=_payload(line.cells),
                stated=line.stated,
                explained=line.explained,
            )
    yield from reader.grouped()
    for name in walk.new:
        yield Fault(file.name, 0, 0, NEW_COLUMN, "warning", column=name)


@dataclass
class _Group:
    """The rows of one record: its identity and first row, and what each row adds."""

    record: Record
    row: int
    cells: Row
    source_id: str
    subject_id: str | None
    version: str
    values: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)


class _Reader:
    """Reads the records of one feed."""

    def __init__(self, table: Table, file: File, feed: str) -> None:
        self._table = table
        self._file = file
        self._feed = feed
        entry = catalogue.entry(feed)
        self._name = entry.table.name
        self._is_self = entry.subject == "self"
        self._lines = lines_of(entry)
        self._version = table.version(file.name, file.made_at)
        self._of_feed = [record for record in table.records if record.feed == feed]
        self._groups: dict[tuple[int, str], _Group] = {}
        self._answers: dict[tuple[int, str], list[tuple[Record, Line, StagedRow]]] = {}

    def records(self, line: Line) -> Iterator[StagedRow | Fault]:
        """Yield what a row says for the feed: its records, or why they cannot be read."""
        table, row = self._table, line.cells
        is_gone = table.deleted is not None and is_met(table.deleted, row)
        is_taken = any(is_met(record.when, row) for record in table.records)
        for record in self._of_feed:
            if not is_taken and not is_gone:
                yield self._fault(record, line, [NOBODYS])
            elif is_met(record.when, row) or is_gone or not table.is_snapshot:
                # a change after which the row has no such record any more takes it away
                is_out = is_gone or not is_met(record.when, row)
                found = self._record(record, line, is_out=is_out)
                if found is not None:
                    yield found

    def _record(self, record: Record, line: Line, *, is_out: bool) -> StagedRow | Fault | None:
        faults: list[str] = []
        source_id = self._id(record, line.cells, faults)
        if source_id is None and is_out:
            return None
        subject_id = self._subject(record, source_id, line.cells, faults)
        version = self._version_of(line, faults, is_answer=record.row is not None)
        if faults or source_id is None:
            return self._fault(record, line, faults)
        if is_out:
            gone = StagedRow(
                self._name, record.row_no(line.row), source_id, version, subject_id, None, True
            )
            return self._at_its_end(record, line, gone)
        values = self._values(COLUMNS[self._name], record.columns, line.cells, faults)
        if record.is_grouped:
            self._add(record, line, source_id, subject_id, version, values, faults)
            return None
        if faults:
            return self._fault(record, line, faults)
        staged = self._staged(record.row_no(line.row), source_id, subject_id, version, values)
        return self._at_its_end(record, line, staged)

    def _at_its_end(self, record: Record, line: Line, staged: StagedRow) -> StagedRow | None:
        """Keep an answer until the file is read: another row of it may have the same number."""
        if record.row is None:
            return staged
        key = (record.number, staged.source_id)
        self._answers.setdefault(key, []).append((record, line, staged))
        return None

    # --- parts of a record

    def _id(self, record: Record, row: Row, faults: list[str]) -> str | None:
        parts = []
        for value in record.key:
            try:
                parts.append(value.read(row))
            except Refused as error:
                faults.append(str(error))
                return None
        if not all(parts):
            faults.append(
                f"{', '.join(c for v in record.key for c in v.columns)}: the key is empty"
            )
            return None
        if record.row is not None:
            # people type it anew: with small letters, or without hyphens
            number = folded_number(str(record.row[0].read(row) or ""))
            parts = [number if folded_number(part) == number else part for part in parts]
        return "|".join(parts)

    def _subject(
        self, record: Record, source_id: str | None, row: Row, faults: list[str]
    ) -> str | None:
        if self._is_self:
            return source_id
        if record.row is not None:
            number, name = (str(value.read(row) or "") for value in record.row)
            if not name:
                faults.append(f"{', '.join(record.row[1].columns)}: is empty")
            return named(number, name)
        if record.patient is None:
            return None
        try:
            found = record.patient.read(row)
        except Refused as error:
            faults.append(str(error))
            return None
        return str(found) if found else None

    def _version_of(self, line: Line, faults: list[str], *, is_answer: bool = False) -> str:
        order = self._table.order
        version = self._version
        if order is not None:
            try:
                said = order.read(line.cells)
            except Refused as error:
                faults.append(str(error))
                return version
            version = said if "T" in said else f"{Decimal(said):036.12f}"
        if is_answer:
            # of two lists that came back, what was done last counts; what is corrected, in the later list
            return f"{version}/{self._version}"
        if self._table.by_position:
            version = (
                f"{version}/{self._version}/{line.row:012d}"
                if order
                else f"{version}/{line.row:012d}"
            )
        return version

    def _values(self, of: Any, columns: Any, row: Row, faults: list[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, column in of.items():
            value = columns.get(name)
            if value is None:
                values[name] = column.otherwise
                continue
            try:
                values[name] = value.read(row)
            except Refused as error:
                faults.append(str(error))
        return values

    def _staged(
        self,
        row_no: int,
        source_id: str,
        subject_id: str | None,
        version: str,
        values: dict[str, Any],
    ) -> StagedRow:
        if self._name == "claim":
            values["kind"] = KIND
        if self._name == "appointment" and values["filler_id"] is None:
            # what other records of the source call it
            values["filler_id"] = source_id
        return StagedRow(self._name, row_no, source_id, version, subject_id, tuple(values.values()))

    # --- records of several rows

    def _add(
        self,
        record: Record,
        line: Line,
        source_id: str,
        subject_id: str | None,
        version: str,
        values: dict[str, Any],
        faults: list[str],
    ) -> None:
        group = self._groups.get((record.number, source_id))
        if group is None:
            group = _Group(record, line.row, line.cells, source_id, subject_id, version, values)
            self._groups[record.number, source_id] = group
        elif not faults:
            self._join(group, subject_id, version, values)
        group.faults += [f"row {line.row}: {fault}" for fault in faults]
        if record.lines is not None and self._lines is not None:
            self._line(group, line)

    def _join(
        self, group: _Group, subject_id: str | None, version: str, values: dict[str, Any]
    ) -> None:
        """Add a further row to a record: sums grow, the rest must be the same, or newer."""
        sums = group.record.sums
        if version > group.version and not sums:
            group.version, group.subject_id, group.values = version, subject_id, values
            return
        differing = [
            name
            for name, value in values.items()
            if name not in sums and value != group.values.get(name) and version == group.version
        ]
        if subject_id != group.subject_id:
            differing.insert(0, "patient")
        if differing:
            told = f"{DIFFERENT} {', '.join(differing)}"
            group.faults += [] if told in group.faults else [told]
        for name in sums:
            if values.get(name) is not None:
                before = group.values.get(name)
                group.values[name] = f"{Decimal(before or 0) + Decimal(values[name]):f}"

    def _line(self, group: _Group, line: Line) -> None:
        assert self._lines is not None
        record = group.record
        faults: list[str] = []
        values = self._values(COLUMNS[self._lines], record.lines or {}, line.cells, faults)
        key = values.get("line_no") or str(len(group.lines) + 1)
        if "line_no" in COLUMNS[self._lines]:
            values["line_no"] = key
        if record.line_key:
            try:
                key = "|".join(str(v.read(line.cells) or "") for v in record.line_key)
            except Refused as error:
                faults.append(str(error))
        if key in group.lines and group.lines[key] != values and self._table.is_snapshot:
            faults.append("two lines with one key")
        group.faults += [f"row {line.row}: {fault}" for fault in faults]
        whole, *shared = BY_READER[self._lines]
        values[whole] = group.source_id
        values |= {name: group.values.get(name) for name in shared}
        group.lines[key] = values

    def _answered(self) -> Iterator[StagedRow | Fault]:
        """Yield the answers: the newest of each number, and a fault for each row if two of one time differ."""
        for found in self._answers.values():
            newest = max(staged.source_version for _, _, staged in found)
            last = [each for each in found if each[2].source_version == newest]
            said = (last[0][2].values, last[0][2].subject_id)
            if all((staged.values, staged.subject_id) == said for _, _, staged in last):
                yield last[-1][2]
            else:
                yield from (self._fault(record, line, [TWICE]) for record, line, _ in last)

    def grouped(self) -> Iterator[StagedRow | Fault]:
        """Yield the records of several rows: a fault in one of them is one of the record."""
        yield from self._answered()
        for group in self._groups.values():
            row_no = group.record.row_no(group.row)
            if group.faults:
                at = Line("row", group.row, group.cells)
                yield self._fault(group.record, at, group.faults)
                continue
            staged = self._staged(
                row_no, group.source_id, group.subject_id, group.version, group.values
            )
            if self._lines is not None:
                staged.children = [
                    StagedRow(
                        self._lines,
                        row_no,
                        f"{group.source_id}#{key}",
                        group.version,
                        group.subject_id,
                        tuple(values.values()),
                    )
                    for key, values in group.lines.items()
                ]
            yield staged

    # --- faults

    def _fault(self, record: Record, line: Line, faults: list[str]) -> Fault:
        """Return the fault of a record; it names the record and the patient where they can be read."""
        ignored: list[str] = []
        source_id = self._id(record, line.cells, ignored)
        subject_id = self._subject(record, source_id, line.cells, ignored)
        return Fault(
            self._file.name,
            record.row_no(line.row),
            line.row,
            "; ".join(dict.fromkeys(faults)),
            source_id=source_id,
            payload=_payload(line.cells),
            subject_id=subject_id,
        )


def _payload(row: Row) -> str:
    return msgspec.json.encode(dict(row)).decode().replace("\\u0000", "")
