"""The moment of a night: its number and its clock, created only here and passed to every statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from throughline.practice import practice
from throughline.warehouse import nights
from throughline.warehouse.connection import Connection


@dataclass(frozen=True)
class Moment:
    """The knowledge time and the clock of a night.

    `seq` is the number up to which things are known, `since` the last finished night before it,
    `as_of` the current time of its clocks (UTC), `business_date` the local day that ended before
    `as_of`, and `zone` the practice's time zone.
    """

    seq: int
    since: int
    as_of: datetime
    business_date: date
    zone: ZoneInfo

    @property
    def local(self) -> datetime:
        """The night's current time in the practice's time zone."""
        return self.as_of.astimezone(self.zone)

    @property
    def params(self) -> dict[str, object]:
        """The moment as statement parameters: `seq`, `since`, `as_of`, `business_date`."""
        return {
            "seq": self.seq,
            "since": self.since,
            "as_of": self.as_of,
            "business_date": self.business_date,
        }


def moment_of(conn: Connection, seq: int, as_of: datetime | None = None) -> Moment:
    """Return the moment of night `seq`; `as_of` defaults to its cut-off.

    The business date follows from the clock: a rerun of an earlier date has the newest night's clock,
    and therefore its date. Raises `NightUnknownError` if `as_of` is not given and there is no such
    night.
    """
    zone = ZoneInfo(practice().time_zone)
    now = nights.by_seq(conn, seq).cut_off if as_of is None else as_of
    return Moment(
        seq=seq,
        since=nights.finished_before(conn, seq),
        as_of=now,
        business_date=now.astimezone(zone).date() - timedelta(days=1),
        zone=zone,
    )
