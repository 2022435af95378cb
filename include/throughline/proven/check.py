"""Checks every invariant on all data: what `make check` runs.

`python -m throughline.proven.check [--night SEQ]`, with the warehouse's address in the
environment variable `THROUGHLINE_DSN`. Exits with 1 and a list of violations if one does not hold.
The heads of the chain that each night kept in the folder of `THROUGHLINE_CHAIN`, or else of
`THROUGHLINE_PAGES`, are compared with the chain.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from throughline import warehouse
from throughline.proven import chain, invariants


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the invariants and print the result; returns 0 if all hold, else 1."""
    parser = argparse.ArgumentParser(prog="python -m throughline.proven.check")
    parser.add_argument("--night", type=int, help="only what this night changed")
    given = parser.parse_args(arguments)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        broken = invariants.check(conn, given.night)
        other = _other_heads(conn)
        conn.rollback()
    if other:
        print("The chain is not the one whose heads were kept:\n")
        print("\n".join(f"    {line}" for line in other))
    count = len(invariants.checks())
    where = "over everything" if given.night is None else f"on what night {given.night} changed"
    if not broken:
        print(f"All {count} checks of the invariants hold {where}.")
        return 1 if other else 0
    print(f"{len(broken)} of {count} checks of the invariants do not hold {where}:\n")
    print(invariants.tell(broken))
    return 1


def _other_heads(conn: warehouse.Connection) -> list[str]:
    """Return what differs between the kept heads of the chain and the chain."""
    folder = os.environ.get("THROUGHLINE_CHAIN") or os.environ.get("THROUGHLINE_PAGES")
    if not folder:
        return []
    try:
        return chain.compare(conn, chain.kept(Path(folder)))
    except ValueError as error:
        return [str(error)]


if __name__ == "__main__":
    sys.exit(main())
