"""The ledger of exports that servers were asked for: `landing.export_job`. Nothing here commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from throughline.warehouse import Connection, derive
from throughline.warehouse.nights import Night

_COLUMNS = "job_id, business_date, feeds, since, asked, status_url, asked_at"


@dataclass(frozen=True)
class Job:
    """One export: which feeds, changed after `since`; `business_date` is that of the night that asked."""

    job_id: UUID
    business_date: date
    feeds: list[str]
    since: datetime | None
    asked: str
    status_url: str
    asked_at: datetime


def running(conn: Connection, source: str) -> list[Job]:
    """Return the jobs of a source that have not ended, oldest first."""
    return _jobs(conn, "source = %s and status = 'running'", source)


def unreleased(conn: Connection, source: str) -> list[Job]:
    """Return the jobs that have ended, and whose server has not been told."""
    return _jobs(conn, "source = %s and status <> 'running' and released_at is null", source)


def _jobs(conn: Connection, where: str, source: str) -> list[Job]:
    with conn.cursor(row_factory=class_row(Job)) as cursor:
        query = f"select {_COLUMNS} from landing.export_job where {where} order by asked_at, job_id"
        return cursor.execute(query.encode(), (source,)).fetchall()


def begin(
    conn: Connection,
    source: str,
    night: Night,
    feeds: list[str],
    since: datetime | None,
    asked: str,
    status_url: str,
) -> Job:
    """Record a job that the server has taken."""
    row = conn.execute(
        "select count(*) from landing.export_job where source = %s and known_seq = %s",
        (source, night.seq),
    ).fetchone()
    job_id = derive("export_job", source, night.seq, row[0] if row else 0)
    conn.execute(
        "insert into landing.export_job (job_id, source, known_seq, business_date, feeds, since, asked,"
        " status_url) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (job_id, source, night.seq, night.business_date, feeds, since, asked, status_url),
    )
    return next(job for job in running(conn, source) if job.job_id == job_id)


def end(conn: Connection, job: Job, status: str, seq: int) -> None:
    """Record how a job ended: landed, expired, lost or given_up."""
    conn.execute(
        "update landing.export_job set status = %s, ended_seq = %s, ended_at = clock_timestamp()"
        " where job_id = %s",
        (status, seq, job.job_id),
    )


def release(conn: Connection, job: Job) -> None:
    """Record that the server was told that a job has ended."""
    conn.execute(
        "update landing.export_job set released_at = clock_timestamp() where job_id = %s",
        (job.job_id,),
    )


def failed_in(conn: Connection, source: str, seq: int) -> set[str]:
    """Return the feeds for which an export already failed in this night."""
    rows = conn.execute(
        "select distinct unnest(feeds) from landing.export_job"
        " where source = %s and ended_seq = %s and status in ('expired', 'lost')",
        (source, seq),
    ).fetchall()
    return {row[0] for row in rows}


def last_full(conn: Connection, source: str) -> dict[str, datetime]:
    """Return when each feed was last exported without `since`."""
    rows = conn.execute(
        "select feed, max(asked_at) from landing.export_job, unnest(feeds) as feed"
        " where source = %s and since is null and status = 'landed' group by feed",
        (source,),
    ).fetchall()
    return dict(rows)
