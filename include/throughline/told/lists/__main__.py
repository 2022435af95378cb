"""`python -m throughline.told.lists deliveries|quarantine`: prints a list as CSV.

The environment variable `THROUGHLINE_DSN` has the address of the warehouse; a login that only reads is enough.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from throughline import programs, warehouse
from throughline.told import lists


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list; returns 0."""
    parser = argparse.ArgumentParser(prog="python -m throughline.told.lists")
    parser.add_argument("list", choices=lists.LISTS)
    given = parser.parse_args(arguments)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        lists.write(conn, given.list, sys.stdout)
    return 0


if __name__ == "__main__":
    programs.run(main)
