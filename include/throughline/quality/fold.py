"""Adds up records that a standard tells in parts: each field as the newest message that says it has it.

A message of HL7 v2 says only some fields of a visit or a person, and may come late. A staged row keeps what its own
message says in the column `said`: by column, the value (`x`) and the version of the message (`v`). A record of
`core` keeps there what each of its fields rests on, with the delivery (`b`) and the file (`f`) that brought it. So
the order of arrival makes no difference, and what a rejected file said falls away with it.

The rows of a delivery are added up twice: before the gate, which judges what the record would be, and before the
load, without the rows that the gate has set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from throughline import warehouse
from throughline.sources import catalogue
from throughline.sources.entry import Table
from throughline.warehouse import Connection

# What the staged rows and the standing record say, each with where it comes from. Of a source of which something was
# taken back, what earlier versions say may count again.
_SAID = """
    create temp table w_said on commit drop as
    with row_said as (
        select s.source, s.source_id, s.source_version, s.file_id, s.row_no, s.said
        from staging.{table} as s
        where s.batch_id = %(batch)s and s.said <> '{{}}'::jsonb and not exists (
            select from quality.quarantine as q
            where q.batch_id = s.batch_id and q.row_no = s.row_no
                and q.file_id is not distinct from s.file_id and q.status <> 'released'
        )
    ),

    every as (
        select r.source, r.source_id, e.key as name, e.value ->> 'v' as version, e.value -> 'x' as value,
            coalesce(e.value ->> 'b', %(batch)s::text) as batch_id,
            coalesce(e.value ->> 'f', r.file_id::text) as file_id, false as stood
        from row_said as r
        cross join lateral jsonb_each(r.said) as e
        union all
        select c.source, c.source_id, e.key, e.value ->> 'v', e.value -> 'x', e.value ->> 'b',
            e.value ->> 'f', true
        from (select distinct r.source, r.source_id from row_said as r) as r
        inner join core.{table} as c
            on c.source = r.source and c.source_id = r.source_id
            and (c.retracted_seq is null or {has_taken_back})
        cross join lateral jsonb_each(c.said) as e
        where not exists (
            select from landing.batch_file as w
            where w.batch_id::text = e.value ->> 'b' and w.file_id::text = e.value ->> 'f'
                and w.withdrawn_seq is not null
        )
    )

    select distinct on (e.source, e.source_id, e.name)
        e.source, e.source_id, e.name, e.version, e.value, e.batch_id, e.file_id
    from every as e
    order by e.source, e.source_id, e.name, e.version desc, e.stood desc, e.value::text, e.batch_id, e.file_id
"""
# A visit is under way unless an event says otherwise. A message that states or deletes an end without being the
# event for it counts from then on, but brings back no visit that was cancelled or deleted.
_STATE = """
    create temp table w_state on commit drop as
    with summed as (
        select t.source, t.source_id, max(t.version) as newest,
            jsonb_object_agg(t.name, t.value) as fields,
            jsonb_object_agg(t.name, jsonb_build_object(
                'v', t.version, 'x', t.value, 'b', t.batch_id, 'f', t.file_id
            )) as said
        from w_said as t
        group by t.source, t.source_id
    ),

    -- What was taken back of a charge: by transactions with numbers of their own, or by newer ones under its number.
    credited as (
        select u.source, u.source_id,
            sum((c.value ->> 'quantity')::numeric) as quantity,
            sum(coalesce(
                (c.value ->> 'amount')::numeric,
                round(
                    (u.fields ->> 'amount')::numeric * (c.value ->> 'quantity')::numeric
                    / nullif((u.fields ->> 'quantity')::numeric, 0), 2
                )
            )) as amount,
            bool_or(c.value ->> 'quantity' is null and c.value ->> 'amount' is null) as is_whole,
            (array_agg(c.value order by u.said -> c.key ->> 'v', c.key))[1] as first
        from summed as u
        cross join lateral jsonb_each(u.fields) as c
        where u.fields ? 'credited' and starts_with(c.key, 'credit ')
            and (
                (c.value ->> 'is_own')::boolean
                or coalesce(u.said -> c.key ->> 'v' > u.said -> 'charged' ->> 'v', true)
            )
        group by u.source, u.source_id
    )

    select u.source, u.source_id, u.newest, u.said,
        '{{"identifiers": [], "is_active": true, "is_deceased": false, "status": "current", "modifiers": [],
            "diagnoses": []}}'::jsonb || u.fields
        || case
            when not u.fields ? 'under_way' then '{{}}'::jsonb
            when u.fields ? 'ended'
                and coalesce(u.fields ->> 'status', 'in-progress') in ('in-progress', 'finished')
                and coalesce(u.said -> 'ended' ->> 'v' > u.said -> 'status' ->> 'v', true)
                then jsonb_build_object(
                    'status', case when (u.fields ->> 'ended')::boolean then 'finished' else 'in-progress' end
                )
            else jsonb_build_object('status', coalesce(u.fields ->> 'status', 'in-progress'))
        end
        || case
            when k.source is null then '{{}}'::jsonb
            -- nobody knows what it takes back: what rests on the charge of that visit is not known
            when not u.fields ? 'charged'
                then (k.first - 'quantity' - 'amount' - 'is_own') || '{{"status": "credit-without-charge"}}'
            -- all units but not all money, or the other way round: nobody knows what is left
            when not k.is_whole and g.units <> g.money then '{{"status": "credit-contradicts"}}'
            when k.is_whole or coalesce(g.units, g.money, false) then '{{"status": "entered-in-error"}}'
            else jsonb_build_object(
                'quantity', (u.fields ->> 'quantity')::numeric - coalesce(k.quantity, 0),
                'amount', (u.fields ->> 'amount')::numeric - coalesce(k.amount, 0)
            )
        end as fields
    from summed as u
    left join credited as k on k.source = u.source and k.source_id = u.source_id
    -- whether all is taken back
    left join lateral (
        select k.quantity >= (u.fields ->> 'quantity')::numeric as units,
            k.amount >= (u.fields ->> 'amount')::numeric as money
    ) as g on true
"""
_ROWS = """
    create temp table w_summed on commit drop as
    select s.source, s.source_id, s.source_version, s.batch_id, s.file_id, s.row_no, s.is_deleted,
        case when r.subject_id is not null then s.source end as subject_source, r.subject_id, {typed},
        s.said, t.newest, t.said as all_said,
        row_number() over (
            partition by s.source, s.source_id order by s.source_version desc, s.row_no desc
        ) = 1 as is_newest
    from staging.{table} as s
    inner join w_state as t on t.source = s.source and t.source_id = s.source_id
    cross join lateral jsonb_populate_record(
        null::staging.{table},
        jsonb_build_object('subject_id', s.subject_id) || t.fields
    ) as r
    where s.batch_id = %(batch)s and s.said <> '{{}}'::jsonb and not exists (
        select from quality.quarantine as q
        where q.batch_id = s.batch_id and q.row_no = s.row_no
            and q.file_id is not distinct from s.file_id and q.status <> 'released'
    )
"""
_REMOVE = """
    delete from staging.{table} as s using w_summed as w
    where s.batch_id = w.batch_id and s.source_id = w.source_id and s.row_no = w.row_no
        and s.file_id is not distinct from w.file_id
"""
# Before the gate each row keeps its own version and what it says itself.
_FOR_THE_GATE = """
    insert into staging.{table} (
        source, source_id, source_version, batch_id, file_id, row_no, is_deleted, subject_source,
        subject_id, {columns}, said
    )
    select w.source, w.source_id, w.source_version, w.batch_id, w.file_id, w.row_no, w.is_deleted,
        w.subject_source, w.subject_id, {mine}, w.said
    from w_summed as w
"""
# The newest row becomes the record. If it is older than the one that stands and still changes it, it is a version of
# its own, behind that one and before the next message; if it changes nothing, it is that version once more.
_FOR_THE_LOAD = """
    insert into staging.{table} (
        source, source_id, source_version, batch_id, file_id, row_no, is_deleted, subject_source,
        subject_id, {columns}, said
    )
    select w.source, w.source_id,
        case
            when not w.is_newest then w.source_version
            when c.source is null or w.newest > c.source_version then w.newest
            when row({mine}, w.subject_id)::text = row({stood}, c.subject_id)::text and c.said = w.all_said
                then c.source_version
            else c.source_version || '+'
        end,
        w.batch_id, w.file_id, w.row_no, w.is_deleted, w.subject_source, w.subject_id, {mine},
        case when w.is_newest then w.all_said else w.said end
    from w_summed as w
    left join core.{table} as c
        on c.source = w.source and c.source_id = w.source_id and c.retracted_seq is null
"""
_TAKEN_BACK = """
    select exists (
        select from landing.batch_file as f
        inner join landing.batch as b on b.batch_id = f.batch_id
        inner join landing.batch as o on o.source = b.source and o.feed = b.feed
        where o.batch_id = %s and f.withdrawn_seq is not null
    )
"""


@dataclass(frozen=True)
class _Names:
    table: Table
    columns: tuple[str, ...]


def fold(conn: Connection, batch_id: UUID, feed: str, *, for_load: bool) -> None:
    """Add up the staged rows of a batch with each other, and with what stands; does not commit.

    Rows that a gate or a reader set aside say nothing. Of rows that say everything themselves, nothing changes.
    """
    for table in catalogue.entry(feed).tables:
        if table.adds_up:
            names = tuple(
                name
                for name in warehouse.columns_of(conn, "staging", table.name)
                if name not in _KEPT
            )
            _fold_table(conn, batch_id, _Names(table, names), for_load=for_load)


_KEPT = frozenset(
    {
        "source",
        "source_id",
        "source_version",
        "subject_source",
        "subject_id",
        "batch_id",
        "file_id",
        "row_no",
        "is_deleted",
        "said",
    }
)


def _fold_table(conn: Connection, batch_id: UUID, about: _Names, *, for_load: bool) -> None:
    params = {"batch": batch_id}
    there = conn.execute(
        sql.SQL(
            "select exists (select from {} where batch_id = %s and said <> '{{}}'::jsonb)"
        ).format(sql.Identifier("staging", about.table.name)),
        (batch_id,),
    ).fetchone()
    if there is None or not there[0]:
        return
    back = conn.execute(_TAKEN_BACK.encode(), (batch_id,)).fetchone()
    parts = {
        "table": sql.Identifier(about.table.name),
        "columns": sql.SQL(", ").join(map(sql.Identifier, about.columns)),
        "typed": _of("r", about.columns),
        "mine": _of("w", about.columns),
        "stood": _of("c", about.columns),
        "has_taken_back": sql.SQL("true" if back and back[0] else "false"),
    }
    conn.execute("drop table if exists w_said, w_state, w_summed")
    conn.execute(sql.SQL(_SAID).format(**parts), params)
    conn.execute(sql.SQL(_STATE).format(**parts), params)
    conn.execute("analyze w_state")
    conn.execute(sql.SQL(_ROWS).format(**parts), params)
    conn.execute("analyze w_summed")
    conn.execute(sql.SQL(_REMOVE).format(**parts), params)
    conn.execute(sql.SQL(_FOR_THE_LOAD if for_load else _FOR_THE_GATE).format(**parts), params)
    conn.execute("drop table w_said, w_state, w_summed")


def _of(alias: str, names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)
