"""Stages what a snapshot says by leaving it out: a record that was there and is not any more is deleted.

A record is missed if its current version came from a file of the same table, and tonight's newest file of that
table has it neither as a row nor among those set aside. If a row of that file cannot be read at all, or its total
does not add up, nobody knows what is missing, and nothing is deleted. The same night gives the same deletions
again: what is current is asked as of the night before it.

A snapshot holds all that there is, so a later one also replaces an earlier one that waits for a person: nothing is lost
that only the earlier one said.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg import sql

from throughline.sources import catalogue
from throughline.sources.definitions import SourceDefinition
from throughline.sources.tabular.columns import in_order
from throughline.sources.tabular.shape import Covers, Record, Table, tables_of
from throughline.sources.tabular.values import today
from throughline.sources.tabular.walk import OF_TOTAL
from throughline.warehouse import Connection

# The rows have the numbers -1, -2 …: they are in the delivery, and in none of its lines.
_ABSENT = """
    insert into staging.{table} (
        source, source_id, source_version, subject_source, subject_id, batch_id, file_id, row_no,
        is_deleted{columns}
    )
    select
        c.source, c.source_id, %(version)s, c.subject_source, c.subject_id, %(batch)s, %(newest)s,
        {row_no}, true{values}
    from core.{table} as c
    inner join landing.file as f on f.file_id = c.file_id {with_its_record}
    where c.source = %(source)s and c.known_seq < %(seq)s
        and (c.retracted_seq is null or c.retracted_seq >= %(seq)s)
        and not c.is_deleted and c.source_version < %(version)s
        and f.original_name ~* %(files)s {covered}
        and not exists (
            select from staging.{table} as s
            where s.batch_id = %(batch)s and s.source_id = c.source_id
                and not (s.file_id = any(%(older)s))
        )
        and not exists (
            select from quality.quarantine as q
            where q.batch_id = %(batch)s and q.source_id = {whole}
                and not (q.file_id = any(%(older)s))
        )
"""
_ROW_NO = "-row_number() over (order by c.source_id)"
# A line goes with its record: under the record's number, so that it is loaded and set aside with it.
_WITH = """
    inner join lateral (
        select s.row_no from staging.{whole} as s
        where s.batch_id = %(batch)s and s.source_id = c.{by} and not (s.file_id = any(%(older)s))
        order by s.row_no desc limit 1
    ) as r on true
"""
_COVERED = "and c.{column} >= %(from_on)s and c.{column} < %(until_on)s"


class _File(NamedTuple):
    file_id: UUID
    name: str
    modified_at: datetime | None
    version: str


def stage_absent(
    conn: Connection, batch_id: UUID, feed: str, seq: int, definition: SourceDefinition
) -> int:
    """Stage the deletions of one batch; returns how many rows of the feed's own tables they are."""
    found = 0
    for table in tables_of(definition):
        record = next((r for r in table.records if r.feed == feed and r.deletes_absent), None)
        if record is not None:
            found += _of_table(conn, batch_id, seq, definition, table, record)
    return found


def _of_table(
    conn: Connection,
    batch_id: UUID,
    seq: int,
    definition: SourceDefinition,
    table: Table,
    record: Record,
) -> int:
    files = sorted(_files(conn, batch_id, table), key=lambda file: file.version)
    if not files:
        return 0
    *older, newest = files
    unknown = conn.execute(
        "select exists (select from quality.quarantine where batch_id = %s and file_id = %s"
        " and source_id is null)",
        (batch_id, newest.file_id),
    ).fetchone()
    if unknown == (True,):
        return 0
    entry = catalogue.entry(record.feed)
    params = {
        "batch": batch_id,
        "seq": seq,
        "source": definition.source,
        "version": newest.version,
        "newest": newest.file_id,
        "older": [file.file_id for file in older],
        "files": f"^({table.files})([.]gz)?$",
        **_days(table, record.covers, newest),
    }
    missed = 0
    for each, columns in in_order(record.feed).items():
        is_line = each != entry.table.name
        follows = next((t.follows for t in entry.tables if t.name == each and t.follows), None)
        names = columns if is_line else ()
        statement = sql.SQL(_ABSENT).format(
            table=sql.Identifier(each),
            columns=_listed("", names),
            values=_listed("c.", names),
            row_no=sql.SQL("r.row_no" if follows is not None else _ROW_NO),
            with_its_record=sql.SQL(_WITH).format(
                whole=sql.Identifier(follows.table), by=sql.Identifier(follows.by)
            )
            if follows is not None
            else sql.SQL(""),
            covered=sql.SQL(_COVERED).format(column=sql.Identifier(record.covers.column))
            if record.covers is not None and not is_line
            else sql.SQL(""),
            whole=sql.Identifier("c", follows.by if follows is not None else "source_id"),
        )
        rows = conn.execute(statement, params).rowcount
        missed += 0 if is_line else rows
    conn.execute(
        "update landing.batch_file set row_count = row_count + %s"
        " where batch_id = %s and file_id = %s",
        (missed, batch_id, newest.file_id),
    )
    return missed


# What the older delivery read that the newer one neither has nor says to be gone.
_ONLY_OLDER = """
    select exists (
        select from {place}.{table} as o
        where o.batch_id = %(older)s and not o.is_deleted {outside} and not exists (
            select from staging.{table} as s where s.batch_id = %(batch)s and s.source_id = o.source_id
        )
    ) or exists (
        select from quality.quarantine as q
        where q.batch_id = %(older)s and q.status = 'open' and case
            when q.source_id is null then not {is_known} and q.reason !~ %(of_total)s
            else not exists (
                select from staging.{table} as s where s.batch_id = %(batch)s and s.source_id = q.source_id
            )
        end
    )
"""
_OUTSIDE = "and (o.{column} >= %(from_on)s and o.{column} < %(until_on)s) is not true"


def holds_all_of(
    conn: Connection,
    batch_id: UUID,
    older_id: UUID,
    feed: str,
    definition: SourceDefinition,
    older_in: str,
) -> bool:
    """Return whether a staged delivery is of later snapshots, and holds all that an older delivery may have said.

    Where what is left out counts as deleted, a later whole file says it of everything. Where it is kept, or where a
    file covers some days only, each record of the older delivery must be in the newer one, or be one that this says to
    be gone; a row of the older one that nobody could read is known only if its report came again under its name. A
    total that is wrong says nothing itself.
    `older_in` says where the records of the older delivery are, `staging` or `core`; empty if they are in neither.
    """
    theirs = _names(conn, older_id)
    tables = [table for table in tables_of(definition) if any(map(table.matches, theirs))]
    if not tables or not all(any(t.matches(name) for t in tables) for name in theirs):
        return False
    newest: list[tuple[Table, _File]] = []
    for table in tables:
        mine = sorted(_files(conn, batch_id, table), key=lambda file: file.version)
        before = [table.version(name, at) for name, at in theirs.items() if table.matches(name)]
        if not table.is_snapshot or not mine or mine[-1].version <= max(before):
            return False
        newest.append((table, mine[-1]))
    records = [(t, file, r) for t, file in newest for r in t.records if r.feed == feed]
    if all(record.deletes_absent and record.covers is None for _, _, record in records):
        return True
    if not older_in:
        return False
    covers, days = None, dict[str, object]()
    if len(newest) == 1 and all(r.deletes_absent for *_, r in records):
        (table, file), *_ = newest
        of_days = {record.covers for *_, record in records}
        if len(of_days) == 1:
            (covers,) = of_days
            days = _days(table, covers, file)
    statement = sql.SQL(_ONLY_OLDER).format(
        place=sql.Identifier(older_in),
        table=sql.Identifier(catalogue.entry(feed).table.name),
        outside=sql.SQL(_OUTSIDE).format(column=sql.Identifier(covers.column))
        if covers is not None and days
        else sql.SQL(""),
        is_known=sql.SQL("true" if {file.name for _, file in newest} >= set(theirs) else "false"),
    )
    params = {"batch": batch_id, "older": older_id, "of_total": OF_TOTAL, **days}
    row = conn.execute(statement, params).fetchone()
    return row == (False,)


def _names(conn: Connection, batch_id: UUID) -> dict[str, datetime | None]:
    """Return the files of a delivery by name, those that could not be read as well, with the time that they bear."""
    rows = conn.execute(
        "select f.original_name, f.modified_at from landing.batch_file as x"
        " inner join landing.file as f on f.file_id = x.file_id"
        " where x.batch_id = %s and f.status <> 'duplicate' and x.withdrawn_seq is null"
        " order by f.modified_at nulls first",
        (batch_id,),
    ).fetchall()
    return dict(rows)


def _listed(prefix: str, names: tuple[str, ...]) -> sql.Composed:
    return sql.Composed(
        [sql.SQL(", {}{}").format(sql.SQL(prefix), sql.Identifier(name)) for name in names]
    )


def _days(table: Table, covers: Covers | None, newest: _File) -> dict[str, object]:
    made = table.made_at(newest.name, newest.modified_at)
    if covers is None or made is None:
        return {}
    day = today(made, table.zone)
    return {
        "from_on": _start(day - timedelta(days=covers.days_back), table),
        "until_on": _start(day + timedelta(days=covers.days_ahead + 1), table),
    }


def _start(day: object, table: Table) -> datetime:
    return datetime.fromisoformat(f"{day}").replace(tzinfo=table.zone)


def _files(conn: Connection, batch_id: UUID, table: Table) -> list[_File]:
    rows = conn.execute(
        "select f.file_id, f.original_name, f.modified_at from landing.batch_file as x"
        " inner join landing.file as f on f.file_id = x.file_id"
        " where x.batch_id = %s and f.status = 'landed' and x.withdrawn_seq is null",
        (batch_id,),
    ).fetchall()
    return [
        _File(file_id, name, modified_at, table.version(name, modified_at))
        for file_id, name, modified_at in rows
        if table.matches(name)
    ]
