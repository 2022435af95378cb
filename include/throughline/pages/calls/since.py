"""Calls that somebody recorded by hand since the last night, so that nobody calls again: they count from tonight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from throughline.warehouse import Connection, sql


@dataclass(frozen=True)
class Made:
    """A call that was recorded by hand: when it was (UTC), and who recorded it. How it ended is not said."""

    called_at: datetime
    by: str


def made_since(conn: Connection, cases: Iterable[str]) -> dict[str, Made]:
    """Return the newest call recorded since the last night that counts for a case, by case."""
    asked = sorted(set(cases))
    if not asked:
        return {}
    rows = sql.run(conn, "told/pages/recorded_calls.sql", cases=asked).rows
    return {case_id: Made(called_at, by) for case_id, called_at, by in rows}
