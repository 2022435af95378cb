"""Where the records stand whose code nobody has mapped: file and row, so that somebody can look it up there."""

from __future__ import annotations

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


def places(conn: Connection, reason: str, exception_id: str) -> str:
    """Return where the newest records with the code stand: `row 14 of calls_20260305.csv`; empty for other reasons.

    Names of files and numbers of rows, as the quarantine has them, and no value: it may be a patient's name.
    """
    if reason != "code_not_mapped":
        return ""
    standing = sql.run(conn, "told/code_records.sql", exception_id=exception_id, most=MOST).rows
    tables = {table.name for _, table in catalogue.tables()}
    found: list[str] = []
    for source, source_ref, version in standing:
        table, _, source_id = source_ref.partition("/")
        if table not in tables:
            continue
        query = text.SQL(_PLACE).format(table=text.Identifier(table))
        row = conn.execute(query, (source, source_id, version)).fetchone()
        if row is not None:
            found.append(f"row {row[1]} of {row[0]}")
    return ", ".join(found)
