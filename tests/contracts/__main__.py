"""`make sql-headers`: writes the header of every file of `sql/` from its statements, and the page that shows them.

With `--check` it writes nothing and ends with 1 when something differs.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "include")]

from derive import derived, files, text_of, with_header  # noqa: E402
from page import TARGET, render  # noqa: E402

from throughline.warehouse.sql import ROOT  # noqa: E402


def main() -> int:
    """Write what differs, or name it; returns 0, or with `--check` 1 when something differs."""
    check = "--check" in sys.argv[1:]
    wrong = []
    for path in files():
        text = text_of(path)
        if (wanted := with_header(text)) != text:
            wrong.append(f"sql/{path}")
            if not check:
                (ROOT / path).write_text(wanted, encoding="utf-8")
    contracts = {path: derived(text_of(path)) for path in files()}
    if (page := render(contracts)) != (TARGET.read_text("utf-8") if TARGET.exists() else ""):
        wrong.append("docs/sql.md")
        if not check:
            TARGET.write_text(page, encoding="utf-8")
    for path in wrong:
        print(f"{path}: {'differs; make sql-headers writes it' if check else 'written'}")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
