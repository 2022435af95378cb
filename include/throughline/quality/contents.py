"""Holds rows that have the id and the version of another one, and say something else.

A version says that the content is the same. FHIR R4 (Meta.versionId): it changes when the resource is
created, updated or deleted. HL7 v2 (MSH-10; IHE wiki, "MSH-10 in PCD"): it identifies the message
uniquely. X12 (835, TRN02; X12 RFI 1847): it is unique between a sender and a receiver; all read
2026-11-29. So the later row neither passes in silence nor replaces the one that stands: it waits for a
named person, with both sums of money. Of a payment (835) the whole transaction set waits, also if claims
were left out or added. Two that come in one delivery both wait.
What was set aside once and comes again opens nothing new: it follows what was decided.
"""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from throughline.quality.merge import OTHER_CONTENT, Batch, typed_columns
from throughline.quality.named import SUBJECT
from throughline.quality.suites import suite_of
from throughline.sources.entry import Table
from throughline.vocabulary.counts import dollars
from throughline.warehouse import Connection

_FORGET = """
    delete from quality.quarantine
    where batch_id = %(batch)s and status = 'open' and reason = %(reason)s
"""
# A row that was set aside for another reason says nothing yet, and one that was decided is decided.
_READABLE = """
    not exists (
        select from quality.quarantine as q
        where q.batch_id = s.batch_id and q.row_no = s.row_no and q.file_id is not distinct from s.file_id
            and (q.status <> 'released' or q.reason = %(reason)s)
    )
"""
_MAKE = """
    create temp table w_repeat (
        place text, file_id uuid, row_no bigint, source_id text, source_version text, part text,
        first_seq bigint, first_file uuid, is_same_reading boolean, is_counted boolean,
        differs boolean, stands numeric, says numeric
    ) on commit drop;
    create temp table w_held (file_id uuid, row_no bigint, stands numeric, says numeric)
    on commit drop
"""
# Rows whose id and version stand already, and whether they differ.
_REPEATED = """
    insert into w_repeat
    select
        {name}, s.file_id, s.row_no, s.source_id, s.source_version, {part}, c.known_seq, c.file_id,
        b.read_as = m.read_as, {is_counted},
        case
            when b.read_as = m.read_as then ({said})::text <> ({stood})::text
            else {says} is distinct from {stands}
        end,
        {stands}, {says}
    from staging.{table} as s
    inner join core.{table} as c
        on c.source = s.source and c.source_id = s.source_id and c.retracted_seq is null
        and c.source_version = s.source_version
    inner join landing.batch as b on b.batch_id = c.batch_id
    inner join landing.batch as m on m.batch_id = s.batch_id
    where s.batch_id = %(batch)s and c.batch_id <> s.batch_id and {readable}
"""
# A line that was added to a record of the same version, or left out of it.
_LINES = """
    update w_repeat as r set differs = true
    from (
        select s.file_id, s.row_no, s.{by} as whole_id
        from staging.{table} as s
        where s.batch_id = %(batch)s and not exists (
            select from core.{table} as c
            where c.source = s.source and c.source_id = s.source_id and c.retracted_seq is null
        )
        union
        select o.file_id, o.row_no, o.source_id
        from w_repeat as o
        inner join core.{table} as c
            on c.source = %(source)s and c.{by} = o.source_id and c.retracted_seq is null
            and c.source_version = o.source_version
        where o.place = {whole} and not exists (
            select from staging.{table} as s
            where s.batch_id = %(batch)s and s.source_id = c.source_id and s.row_no = o.row_no
                and s.file_id is not distinct from o.file_id
        )
    ) as l
    where r.place = {whole} and r.file_id is not distinct from l.file_id and r.row_no = l.row_no
        and r.source_id = l.whole_id and not r.differs
"""
# With the sums of the record itself, not of the line of it that differs.
_HOLD_ROWS = """
    insert into w_held
    select distinct on (r.file_id, r.row_no) r.file_id, r.row_no, r.stands, r.says from w_repeat as r
    inner join w_repeat as d on d.differs and d.row_no = r.row_no and d.file_id is not distinct from r.file_id
    order by r.file_id, r.row_no, r.is_counted desc, (r.stands is distinct from r.says) desc
"""
# The payments of one file with one header, and those that came first with it. A row that another delivery has
# replaced meanwhile is still one of the first.
_HOLD_PAYMENTS = """
    insert into w_held
    with said as (
        {said}
    ),

    first as (
        select distinct r.file_id, r.part, r.first_seq, r.first_file, r.source_version from w_repeat as r
        where r.is_counted
    ),

    stood as (
        {stood}
    ),

    other as (
        select r.file_id, s.part from w_repeat as r
        inner join said as s on s.file_id is not distinct from r.file_id and s.row_no = r.row_no
        where r.differs
        union
        select s.file_id, s.part
        from said as s
        inner join first as f on f.file_id is not distinct from s.file_id and f.part = s.part
        where not s.is_known and s.is_readable
        union
        select t.file_id, t.part from stood as t
        where not exists (
            select from said as s
            where s.file_id is not distinct from t.file_id and s.part = t.part and s.source_id = t.source_id
        )
    )

    select s.file_id, s.row_no, t.amount, sum(s.amount) over (partition by s.file_id, s.part)
    from said as s
    inner join other as o on o.file_id is not distinct from s.file_id and o.part = s.part
    left join (
        select u.file_id, u.part, sum(u.amount) as amount from stood as u group by u.file_id, u.part
    ) as t on t.file_id is not distinct from s.file_id and t.part = s.part
    where s.is_readable
"""
_SAID = """
    select s.file_id, s.row_no, {part} as part, s.source_id, {says} as amount, {readable} as is_readable,
        exists (
            select from core.{table} as c
            where c.source = s.source and c.source_id = s.source_id and c.retracted_seq is null
        ) as is_known
    from staging.{table} as s
    where s.batch_id = %(batch)s
"""
_STOOD = """
    select f.file_id, f.part, c.source_id, {stands} as amount
    from first as f
    inner join core.{table} as c
        on c.known_seq = f.first_seq and c.file_id is not distinct from f.first_file
        and c.source_version = f.source_version and {first_part} = f.part
"""
# Two of one id and one version in one delivery: rows of a claim with their lines, or whole sets of payments.
_TWICE = """
    create temp table w_twice on commit drop as
    with said as (
        {said}
    )

    select s.source_id, s.source_version from said as s
    group by s.source_id, s.source_version
    having count(distinct s.unit) > 1
"""
_HOLD_TWICE = """
    insert into w_held
    with said as (
        {said}
    ),

    unit as (
        select s.unit from said as s
        inner join w_twice as t on t.source_id = s.source_id and t.source_version = s.source_version
        group by s.unit
    ),

    line as (
        {lines}
    ),

    whole as (
        select
            s.unit,
            sum(s.amount) as amount,
            md5(string_agg(
                concat_ws('|', s.source_id, s.source_version, s.content, l.content),
                '' order by s.source_id, s.content, l.content
            )) as content
        from (select distinct on (d.unit, d.source_id, d.content) d.* from said as d) as s
        inner join unit as u on u.unit = s.unit
        left join line as l on l.file_id is not distinct from s.file_id and l.row_no = s.row_no
        group by s.unit
    ),

    pair as (
        select a.unit, max(v.amount) as stands, max(w.amount) as says
        from (
            select distinct s.unit, s.source_id, s.source_version from said as s
            inner join w_twice as t on t.source_id = s.source_id and t.source_version = s.source_version
        ) as a
        inner join said as b
            on b.source_id = a.source_id and b.source_version = a.source_version and b.unit <> a.unit
        inner join whole as w on w.unit = a.unit
        inner join whole as v on v.unit = b.unit and v.content <> w.content
        group by a.unit
    )

    select s.file_id, s.row_no, p.stands, p.says from said as s
    inner join pair as p on p.unit = s.unit
"""
_UNIT = """
    select s.file_id, s.row_no, {unit} as unit, s.source_id, s.source_version, {says} as amount,
        ({said})::text as content
    from staging.{table} as s
    where s.batch_id = %(batch)s and {readable}
"""
_LINES_OF_UNIT = """
    select s.file_id, s.row_no, string_agg(({said})::text, '' order by s.source_id) as content
    from staging.{table} as s
    where s.batch_id = %(batch)s
    group by s.file_id, s.row_no
"""
_SET_ASIDE = """
    insert into quality.quarantine (
        quarantine_id, batch_id, file_id, source, feed, known_seq, row_no, source_id, reason, payload,
        payer_id, stated_amount, explained_amount, status, decision_id, closed_seq, subject_source,
        subject_id
    )
    select
        md5(concat_ws('|', 'quarantine', r.batch_id, r.file_id, r.row_no, %(reason)s::text))::uuid,
        r.batch_id, r.file_id, r.source, %(feed)s, %(seq)s, r.row_no, r.source_id, %(reason)s,
        (to_jsonb(r) || jsonb_build_object('content', r.content))::text,
        {payer}, r.stands, r.says,
        case e.status when 'rejected' then 'rejected' when 'open' then 'corrected' else 'open' end,
        case e.status when 'rejected' then e.decision_id end,
        case when e.status is not null then %(seq)s end,
        {subject}
    from (
        select s.*, h.stands, h.says, md5(concat(({said})::text, l.content)) as content
        from (
            select distinct on (w.file_id, w.row_no) w.* from w_held as w
            order by w.file_id, w.row_no, w.stands desc nulls last
        ) as h
        inner join staging.{table} as s
            on s.batch_id = %(batch)s and s.row_no = h.row_no and s.file_id is not distinct from h.file_id
        left join ({lines}) as l on l.file_id is not distinct from s.file_id and l.row_no = s.row_no
    ) as r
    left join lateral (
        select q.status, q.decision_id from quality.quarantine as q
        where q.source = r.source and q.feed = %(feed)s and q.source_id = r.source_id
            and q.reason = %(reason)s and q.batch_id <> r.batch_id and q.status in ('open', 'rejected')
            and q.payload::jsonb ->> 'content' = r.content
            and q.payload::jsonb ->> 'source_version' = r.source_version
        order by q.status desc, q.known_seq limit 1
    ) as e on true
    on conflict do nothing
"""
_NO_LINES = (
    "select null::uuid as file_id, null::bigint as row_no, null::text as content where false"
)
# What the payments of one header have in common, in `staging` and in `core`.
_HEADER = "concat_ws('|', {0}.check_number, coalesce({0}.payer_id, '-'))"


def hold(conn: Connection, batch: Batch) -> None:
    """Set aside the staged rows of a batch that contradict another one of their id and version.

    Before the rows are merged. Does not commit. A rerun decides anew about what nobody has decided.
    """
    params = {
        "batch": batch.batch_id,
        "source": batch.source,
        "feed": batch.feed,
        "seq": batch.seq,
        "reason": OTHER_CONTENT,
    }
    conn.execute(_FORGET, params)
    conn.execute("drop table if exists w_repeat, w_held, w_twice")
    conn.execute(_MAKE)
    of_set = any("set_at" in table.for_gate for table in batch.tables)
    repeated = sum(
        conn.execute(_formatted(_REPEATED, conn, table), params).rowcount for table in batch.tables
    )
    if repeated:
        for table in _with_lines(batch):
            conn.execute(_formatted(_LINES, conn, table), params)
        conn.execute(_payments(conn, batch) if of_set else sql.SQL(_HOLD_ROWS), params)
    if of_set or list(_with_lines(batch)):
        _hold_twice(conn, batch, params)
    held = conn.execute("select exists (select from w_held)").fetchone()
    if held and held[0]:
        for table in batch.tables:
            if table.is_counted:
                lines = _lines(conn, batch, table)
                conn.execute(_formatted(_SET_ASIDE, conn, table, lines=lines), params)
    conn.execute("drop table if exists w_repeat, w_held, w_twice")


def _hold_twice(conn: Connection, batch: Batch, params: dict[str, object]) -> None:
    counted = [table for table in batch.tables if table.is_counted]
    said = sql.SQL(" union all ").join(_formatted(_UNIT, conn, table) for table in counted)
    lean = sql.SQL(" union all ").join(
        sql.SQL(
            "select {unit} as unit, s.source_id, s.source_version from staging.{table} as s"
            " where s.batch_id = %(batch)s"
        ).format(unit=_unit(table), table=sql.Identifier(table.name))
        for table in counted
    )
    conn.execute(sql.SQL(_TWICE).format(said=lean), params)
    twice = conn.execute("select exists (select from w_twice)").fetchone()
    if twice and twice[0]:
        lines = sql.SQL(" union all ").join(
            _formatted(_LINES_OF_UNIT, conn, table) for table in _with_lines(batch)
        )
        conn.execute(sql.SQL(_HOLD_TWICE).format(said=said, lines=lines), params)


def _payments(conn: Connection, batch: Batch) -> sql.Composed:
    counted = [table for table in batch.tables if table.is_counted]
    return sql.SQL(_HOLD_PAYMENTS).format(
        said=sql.SQL(" union all ").join(_formatted(_SAID, conn, table) for table in counted),
        stood=sql.SQL(" union all ").join(_formatted(_STOOD, conn, table) for table in counted),
    )


def _with_lines(batch: Batch) -> Iterator[Table]:
    """Yield the tables of a feed whose records are lines of another record."""
    return (table for table in batch.tables if table.whole is not None and not table.is_counted)


def _lines(conn: Connection, batch: Batch, table: Table) -> sql.Composable:
    for line in _with_lines(batch):
        if line.whole is not None and line.whole.table == table.name:
            return _formatted(_LINES_OF_UNIT, conn, line)
    return sql.SQL(_NO_LINES)


def _unit(table: Table) -> sql.SQL:
    place = "s.set_at" if "set_at" in table.for_gate else "s.row_no"
    return sql.SQL(f"concat_ws('/', s.file_id, {place})")


def _row(alias: str, names: tuple[str, ...]) -> sql.Composed:
    typed = sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)
    return sql.SQL("row({}, {})").format(typed, sql.Identifier(alias, "is_deleted"))


def _formatted(
    text: str, conn: Connection, table: Table, *, lines: sql.Composable | None = None
) -> sql.Composed:
    names = typed_columns(conn, table.name)
    of_set = "set_at" in table.for_gate
    sign = "-" if table.takes_off else ""
    amount = {
        alias: sql.SQL(f"{sign}{alias}.{table.amount}" if table.amount else "null::numeric")
        for alias in "sc"
    }
    whole = table.whole
    return sql.SQL(text).format(
        table=sql.Identifier(table.name),
        name=sql.Literal(table.name),
        whole=sql.Literal(whole.table if whole else ""),
        by=sql.Identifier(whole.by if whole else ""),
        is_counted=sql.SQL("true" if table.is_counted else "false"),
        said=_row("s", names),
        stood=_row("c", names),
        says=amount["s"],
        stands=amount["c"],
        part=sql.SQL(_HEADER.format("s") if of_set else "''"),
        first_part=sql.SQL(_HEADER.format("c") if of_set else "''"),
        payer=sql.SQL("r.payer_id" if of_set else "null"),
        readable=sql.SQL(_READABLE),
        unit=_unit(table),
        subject=SUBJECT,
        lines=lines or sql.SQL(""),
    )


def beside(conn: Connection, quarantine_id: str, act: str) -> str:
    """Return what a row says beside the one of its id and version, with both sums if it is about money."""
    row = conn.execute(
        "select stated_amount, explained_amount from quality.quarantine where quarantine_id = %s",
        (quarantine_id,),
    ).fetchone()
    stands, says = row or (None, None)
    sums = ""
    if stands is not None or says is not None:
        sums = f" One says {dollars(stands)}, this one {dollars(says)}."
    counts = " This one counts in place of it." if act == "release" else ""
    return f" Another of this id and version says something else.{sums}{counts}"


def releasable(feed: str) -> list[str]:
    """Return the reasons of a feed whose rows can be loaded as they stand."""
    return [rule.name for rule in suite_of(feed) if rule.releasable] + [OTHER_CONTENT]
