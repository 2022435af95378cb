"""Days and moments as people read them: one style for each, on the practice's clock."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from throughline.told.today import Clock
from throughline.vocabulary.counts import count

ISO = re.compile(r"(?<![\w./-])\d{4}-\d{2}-\d{2}(?![\w/-]|\.\w)")
"""A day in a sentence as commands tell it; not one in the name of a file, a number or an address."""


def on(day: date) -> str:
    """Return a day: `Wed 02 Sep 2026`."""
    return f"{day:%a %d %b %Y}"


def at(clock: Clock, moment: datetime) -> str:
    """Return a moment on the practice's clock: `Wed 02 Sep 2026 17:00`."""
    return f"{clock.local(moment):%a %d %b %Y %H:%M}"


def until(clock: Clock, moment: datetime) -> str:
    """Return a deadline: the midnight that ends a day is told as that day, without a time."""
    local = clock.local(moment)
    return on(local.date() - timedelta(days=1)) if local.time() == time(0) else at(clock, moment)


def days(text: object) -> str:
    """Return a text of commands in the style of pages: `since 2026-09-02` → `since Wed 02 Sep 2026`."""
    return ISO.sub(_styled, str(text))


def _styled(found: re.Match[str]) -> str:
    try:
        return on(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def span(length: timedelta) -> str:
    """Return a length in whole days or, below two, in hours: `3 days`, `26 hours`, `less than an hour`."""
    hours = int(length.total_seconds() // 3600)
    if hours >= 48:
        return count(hours // 24, "day")
    return count(hours, "hour") if hours else "less than an hour"


def after(clock: Clock, moment: datetime, ended: datetime) -> str:
    """Return how late something was: `3 days after the clock ended on Wed 02 Sep 2026`; empty if it was in time."""
    if moment < ended:
        return ""
    return f"{span(moment - ended)} after the clock ended on {until(clock, ended)}"


def of_day(local: datetime) -> tuple[date, str]:
    """Return the day of a local due time, and its time of day with a space before it.

    The end of a day is stored as the midnight after it: it is that day, without a time.
    """
    if local.time() == time(0):
        return local.date() - timedelta(days=1), ""
    return local.date(), f" {local:%H:%M}"


def due(moment: datetime, time_zone: str) -> str:
    """Return a due time in a time zone: `2026-09-04 17:00`, or `2026-09-04` for the end of that day."""
    on, at = of_day(moment.astimezone(ZoneInfo(time_zone)))
    return f"{on}{at}"


class Wanted(Protocol):
    """Work that is to be done by a time."""

    @property
    def due_at(self) -> datetime:
        """By when to do it, in UTC."""
        ...


def late_at(work: Wanted) -> datetime:
    """Return from when work is late: from the end of its stage's clock, else from its own time."""
    return max(getattr(work, "clock_at", None) or work.due_at, work.due_at)
