"""The files of facts: what the records of a table state, brought into one shape.

A file of facts, `sql/evidence/<table>.sql`, holds one select for each kind of fact (or a few kinds
that exclude each other) that a record of `core.<table>` states. A select names the `record`, the
`kind` and `occurred_at`, and of the other columns of `SHAPE` those that its fact has. What is the
same for all facts (id, whose record, which version, which batch) follows from the record, and one
statement, `sql/evidence/write.sql`, writes them.
"""

from __future__ import annotations

import re

import psycopg

from throughline.sources.entry import CatalogueError, Entry, Table
from throughline.warehouse import Connection, sql

SHAPE: dict[str, str | None] = {
    "kind": None,
    "occurred_at": None,
    "code_system": "null::text",
    "code": "null::text",
    "amount": "null::numeric",
    "starts_at": "null::timestamptz",
    "ends_at": "null::timestamptz",
    "identifiers": "'{}'::jsonb",
    "detail": "'{}'::jsonb",
    "subject_source": "(f.record).subject_source",
    "subject_id": "(f.record).subject_id",
    "source_version": "(f.record).source_version",
    "known_seq": "(f.record).known_seq",
}
"""What a select of facts may name, and what stands there if it does not. None: it must.

Only a record that follows another names `known_seq`: it may state its facts anew in a night in which
it did not change itself.
"""

_STATED = """
select
    (f.record).source,
    '{table}/' || (f.record).source_id as source_ref,
    (f.record).batch_id,
    (f.record).is_deleted,
    {columns}
from (
{select}
) as f"""

# The word or the words of a select that are its kind: a literal, or the branches of a case.
_KIND = re.compile(r"(?:'(\w+)'|case\b((?:(?!\bcase\b).)*?)\bend) as kind\b", re.DOTALL)
_BRANCH = re.compile(r"\b(?:then|else)\s+'(\w+)'")


def selects(table: str) -> tuple[str, ...]:
    """Return the selects of a table's file of facts. Raises `FileNotFoundError`."""
    return tuple(
        statement.rstrip().rstrip(";") for statement in sql.statements(f"evidence/{table}.sql")
    )


def tables() -> frozenset[str]:
    """Return the tables that have a file of facts: one that holds selects, and changes nothing."""
    return frozenset(
        path.stem
        for path in (sql.ROOT / "evidence").glob("*.sql")
        if re.match(r"(?:\s|--[^\n]*\n)*select\b", path.read_text(encoding="utf-8"))
    )


def kinds(select: str) -> frozenset[str]:
    """Return the kinds of fact that a select states; none when they cannot be told."""
    found = _KIND.search(select)
    if found is None:
        return frozenset()
    return frozenset([found[1]] if found[1] else _BRANCH.findall(found[2]))


def columns(conn: Connection, select: str) -> tuple[str, ...]:
    """Return the names that a select gives its columns; asked of the server once per process.

    Raises `psycopg.Error` for a select that cannot be run.
    """
    if select not in _columns_of:
        with conn.transaction():
            answer = conn.execute(
                f"select * from (\n{select}\n) as f limit 0".encode(), {"seq": None}
            )
        _columns_of[select] = tuple(column.name for column in answer.description or ())
    return _columns_of[select]


_columns_of: dict[str, tuple[str, ...]] = {}


def stated(conn: Connection, feed: Entry, table: Table) -> list[str]:
    """Return the queries of the facts that a table's records state, in one shape.

    Raises `CatalogueError` when the file is not there, or a select has more or fewer columns than
    a fact.
    """
    place = f"{feed.name}: facts: sql/evidence/{table.name}.sql"
    try:
        found = selects(table.name)
    except FileNotFoundError:
        raise CatalogueError(f"{place} is not there") from None
    queries = []
    for select in found:
        try:
            named = columns(conn, select)
        except psycopg.ProgrammingError as error:
            raise CatalogueError(f"{place}: {error.diag.message_primary}") from None
        needed = {"record", *(name for name, default in SHAPE.items() if default is None)}
        if missing := sorted(needed - set(named)):
            raise CatalogueError(f"{place} names no {', '.join(missing)}")
        if unknown := sorted(set(named) - {"record", *SHAPE}):
            raise CatalogueError(f"{place}: a fact has no {', '.join(unknown)}")
        if ("known_seq" in named) != (table.follows is not None):
            said = "a table that follows another" if table.follows else "only such a table"
            raise CatalogueError(f"{place}: {said} says in which night its facts became known")
        queries.append(
            _STATED.format(
                table=table.name,
                columns=",\n    ".join(
                    f"f.{name}" if name in named else f"{default} as {name}"
                    for name, default in SHAPE.items()
                ),
                select=select,
            )
        )
    return queries
