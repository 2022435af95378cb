"""`make sql-headers`: generates the header of every file of `sql/` from its statements, and `docs/sql.md`.

With `--check` it writes nothing and exits with 1 if something differs. With `--warehouse` it generates
`docs/warehouse.md` instead, from a temporary server that it migrates.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from stack import postgres
from tests.contracts import meaning, page
from tests.contracts.derive import derived, files, text_of, with_header
from tests.contracts.uses import uses
from throughline import warehouse
from throughline.warehouse.sql import ROOT


def main() -> int:
    """Write the files that differ; with `--check` only name them, and return 1 if there are any."""
    check = "--check" in sys.argv[1:]
    command = "make docs" if "--warehouse" in sys.argv[1:] else "make sql-headers"
    wrong = 0
    for path, wanted in _of_the_warehouse() if "--warehouse" in sys.argv[1:] else _of_sql():
        if wanted == (path.read_text(encoding="utf-8") if path.exists() else ""):
            continue
        wrong += 1
        if not check:
            path.write_text(wanted, encoding="utf-8")
        name = path.relative_to(ROOT.parent).as_posix()
        print(f"{name}: {f'differs; {command} writes it' if check else 'written'}")
    return 1 if check and wrong else 0


def _of_sql() -> Iterator[tuple[Path, str]]:
    for path in files():
        yield ROOT / path, with_header(text_of(path))
    yield page.TARGET, page.render({path: derived(text_of(path)) for path in files()})


def _of_the_warehouse() -> Iterator[tuple[Path, str]]:
    with postgres.throwaway() as server:
        warehouse.migrate(server.dsn())
        with warehouse.connect(server.dsn()) as conn:
            seen = meaning.look(conn)
    yield meaning.TARGET, meaning.render(seen, uses(seen.columns, seen.bodies))


if __name__ == "__main__":
    sys.exit(main())
