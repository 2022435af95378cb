"""A night as gauges for a monitoring system: few names, few values of each tag, no patient data.

Names and units are in docs/told.md. A tag is a name from the definitions (source, feed, team), from the code
(step) or one of a few words: never a patient, a case, a claim or a file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from throughline.told.numbers import Numbers
from throughline.warehouse import Connection, sql

AGES = ("0-1", "2-7", "8-30", "31-")
"""Since how many days an exception is open."""


@dataclass(frozen=True)
class Gauge:
    """One value of a metric, with its tags."""

    name: str
    value: float
    tags: Mapping[str, str] = field(default_factory=dict)


def gauges(conn: Connection, numbers: Numbers, folders: Mapping[str, Path]) -> Iterator[Gauge]:
    """Yield the gauges of a night; `folders` are those whose free space is told, by name.

    What has become none is told as 0 for every team that has owned an exception, so that no old value stays.
    """
    yield Gauge("throughline.night.finished", float(numbers.status == "finished"))
    yield Gauge("throughline.night.seconds", numbers.seconds or 0.0)
    for step in numbers.steps:
        tags = {"step": step.step}
        yield Gauge("throughline.step.seconds", float(step.seconds), tags)
        yield Gauge("throughline.step.rows", step.row_count, tags)
        yield Gauge("throughline.step.failed", step.failed, tags)
    for feed in numbers.feeds:
        tags = {"source": feed.source, "feed": feed.feed}
        yield Gauge("throughline.feed.fresh", float(feed.is_fresh), tags)
        for outcome, rows in (
            ("received", feed.rows_received),
            ("loaded", feed.rows_loaded),
            ("set_aside", feed.rows_quarantined),
            ("pending", feed.rows_pending),
        ):
            yield Gauge("throughline.feed.rows", rows, {**tags, "outcome": outcome})
    yield Gauge("throughline.cases.not_known", sum(row.cases for row in numbers.unknown))
    yield Gauge("throughline.calls.due", len(numbers.calls))
    yield from _exceptions(conn, numbers)
    for what in ("claims", "delivery"):
        asked = [row.asked_on for row in numbers.waiting if row.what == what]
        days = [(numbers.morning - on).days for on in asked if on is not None]
        yield Gauge("throughline.questions.waiting", len(asked), {"what": what})
        yield Gauge("throughline.questions.oldest_days", max(days, default=0), {"what": what})
    for name, folder in folders.items():
        yield Gauge("throughline.disk.free_bytes", shutil.disk_usage(folder).free, {"folder": name})


def _exceptions(conn: Connection, numbers: Numbers) -> Iterator[Gauge]:
    teams = {row[0] for row in conn.execute("select distinct owner_team from operations.exception")}
    rows = sql.run(conn, "told/ages.sql", seq=numbers.seq, as_of=numbers.cut_off).rows
    found = {(team, days): (count, overdue) for team, days, count, overdue in rows}
    for team in sorted(teams):
        for days in AGES:
            count, overdue = found.get((team, days), (0, 0))
            tags = {"team": team, "days": days}
            yield Gauge("throughline.exceptions.open", count, tags)
            yield Gauge("throughline.exceptions.overdue", overdue, tags)
