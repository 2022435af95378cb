"""Reads a sample of a table as texts with pandas, and finds how it is written: encoding, mark, header, total row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from throughline.profiling.guessing.columns import looks_dated
from throughline.sources.records import FileRefusedError
from throughline.sources.tabular.workbook import sheet

_ENCODINGS = ("utf-8", "cp1252")
_DELIMITERS = ",;\t|"
_TOTAL = re.compile(r"(grand |report )?totals?:?", re.IGNORECASE)
# What no name of a column looks like: a number of its own, a mail address.
_VALUE = re.compile(r"^[\s$(+-]*[0-9][0-9\s.,()$/:+-]*$|@")
LOOKED_AT = 1 << 16
ABOVE = 50
"""The names of the columns stand in one of so many rows."""
LONELY = 4
"""In a table of so many columns, a last row with one cell is none of it."""


class NoTable(ValueError):
    """The file is no table that can be read; the message says why."""


@dataclass(frozen=True)
class Sample:
    """A sample: its frame of texts, and how the file is written.

    `header` is the row with the names of the columns, `footer` how many rows at the end are none of the table.
    `total` is the column and word of a total row.
    """

    name: str
    frame: Any
    format: str
    encoding: str
    delimiter: str
    total: tuple[str, str] | None
    header: int = 1
    footer: int = 0


class _Row(NamedTuple):
    """A row that holds anything: its number, as the reader of tables counts it, and its cells."""

    number: int
    cells: list[str]

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)

    @property
    def total(self) -> tuple[int, str] | None:
        """Where the word of a total row stands, and the word."""
        found = ((n, c.strip()) for n, c in enumerate(self.cells) if _TOTAL.fullmatch(c.strip()))
        return next(found, None)


def read(path: Path) -> Sample:
    """Return the sample in a file. Raises `NoTable` and `OSError`."""
    if path.suffix.casefold() == ".xlsx":
        return _sample(path.name, _workbook(path), "xlsx", "", "")
    raw = path.read_bytes()
    encoding = _encoding(raw)
    text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    is_tsv = path.suffix.casefold() == ".tsv"
    delimiter = _delimiter(text[:LOOKED_AT], "\t" if is_tsv else ",")
    form = "tsv" if is_tsv and delimiter == "\t" else "csv"
    return _sample(path.name, _rows(text, delimiter), form, encoding, delimiter)


def _rows(text: str, delimiter: str) -> list[_Row]:
    """Return the rows of a text that hold anything. A row's number is the line on which it begins."""
    found: list[_Row] = []
    number = 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return found
        except csv.Error:
            cells = []
        if any(cell.strip() for cell in cells):
            found.append(_Row(number, cells))
        number = reader.line_num + 1


def _delimiter(text: str, otherwise: str) -> str:
    """Return the mark that cuts the most rows into the same number of cells; a title above them has its own."""
    best, score = otherwise, (1, 1)
    for mark in _DELIMITERS:
        widths = Counter(len(row.cells) for row in _rows(text, mark) if len(row.cells) > 1)
        width, rows = max(widths.items(), key=lambda one: one[::-1], default=(1, 0))
        if (rows, width) > score:
            best, score = mark, (rows, width)
    return best


def _workbook(path: Path) -> list[_Row]:
    """Return the rows as a night reads them, all of the same width."""
    try:
        with path.open("rb") as stream:
            found = [_Row(one.row, one.cells) for one in sheet(stream, path.name)]
    except FileRefusedError as error:
        raise NoTable(f"{path.name}: is no workbook that can be read: {error.reason}") from None
    width = max((len(row.cells) for row in found), default=0)
    return [
        row._replace(cells=row.cells + [""] * (width - len(row.cells)))
        for row in found
        if row.filled
    ]


def _encoding(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for name in _ENCODINGS:
        try:
            raw.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def _sample(name: str, rows: list[_Row], form: str, encoding: str, delimiter: str) -> Sample:
    if not rows:
        raise NoTable(f"{name}: is no table: it holds nothing")
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    place = next((n for n, row in enumerate(rows[:ABOVE]) if _is_header(row, width)), None)
    if place is None:
        raise NoTable(
            f"{name}: no row looks like the names of its columns; add one to the sample, and if the files have none,"
            " write header: 0 and columns: […] in the definition"
        )
    header, body = rows[place], rows[place + 1 :]
    footer = 0
    while body and _is_footer(body[-1], width):
        body.pop()
        footer += 1
    total = body[-1].total if body else None
    if total is not None:
        body.pop()
    if not body:
        raise NoTable(f"{name}: has no rows: a sample with rows is needed to guess from")
    names = [" ".join(cell.split()) for cell in header.cells]
    cells = [(row.cells + [""] * width)[: len(names)] for row in body]
    frame = pd.DataFrame(cells, columns=range(len(names)), dtype=str)
    # of a name that stands twice the first column counts; one without a name is read by no record
    own = [n for n, one in enumerate(names) if one and one not in names[:n]]
    frame = frame[own].set_axis([names[n] for n in own], axis=1)
    named = (names[total[0]], total[1]) if total is not None and names[total[0]] else None
    return Sample(name, frame, form, encoding, delimiter, named, header.number, footer)


def _is_header(row: _Row, width: int) -> bool:
    """Return whether a row may be the names of the columns: as wide as the table, and none of it a value."""
    is_whole = len(row.cells) == width and row.filled * 2 >= width
    return is_whole and not any(
        _VALUE.search(cell) or looks_dated(cell.strip()) for cell in row.cells
    )


def _is_footer(row: _Row, width: int) -> bool:
    """Return whether a row at the end is none of the table: another width, or one lonely cell, and no total."""
    is_lonely = row.filled == 1 and width >= LONELY
    return row.total is None and (len(row.cells) != width or is_lonely)
