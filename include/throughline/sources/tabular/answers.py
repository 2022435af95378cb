"""Names the patients of answers to our work lists: whose row has the number, if the row names the same patient.

Who sorts one column of a sheet alone gives each patient another row's number. So an answer counts only if the name
beside the number is the one that our list had there.
"""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from throughline.sources import catalogue
from throughline.sources.definitions import SourceDefinition
from throughline.sources.tabular.work_lists import BETWEEN, answered
from throughline.warehouse import Connection

UNKNOWN = "no row of our lists has this number"
ANOTHER_PATIENT = "the row names another patient than its number"

_NAME = """
    update staging.{table} as s
    set subject_source = l.subject_source, subject_id = l.subject_id {ours}
    from operations.listed as l
    where s.batch_id = %(batch)s and position(%(between)s in s.subject_id) > 0
        and l.number = split_part(s.subject_id, %(between)s, 1)
        and l.told_name = split_part(s.subject_id, %(between)s, 2)
"""
# What was set aside before, for another reason, is of the patient of its number.
_NAME_SET_ASIDE = """
    update quality.quarantine as q
    set
        subject_source = l.subject_source,
        subject_id = l.subject_id
    from (
        select k.quarantine_id, x.subject_source, x.subject_id
        from quality.quarantine as k
        left join operations.listed as x on x.number = split_part(k.subject_id, %(between)s, 1)
        where k.batch_id = %(batch)s and position(%(between)s in k.subject_id) > 0
    ) as l
    where q.quarantine_id = l.quarantine_id
"""
_SET_ASIDE = """
    with unnamed as (
        delete from staging.{table} as s
        where s.batch_id = %(batch)s and position(%(between)s in s.subject_id) > 0
        returning s.*
    )
    insert into quality.quarantine (
        quarantine_id, batch_id, file_id, source, feed, known_seq, row_no, source_id, reason, payload,
        subject_source, subject_id
    )
    select
        md5(concat_ws('|', 'quarantine', u.batch_id, u.file_id, u.row_no, 'answer'))::uuid, u.batch_id, u.file_id,
        u.source, %(feed)s, %(seq)s, u.row_no, u.source_id,
        case when l.number is null then %(unknown)s else %(another)s end,
        to_jsonb(u) #>> '{{}}', l.subject_source, l.subject_id
    from unnamed as u
    left join operations.listed as l on l.number = split_part(u.subject_id, %(between)s, 1)
    on conflict do nothing
"""


def name_answers(
    conn: Connection, batch_id: UUID, feed: str, seq: int, definition: SourceDefinition
) -> int:
    """Name the patients of a batch's answers; returns how many rows were set aside because that cannot be done.

    What answers a request says which (`our_identifier`). Does not commit.
    """
    if feed not in answered(definition):
        return 0
    table = catalogue.entry(feed).table.name
    params = {
        "batch": batch_id,
        "between": BETWEEN,
        "feed": feed,
        "seq": seq,
        "unknown": UNKNOWN,
        "another": ANOTHER_PATIENT,
    }
    ours = sql.SQL(", our_identifier = l.effect_key" if table == "task" else "")
    conn.execute(sql.SQL(_NAME).format(table=sql.Identifier(table), ours=ours), params)
    conn.execute(_NAME_SET_ASIDE, params)
    return conn.execute(sql.SQL(_SET_ASIDE).format(table=sql.Identifier(table)), params).rowcount
