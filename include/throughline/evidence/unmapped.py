"""Codes that nobody has mapped: which records have them, and what those state once somebody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from throughline.evidence.files import stated
from throughline.sources import catalogue
from throughline.sources.entry import Code, Entry, Table
from throughline.warehouse import Connection, nights, sql

DAYS: dict[str, tuple[str, str]] = {
    "appointment": ("least(r.recorded_at, r.starts_at)", "greatest(r.recorded_at, r.starts_at)"),
    "charge_item": ("least(r.occurred_at, r.entered_at)", "greatest(r.occurred_at, r.entered_at)"),
    "communication": ("r.sent_at", "r.sent_at"),
    "condition": ("coalesce(r.onset_at, r.recorded_at)", "r.abated_at"),
    "coverage": ("r.starts_on", "r.ends_on"),
    "document_reference": (
        "least(r.authored_at, r.authenticated_at)",
        "greatest(r.authored_at, r.authenticated_at)",
    ),
    "encounter": ("r.starts_at", "r.ends_at"),
    "payment_notice": ("coalesce(r.recorded_at, r.paid_on)", "coalesce(r.recorded_at, r.paid_on)"),
    "procedure": ("r.starts_at", "r.ends_at"),
    "task": ("r.authored_at", "r.last_modified_at"),
}
"""The first and last moment that a record `r` of a table is about. A table not listed: any day."""

_SAID = """
select r.source, c.field, c.code, c.by_prefix
from (
    select source, {columns}
    from core.{table}
    where known_seq = %(seq)s and not is_deleted
    group by source, {columns}
) as r
cross join lateral (
    values {values}
) as c (field, code, by_prefix)
where c.code is not null"""

_CODED = """
select
    r.source,
    '{feed}' as feed,
    '{table}/' || r.source_id as source_ref,
    r.source_version,
    {subject_source} as subject_source,
    {subject_id} as subject_id,
    c.field,
    c.code_system,
    c.code,
    {from_on} as from_on,
    {until_on} as until_on,
    r.known_seq
from core.{table} as r
cross join lateral (
    values {values}
) as c (field, code_system, code, rests)
where r.known_seq = %(seq)s and not r.is_deleted and c.code is not null and c.rests"""

_LATE = """
insert into w_late
select (jsonb_populate_record(r, m.words || jsonb_build_object('known_seq', %(seq)s::bigint))).*
from core.{table} as r
inner join (
    select
        u.source,
        u.source_ref,
        u.source_version,
        jsonb_object_agg(split_part(u.field, '.', 2), k.word) as words
    from (select distinct source, source_ref, source_version from w_mapped) as w
    inner join evidence.unmapped as u
        on u.source = w.source and u.source_ref = w.source_ref and u.source_version = w.source_version
    cross join lateral (
        select o.word
        from evidence.known_code as o
        where o.field = u.field
            and o.source in (u.source, '')
            and (o.code = u.code or o.folded = lower(regexp_replace(u.code, '[^[:alnum:]]', '', 'g')))
        order by o.source desc, o.code = u.code desc, o.code
        limit 1
    ) as k
    where w.source_ref like '{table}/%%'
    group by u.source, u.source_ref, u.source_version
) as m
    on m.source = r.source and m.source_ref = '{table}/' || r.source_id and m.source_version = r.source_version
where r.retracted_seq is null and not r.is_deleted"""


@dataclass(frozen=True)
class Resting:
    """A field on whose codes facts of its record rest, and their kinds."""

    feed: Entry
    table: Table
    code: Code

    @property
    def field(self) -> str:
        """The field as `table.column` of `core`."""
        return f"{self.table.name}.{self.code.name}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of fact that rest on it."""
        return self.table.facts if self.code.rests == ("*",) else self.code.rests


def resting() -> Iterator[Resting]:
    """Yield the fields of the catalogue on whose codes facts rest, table by table."""
    for feed, table in catalogue.tables():
        for code in table.codes:
            if code.rests:
                yield Resting(feed, table, code)


def rests() -> str:
    """Return the query for which kinds of fact rest on a field: `field` and `kind`."""
    rows = ", ".join(f"('{one.field}', '{kind}')" for one in resting() for kind in one.kinds)
    return f"select * from (values {rows}) as v (field, kind)"


def _by_table(some: Iterable[Resting]) -> dict[str, list[Resting]]:
    found: dict[str, list[Resting]] = {}
    for one in some:
        found.setdefault(one.table.name, []).append(one)
    return found


def _said() -> str:
    """Return the query for the codes of a night's records, without those that their system explains."""
    return "\nunion all".join(
        _SAID.format(
            table=table,
            columns=", ".join(
                dict.fromkeys(
                    name for one in own for name in (one.code.name, one.code.system) if name
                )
            ),
            values=", ".join(
                f"('{one.field}', {_not_understood(one.code)}, {one.code.by_prefix})" for one in own
            ),
        )
        for table, own in _by_table(resting()).items()
    )


def _not_understood(code: Code) -> str:
    """Return the code of a record `r`, null if its own system explains it."""
    if not code.understood:
        return f"r.{code.name}"
    systems = ", ".join(f"'{system}'" for system in code.understood)
    return f"case when r.{code.system} is null or r.{code.system} not in ({systems}) then r.{code.name} end"


def _coded(some: Iterable[Resting]) -> str:
    return "\nunion all".join(_coded_of(table, own) for table, own in _by_table(some).items())


def _coded_of(table: str, own: list[Resting]) -> str:
    is_claim = own[0].feed.subject == "claim"
    from_on, until_on = DAYS.get(table, ("null::timestamptz", "null::timestamptz"))
    values = ", ".join(
        f"('{one.field}', {f'r.{one.code.system}' if one.code.system else 'null'},"
        f" {_not_understood(one.code)},"
        f" {f'not coalesce({one.code.unless}, false)' if one.code.unless else 'true'})"
        for one in own
    )
    return _CODED.format(
        feed=own[0].feed.name,
        table=table,
        subject_source="'pcn'" if is_claim else "r.subject_source",
        subject_id="r.patient_control_number" if is_claim else "r.subject_id",
        from_on=_day(from_on),
        until_on=_day(until_on),
        values=values,
    )


def _day(moment: str) -> str:
    return moment if moment.endswith("_on") and "(" not in moment else f"cases.local_day({moment})"


def note_unmapped(conn: Connection, seq: int) -> int:
    """Write down the records of night `seq` with codes that nobody has mapped; returns how many."""
    sql.drop_made(conn, "evidence/unknown_codes.sql")
    found = sql.run(conn, "evidence/unknown_codes.sql", {"said": _said()}, seq=seq)
    if not found.count("unknown_codes"):
        return 0
    fields = {
        row[0] for row in conn.execute("select distinct field from w_unknown_code").fetchall()
    }
    some = [one for one in resting() if one.field in fields]
    return sql.run(conn, "evidence/unmapped.sql", {"coded": _coded(some)}, seq=seq).total


def state_mapped(conn: Connection, seq: int) -> int:
    """State what records say whose codes are mapped since night `seq`; returns the facts written.

    Only for the newest night: a definition does not reach back.
    """
    if not nights.is_newest(conn, seq):
        return 0
    sql.drop_made(conn, "evidence/mapped.sql")
    if not sql.run(conn, "evidence/mapped.sql", seq=seq).count("mapped"):
        return 0
    tables = {
        row[0]
        for row in conn.execute(
            "select distinct split_part(source_ref, '/', 1) from w_mapped"
        ).fetchall()
    }
    return sum(
        _state_late(conn, feed, table, seq)
        for feed, table in catalogue.tables()
        if table.name in tables
    )


def _state_late(conn: Connection, feed: Entry, table: Table, seq: int) -> int:
    """Write the facts of a table's records as if they had come tonight with the words now known."""
    conn.execute(f"create temp table w_late (like core.{table.name}) on commit drop".encode())
    conn.execute(_LATE.format(table=table.name).encode(), {"seq": seq})
    own, late = f"from core.{table.name} as r", "from w_late as r"
    written = sum(
        sql.run(
            conn,
            "evidence/write.sql",
            {"stated": query.replace(own, late), "rests": rests()},
            seq=seq,
        ).total
        for query in stated(conn, feed, table)
    )
    conn.execute("drop table w_late")
    return written
