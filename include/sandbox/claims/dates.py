"""Business days of payers: Monday to Friday without the federal holidays."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from sandbox.claims.state import LOCAL

CLOSES = time(18, 0)
"""Receipt after 6 pm local time counts as the next business day (First Coast Service Options, EDI guide)."""


@lru_cache(maxsize=64)
def _federal(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("US", years=year))


def is_business(day: date) -> bool:
    """Whether payers work on this day."""
    return day.weekday() < 5 and day not in _federal(day.year)


def on_or_after(day: date) -> date:
    """The first business day not before ``day``."""
    while not is_business(day):
        day += timedelta(days=1)
    return day


def after(day: date, count: int = 1) -> date:
    """The business day that is ``count`` business days after ``day``."""
    for _ in range(count):
        day = on_or_after(day + timedelta(days=1))
    return day


def received(at: datetime) -> datetime:
    """When a payer counts something as received that arrived at ``at``; local time."""
    local = at.astimezone(LOCAL)
    if is_business(local.date()) and local.time() <= CLOSES:
        return local
    day = local.date() if local.time() <= CLOSES else local.date() + timedelta(days=1)
    return datetime.combine(on_or_after(day), time(0, 1), LOCAL)


def local_time(day: date, hour: int, minute: int = 0) -> datetime:
    """A local time of a day."""
    return datetime.combine(day, time(hour, minute), LOCAL)
