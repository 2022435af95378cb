"""Take a guide's rules from a clone of its repository, or write the tables of our answers to them.

python -m tests.guides extract GUIDE CLONE    writes `GUIDE.json` beside this file (bulk_data, backend_services)
python -m tests.guides table                  writes the tables into `docs/bulk-data.md`
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.guides import rules, table


def main(arguments: list[str]) -> int:
    """Do what the arguments say; returns the exit code."""
    if arguments[:1] == ["extract"] and len(arguments) == 3 and arguments[1] in table.GUIDES:
        guide = table.GUIDES[arguments[1]]
        found = rules.of(
            Path(arguments[2]), guide.revisions, guide.pages, is_wrapped=guide.is_wrapped
        )
        text = json.dumps([asdict(rule) for rule in found], indent=1)
        guide.rules.write_text(text + "\n", encoding="utf-8")
    elif arguments == ["table"]:
        table.PAGE.write_text(table.page(), encoding="utf-8")
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
