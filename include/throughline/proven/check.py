"""Checks every invariant on all data: what `make check` runs.

`python -m throughline.proven.check [--night SEQ]`, with the warehouse's address in the
environment variable `THROUGHLINE_DSN`. Exits with 1 and a list of violations if one does not hold.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from throughline import warehouse
from throughline.proven import invariants


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the invariants and print the result; returns 0 if all hold, else 1."""
    parser = argparse.ArgumentParser(prog="python -m throughline.proven.check")
    parser.add_argument("--night", type=int, help="only what this night changed")
    given = parser.parse_args(arguments)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        broken = invariants.check(conn, given.night)
        conn.rollback()
    count = len(invariants.checks())
    where = "over everything" if given.night is None else f"on what night {given.night} changed"
    if not broken:
        print(f"All {count} checks of the invariants hold {where}.")
        return 0
    print(f"{len(broken)} of {count} checks of the invariants do not hold {where}:\n")
    print(invariants.tell(broken))
    return 1


if __name__ == "__main__":
    sys.exit(main())
