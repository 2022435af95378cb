"""How old the open exceptions are, by who owns them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from throughline.told.today import Today
from throughline.warehouse import Connection, sql


@dataclass(frozen=True)
class Age:
    """Open exceptions of one owner by how many days they have been open."""

    owner_team: str
    owner: str | None
    days_0_1: int
    days_2_7: int
    days_8_30: int
    days_31: int
    overdue: int
    oldest_at: datetime

    @property
    def total(self) -> int:
        """All of them."""
        return self.days_0_1 + self.days_2_7 + self.days_8_30 + self.days_31


def ages(conn: Connection, now: Today) -> list[Age]:
    """Return the open exceptions by owner and age, as of the newest night."""
    rows = sql.run(conn, "told/pages/exception_ages.sql", of_moment=now.cut_off).rows
    return [Age(*row) for row in rows]
