"""Measures one size, in a separate process: runs the nights as their DAGs would, and measures each step.

`python -m tests.benchmark.measure PATIENTS FOLDER` expects the deliveries of each night under
FOLDER/deliveries/<night> and writes FOLDER/result.json.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg

from stack import airflow as stack_airflow
from stack import postgres
from stack.benchmark import world
from tests.benchmark import lists

LARGE = 10_000
"""A table with at least this many rows is large; smaller ones are read faster whole than through an index."""

_SCANNED = """
    select schemaname || '.' || relname, seq_tup_read, n_live_tup
    from pg_stat_user_tables
    where schemaname not like 'pg_temp%' and schemaname <> 'staging'
"""


class Meter:
    """Runs one step after the other and records the cost of each."""

    def __init__(self, server: postgres.Server) -> None:
        self._admin = psycopg.connect(
            server.dsn(postgres.SUPERUSER), autocommit=True, application_name="meter"
        )
        self.scans: list[dict[str, Any]] = []
        self.peaks: dict[str, int] = {}
        self.wall = 0.0

    def close(self) -> None:
        self._admin.close()

    def run(self, name: str, step: Callable[[], Any]) -> Any:
        """Run a step; tables that are large and were read from end to end are kept in `scans`."""
        before = self._reads()
        begun = time.monotonic()
        made = step()
        self.wall += time.monotonic() - begun
        self.peaks[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        for table, (read, rows) in self._reads().items():
            more = read - before.get(table, (0, 0))[0]
            if rows >= LARGE and more >= rows / 2:
                self.scans.append({"step": name, "table": table, "rows": rows, "read": more})
        return made

    def _reads(self) -> dict[str, tuple[int, int]]:
        """Return rows read by scans so far, and rows, of each table, once all sessions have told."""
        for _ in range(200):
            others = self._admin.execute(
                "select count(*) from pg_stat_activity where backend_type = 'client backend'"
                " and pid <> pg_backend_pid() and datname = 'throughline'"
            ).fetchone()
            if others is None or not others[0]:
                break
            time.sleep(0.005)
        return {name: (read, rows) for name, read, rows in self._admin.execute(_SCANNED)}

    def query(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        return self._admin.execute(query.encode(), params).fetchall()

    def rows_read(self) -> int:
        """Return how many rows the warehouse's sessions have read so far, from tables and by indexes."""
        self._reads()  # waits until they have told
        ((read,),) = self.query(
            "select tup_returned from pg_stat_database where datname = 'throughline'"
        )
        return int(read)

    def analyze(self) -> None:
        """Count the tables, as autovacuum does in the hours between two nights."""
        self._admin.execute("analyze")


class Statements:
    """Seconds and scanned rows per statement, for a night that is analysed instead of timed."""

    def __init__(self) -> None:
        self.step = ""
        self.all: dict[tuple[str, str], list[float]] = {}

    def cursor(self) -> type[psycopg.Cursor[Any]]:
        """Return a cursor class that records the cost of each of its statements."""
        notes = self

        class Noting(psycopg.Cursor[Any]):
            def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
                before = notes.scanned(self.connection)
                begun = time.monotonic()
                done = super().execute(query, params, **more)
                seconds = time.monotonic() - begun
                text = (
                    query
                    if isinstance(query, str)
                    else (
                        query.decode()
                        if isinstance(query, bytes)
                        else query.as_string(self.connection)
                    )
                )
                kept = notes.all.setdefault((notes.step, " ".join(text.split())[:160]), [0, 0, 0])
                kept[0] += seconds
                kept[1] += max(0, notes.scanned(self.connection) - before)
                kept[2] += 1
                return done

        return Noting

    def scanned(self, conn: psycopg.Connection[Any]) -> int:
        """Return rows of large tables that this transaction has read by scans so far."""
        if conn.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            return 0
        with psycopg.Cursor(conn) as cursor:
            row = cursor.execute(
                "select coalesce(sum(x.seq_tup_read), 0) from pg_stat_xact_user_tables as x"
                " inner join pg_class as c on c.oid = x.relid where c.reltuples >= %s"
                " and x.schemaname <> 'staging' and x.schemaname not like 'pg_temp%%'",
                (LARGE,),
            ).fetchone()
        return int(row[0]) if row else 0


def run_night(meter: Meter, key: str, told: Callable[[str], None]) -> int:
    """Run the steps of a night in the order of the five DAGs; returns its number."""
    from throughline.orchestration import night
    from throughline.sources.definitions import names_with_feeds

    def do(name: str, step: Callable[..., Any], *arguments: Any) -> Any:
        told(name)
        return meter.run(name, lambda: step(*arguments))

    seq: int = do("open_night", night.begin, key)
    for source in names_with_feeds():
        batches = do(f"land {source}", night.land, source, seq)
        read = do(f"stage {source}", night.stage, source, seq, batches)
        stopped = do(f"gate {source}", night.gate, source, seq, read)
        if stopped:
            raise RuntimeError(f"a gate stopped {len(stopped)} feeds of {source}")
        do(f"load {source}", night.load, source, seq, batches)
    for name in (
        "link_persons",
        "assert_facts",
        "open_cases",
        "reconcile",
        "plan",
        "prepare_claims",
        "dispatch",
    ):
        do(name, getattr(night, name), seq)
    do("settle_plan", night.settle, seq)
    do("check_invariants", night.check_invariants, key)
    do("report", night.report, key, [])
    return seq


def _connections(server: postgres.Server) -> dict[str, str]:
    """Return the variables by which Airflow knows the warehouse: one connection for each role."""
    connect = stack_airflow.warehouse_connections(server)
    return {f"AIRFLOW_CONN_{name.upper()}": uri for name, uri in connect.items()}


@contextmanager
def _watched(statements: Statements) -> Iterator[None]:
    real = psycopg.Connection.connect

    def connect(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **kwargs | {"cursor_factory": statements.cursor()})

    # the hook of Airflow's provider asks the class, we ask the module
    with (
        mock.patch.object(psycopg.Connection, "connect", connect),
        mock.patch.object(psycopg, "connect", connect),
    ):
        yield


def measure(folder: Path, patients: int) -> dict[str, Any]:
    """Run every night that was delivered; returns what each cost."""
    os.environ["AIRFLOW_HOME"] = str(folder / "airflow")
    os.environ["THROUGHLINE_LANDING"] = str(folder / "landing")
    os.environ["THROUGHLINE_PAGES"] = str(folder / "pages")
    for name in ("great_expectations", "yoyo"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # as in a task, which is forked from a process that has it
    importlib.import_module("great_expectations")
    from tests.benchmark.servers import serving
    from throughline import warehouse

    server = postgres.start(folder / "state")
    meter = Meter(server)
    statements = Statements()
    nights: list[dict[str, Any]] = []
    deliveries = sorted((folder / "deliveries").iterdir())
    watched = int(os.environ.get("WATCH") or len(deliveries) - 1)
    try:
        warehouse.migrate(server.dsn())
        with mock.patch.dict(os.environ, _connections(server)):
            for number, delivery in enumerate(deliveries):
                key = str(world.moment(number).date() - timedelta(days=1))
                meter.scans, meter.peaks, meter.wall = [], {}, 0.0
                read_before = meter.rows_read()

                def told(name: str) -> None:
                    statements.step = name

                with serving(delivery, world.moment(number)):
                    if number == watched:
                        with _watched(statements):
                            seq = run_night(meter, key, told)
                    else:
                        seq = run_night(meter, key, told)
                read = meter.rows_read() - read_before
                nights.append({"rows_read": read, **_result(meter, seq, delivery)})
                meter.analyze()
                print(
                    f"  {patients:,} patients, night {number}: {nights[-1]['seconds']:.1f} s",
                    file=sys.stderr,
                )
            # of a first load alone, only its steps are asked
            pages = _pages(folder, server) if len(deliveries) > 1 else []
    finally:
        meter.close()
        server.stop()
    return {
        "patients": patients,
        "nights": nights,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "pages": pages,
        "statements": [
            {
                "step": step,
                "statement": text,
                "seconds": seconds,
                "scanned": scanned,
                "times": times,
            }
            for (step, text), (seconds, scanned, times) in statements.all.items()
        ],
    }


def _pages(folder: Path, server: postgres.Server) -> Any:
    """Return what each page behind login costs with long lists, measured in a process of its own."""
    lists.lengthen(server.dsn(postgres.SUPERUSER))
    target = folder / "pages.json"
    subprocess.run([sys.executable, "-m", "tests.benchmark.pages", str(target)], check=True)
    return json.loads(target.read_text(encoding="utf-8"))


def _result(meter: Meter, seq: int, delivery: Path) -> dict[str, Any]:
    steps = {
        step: {"seconds": float(seconds), "rows": int(rows or 0)}
        for step, seconds, rows in meter.query(
            "select step, sum(seconds), sum(row_count) from operations.step where seq = %s"
            " group by step order by min(started_at)",
            seq,
        )
    }
    status = meter.query("select status from operations.night where seq = %s", seq)[0][0]
    if status != "finished":
        raise RuntimeError(f"night {seq} ended as {status}")
    aside = meter.query(
        "select feed || ': ' || reason, count(*) from quality.quarantine where known_seq = %s group by 1",
        seq,
    )
    if aside:
        raise RuntimeError(f"night {seq} set rows of the benchmark's own files aside: {aside}")
    counts = {
        name: meter.query(query, seq)[0][0]
        for name, query in {
            "persons": "select count(distinct person_id) from operations.work_item where seq = %s",
            "facts": "select count(*) from evidence.fact where known_seq = %s",
            "cases": "select count(*) from cases.case_record where opened_seq = %s",
            "tasks": "select count(*) from tasks.task where planned_seq = %s",
        }.items()
    }
    reasons = meter.query(
        "select reason, count(*) from operations.work_item where seq = %s group by reason order by 2 desc",
        seq,
    )
    return {
        "seq": seq,
        "reasons": dict(reasons),
        "seconds": sum(step["seconds"] for step in steps.values()),
        "wall": meter.wall,
        "bytes": sum(path.stat().st_size for path in delivery.iterdir()),
        "steps": steps,
        "counts": counts,
        "scans": meter.scans,
        "peaks": meter.peaks,
    }


if __name__ == "__main__":
    where = Path(sys.argv[2])
    (where / "result.json").write_text(json.dumps(measure(where, int(sys.argv[1]))))
