"""The newest night, as the clock by which what is due is told: overdue, today, or a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from throughline.practice import practice, teams
from throughline.told.shapes import Waiting
from throughline.warehouse import Connection


class Clock(Protocol):
    """A morning: by it, what is due is told as overdue, today, or a day."""

    @property
    def morning(self) -> date:
        """The local day of the morning."""

    def local(self, moment: datetime) -> datetime:
        """Convert a moment to the practice's time zone."""

    def is_overdue(self, moment: datetime) -> bool:
        """Return whether a deadline passed before the night's cut-off."""


@dataclass(frozen=True)
class Today:
    """The morning after the newest night. `seq` and `business_date` are None before the first one.

    `status` is that of the night: running, finished or failed; `failed_step` names what failed, in the code's words.
    """

    time_zone: str
    cut_off: datetime
    seq: int | None = None
    business_date: date | None = None
    status: str = "finished"
    failed_step: str | None = None

    @property
    def morning(self) -> date:
        """The local day of the morning."""
        return self.cut_off.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def ends(self) -> datetime:
        """The end of that day, in UTC: a thing that is due by the end of the day is due then."""
        following = self.morning + timedelta(days=1)
        return datetime.combine(following, time(0), ZoneInfo(self.time_zone)).astimezone(UTC)

    def local(self, moment: datetime) -> datetime:
        """Convert a moment to the practice's time zone."""
        return moment.astimezone(ZoneInfo(self.time_zone))

    def is_overdue(self, moment: datetime) -> bool:
        """Return whether a deadline passed before the newest night's cut-off."""
        return moment < self.cut_off


def today(conn: Connection) -> Today:
    """Return the morning after the newest night, or this moment if there has been none."""
    zone = practice().time_zone
    row = conn.execute(
        "select cut_off, seq, business_date, status, failed_step from operations.night where status <> 'void'"
        " order by seq desc limit 1"
    ).fetchone()
    if row is None:
        return Today(zone, datetime.now(UTC))
    return Today(zone, *row)


def how_far(conn: Connection, now: Today) -> tuple[object, ...]:
    """Return what tells the facts, cases and tasks of this moment from others, for what a process keeps of them.

    The warehouse, its newest night, and how far that is: only the steps of a night change them.
    """
    row = conn.execute(
        "select count(s.finished_at), max(s.finished_at) from operations.step as s where s.seq = %s",
        (now.seq,),
    ).fetchone()
    where = conn.info.host, conn.info.port, conn.info.dbname
    return *where, now.seq, now.status, now.cut_off, row


def waits(row: Waiting, on: date) -> str:
    """Return since when something waits for a decision, of whom, and who was told, as of a morning.

    `since Thu 10 Sep, asked of Billing office; Billing manager told Mon 14 Sep; an exception from 2027-08-11`
    """
    if row.asked_on is None:
        return ""
    team = teams().get(row.owner_team or "")
    said = "since today" if row.asked_on == on else f"since {row.asked_on:%a %d %b}"
    said += f", asked of {team.title}" if team else ""
    if row.lead_told_on is not None:
        said += f"; {team.lead if team else 'lead'} told {row.lead_told_on:%a %d %b}"
    if row.exception_from is not None:
        due = row.exception_from
        said += f"; an exception {'now' if due <= on else f'from {due}'}"
    return said
