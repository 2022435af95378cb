"""Runs the SQL that evaluates a night over the rules of all workflows, in order.

What it finds are temporary tables of the caller's transaction (`e_…`); it writes nothing else and does not commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from throughline.warehouse import sql
from throughline.warehouse.connection import Connection

RULES = ("rules", "rules_of_cases")
HITS = ("described", "hits")
MOMENTS = ("leaves/anchors", "leaves/newest", "conditions/moments", "conditions/soonest")
LEAVES = (
    "leaves/asked", "leaves/matches", "leaves/counts", "leaves/sums", "leaves/latest", "conditions/of_the_case",
)  # fmt: skip
STAGES = (
    "conditions/due_days", "stages/proofs", "stages/ends", "stages/skips", "stages/clocks",
    "stages/pauses", "stages/dues",
    "stages/late", "stages/in_time", "state/bills",
)  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """A night: its number is our knowledge time, `now` its instant; the practice's zone, and when its day begins."""

    seq: int
    now: datetime
    zone: str
    day_begins: time = time(8)
    may_be_negative: tuple[str, ...] = ()
    """Kinds whose values can be negative: a sum of them is not decided early (15)."""

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters of every file."""
        return {
            "seq": self.seq, "now": self.now, "zone": self.zone, "day_begins": self.day_begins,
            "may_be_negative": list(self.may_be_negative),
        }  # fmt: skip


def evaluate(conn: Connection, moment: Moment, *, with_cases: bool) -> None:
    """Evaluate every row of e_case, level by level: moments, conditions, stages, ends and what is billed."""
    sql.drop_made(conn, "engine/conditions/tables.sql")
    sql.run(conn, "engine/conditions/tables.sql")
    params = {**moment.params, "with_cases": with_cases}
    for level, depths in _levels(conn):
        for name in (*MOMENTS, *LEAVES):
            sql.run(conn, f"engine/{name}.sql", level=level, **params)
        for depth in range(1, depths + 1):
            sql.run(conn, "engine/conditions/lists.sql", level=level, depth=depth, **params)
        for name in STAGES:
            sql.run(conn, f"engine/{name}.sql", level=level, **params)


def _levels(conn: Connection) -> list[tuple[int, int]]:
    """Return the levels that the rules have, each with the depth of its conditions."""
    rows = conn.execute(
        "select l.level, max(l.depth) from ("
        " select level, depth from r_condition union all select level, 0 from r_moment"
        " union all select level, 0 from r_end union all"
        " select greatest(proof_level, skip_level, clock_level, late_level, time_level), 0 from r_stage union all"
        " select greatest(due_day_level, bills_level), 0 from r_version) as l group by l.level"
    ).fetchall()
    depth_of = {int(level): int(depth) for level, depth in rows}
    return [(level, depth_of.get(level, 0)) for level in range(1, max(depth_of, default=0) + 1)]
