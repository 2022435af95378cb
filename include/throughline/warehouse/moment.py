"""The moment of a night: its number and its clock, made here alone and handed to every statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from throughline.practice import practice
from throughline.warehouse import nights
from throughline.warehouse.connection import Connection


@dataclass(frozen=True)
class Moment:
    """What a night knows and when it is.

    `seq` is the number up to which things are known, `since` the last night before it that finished,
    `as_of` the now of its clocks (UTC), `business_date` the local day that ended before it, `zone`
    the practice's.
    """

    seq: int
    since: int
    as_of: datetime
    business_date: date
    zone: ZoneInfo

    @property
    def local(self) -> datetime:
        """The now of the night on the practice's clock."""
        return self.as_of.astimezone(self.zone)

    @property
    def params(self) -> dict[str, object]:
        """The moment as parameters of a statement: `seq`, `since`, `as_of`, `business_date`."""
        return {
            "seq": self.seq,
            "since": self.since,
            "as_of": self.as_of,
            "business_date": self.business_date,
        }


def moment_of(conn: Connection, seq: int, as_of: datetime | None = None) -> Moment:
    """Return the moment of night `seq`; `as_of` is its cut-off if nothing else is said.

    The business date follows from the clock: a rerun of an earlier date has the clock of the newest
    night, and so its date. Raises `NightUnknownError` when the night is asked for its cut-off.
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
