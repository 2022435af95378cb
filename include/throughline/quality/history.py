"""What a feed usually delivers: the volume and the fields to compare tonight's delivery with."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from statistics import median
from uuid import UUID

import holidays
from psycopg import sql

from throughline import warehouse
from throughline.sources.catalogue import entry
from throughline.warehouse import Connection

DELIVERIES = 7
LEAST_DELIVERIES = 3
LEAST_SHARE = 0.3
MOST_SHARE = 10.0
SMALL = 20
ALWAYS = 0.9
"""A field is expected if at least this share of the rows of every past delivery had it."""
LEAST_PROFILES = 2
LEAST_OF_A_STATUS = 5
"""With fewer rows in a status, the share of rows that have a field means nothing."""
LOOKED_AT = 60
COUNTRY = "US"

_OURS = frozenset(
    {
        "source",
        "source_id",
        "source_version",
        "subject_source",
        "batch_id",
        "file_id",
        "row_no",
        "is_deleted",
    }
)
"""Columns about a row's delivery, not about its content."""

# An empty list does not count as a value.
_COUNTS = {"ARRAY": "count(nullif(cardinality({}), 0))", "jsonb": "count(nullif({}, '[]'::jsonb))"}


@dataclass(frozen=True)
class Volume:
    """The smallest and the largest plausible number of rows, and what they were computed from."""

    least: int
    most: int | None
    usual: float | None


# A record's fields depend on its status: a request that nobody has worked on has no outcome, a booked appointment
# no arrival. Only the words of this list are stored, because the column of a damaged row may hold a name.
# FHIR R4: task-status, encounter-status, event-status, composition-status, chargeitem-status, appointmentstatus,
# and the words of the code maps for the same.
STATUSES = frozenset(
    {
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
        "unknown",
        "planned",
        "arrived",
        "triaged",
        "onleave",
        "finished",
        "preparation",
        "not-done",
        "stopped",
        "suspended",
        "aborted",
        "current",
        "superseded",
        "billable",
        "not-billable",
        "billed",
        "proposed",
        "pending",
        "booked",
        "fulfilled",
        "noshow",
        "checked-in",
        "waitlist",
        "active",
        "inactive",
        "revoked",
    }
)


@dataclass(frozen=True)
class Profile:
    """How many rows (without deletions) have a value, by column, in all and by status.

    `by_status` maps a status to its number of rows (under "") and to the number that have each column.
    `statuses` maps each status column to the number of statuses in it: 0, 1 or 2. 2 means two or more; if some
    rows have no status, that counts as another one.
    """

    rows: int
    filled: dict[str, int]
    by_status: dict[str, dict[str, int]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def share(self, column: str, status: str | None = None) -> float:
        """Return the share of rows (in a status) that have this column; 0 for an unknown column."""
        if status is None:
            return self.filled.get(column, 0) / self.rows if self.rows else 0.0
        of = self.by_status.get(status, {})
        return of.get(column, 0) / of[""] if of.get("") else 0.0


def expected_volume(conn: Connection, batch_id: UUID) -> Volume:
    """Return the plausible volume of a batch, from the feed's last deliveries on similar days.

    Working days are compared with working days, weekends and holidays with each other. The minimum is
    a share of the quietest day, the maximum a multiple of the median. There are no bounds for a first
    load or a small feed, because there is nothing to compare with, nor for a second delivery of the
    same day, because it holds only changes. A feed that answers our requests (`volume: asked` in the
    source's definition) has no minimum.
    """
    again = conn.execute(
        "select 1 from landing.batch as b inner join landing.batch as p on p.source = b.source"
        " and p.feed = b.feed and p.business_date = b.business_date and p.batch_id <> b.batch_id"
        " and p.status = 'loaded' where b.batch_id = %s limit 1",
        (batch_id,),
    ).fetchone()
    if again is not None:
        return Volume(0, None, None)
    rows = conn.execute(
        "select b.business_date, p.business_date, p.rows_received from landing.batch as b"
        " inner join landing.batch as p on p.source = b.source and p.feed = b.feed"
        " and p.business_date < b.business_date and p.status = 'loaded' and p.known_seq > ("
        "  select min(f.known_seq) from landing.batch as f"
        "  where f.source = b.source and f.feed = b.feed)"
        " where b.batch_id = %s order by p.business_date desc, p.known_seq desc limit %s",
        (batch_id, LOOKED_AT),
    ).fetchall()
    alike = [
        received for today, then, received in rows if is_working_day(then) == is_working_day(today)
    ][:DELIVERIES]
    if len(alike) < LEAST_DELIVERIES:
        return Volume(0, None, None)
    usual = median(alike)
    if usual < SMALL:
        return Volume(0, None, usual)
    quietest = 0 if answers(conn, batch_id) else min(alike)
    least = max(int(quietest * LEAST_SHARE), min(quietest, 1))
    return Volume(least, int(usual * MOST_SHARE), usual)


def answers(conn: Connection, batch_id: UUID) -> bool:
    """Return whether a batch holds answers to what we asked, such as a work list that came back (`volume: asked`)."""
    found = conn.execute(
        "select 1 from landing.batch as b inner join operations.feed as f"
        " on f.source = b.source and f.feed = b.feed and f.volume = 'asked' where b.batch_id = %s",
        (batch_id,),
    ).fetchone()
    return found is not None


def is_working_day(day: date) -> bool:
    """Return whether this day is a working day of the practice."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@lru_cache(maxsize=8)
def _holidays(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays(COUNTRY, years=year)


def profile_of(conn: Connection, batch_id: UUID, feed: str) -> Profile:
    """Count how many staged rows of a batch fill each column, in one pass and without keeping values."""
    table, telling = entry(feed).table.name, entry(feed).table.statuses
    columns = columns_of(conn, table)
    counts = sql.SQL(", ").join(
        [
            *(
                sql.SQL(_COUNTS.get(kind, "count({})")).format(sql.Identifier(name))
                for name, kind in columns.items()
            ),
            *(
                sql.SQL('min({0} collate "C"), max({0} collate "C")').format(sql.Identifier(name))
                for name in telling
            ),
        ]
    )
    status = (
        "case when status = any(%(statuses)s) then status end" if "status" in columns else "null"
    )
    groups = conn.execute(
        sql.SQL(
            "select {}, count(*), {} from staging.{} where batch_id = %(batch)s and not is_deleted group by 1"
        ).format(sql.SQL(status), counts, sql.Identifier(table)),
        {"batch": batch_id, "statuses": list(STATUSES)},
    ).fetchall()
    filled = {
        name: sum(group[place] for group in groups) for place, name in enumerate(columns, start=2)
    }
    by_status = {
        group[0]: dict(zip(("", *columns), group[1 : 2 + len(columns)], strict=True))
        for group in groups
        if group[0] is not None
    }
    rows = sum(group[1] for group in groups)
    statuses = {
        name: _statuses(
            {end for group in groups for end in group[place : place + 2]}, filled[name], rows
        )
        for place, name in zip(itertools.count(2 + len(columns), 2), telling, strict=False)
    }
    return Profile(rows, filled, by_status, statuses)


def _statuses(ends: set[str | None], filled: int, rows: int) -> int:
    """Return in how many statuses the rows are; `ends` holds the first and last status of each group."""
    if not filled:
        return 0
    return 1 if len(ends) == 1 and filled == rows else 2


def fields_gone(conn: Connection, batch_id: UUID, profile: Profile) -> list[tuple[str, float]]:
    """Return the columns that have disappeared from all rows, with the smallest share that had them before.

    Looks only at columns that every past delivery had, in the statuses of tonight's rows: on a day when nobody works,
    no request has an outcome. Small deliveries, past or present, prove nothing and are ignored.
    """
    if profile.rows < SMALL:
        return []
    past = [
        Profile(**row[0])
        for row in conn.execute(
            "select v.profile from landing.batch as b"
            " inner join landing.batch as p on p.source = b.source and p.feed = b.feed"
            " and p.business_date < b.business_date and p.status = 'loaded'"
            " inner join quality.verdict as v on v.batch_id = p.batch_id"
            " and (v.profile ->> 'rows')::bigint >= %s"
            " where b.batch_id = %s order by p.business_date desc, p.known_seq desc limit %s",
            (SMALL, batch_id, DELIVERIES),
        ).fetchall()
    ]
    if len(past) < LEAST_PROFILES:
        return []
    relied_on = {
        column: _relied_on(column, profile, past)
        for column, filled in profile.filled.items()
        if not filled
    }
    return [(column, share) for column, share in relied_on.items() if share >= ALWAYS]


def _relied_on(column: str, profile: Profile, past: list[Profile]) -> float:
    """Return the smallest share of tonight's rows expected to have a column, given their statuses."""
    expected, rest = 0.0, profile.rows
    for status, counts in profile.by_status.items():
        of = [
            one.share(column, status)
            for one in past
            if one.by_status.get(status, {}).get("", 0) >= LEAST_OF_A_STATUS
        ]
        rest -= counts[""]
        expected += counts[""] * min(of) if len(of) >= LEAST_PROFILES else 0
    # A row without a known status (perhaps the status is what disappeared) is compared with all rows.
    return (expected + rest * min(one.share(column) for one in past)) / profile.rows


def columns_of(conn: Connection, table: str) -> dict[str, str]:
    """Return the columns of `staging.<table>` that a source fills, with their types in PostgreSQL.

    Those that only the gate reads are not in `core`.
    """
    columns = warehouse.columns_of(conn, "staging", table)
    kept = warehouse.columns_of(conn, "core", table)
    return {name: kind for name, kind in columns.items() if name not in _OURS and name in kept}
