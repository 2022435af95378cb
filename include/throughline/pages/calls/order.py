"""In which order lists stand that may have thousands of rows: a process keeps it until a step of a night ends.

What a row says is asked each time.
"""

from __future__ import annotations

from dataclasses import dataclass

from throughline.pages.calls.stops import open_not_called
from throughline.programs.kept import Kept
from throughline.told.today import Today, how_far
from throughline.warehouse import Connection, sql

SECONDS = 3600
"""How long a process keeps an order, while no step of a night ends."""
CALLS = ("outreach", "scheduling")
"""Kinds of work that take a call."""


@dataclass(frozen=True)
class Order:
    """The ids of the tasks of a list in their order, and how many are of patients whom nobody may call."""

    tasks: tuple[str, ...]
    stopped: int

    def cut(self, page: int, size: int) -> dict[str, object]:
        """Return what one page of the list is asked by: its tasks, and how many there are on all pages."""
        begin = (page - 1) * size
        return {
            "tasks": list(self.tasks[begin : begin + size]),
            "total": len(self.tasks),
            "stopped": self.stopped,
        }


_kept: Kept[tuple[object, ...], Order] = Kept(12, SECONDS)


def of_calls(conn: Connection, now: Today, *, sees_patients: bool) -> Order:
    """Return the order of the calls that are due today or overdue.

    Whoever may not see patients is told neither by number nor by order whom nobody may call.
    """

    def made() -> Order:
        nobody = open_not_called(conn, now.cut_off) if sees_patients else []
        rows = sql.run(conn, "told/pages/call_order.sql", day_ends=now.ends, not_called=nobody).rows
        return _order(rows)

    return _kept.get((*how_far(conn, now), "calls", sees_patients), made)


def of_work(conn: Connection, now: Today, kind: str, *, sees_patients: bool) -> Order:
    """Return the order of the open work of a kind that stays inside; for whom, as `of_calls`."""
    asks = sees_patients and kind in CALLS

    def made() -> Order:
        nobody = open_not_called(conn, now.cut_off) if asks else []
        rows = sql.run(conn, "told/pages/work_order.sql", kind=kind, not_called=nobody).rows
        return _order(rows)

    return _kept.get((*how_far(conn, now), kind, asks), made)


def _order(rows: list[tuple[object, ...]]) -> Order:
    return Order(tuple(str(row[0]) for row in rows), sum(bool(row[1]) for row in rows))
