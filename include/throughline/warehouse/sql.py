"""Runs the files of `sql/`: set-based work stays SQL that can be read and explained alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from throughline.warehouse.connection import Connection

ROOT = Path(__file__).resolve().parents[3] / "sql"

_DOLLAR_QUOTE = re.compile(r"\$[a-z_]*\$")


@dataclass(frozen=True)
class Result:
    """What a file did: `counts[n]` rows touched by its n-th statement, `rows` of the last query."""

    counts: tuple[int, ...]
    rows: list[tuple[Any, ...]]

    @property
    def total(self) -> int:
        """Rows touched by all statements together."""
        return sum(self.counts)


def split(text: str) -> list[str]:
    """Split a file into statements: one ends at a line that ends with `;` outside `$$` quotes."""
    statements: list[str] = []
    lines: list[str] = []
    quote: str | None = None
    for line in text.splitlines():
        code = line.split("--", 1)[0] if quote is None else line
        for mark in _DOLLAR_QUOTE.findall(code):
            quote = mark if quote is None else (None if mark == quote else quote)
        lines.append(line)
        if quote is None and code.rstrip().endswith(";"):
            statements.append("\n".join(lines).strip())
            lines = []
    rest = "\n".join(lines)
    if any(line.strip() and not line.strip().startswith("--") for line in lines):
        statements.append(rest.strip())
    return statements


@lru_cache(maxsize=512)
def statements(path: str) -> tuple[str, ...]:
    """Return the statements of `sql/<path>`. Raises `FileNotFoundError`."""
    return tuple(split((ROOT / path).read_text(encoding="utf-8")))


def run(conn: Connection, path: str, **params: object) -> Result:
    """Run every statement of `sql/<path>` in the connection's transaction, with named `params`.

    A literal percent sign in a file that takes parameters is written `%%`.
    Raises `psycopg.Error`; the caller decides whether to split the work or to fail the step.
    """
    counts: list[int] = []
    rows: list[tuple[Any, ...]] = []
    with conn.cursor() as cursor:
        for statement in statements(path):
            cursor.execute(statement.encode(), params)
            counts.append(max(cursor.rowcount, 0))
            rows = cursor.fetchall() if cursor.description else []
    return Result(tuple(counts), rows)
