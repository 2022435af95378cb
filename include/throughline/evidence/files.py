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
    "codings": "null::jsonb",
    "status": "null::text",
    "amount": "null::numeric",
    "value": "null::numeric",
    "unit": "null::text",
    "starts_at": "null::timestamptz",
    "ends_at": "null::timestamptz",
    "issued_at": "null::timestamptz",
    "collected_at": "null::timestamptz",
    "day_only": "null::boolean",
    "identifiers": "'{}'::jsonb",
    "detail": "'{}'::jsonb",
    "subject_source": "(f.record).subject_source",
    "subject_id": "(f.record).subject_id",
    "source_version": "(f.record).source_version",
    "known_seq": "(f.record).known_seq",
}
"""The columns of a fact, each with the default for a select that leaves it out; None: required.

Only a table that follows another may set `known_seq`: its records can state new facts on a night when
they did not change themselves.
"""

_STATED = """
select
    (f.record).source,
    '{table}/' || (f.record).source_id as source_ref,
    (f.record).batch_id,
    (f.record).is_deleted,
    {part_of} as part_of,
    {columns}
from (
{select}
) as f
where (f.record).retracted_seq is null or (f.record).retracted_seq > %(seq)s"""

# The kind of a select's facts: a literal, or the branches of a case.
_KIND = re.compile(r"(?:'(\w+)'|case\b((?:(?!\bcase\b).)*?)\bend) as kind\b", re.DOTALL)
_BRANCH = re.compile(r"\b(?:then|else)\s+'(\w+)'")


def selects(table: str) -> tuple[str, ...]:
    """Return the selects of a table's file of facts. Raises `FileNotFoundError`."""
    return tuple(
        statement.rstrip().rstrip(";") for statement in sql.statements(f"evidence/{table}.sql")
    )


def tables() -> frozenset[str]:
    """Return the tables that have a file of facts: one made of selects only."""
    return frozenset(
        path.stem
        for path in (sql.ROOT / "evidence").glob("*.sql")
        if re.match(r"(?:\s|--[^\n]*\n)*select\b", path.read_text(encoding="utf-8"))
    )


def kinds(select: str) -> frozenset[str]:
    """Return the kinds of fact that a select states; empty if its text does not show them."""
    found = _KIND.search(select)
    if found is None:
        return frozenset()
    return frozenset([found[1]] if found[1] else _BRANCH.findall(found[2]))


def columns(conn: Connection, select: str) -> tuple[str, ...]:
    """Return the column names of a select, from the server; cached per process.

    Raises `psycopg.Error` if the select cannot run.
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
    """Return the queries for the facts of a table's records, all with the columns of a fact.

    Raises `CatalogueError` if the file is missing, or if a select lacks a required column or has
    an unknown one.
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
                part_of="null::text"
                if table.whole is None
                else f"'{table.whole.table}/' || (f.record).{table.whole.by}",
                columns=",\n    ".join(
                    f"f.{name}" if name in named else f"{default} as {name}"
                    for name, default in SHAPE.items()
                ),
                select=select,
            )
        )
    return queries
