"""Writes the facts of a night into `evidence.fact`, and takes back those whose record fell away.

A file of facts, `sql/evidence/<table>.sql`, holds one select for each kind of fact (or a few kinds
that exclude each other) that a record of `core.<table>` states. A select names the `record`, the
`kind` and `occurred_at`, and of the other columns of `SHAPE` those that its fact has. What is the
same for all facts (id, whose record, which version, which batch) follows from the record, and one
statement, `sql/evidence/write.sql`, writes them.
"""

from __future__ import annotations

from psycopg import errors

from throughline.sources import catalogue
from throughline.sources.catalogue import CatalogueError, Feed, Table
from throughline.warehouse import Connection, failpoints, nights, refresh_statistics, sql

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
"""What a select of facts may name, and what stands there if it does not. None: it must."""

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

_GONE = """
select
    r.source,
    '{table}/' || r.source_id as source_ref,
    r.source_version,
    r.known_seq
from core.{table} as r
where r.retracted_seq = %(seq)s"""

_GONE_WITH_ANOTHER = """
select
    r.source,
    '{table}/' || r.source_id as source_ref,
    null::text as source_version,
    null::bigint as known_seq
from core.{table} as r
where r.retracted_seq = %(seq)s
union
select r.source, '{table}/' || r.source_id, null, null
from core.{other} as c
inner join core.{table} as r on r.{by} = c.source_id and r.source = c.source
where c.retracted_seq = %(seq)s"""


def assert_facts(conn: Connection, seq: int) -> dict[str, int]:
    """Write the facts that records known in night `seq` state; returns rows by feed.

    Facts of records that the night retracted are retracted with its number. Run again for the
    same night it takes back what it wrote and writes the same rows; what nights before it left undone
    is written with their numbers. A night that is not the newest takes nothing back: it writes what
    is missing, and what later nights took back stays taken back. Does not commit. Raises
    `CatalogueError` for a file of facts that is not there or not of the shape.
    """
    for undone in nights.left_undone(conn, seq):
        _assert(conn, undone)
    if nights.is_newest(conn, seq):
        sql.run(conn, "evidence/take_back.sql", seq=seq)
    return _assert(conn, seq)


def _assert(conn: Connection, seq: int) -> dict[str, int]:
    counts = {"retracted": _retract(conn, seq)}
    failpoints.hit("evidence.after_retract")
    for feed in catalogue.FEEDS:
        stating = [table for table in feed.tables if table.facts]
        if stating:
            counts[feed.name] = sum(_write(conn, feed, table, seq) for table in stating)
            failpoints.hit(f"evidence.after_{feed.name}")
    for number in nights.later(conn, seq):
        _retract(conn, number)
    refresh_statistics(conn, "evidence.fact", sum(counts.values()))
    sql.run(conn, "evidence/reversals.sql", seq=seq)
    return counts


def _retract(conn: Connection, seq: int) -> int:
    return sum(
        sql.run(conn, "evidence/retract.sql", {"gone": gone(table)}, seq=seq).total
        for _, table in catalogue.tables()
        if table.facts
    )


def gone(table: Table) -> str:
    """Return the query of the records of a table whose facts a night (`seq`) takes back."""
    if table.follows is None:
        return _GONE.format(table=table.name)
    return _GONE_WITH_ANOTHER.format(
        table=table.name, other=table.follows.table, by=table.follows.by
    )


def _write(conn: Connection, feed: Feed, table: Table, seq: int) -> int:
    return sum(
        sql.run(conn, "evidence/write.sql", {"stated": query}, seq=seq).total
        for query in stated(conn, feed, table)
    )


_columns_of: dict[str, tuple[str, ...]] = {}


def stated(conn: Connection, feed: Feed, table: Table) -> list[str]:
    """Return the queries of the facts that a table's records state, in one shape.

    Raises `CatalogueError` when its file is not there, or says more or less than `SHAPE`.
    """
    path = f"evidence/{table.name}.sql"
    try:
        selects = [statement.rstrip().rstrip(";") for statement in sql.statements(path)]
    except FileNotFoundError:
        raise CatalogueError(f"{feed.name}: facts: there is no sql/{path}") from None
    return [
        _STATED.format(
            table=table.name,
            columns=",\n    ".join(_filled(_columns(conn, feed, path, select))),
            select=select,
        )
        for select in selects
    ]


def _columns(conn: Connection, feed: Feed, path: str, select: str) -> tuple[str, ...]:
    """Return the names that a select gives its columns; asked of the server once per process."""
    if select not in _columns_of:
        try:
            with conn.transaction():
                answer = conn.execute(
                    f"select * from (\n{select}\n) as f limit 0".encode(), {"seq": None}
                )
        except (errors.SyntaxError, errors.UndefinedColumn, errors.UndefinedTable) as error:
            said = error.diag.message_primary
            raise CatalogueError(f"{feed.name}: facts: sql/{path}: {said}") from None
        found = tuple(column.name for column in answer.description or ())
        needed = {"record", *(name for name, default in SHAPE.items() if default is None)}
        if missing := sorted(needed - set(found)):
            raise CatalogueError(f"{feed.name}: facts: sql/{path} names no {', '.join(missing)}")
        if unknown := sorted(set(found) - {"record", *SHAPE}):
            raise CatalogueError(
                f"{feed.name}: facts: sql/{path}: a fact has no {', '.join(unknown)}"
            )
        _columns_of[select] = found
    return _columns_of[select]


def _filled(found: tuple[str, ...]) -> list[str]:
    return [
        f"f.{name}" if name in found else f"{default} as {name}" for name, default in SHAPE.items()
    ]
