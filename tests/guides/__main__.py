"""Take a guide's rules from a clone of its repository, or write the table of our answers to them.

python -m tests.guides extract CLONE    writes `bulk_data.json` beside this file
python -m tests.guides table            writes the table into `docs/bulk-data.md`
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.guides import rules, table

# STU 2 was published on 2021-11-26 and has no tag: this is the last revision before it.
REVISIONS = {"2.0": "492174b", "3.0": "3.0.0"}


def main(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    if arguments[:1] == ["extract"] and len(arguments) == 2:
        found = [asdict(rule) for rule in rules.of(Path(arguments[1]), REVISIONS)]
        table.RULES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    elif arguments == ["table"]:
        table.PAGE.write_text(table.page(), encoding="utf-8")
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
