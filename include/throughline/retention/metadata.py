"""Airflow's own database: what `airflow db clean` may remove, and what the schedule and open work still need.

Airflow keeps the newest run of each DAG that was not started by hand, which its schedule goes on from. Here, a DAG
whose newest run is past its time keeps all its runs, however they were started, and so does one with a run that has not
ended: a question to a person may be open for months. Events stay while a run of their partition is still to be made.
DAGs, their versions and triggers are left to Airflow, which removes what nothing refers to.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import psycopg

URL = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
RUNS = "dag_run"
"""Its rows take tasks, their history, XComs and deadlines with them."""
EVENTS = {
    "log": "dttm",
    "job": "latest_heartbeat",
    "import_error": "timestamp",
    "celery_taskmeta": "date_done",
    "celery_tasksetmeta": "date_done",
    "asset_event": "timestamp",
    "partitioned_asset_key_log": "created_at",
}
"""Tables that no run takes along, with the column that says how old a row is."""
SECONDS = 3600

_NEWEST = """
    select
        dag_id,
        max(coalesce(start_date, queued_at, now())) < %(before)s
        or bool_or(state not in ('success', 'failed') and coalesce(start_date, queued_at) < %(before)s)
    from dag_run group by dag_id order by dag_id
"""


class AirflowNotCleanedError(RuntimeError):
    """Airflow's database is not at hand, or `airflow db clean` failed; the message says why."""


@dataclass(frozen=True)
class Old:
    """Rows by table that are past their time, when the oldest run that stays began, and what is left alone.

    `kept_dags` keep all their runs. `before` is the moment for runs, `events_before` that for events.
    """

    rows: dict[str, int]
    oldest_kept: date | None
    kept_dags: tuple[str, ...]
    before: datetime
    events_before: datetime
    archives: int = 0

    @property
    def count(self) -> int:
        """How many rows there are, without those that a run takes along."""
        return sum(self.rows.values())


def address() -> str | None:
    """Return the address of Airflow's database from the environment, for libpq; None if it is not there."""
    url = os.environ.get(URL, "")
    return f"postgresql://{url.partition('://')[2]}" if url.startswith("postgresql") else None


def old(url: str, before_on: date, zone: ZoneInfo) -> Old:
    """Return what is older than a day of the practice. Raises `psycopg.Error`."""
    before = datetime.combine(before_on, time(), zone)
    with psycopg.connect(url, connect_timeout=10) as conn:
        there = {
            name
            for (name,) in conn.execute(
                "select tablename from pg_tables where schemaname = 'public'"
            )
        }
        kept = tuple(
            dag for dag, stays in conn.execute(_NEWEST, {"before": before}).fetchall() if stays
        )
        pending = _one(
            conn,
            "select min(created_at) from asset_partition_dag_run where created_dag_run_id is null",
        )
        events = min(before, pending) if pending else before
        rows = {
            RUNS: _count(
                conn,
                "select count(*) from dag_run where start_date < %s and dag_id <> all(%s)",
                (before, list(kept)),
            )
        }
        for table, column in EVENTS.items():
            if table not in there:
                continue
            more = (
                " and asset_partition_dag_run_id not in (select id from asset_partition_dag_run)"
                if table == "partitioned_asset_key_log"
                else ""
            )
            rows[table] = _count(
                conn, f"select count(*) from {table} where {column} < %s{more}", (events,)
            )
        oldest = _one(
            conn,
            "select min(start_date) from dag_run where start_date >= %s or dag_id = any(%s)",
            (before, list(kept)),
        )
    archives = sum(name.startswith("_airflow_deleted__") for name in there)
    return Old(
        {table: count for table, count in rows.items() if count},
        oldest.astimezone(zone).date() if oldest else None,
        kept,
        before,
        events,
        archives,
    )


def running(url: str) -> list[str]:
    """Return the ids of the runs that have not ended. Raises `psycopg.Error`."""
    with psycopg.connect(url, connect_timeout=10) as conn:
        rows = conn.execute("select run_id from dag_run where state not in ('success', 'failed')")
        return [run_id for (run_id,) in rows]


def clean(url: str, before_on: date, zone: ZoneInfo) -> dict[str, int]:
    """Remove it by `airflow db clean`, without archives; returns rows by table. Raises `AirflowNotCleanedError`.

    `airflow db clean` ends with 0 whatever failed, so the rows are counted again.
    """
    found = old(url, before_on, zone)
    if RUNS in found.rows:
        left = ["--exclude-dag-ids", ",".join(found.kept_dags)] if found.kept_dags else []
        _airflow(
            "clean", "--clean-before-timestamp", found.before.isoformat(), "--tables", RUNS, *left
        )
    events = [table for table in found.rows if table != RUNS]
    if events:
        since = found.events_before.isoformat()
        _airflow("clean", "--clean-before-timestamp", since, "--tables", ",".join(events))
    now = old(url, before_on, zone)
    if now.archives:  # also those that a command that was killed left
        _airflow("drop-archived")
    if now.rows:
        what = ", ".join(f"{count:,} of {table}" for table, count in now.rows.items())
        raise AirflowNotCleanedError(f"airflow db clean left rows that are past their time: {what}")
    return found.rows


def _airflow(command: str, *arguments: str) -> None:
    more = ["--skip-archive"] if command == "clean" else []
    ran = subprocess.run(
        [sys.executable, "-m", "airflow", "db", command, *arguments, *more, "--yes"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ran.returncode != 0:
        last = (ran.stderr.strip() or ran.stdout.strip() or "no output").splitlines()[-1]
        raise AirflowNotCleanedError(f"airflow db {command} ended with {ran.returncode}: {last}")


def _one(conn: psycopg.Connection, query: str, params: tuple[object, ...] = ()) -> datetime | None:
    row = conn.execute(query.encode(), params).fetchone()
    return row[0] if row else None


def _count(conn: psycopg.Connection, query: str, params: tuple[object, ...]) -> int:
    row = conn.execute(query.encode(), params).fetchone()
    return int(row[0]) if row else 0
