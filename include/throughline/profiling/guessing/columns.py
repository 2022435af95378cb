"""What the cells of a column look like: days, moments, numbers, words, keys. pandas counts, nothing is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# In the order in which they are tried; each that fits every cell is kept.
DAYS = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d-%b-%Y",
    "%b %d, %Y", "%m/%d/%y", "%d/%m/%y",
)  # fmt: skip
MIDNIGHTS = (" 00:00:00", "T00:00:00", " 00:00", " 0:00", " 12:00:00 AM", " 12:00 AM")
"""How a day is written by what knows only moments: a workbook (with a T, as a night reads its cells), an export."""
HOURS = ("%H:%M", "%I:%M %p", "%I:%M%p", "%H:%M:%S", "%I:%M:%S %p")
_NUMBER = re.compile(r"\(?-?\$? ?-?[0-9]{1,3}(,?[0-9]{3})*(\.[0-9]+)?\)?-?")
_FLAGS = (
    {"y", "n"},
    {"yes", "no"},
    {"true", "false"},
    {"t", "f"},
    {"1", "0"},
    {"active", "inactive"},
)
_MOMENTS = (
    *(f"{day} {hour}" for day in DAYS for hour in HOURS),
    *(f"%Y-%m-%dT{hour}" for hour in ("%H:%M:%S", "%H:%M")),
)
_ONLY_DAYS = (*DAYS, *(f"{day}{midnight}" for midnight in MIDNIGHTS for day in DAYS))
MOST_CODES = 30
SAMPLE = 5000
SHOWN_FROM = 2
"""A word may be shown as a code if so many rows have it, and it looks like none of a person."""


@dataclass(frozen=True)
class Looks:
    """One column: how full, which formats fit all its cells, whether it tells rows apart, and its codes.

    Of `formats`, `days` say no hour: an hour of another column can be joined to them. `mark` stands between the
    entries of a list, if cells have several and all are written the same way.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    formats: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    is_number: bool = False
    is_flag: bool = False
    has_comma: bool = False
    codes: tuple[str, ...] = ()
    mark: str = ""

    @property
    def empty(self) -> int:
        """In how many rows it is empty."""
        return self.rows - self.filled

    @property
    def is_key(self) -> bool:
        """Whether each row has a value of its own."""
        return self.rows > 0 and self.filled == self.distinct == self.rows

    @property
    def is_ambiguous(self) -> bool:
        """Whether its days can be read two ways, and no cell says which."""
        return {form[:2] for form in self.formats} >= {"%m", "%d"}


def looks_of(series: Any) -> Looks:
    """Return what a column of texts looks like."""
    cells = series.str.strip()
    filled = cells[cells != ""]
    values = filled.drop_duplicates()
    texts = [str(text) for text in values.head(SAMPLE)]
    counts = filled.value_counts()
    is_words = 0 < len(values) <= MOST_CODES and len(filled) >= len(values) * SHOWN_FROM
    known = {text.casefold() for text in texts}
    return Looks(
        str(series.name),
        len(cells),
        len(filled),
        len(values),
        _fitting(texts, [*DAYS, *_MOMENTS]),
        _fitting(texts, _ONLY_DAYS),
        _fitting(texts, HOURS),
        bool(texts) and all(_NUMBER.fullmatch(text) for text in texts),
        bool(known) and any(known <= pair for pair in _FLAGS),
        bool(texts) and sum("," in text for text in texts) * 2 > len(texts),
        tuple(str(v) for v, n in counts.items() if n >= SHOWN_FROM) if is_words else (),
        _mark(texts),
    )


def looks_dated(text: str) -> bool:
    """Return whether a text is a day in one of the known formats."""
    return any(_fits(text, form) for form in (*DAYS, *_MOMENTS))


def _mark(texts: list[str]) -> str:
    """Return the one mark that stands between the entries of every cell that has several, or nothing."""
    found = {m for text in texts for m in re.findall(r"\s*[,;|/^+]\s*|\s+", text)}
    marks = {mark.strip() or " " for mark in found}
    return marks.pop() if len(marks) == 1 else ""


def _fitting(texts: list[str], forms: Any) -> tuple[str, ...]:
    found = [form for form in forms if texts and _fits(texts[0], form)]
    return tuple(form for form in found if all(_fits(text, form) for text in texts))


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - only whether it fits
    except ValueError:
        return False
    return True
