"""When the practice works, and how its days are counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays

from sandbox.world.chance import Chance
from sandbox.world.engine import at, day_of, midnight


@lru_cache(maxsize=64)
def _federal(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("US", years=year))


@lru_cache(maxsize=4096)
def is_open(day: date) -> bool:
    """Whether the practice works on this day: not on weekends and federal holidays."""
    return day.weekday() < 5 and day not in _federal(day.year)


def open_day(day: date, later: int = 0) -> date:
    """The first open day not before ``day``, and ``later`` open days after it."""
    while not is_open(day):
        day += timedelta(days=1)
    for _ in range(later):
        day += timedelta(days=1)
        while not is_open(day):
            day += timedelta(days=1)
    return day


def contact_ends(discharged: datetime) -> datetime:
    """The end of the second business day after a discharge; the first one after it is day 1 (CMS FAQ 2016)."""
    second = open_day(day_of(discharged) + timedelta(days=1), 1)
    return midnight(second + timedelta(days=1))


def slot(chance: Chance, key: str, day: date) -> datetime:
    """A time on a day when somebody can be seen, on the quarter of an hour."""
    return at(day, 8.5 + chance.within(key, "slot", 0, 31) / 4)
