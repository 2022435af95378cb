"""Tables as files that people open in a spreadsheet: CSV and XLSX, made so that the spreadsheet changes nothing.

A spreadsheet takes what looks like a number for one (001001 becomes 1001, a telephone number 1.5E9), and runs what
begins like a formula. Here every text stays a text, and no cell is a formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

Cell = str | date | datetime | None
"""A text, a day, or a local time; None is empty."""


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, how wide it is in characters, and the words that it offers, if any.

    `is_filled_in` marks a column that people fill in, and `is_moment` one of them that takes a day and a time.
    """

    heading: str
    width: int = 14
    is_filled_in: bool = False
    is_moment: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A table with a title: its columns, its rows, and what there is to know about it, a line each."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()
