"""Where the records stand whose code nobody has mapped, or is new: file and row, so that somebody can look there."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql as text

from throughline.sources import catalogue
from throughline.warehouse import Connection, sql

MOST = 3
"""How many records are named."""
_PLACE = """
select f.original_name, r.row_no
from core.{table} as r
inner join landing.file as f on f.file_id = r.file_id
where r.source = %s and r.source_id = %s and r.source_version is not distinct from %s and r.retracted_seq is null
limit 1"""
# From the night on that brought the code first: the index on the nights leads there.
_PLACES_OF_CODE = """
select f.original_name, r.row_no
from core.{table} as r
inner join landing.file as f on f.file_id = r.file_id
where r.source = %s and r.{column} = %s and r.known_seq >= %s and r.retracted_seq is null and not r.is_deleted
order by r.known_seq, f.original_name, r.row_no
limit %s"""


def places(conn: Connection, reason: str, exception_id: str) -> str:
    """Return where records with the code stand: `row 14 of calls_20260305.csv`; empty for other reasons.

    The newest records of a code that nobody has mapped, the first ones of a new code. Names of files and numbers of
    rows, as the quarantine has them, and no value: it may be a patient's name.
    """
    found = {"code_not_mapped": _of_unmapped, "new_code": _of_new}.get(reason)
    if found is None:
        return ""
    return ", ".join(f"row {row_no} of {name}" for name, row_no in found(conn, exception_id))


def _of_unmapped(conn: Connection, exception_id: str) -> Iterator[tuple[str, int]]:
    standing = sql.run(conn, "told/code_records.sql", exception_id=exception_id, most=MOST).rows
    tables = {table.name for _, table in catalogue.tables()}
    for source, source_ref, version in standing:
        table, _, source_id = source_ref.partition("/")
        if table not in tables:
            continue
        query = text.SQL(_PLACE).format(table=text.Identifier(table))
        yield from conn.execute(query, (source, source_id, version)).fetchall()


def _of_new(conn: Connection, exception_id: str) -> Iterator[tuple[str, int]]:
    codes = sql.run(conn, "told/new_code_records.sql", exception_id=exception_id, most=MOST).rows
    fields = {
        f"{table.name}.{code.name}" for _, table in catalogue.tables() for code in table.codes
    }
    left = MOST
    for source, field, code, since in codes:
        if field not in fields or not left:
            continue
        table, _, column = field.partition(".")
        query = text.SQL(_PLACES_OF_CODE).format(
            table=text.Identifier(table), column=text.Identifier(column)
        )
        # of many codes, one record each
        most = left if len(codes) == 1 else 1
        rows = conn.execute(query, (source, code, since, most)).fetchall()
        left -= len(rows)
        yield from rows
