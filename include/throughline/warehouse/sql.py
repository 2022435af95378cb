"""Runs the files of `sql/`, so that set-based work stays SQL that can be read on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from throughline.warehouse import contract
from throughline.warehouse.connection import Connection

ROOT = Path(__file__).resolve().parents[3] / "sql"

_DOLLAR_QUOTE = re.compile(r"\$[a-z_]*\$")
# What precedes the query of a statement: comments, and the `create temp table` around it.
_OPENING = re.compile(
    r"(?:\s|--[^\n]*\n)*(?:create temp table \w+(?: on commit drop)? as\s+)?(?:--[^\n]*\n\s*)*"
)
_WITH = re.compile(r"with(?: recursive)?\b")


class UnknownCount(LookupError):
    """The file has no count with this name; the message names the file and the count."""


@dataclass(frozen=True)
class Result:
    """The result of a file: rows touched by each counted statement, and `rows` of the last query."""

    path: str
    counts: Mapping[str, int]
    rows: list[tuple[Any, ...]]

    def count(self, name: str) -> int:
        """Return the rows of the statement under `-- count: name`. Raises `UnknownCount`."""
        try:
            return self.counts[name]
        except KeyError:
            raise UnknownCount(f"sql/{self.path} counts no {name}") from None

    @property
    def total(self) -> int:
        """The number of rows touched by all counted statements."""
        return sum(self.counts.values())


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
    """Return the statements of `sql/<path>`, without its header. Raises `FileNotFoundError`."""
    return tuple(split(contract.read((ROOT / path).read_text(encoding="utf-8"))[1]))


@lru_cache(maxsize=512)
def contract_of(path: str) -> contract.Contract:
    """Return the header of `sql/<path>`. Raises `FileNotFoundError`."""
    return contract.read((ROOT / path).read_text(encoding="utf-8"))[0]


def drop_made(conn: Connection, *paths: str) -> None:
    """Drop the temporary tables and views that these files of `sql/` make, according to their headers."""
    names = [name for path in paths for name in contract_of(path).makes]
    found = conn.execute(
        "select relname, relkind = 'v' from pg_class"
        " where relname = any(%s) and relnamespace = pg_my_temp_schema()",
        (names,),
    ).fetchall()
    for kind, is_view in (("view", True), ("table", False)):
        made = [name for name, is_a_view in found if is_a_view == is_view]
        if made:
            conn.execute(f"drop {kind} {', '.join(made)}".encode())


def with_given(statement: str, given: Mapping[str, str]) -> str:
    """Return a statement with the relations it reads from `given` added as `with` queries.

    `given` maps names to queries; those that the statement mentions are put in front. This lets a
    file read a relation generated from a list, such as the catalogue of feeds, without naming every
    table.
    """
    code = "\n".join(line.split("--", 1)[0] for line in statement.splitlines())
    queries = ",\n\n".join(
        f"{name} as (\n{query}\n)"
        for name, query in given.items()
        if re.search(rf"\b{name}\b", code)
    )
    if not queries:
        return statement
    opening = _OPENING.match(statement)
    assert opening is not None
    before, query = statement[: opening.end()], statement[opening.end() :]
    if has_own := _WITH.match(query):
        return f"{before}{has_own[0]} {queries},\n\n{query[has_own.end() :].lstrip()}"
    return f"{before}with {queries}\n\n{query}"


def run(
    conn: Connection, path: str, given: Mapping[str, str] | None = None, /, **params: object
) -> Result:
    """Run every statement of `sql/<path>` in the connection's transaction, with named `params`.

    `given` holds relations that the file reads but does not make: see `with_given`.
    A literal percent sign in a file that takes parameters is written `%%`.
    Raises `psycopg.Error`; the caller decides whether to split the work or to fail the step.
    """
    counts: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    with conn.cursor() as cursor:
        for statement in statements(path):
            cursor.execute(with_given(statement, given or {}).encode(), params)
            if (name := contract.count_of(statement)) is not None:
                counts[name] = counts.get(name, 0) + max(cursor.rowcount, 0)
            rows = cursor.fetchall() if cursor.description else []
    return Result(path, counts, rows)
