"""Recomputes a night from its inputs and compares the result with the record: what `make replay` runs.

`python -m throughline.proven.replay --business-date YYYY-MM-DD` or `--night SEQ`, with the
warehouse's address in the environment variable `THROUGHLINE_DSN`. It uses only what was known at the
night's number, and writes nothing. Exits with 1 if a digest differs. A night with another derivation
number may differ: the differences are listed by rule and are not an error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from throughline import cases, programs, tasks, warehouse
from throughline.warehouse import Connection, derivation, nights, sql


@dataclass(frozen=True)
class Difference:
    """Cases of a workflow whose `stage` (or `case`) was recorded in one state and now computes to another."""

    workflow: str
    stage: str
    recorded: str
    computed: str
    cases: int


@dataclass(frozen=True)
class Replay:
    """The digests of one night, as recorded and as recomputed.

    `derived_by` is the derivation number of the night. `differences` are filled only if it is not the
    number of this code. `removed` counts the files of the night whose bytes are gone, with the day on which
    the last of them went.
    """

    seq: int
    business_date: date
    recorded_state: str | None
    computed_state: str
    recorded_plan: str | None
    computed_plan: str
    derived_by: int
    differences: tuple[Difference, ...] = ()
    removed: tuple[int, date] | None = None

    @property
    def is_of_this_derivation(self) -> bool:
        """Whether the night has this code's derivation number, so that the digests must agree."""
        return self.derived_by == derivation.NUMBER

    @property
    def is_sound(self) -> bool:
        """Whether the digests agree, or the night has another derivation number."""
        return self.agrees or not self.is_of_this_derivation

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
        "select state_digest, plan_digest, derivation from operations.night where seq = %s", (seq,)
    ).fetchone()
    assert recorded is not None
    cases.derive_all(conn, seq, night.cut_off)
    state = cases.digest(conn, derived=True)
    differences: tuple[Difference, ...] = ()
    if recorded[2] != derivation.NUMBER:
        rows = sql.run(conn, "proven/replayed.sql", seq=seq).rows
        differences = tuple(Difference(*row) for row in rows)
    # A reconcile by day plans nothing: what it advances waits for the next night.
    plan = "0" if night.kind == "intraday" else tasks.replay_plan(conn, seq, night.cut_off)
    gone = conn.execute(
        "select count(*), max(r.removed_at)::date from landing.removed_file as r"
        " where exists (select from landing.file as f where f.path = r.path and f.known_seq = %s)",
        (seq,),
    ).fetchone()
    conn.rollback()
    return Replay(
        seq, night.business_date, recorded[0], state, recorded[1], plan, recorded[2], differences,
        removed=(gone[0], gone[1]) if gone and gone[0] else None,
    )  # fmt: skip


def tell(one: Replay) -> str:
    """Return the result of a replay as text: one line for the night, and one for each digest and difference."""
    mark = "agrees" if one.agrees else ("differs" if one.is_sound else "DIFFERS")
    lines = [f"night {one.seq} of {one.business_date}: {mark}"]
    for name, recorded, computed in (
        ("state", one.recorded_state, one.computed_state),
        ("plan", one.recorded_plan, one.computed_plan),
    ):
        sign = "=" if recorded == computed else "≠"
        lines.append(f"    {name}: recorded {recorded} {sign} computed {computed}")
    if not one.is_of_this_derivation:
        lines.append(
            f"    derived with rules number {one.derived_by}; this code has number {derivation.NUMBER}:"
            " differences are expected"
        )
        lines += [
            f"    {each.workflow} {each.stage}: {each.recorded} then, {each.computed} now"
            f" ({each.cases:,})"
            for each in one.differences
        ]
    if one.removed:
        lines.append(
            f"    the bytes of {one.removed[0]:,} of its files were removed by retention on {one.removed[1]}:"
            " this was computed from the records that were read out of them"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay and print; returns 0 if every night is sound, 1 if one is not, 2 if there is no such night."""
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
        print(tell(each))
    return 0 if all(each.is_sound for each in results) else 1


if __name__ == "__main__":
    programs.run(main, unread=1)
