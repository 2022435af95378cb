"""Lengths, spans and what is touched (rules 1, 2, 3 and 5)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

INSTANT = timedelta(microseconds=1)
"""The smallest difference of two times; the last instant of a day is this before the next midnight."""
ALWAYS, FOREVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """From its first instant to its last, both included. A moment is one too: an instant, or a whole local day."""

    first: datetime
    last: datetime

    def touches(self, other: Span) -> bool:
        """(1) Both ends are included. (2) A day matches if it touches the window."""
        return self.first <= other.last and other.first <= self.last

    def touched(self, other: Span) -> Span:
        """Return what both have in common; may be empty, and then touches nothing."""
        return Span(max(self.first, other.first), min(self.last, other.last))


EVER = Span(ALWAYS, FOREVER)


@dataclass(frozen=True)
class Length:
    """A length of time as it is written: `2 business days`, `-30 days`, `4 hours`."""

    number: int
    unit: str

    @property
    def is_in_hours(self) -> bool:
        return self.unit == "hours"


@cache
def length(text: str) -> Length:
    """Read `<number> hours | days | business days | weeks | months | years`; the singular is read, too."""
    found = re.fullmatch(r"(-?\d+) (hour|day|business day|week|month|year)s?", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no length of time")
    return Length(int(found[1]), found[2] + "s")


def instant(at: datetime) -> Span:
    """Return the span of an instant."""
    return Span(at, at)


def days(first: date, last: date, zone: ZoneInfo) -> Span:
    """Return whole local days, from the first midnight to the last instant before the midnight after."""
    begin = datetime.combine(first, time(), zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    return Span(begin, end - INSTANT)


def day(of: date, zone: ZoneInfo) -> Span:
    """(2) A date without a time is that whole day."""
    return days(of, of, zone)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the day that a clock on the wall of that zone shows."""
    return at.astimezone(zone).date()


def added(moment: Span, by: Length, zone: ZoneInfo, is_business: Callable[[date], bool]) -> Span:
    """(1) With hours an instant; with days or longer the whole local day. (3) Hours are elapsed, days calendar days."""
    if by.is_in_hours:
        return Span(
            moment.first + timedelta(hours=by.number), moment.last + timedelta(hours=by.number)
        )
    return day(moved(local_day(moment.first, zone), by, is_business), zone)


def moved(of: date, by: Length, is_business: Callable[[date], bool]) -> date:
    """(3) Return the local day that lies a length in days or longer from another."""
    if by.unit == "business days":
        return _business_days(of, by.number, is_business)
    if by.unit in ("months", "years"):
        return _months(of, by.number * (12 if by.unit == "years" else 1))
    return of + timedelta(days=by.number * (7 if by.unit == "weeks" else 1))


def _business_days(of: date, number: int, is_business: Callable[[date], bool]) -> date:
    """(3) The n-th business day is strictly after (or before) the day; none of them is the day itself."""
    step, left = (1 if number > 0 else -1), abs(number)
    while left:
        of += timedelta(days=step)
        left -= is_business(of)
    return of


def _months(of: date, number: int) -> date:
    """(3) Months keep the day's number, clipped to the month's end."""
    years, month = divmod(of.year * 12 + of.month - 1 + number, 12)
    return date(years, month + 1, min(of.day, calendar.monthrange(years, month + 1)[1]))


def age(born: date, on: date) -> int:
    """(3) Age is years completed on the local day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def month_of(of: date, months: int = 1) -> tuple[date, date]:
    """Return first and last day of the calendar month, quarter (3) or year (12) that a day belongs to."""
    begin = date(of.year, (of.month - 1) // months * months + 1, 1)
    return begin, _months(begin, months) - timedelta(days=1)


def paused(
    due: Span,
    begin: date,
    by: Length,
    stops: Iterable[Span],
    zone: ZoneInfo,
    is_business: Callable[[date], bool],
) -> Span:
    """`pauses`: a day that a pause touches does not count, and a clock in hours stands still for as long as it lasts.

    What counts is after the clock's first day (or instant) and until it ends; a clock that has ended starts no more.
    """
    stops = list(stops)
    if by.is_in_hours:
        end = due.last
        while True:
            start = due.last - timedelta(hours=by.number)
            still = sum((overlap(stop, Span(start, end)) for stop in _apart(stops)), timedelta())
            if end == due.last + still:
                return instant(end)
            end = due.last + still
    of = local_day(due.first, zone)
    if by.unit == "business days":
        return day(
            _business_days(
                begin, by.number, lambda d: is_business(d) and not _is_in(d, stops, zone)
            ),
            zone,
        )
    until = begin
    while until < of:
        until += timedelta(days=1)
        of += timedelta(days=_is_in(until, stops, zone))
    return day(of, zone)


def overlap(one: Span, other: Span) -> timedelta:
    """Return for how long two spans run together."""
    both = one.touched(other)
    return max(both.last - both.first, timedelta())


def _is_in(of: date, stops: list[Span], zone: ZoneInfo) -> bool:
    return any(day(of, zone).touches(stop) for stop in stops)


def _apart(stops: list[Span]) -> list[Span]:
    """Return the pauses so that none is counted twice."""
    apart: list[Span] = []
    for stop in sorted(stops, key=lambda span: span.first):
        if apart and stop.first <= apart[-1].last:
            apart[-1] = Span(apart[-1].first, max(apart[-1].last, stop.last))
        else:
            apart.append(stop)
    return apart
