"""The newest night, as the clock by which what is due is told: overdue, today, or a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from throughline.practice import practice
from throughline.warehouse import Connection


@dataclass(frozen=True)
class Today:
    """The morning after the newest night. `seq` and `business_date` are None before the first one."""

    time_zone: str
    cut_off: datetime
    seq: int | None = None
    business_date: date | None = None

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
        "select seq, business_date, cut_off from operations.night where status <> 'void'"
        " order by seq desc limit 1"
    ).fetchone()
    if row is None:
        return Today(zone, datetime.now(UTC))
    return Today(zone, row[2], row[0], row[1])
