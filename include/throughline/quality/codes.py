"""Codes of a delivery that nobody has mapped: counted by the gate, which sets no row aside for them."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from throughline.sources import catalogue
from throughline.sources.codes import known_codes
from throughline.sources.entry import Code
from throughline.warehouse import Connection

LISTED = 10
"""How many codes of a field a verdict names."""

# A value is named only if it looks like a code and is not a patient's name or number.
_COUNTED = """
with said as (
    select {code}::text as code, count(*) as times
    from staging.{table} as r
    where r.batch_id = %(batch)s and not r.is_deleted and {code}::text <> all(%(words)s) and {more}
    group by 1
)

select
    case
        when s.code ~ '^[A-Za-z0-9][A-Za-z0-9._:/+-]{{0,39}}$' and not exists (
            select from core.patient as p
            where p.retracted_seq is null
                and lower(s.code) in (
                    lower(p.family), lower(p.given), lower(p.mrn), lower(p.source_id), p.phone,
                    p.postal_code, p.birth_date::text, to_char(p.birth_date, 'YYYYMMDD')
                )
        ) and not exists (
            select from staging.patient as p
            where lower(s.code) in (lower(p.family), lower(p.given), lower(p.mrn), lower(p.source_id), p.phone)
        ) then s.code
        else 'not shown'
    end as code,
    sum(s.times)::bigint as times
from said as s
group by 1
order by 2 desc, 1
"""


def unmapped(conn: Connection, batch_id: UUID, feed: str) -> list[str]:
    """Return the codes of a staged batch that are not known, by field: `appointment.status: NS 3, X 1`."""
    found = []
    for table in catalogue.entry(feed).tables:
        for code in table.codes:
            if code.must_be_known and (told := _told(conn, batch_id, table.name, code)):
                found.append(f"{table.name}.{code.name}: {told}")
    return found


def _told(conn: Connection, batch_id: UUID, table: str, code: Code) -> str:
    words = sorted(known_codes()[f"{table}.{code.name}"].words)
    more: list[sql.Composable] = [sql.SQL("true")]
    if code.by_prefix:
        more.append(
            sql.SQL(
                "not exists (select from unnest(%(words)s::text[]) as k (word)"
                " where starts_with({}::text, k.word))"
            ).format(sql.Identifier("r", code.name))
        )
    if code.understood:
        more.append(
            sql.SQL("coalesce({} <> all(%(understood)s), true)").format(
                sql.Identifier("r", code.system)
            )
        )
    rows = conn.execute(
        sql.SQL(_COUNTED).format(
            code=sql.Identifier("r", code.name),
            table=sql.Identifier(table),
            more=sql.SQL(" and ").join(more),
        ),
        {"batch": batch_id, "words": words, "understood": list(code.understood)},
    ).fetchall()
    told = [f"{name} {times}" for name, times in rows[:LISTED]]
    if len(rows) > LISTED:
        told.append(f"{len(rows) - LISTED} more")
    return ", ".join(told)
