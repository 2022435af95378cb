"""Writes the facts of a night into `evidence.fact`, and retracts those whose record was withdrawn."""

from __future__ import annotations

from throughline.evidence.files import stated
from throughline.evidence.unmapped import note_unmapped, resting, rests, state_mapped
from throughline.sources import catalogue
from throughline.sources.entry import Table
from throughline.warehouse import Connection, failpoints, nights, refresh_statistics, sql

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
    """Write the facts of the records that became known on night `seq`; returns rows by feed.

    Facts of records that the night retracted are retracted under its number. A rerun of the night
    undoes its own rows and writes the same ones again. What earlier nights left undone is written
    under their numbers. A night that is not the newest only adds missing facts; what later nights
    retracted stays retracted. Does not commit. Raises `CatalogueError` for a file of facts that is
    missing or has the wrong columns.
    """
    for undone in nights.left_undone(conn, seq):
        _assert(conn, undone)
    if nights.is_newest(conn, seq):
        sql.run(conn, "evidence/take_back.sql", seq=seq)
    return _assert(conn, seq)


def _assert(conn: Connection, seq: int) -> dict[str, int]:
    counts = {"retracted": _retract(conn, seq)}
    changed = _changed(conn, "known_seq", seq)
    failpoints.hit("evidence.after_retract")
    known = tuple(resting())
    note_unmapped(conn, seq, known)
    failpoints.hit("evidence.after_unmapped")
    resting_on = rests(known)
    for feed in catalogue.FEEDS:
        stating = [table for table in feed.tables if table.facts]
        if stating:
            counts[feed.name] = sum(
                _write(conn, query, seq, resting_on)
                for table in stating
                for query in stated(conn, feed, table)
                if _is_in(changed, table)
            )
            failpoints.hit(f"evidence.after_{feed.name}")
    counts["mapped"] = state_mapped(conn, seq)
    counts["by_hand"] = sql.run(conn, "evidence/recorded.sql", seq=seq).count("facts_recorded")
    for number in nights.later(conn, seq):
        _retract(conn, number)
    refresh_statistics(conn, "evidence.fact", sum(counts.values()))
    sql.run(conn, "evidence/reversals.sql", seq=seq)
    return counts


def _retract(conn: Connection, seq: int) -> int:
    changed = _changed(conn, "retracted_seq", seq)
    return sum(
        sql.run(conn, "evidence/retract.sql", {"gone": gone(table)}, seq=seq).total
        for _, table in catalogue.tables()
        if (table.facts or any(code.must_be_known for code in table.codes))
        and _is_in(changed, table)
    )


def _changed(conn: Connection, column: str, seq: int) -> frozenset[str]:
    """Return the tables of `core` with a record whose `column`, `known_seq` or `retracted_seq`, is this night.

    A statement of facts is long to plan, and most nights bring something for a few tables only.
    """
    names = dict.fromkeys(table.name for _, table in catalogue.tables())
    each = [
        f"select '{name}' where exists (select from core.{name} where {column} = %(seq)s)"
        for name in names
    ]
    rows = conn.execute("\nunion all ".join(each).encode(), {"seq": seq}).fetchall()
    return frozenset(name for (name,) in rows)


def _is_in(changed: frozenset[str], table: Table) -> bool:
    return table.name in changed or (table.follows is not None and table.follows.table in changed)


def gone(table: Table) -> str:
    """Return the query for the records of a table whose facts night `seq` retracts."""
    if table.follows is None:
        return _GONE.format(table=table.name)
    return _GONE_WITH_ANOTHER.format(
        table=table.name, other=table.follows.table, by=table.follows.by
    )


def _write(conn: Connection, query: str, seq: int, resting_on: str) -> int:
    given = {"stated": query, "rests": resting_on}
    return sql.run(conn, "evidence/write.sql", given, seq=seq).total
