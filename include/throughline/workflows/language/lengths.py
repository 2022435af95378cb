"""Lengths of time, and which of two moments is surely the later one whatever the day (rules 1 and 3)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LENGTH = re.compile(r"(-?[0-9]+) (hour|day|business day|week|month|year)s?")
ORDER = {"trigger": 0, "due_day": 1, "opened": 2, "now": 3}
"""Anchors of which each is never before the one before it."""


@dataclass(frozen=True)
class Length:
    """`number` of `unit` (hours, days, business days, weeks, months, years); negative is before."""

    number: int
    unit: str

    @property
    def is_in_hours(self) -> bool:
        """Hours make an instant; everything else makes whole local days."""
        return self.unit == "hours"

    @property
    def days(self) -> tuple[int, int]:
        """Return the fewest and the most local days that it can be."""
        number = abs(self.number)
        least, most = _DAYS[self.unit](number)
        return (least, most) if self.number >= 0 else (-most, -least)


def _business(number: int) -> tuple[int, int]:
    """A week has five; a holiday or two may stand between, and in a long span eleven a year."""
    if number == 0:
        return 0, 0
    holidays = 2 + number * 11 // 250
    return number + 2 * ((number - 1) // 5), number + 2 * math.ceil(
        (number + holidays) / 5
    ) + holidays


_DAYS: Mapping[str, Any] = {
    "hours": lambda n: (n // 24, math.ceil(n / 24)),
    "days": lambda n: (n, n),
    "business days": _business,
    "weeks": lambda n: (7 * n, 7 * n),
    "months": lambda n: (max(n * 30 - 3, n * 28), n * 31),
    "years": lambda n: (365 * n, 366 * n),
}


def length(text: str) -> Length:
    """Read a length: `2 business days`, `-30 days`, `1 hour`. Raises `ValueError` for any other text."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a length of time")
    return Length(int(found[1]), found[2] + "s")


def is_length(text: str) -> bool:
    """Tell whether a text is a length of time."""
    return _LENGTH.fullmatch(text) is not None


def is_after(one: Any, other: Any) -> bool:
    """Tell whether the first of two moments is surely after the second, in every case. What cannot be known is not.

    Each is as in a definition. A length in days is a whole local day, its last instant included.
    """
    if isinstance(other, Mapping) and "soonest" in other:
        return any(is_after(one, each) for each in other["soonest"])
    if isinstance(one, Mapping) and "soonest" in one:
        return all(is_after(each, other) for each in one["soonest"])
    first, second = _read(one), _read(other)
    if first is None or second is None:
        return False
    (anchor, by), (than, to) = first, second
    if anchor == than and by.is_in_hours and to.is_in_hours:
        return by.number > to.number
    if anchor == than or (anchor in ORDER and than in ORDER and ORDER[anchor] > ORDER[than]):
        return by.days[0] > to.days[1]
    if _is_end_of(anchor, than):
        return by.days[0] >= 0 and to.days[1] <= 0 and (by.days[0], to.days[1]) != (0, 0)
    return False


def _is_end_of(anchor: str, than: str) -> bool:
    """A period's end is after its start."""
    return anchor == f"{than}_end"


def _read(moment: Any) -> tuple[str, Length] | None:
    if isinstance(moment, str):
        return moment, Length(0, "hours")
    if isinstance(moment, Mapping) and len(moment) == 1:
        ((anchor, by),) = moment.items()
        try:
            return anchor, length(by)
        except (TypeError, ValueError):
            return None
    return None


def every_length(words: Any) -> Iterator[str]:
    """Yield every length of a part of a definition, as it is written."""
    if isinstance(words, Mapping):
        for value in words.values():
            yield from every_length(value)
    elif isinstance(words, list | tuple):
        for each in words:
            yield from every_length(each)
    elif isinstance(words, str) and _LENGTH.fullmatch(words):
        yield words
