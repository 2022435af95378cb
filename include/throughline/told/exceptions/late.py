"""How late the last call of a case was, as an exception tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from throughline.told import times


def late(outcome: str | None, called_at: datetime, ended_at: datetime | None, zone: str) -> str:
    """Return how long after the clock's end somebody spoke with the patient: `, 3 days after the clock ended on …`.

    Empty for a call that ended otherwise or was in time, or a clock that is not known.
    """
    if outcome != "reached" or ended_at is None or called_at < ended_at:
        return ""
    # the end of a day is stored as the midnight after it
    last = (ended_at - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    return f", {times.span(called_at - ended_at)} after the clock ended on {last:%Y-%m-%d}"
