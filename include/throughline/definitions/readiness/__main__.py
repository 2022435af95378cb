"""`python -m throughline.definitions.readiness`: prints what can be proven with the configured feeds.

It says how far back each feed is wanted, too. With `--history` and the address in `THROUGHLINE_DSN`, it adds
what has come. It exits with 1 if something that a workflow needs can never be known.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from throughline import programs, warehouse
from throughline.definitions import examined
from throughline.definitions.readiness import BY_HAND, Need, came, needs, with_history
from throughline.definitions.readiness.back import Back, wanted
from throughline.practice import practice
from throughline.vocabulary.counts import count as counted


def table(found: list[Need]) -> Iterator[str]:
    """Yield the needs as lines of a table, with the workflows as headings."""
    width = max((len(one.name) for one in found), default=0)
    for workflow in dict.fromkeys(one.workflow for one in found):
        yield workflow
        for one in found:
            if one.workflow == workflow:
                yield f"  {one.mark:<8}{one.part:<11}{one.name:<{width}} {one.told}"
                if one.came:
                    yield f"  {'':<{19 + width}} came: {one.came}"
        yield ""


def reach(found: list[Back]) -> Iterator[str]:
    """Yield how far back each feed is wanted for the first load, and why, as lines of a table."""
    yield "how far back the first load is wanted, by feed"
    width = max((len(f"{one.source}/{one.feed}") for one in found), default=0)
    for one in found:
        given = (
            "all that it has"
            if one.fetched is None
            else f"{counted(one.fetched, 'day')} (history_days)"
        )
        yield f"  {f'{one.source}/{one.feed}':<{width}} {one.told}{': TOO LITTLE IS FETCHED' if one.is_short else ''}"
        for each in one.why:
            yield f"  {'':<{width}} {each}"
        yield f"  {'':<{width}} fetched: {given}"
    yield ""


def main(arguments: list[str]) -> int:
    """Print the table; returns 0 if everything that matters can be known, else 1."""
    options = argparse.ArgumentParser(prog="throughline.definitions.readiness", description=__doc__)
    options.add_argument("--history", action="store_true")
    chosen = options.parse_args(arguments)
    checked = examined()
    try:
        found = needs(checked.workflows, checked.sources, practice())
    except (KeyError, TypeError, ValueError):
        found = []
    if not found:
        print("\n".join(checked.faults) or "no workflow is active", file=sys.stderr)
        return 1
    if chosen.history:
        with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
            found = with_history(found, came(conn))
    if checked.faults:
        print(
            f"{counted(len(checked.faults), 'fault')} below: nothing of a file with a fault counts here\n"
        )
    print("\n".join(table(found)))
    print("\n".join(reach(wanted(checked.workflows, checked.sources, practice()))))
    never = [one for one in found if one.matters and not one.is_met]
    unseen = sum(bool(one.lacks) and not one.matters for one in found)
    by_hand = sum(one.mark == BY_HAND for one in found)
    print(
        f"{len(never)} of {len(found)} can never be; {by_hand} by hand;"
        f" {unseen} go unseen (an exclusion or an answer to a claim that nothing would show)"
    )
    for fault in checked.faults:
        print(fault, file=sys.stderr)
    return 1 if never or checked.faults else 0


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]), unread=1)
