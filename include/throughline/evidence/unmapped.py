"""Codes that nobody has mapped: which records have them, and what those state once somebody does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from throughline.evidence.codes import with_feeds
from throughline.evidence.files import stated
from throughline.sources import SourceDefinition, catalogue, registry
from throughline.sources.entry import Code, Entry, Table
from throughline.warehouse import Connection, nights, sql

DAYS: dict[str, tuple[str, str]] = {
    "appointment": ("least(r.recorded_at, r.starts_at)", "greatest(r.recorded_at, r.starts_at)"),
    "claim": ("r.service_from", "r.created_at"),
    "claim_response": ("r.service_from", "r.effective_on"),
    "charge_item": ("least(r.occurred_at, r.entered_at)", "greatest(r.occurred_at, r.entered_at)"),
    "communication": ("r.sent_at", "r.sent_at"),
    "condition": ("coalesce(r.onset_at, r.recorded_at)", "r.abated_at"),
    "coverage": ("r.starts_on", "r.ends_on"),
    "document_reference": (
        "least(r.authored_at, r.authenticated_at)",
        "greatest(r.authored_at, r.authenticated_at)",
    ),
    "eligibility_response": ("r.as_of_date", "r.as_of_date"),
    "encounter": ("r.starts_at", "r.ends_at"),
    "payment": ("r.service_from", "r.paid_on"),
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
    c.rests,
    coalesce(c.may_be_stay, false) as may_be_stay,
    r.known_seq
from core.{table} as r
cross join lateral (
    values {values}
) as c (field, code_system, code, applies, rests, may_be_stay)
where r.known_seq = %(seq)s and not r.is_deleted and c.code is not null and c.applies"""

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
            and (o.code = u.code or o.folded = lower(regexp_replace(u.code, '[^[:alnum:]<>*]', '', 'g')))
        order by o.source desc, o.code = u.code desc, o.code
        limit 1
    ) as k
    where w.source_ref like '{table}/%%'
    group by u.source, u.source_ref, u.source_version
) as m
    on m.source = r.source and m.source_ref = '{table}/' || r.source_id and m.source_version = r.source_version
where r.retracted_seq is null and not r.is_deleted"""

_LATE_LINES = """
insert into w_late_line
select (jsonb_populate_record(r, jsonb_build_object('known_seq', %(seq)s::bigint))).*
from core.{table} as r
inner join w_late as w on w.source = r.source and w.source_id = r.{by}
where r.retracted_seq is null and not r.is_deleted"""


@dataclass(frozen=True)
class Resting:
    """A field whose codes must be known, and the kinds of fact of its record, or its lines, that rest on them.

    `sources` are those whose codes must be known; empty: those of every source.
    """

    feed: Entry
    table: Table
    code: Code
    sources: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The field as `table.column` of `core`."""
        return f"{self.table.name}.{self.code.name}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of fact that rest on it."""
        return self.table.facts if self.code.rests == ("*",) else self.code.rests

    @property
    def said(self) -> str:
        """The code of a record `r`, null if its own system explains it, or another source may say what it likes."""
        code = not_understood(self.code)
        names = ", ".join(f"'{name}'" for name in self.sources)
        return f"case when r.source in ({names}) then {code} end" if names else code


def resting(of: Iterable[SourceDefinition] | None = None) -> Iterator[Resting]:
    """Yield the fields whose codes must be known: those of the catalogue, and what definitions look up.

    `of` are the sources whose lookups count, all of them if it is None.
    """
    for feed, table in catalogue.tables():
        for code in table.codes:
            if code.must_be_known:
                yield Resting(feed, table, code)
    yield from _looked_up(with_feeds() if of is None else of)


def _looked_up(of: Iterable[SourceDefinition]) -> Iterator[Resting]:
    """Yield the fields that definitions give their words a meaning for: the whole record rests on them."""
    sources: dict[str, list[str]] = {}
    for about in of:
        for field in registry.standard(about.standard).looked_up(about):
            sources.setdefault(field, []).append(about.source)
    for feed, table in catalogue.tables():
        kinds = tuple(dict.fromkeys(kind for one in feed.tables for kind in one.facts))
        coded = {f"{table.name}.{code.name}" for code in table.codes if code.maps or code.words}
        for field, names in sources.items():
            if field.partition(".")[0] == table.name and field not in coded:
                code = Code(field.partition(".")[2], rests=kinds, is_counted=True)
                yield Resting(feed, table, code, tuple(names))


def rests(known: Iterable[Resting]) -> str:
    """Return the query for which kinds of fact rest on a field: `field` and `kind`."""
    rows = ", ".join(f"('{one.field}', '{kind}')" for one in known for kind in one.kinds)
    return f"select * from (values {rows}) as v (field, kind)"


def _by_table(some: Iterable[Resting]) -> dict[str, list[Resting]]:
    found: dict[str, list[Resting]] = {}
    for one in some:
        found.setdefault(one.table.name, []).append(one)
    return found


def _said(known: Iterable[Resting]) -> str:
    """Return the query for the codes of a night's records, without those that their system explains."""
    return "\nunion all".join(
        _SAID.format(
            table=table,
            columns=", ".join(
                dict.fromkeys(
                    name for one in own for name in (one.code.name, one.code.system) if name
                )
            ),
            values=", ".join(f"('{one.field}', {one.said}, {one.code.by_prefix})" for one in own),
        )
        for table, own in _by_table(known).items()
    )


def not_understood(code: Code) -> str:
    """Return the code of a record `r`, null if its own system explains it."""
    if not code.understood:
        return f"r.{code.name}"
    systems = ", ".join(f"'{system}'" for system in code.understood)
    return f"case when r.{code.system} is null or r.{code.system} not in ({systems}) then r.{code.name} end"


def _coded(some: Iterable[Resting]) -> str:
    return "\nunion all".join(_coded_of(table, own) for table, own in _by_table(some).items())


def _coded_of(table: str, own: list[Resting]) -> str:
    from_on, until_on = DAYS.get(table, ("null::timestamptz", "null::timestamptz"))
    values = ", ".join(
        f"('{one.field}', {f'r.{one.code.system}' if one.code.system else 'null'},"
        f" {one.said},"
        f" {f'not coalesce({one.code.unless}, false)' if one.code.unless else 'true'},"
        f" {'true' if one.code.rests else 'false'}, {one.code.may_be_stay or 'false'})"
        for one in own
    )
    subject_source, subject_id = _subject(own[0].feed, table)
    return _CODED.format(
        feed=own[0].feed.name,
        table=table,
        subject_source=subject_source,
        subject_id=subject_id,
        from_on=_day(from_on),
        until_on=_day(until_on),
        values=values,
    )


def _subject(feed: Entry, table: str) -> tuple[str, str]:
    """Return whose a record `r` is, as its facts say it."""
    if feed.subject != "claim":
        return "r.subject_source", "r.subject_id"
    if table != "claim":
        return "'pcn'", "r.patient_control_number"
    # a chart sends a claim under its own patient's id
    by_number = "r.kind like '837%%' or r.subject_id is null"
    return (
        f"case when {by_number} then 'pcn' else r.subject_source end",
        f"case when {by_number} then r.patient_control_number else r.subject_id end",
    )


def _day(moment: str) -> str:
    is_day = moment.endswith(("_on", "_from", "_date")) and "(" not in moment
    return moment if is_day else f"cases.local_day({moment})"


def note_unmapped(conn: Connection, seq: int, known: Sequence[Resting]) -> int:
    """Write down the records of night `seq` with codes that nobody has mapped; returns how many.

    `known` are the fields whose codes must be known, as `resting` gives them.
    """
    sql.drop_made(conn, "evidence/unknown_codes.sql")
    found = sql.run(conn, "evidence/unknown_codes.sql", {"said": _said(known)}, seq=seq)
    if not found.count("unknown_codes"):
        return 0
    fields = {
        row[0] for row in conn.execute("select distinct field from w_unknown_code").fetchall()
    }
    some = [one for one in known if one.field in fields]
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
    queries = (
        [query.replace(own, late) for query in stated(conn, feed, table)] if table.facts else []
    )
    written = sum(_write(conn, query, seq) for query in queries)
    for lines in feed.tables:
        if lines.whole is not None and lines.whole.table == table.name:
            written += _state_late_lines(conn, feed, lines, seq)
    conn.execute("drop table w_late")
    return written


def _state_late_lines(conn: Connection, feed: Entry, lines: Table, seq: int) -> int:
    """Write the facts of the lines of the records in `w_late`."""
    assert lines.whole is not None
    conn.execute(f"create temp table w_late_line (like core.{lines.name}) on commit drop".encode())
    conn.execute(_LATE_LINES.format(table=lines.name, by=lines.whole.by).encode(), {"seq": seq})
    names = {lines.name: "w_late_line", lines.whole.table: "w_late"}
    written = sum(
        _write(conn, re.sub(r"\bcore\.(\w+)", lambda m: names.get(m[1], m[0]), query), seq)
        for query in stated(conn, feed, lines)
    )
    conn.execute("drop table w_late_line")
    return written


def _write(conn: Connection, query: str, seq: int) -> int:
    given = {"stated": query, "rests": rests(resting())}
    return sql.run(conn, "evidence/write.sql", given, seq=seq).total
