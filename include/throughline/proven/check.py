"""Checks every invariant on all data: what `make check` runs.

`python -m throughline.proven.check [--night SEQ]`, with the warehouse's address in the
environment variable `THROUGHLINE_DSN`. Exits with 1 and a list of violations if one does not hold.
The heads of the chain that each night kept in the folder of `THROUGHLINE_CHAIN`, or else of
`THROUGHLINE_PAGES`, are compared with the chain. `--accept --by NAME --note WHY` takes the chain as it is:
from then on the file is held against it anew.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from throughline import warehouse
from throughline.proven import chain, invariants

WHAT_TO_DO = """
Change nothing yet: pause sending, and copy the database and the file. A copy of the file elsewhere, or the heads that
the monitor of the check-in address was told, say which of the two is right (docs/runbook.md, "The chain does not
agree"). Put the right file back, or restore the right backup. If neither is there, a person who knows why goes on with
what is here: make check ACTION=accept BY=... NOTE=... (--accept --by ... --note ...).
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the invariants and print the result; returns 0 if all hold, else 1."""
    parser = argparse.ArgumentParser(prog="python -m throughline.proven.check")
    parser.add_argument("--night", type=int, help="only what this night changed")
    parser.add_argument("--accept", action="store_true", help="take the chain as it is")
    parser.add_argument("--by", default="", help="who accepts it")
    parser.add_argument("--note", default="", help="why it does not agree with the file")
    given = parser.parse_args(arguments)
    folder = chain.folder_of(os.environ)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        broken = invariants.check(conn, given.night)
        if given.accept:
            wrong = _accept(folder, given.by.strip(), given.note.strip(), is_sound=not broken)
            if wrong:
                print(wrong, file=sys.stderr)
                return 2
        other = _other_heads(conn, folder)
        conn.rollback()
    if other:
        print("The chain is not the one whose heads were kept:\n")
        print("\n".join(f"    {line}" for line in other))
        print(WHAT_TO_DO)
    count = len(invariants.checks())
    where = "over everything" if given.night is None else f"on what night {given.night} changed"
    if not broken:
        print(f"All {count} checks of the invariants hold {where}.")
        return 1 if other else 0
    print(f"{len(broken)} of {count} checks of the invariants do not hold {where}:\n")
    print(invariants.tell(broken))
    return 1


def _accept(folder: Path | None, who: str, why: str, *, is_sound: bool) -> str | None:
    """Accept the chain; returns why that is refused."""
    if not who or not why:
        return "nothing was accepted: say who (BY=, --by) and why (NOTE=, --note)"
    if folder is None:
        return (
            "nothing was accepted: neither THROUGHLINE_CHAIN nor THROUGHLINE_PAGES names a folder"
        )
    if not is_sound:
        return "nothing was accepted: the checks of the invariants do not hold"
    chain.accept(folder, who, why)
    return None


def _other_heads(conn: warehouse.Connection, folder: Path | None) -> list[str]:
    """Return what differs between the kept heads of the chain and the chain, and print who accepted it."""
    if folder is None:
        return [
            "they were not looked at: neither THROUGHLINE_CHAIN nor THROUGHLINE_PAGES names the folder of"
            f" {chain.FILE}"
        ]
    known = chain.kept(folder)
    if known and known.accepted:
        said = known.accepted
        print(
            f"The chain was accepted as it was at {said['at']}, by {said['accepted_by']}: {said.get('why')}"
        )
    return chain.compare(conn, folder)


if __name__ == "__main__":
    sys.exit(main())
