"""`python -m throughline.told.starting`: prints the first load; `THROUGHLINE_DSN` has the address of the warehouse."""

from __future__ import annotations

import os

from throughline import programs, warehouse
from throughline.told import starting


def main() -> int:
    """Print what the first load found and left out; returns 0."""
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        print(starting.told(starting.first(conn)), end="")
    return 0


if __name__ == "__main__":
    programs.run(main)
