"""Whom a row that is set aside names: the subject of its record, as its facts would have it."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from throughline.sources import catalogue
from throughline.warehouse import Connection

# A claim's number identifies the patient, unless a chart sent the claim under its own patient's id.
_BY_CLAIM = (
    "to_jsonb(r) ->> 'patient_control_number' is not null"
    " and (r.subject_id is null or coalesce(to_jsonb(r) ->> 'kind', '837') like '837%%')"
)
SUBJECT = sql.SQL(
    f"case when {_BY_CLAIM} then 'pcn'"
    " when r.subject_id is not null then coalesce(r.subject_source, r.source) end,"
    f" case when {_BY_CLAIM} then to_jsonb(r) ->> 'patient_control_number' else r.subject_id end"
)
"""Two columns for a staged row `r`: `subject_source` and `subject_id`; null if it names nobody."""


def name_by_earlier_version(conn: Connection, batch_id: UUID, feed: str) -> None:
    """Name the rows of a batch that name nobody as the standing version of their record does.

    A row that cannot be read often still shows its id. Does not commit.
    """
    conn.execute(
        sql.SQL(
            "update quality.quarantine as q set subject_source = s.source, subject_id = s.id"
            " from {} as r cross join lateral (select {}) as s (source, id)"
            " where q.batch_id = %(batch)s and q.subject_id is null and q.source_id is not null"
            " and r.source = q.source and r.source_id = q.source_id and r.retracted_seq is null"
            " and s.id is not null"
        ).format(sql.Identifier("core", catalogue.entry(feed).table.name), SUBJECT),
        {"batch": batch_id},
    )
