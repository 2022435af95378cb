"""`python -m throughline.tasks.observing`: lists what is observed or held, and lets it out.

Without arguments it lists, with the warehouse's address in `THROUGHLINE_DSN`. With a workflow, an action and `--list`
it records that somebody lets out the list of that number. No patient data is printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from throughline import programs, warehouse
from throughline.decisions import Request, command_line
from throughline.programs.commands import as_here
from throughline.tasks.observing import ABOUT, ACT, THINGS, Held, Thing, held, things, told


def main(arguments: Sequence[str] | None = None) -> int:
    """List, or record one decision; returns 0, or 2 with the reason when it cannot be recorded."""
    said = sys.argv[1:] if arguments is None else arguments
    if not said:
        with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
            print(as_here("\n".join(_listed(things(conn), held(conn)))))
        return 0
    asks = command_line.parser("throughline.tasks.observing", "a workflow", (ACT,))
    asks.add_argument("--list", default="", help="the number of the list, as you have seen it")
    given = asks.parse_args(said)

    def asked(_: object) -> Request:
        return Request(ACT, ABOUT, given.id, given.by, given.note, {"list": given.list})

    return command_line.decide(given, asked)


def _listed(found: list[Thing], waiting: list[Held]) -> Iterator[str]:
    """Yield what is observed and held in words, a line for each workflow and kind, and what lets it out."""
    if not found:
        yield "Nothing is observed, and nothing is held."
    for title, is_held in (
        ("Held until somebody lets it out", True),
        ("Observed: nothing of it goes out", False),
    ):
        rows = [one for one in found if one.is_held == is_held]
        if rows:
            yield title
        for workflow in dict.fromkeys(one.workflow for one in rows):
            of = [one for one in rows if one.workflow == workflow]
            kinds = {kind: sum(one.kind == kind for one in of) for kind in THINGS}
            yield f"  {workflow}: {told(kinds)}"
            for kind in THINGS:
                mine = [one for one in of if one.kind == kind]
                if not mine:
                    continue
                charge = sum(one.amount for one in mine)
                money = f", {charge:,.2f} US dollars" if kind == "billing" else ""
                cases = " ".join(one.case_number for one in mine[:MOST])
                more = f" and {len(mine) - MOST:,} more" if len(mine) > MOST else ""
                since = min(one.since for one in mine)
                yield f"    {THINGS[kind][len(mine) > 1]} since {since}{money}: case {cases}{more}"
        for by in sorted({one.let_out_by for one in rows if one.let_out_by}):
            yield f"  {by} has let some of it out: the next night plans that"
    for one in waiting:
        yield f"Let out {one.told}: make release-observed WORKFLOW={one.workflow} LIST={one.number} BY=you NOTE=why"


MOST = 8
"""Cases that are listed of each kind."""

if __name__ == "__main__":
    programs.run(main)
