"""A night computed again from its inputs, and compared with what was recorded: what `make replay` runs.

`python -m throughline.proven.replay --business-date YYYY-MM-DD` or `--night SEQ`, with the
warehouse's address in the environment variable `THROUGHLINE_DSN`. Everything is cut at the night's
number and nothing is written. Ends with 1 when a digest differs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from throughline import cases, tasks, warehouse
from throughline.warehouse import Connection, nights


@dataclass(frozen=True)
class Replay:
    """The digests of one night: as recorded, and as computed again."""

    seq: int
    business_date: date
    recorded_state: str | None
    computed_state: str
    recorded_plan: str | None
    computed_plan: str

    @property
    def agrees(self) -> bool:
        """Whether both digests are the same."""
        return (self.recorded_state, self.recorded_plan) == (
            self.computed_state,
            self.computed_plan,
        )


def replay(conn: Connection, seq: int) -> Replay:
    """Compute the state and the plan of night `seq` again; rolls back. Raises `NightUnknownError`."""
    night = nights.by_seq(conn, seq)
    recorded = conn.execute(
        "select state_digest, plan_digest from operations.night where seq = %s", (seq,)
    ).fetchone()
    assert recorded is not None
    cases.derive_all(conn, seq, night.cut_off)
    state = cases.digest(conn, derived=True)
    # Between two nights nothing is planned: what a reconcile by day advances waits for the next.
    plan = "0" if night.kind == "intraday" else tasks.replay_plan(conn, seq, night.cut_off)
    conn.rollback()
    return Replay(seq, night.business_date, recorded[0], state, recorded[1], plan)


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay and tell; returns 0 when every night agrees, 1 when one does not, 2 when there is none."""
    parser = argparse.ArgumentParser(prog="python -m throughline.proven.replay")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--night", type=int, help="the number of a night")
    chosen.add_argument("--business-date", type=date.fromisoformat, help="every night of a date")
    given = parser.parse_args(arguments)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        rows = conn.execute(
            "select seq from operations.night where status = 'finished'"
            " and (seq = %s or business_date = %s) order by seq",
            (given.night, given.business_date),
        ).fetchall()
        if not rows:
            print("There is no finished night of that date or number.", file=sys.stderr)
            return 2
        results = [replay(conn, seq) for (seq,) in rows]
    for each in results:
        print(f"night {each.seq} of {each.business_date}: {'agrees' if each.agrees else 'DIFFERS'}")
        for name, recorded, computed in (
            ("state", each.recorded_state, each.computed_state),
            ("plan", each.recorded_plan, each.computed_plan),
        ):
            mark = "=" if recorded == computed else "≠"
            print(f"    {name}: recorded {recorded} {mark} computed {computed}")
    return 0 if all(each.agrees for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
