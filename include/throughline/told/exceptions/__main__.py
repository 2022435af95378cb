"""Prints the open exceptions in words: `python -m throughline.told.exceptions`."""

from __future__ import annotations

import os

from throughline import programs, warehouse
from throughline.programs.commands import as_here
from throughline.told.exceptions import tell


def main() -> int:
    """Print the open exceptions; returns 0."""
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        print(as_here(tell(conn)))
    return 0


if __name__ == "__main__":
    programs.run(main)
