"""What ran once may run again: a date, a step whose rows were deleted, a backfill, a replay. Nothing changes.

That also holds after what is past its time was removed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stack import airflow, paths, postgres, processes
from stack.nights import chain
from tests.night.conftest import Lived, Practice
from tests.night.kills import DIGESTS, SENT

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

Known = list[list[tuple[Any, ...]]]
"""What `STATE`, `ENDED` and `SENT` gave."""

STATE = (
    "select case_id, workflow, stage, stage_state, status, close_reason, next_step, next_due_at, encounter_ref,"
    " patient_control_number from cases.case_record order by case_id"
)


ENDED = (
    "select seq, business_date, state_digest, plan_digest from operations.night"
    " where status = 'finished' order by seq"
)


@pytest.fixture(scope="module")
def known(undisturbed: Lived) -> Known:
    """What is known after one more night, which took up what people decided, and after which nobody acts."""
    made = undisturbed.practice
    if postgres.running(made.world) is None:
        made.up()
    made.night()
    return [made.rows(query) for query in (STATE, ENDED, SENT)]


@pytest.fixture
def same(lived: Lived, known: Known) -> Iterator[Practice]:
    """The practice; afterwards nothing of it may have changed."""
    made = lived.practice
    requests = len(made.truth("requests_received"))
    yield made
    assert [made.rows(query) for query in (STATE, ENDED, SENT)] == known
    assert len(made.truth("requests_received")) == requests


def quiet(practice: Practice) -> None:
    """Wait until nothing of the chain runs."""
    chain.wait_until_quiet(practice.airflow(), 240)


def build_again(practice: Practice, day: date) -> None:
    """Run `build_cases` of a date again, and what follows it to the report."""
    runs = {run["dag_run_id"] for run in practice.airflow().runs("report_operations")}
    practice.airflow().trigger("build_cases", day.isoformat())
    deadline = time.monotonic() + 120
    while not {run["dag_run_id"] for run in practice.airflow().runs("report_operations")} - runs:
        assert time.monotonic() < deadline, "the chain did not come to its report"
        time.sleep(0.5)
    quiet(practice)


@pytest.mark.parametrize(
    "deleted",
    [
        ("delete from evidence.fact where known_seq = %(seq)s",
         "update evidence.fact set retracted_seq = null where retracted_seq = %(seq)s"),
        ("delete from cases.stage where derived_seq = %(seq)s",),
    ],
    ids=["facts", "stages"],
)  # fmt: skip
def test_rows_that_a_night_derived_come_back_when_its_dag_runs_again(
    same: Practice, deleted: tuple[str, ...]
) -> None:
    seq, day = same.rows(
        "select seq, business_date from operations.night where status = 'finished' order by seq desc limit 1"
    )[0]
    with psycopg.connect(same.dsn("throughline_owner")) as connection:
        gone = [connection.execute(statement, {"seq": seq}).rowcount for statement in deleted]
    assert gone[0] > 0
    build_again(same, day)
    assert same.value("select status from operations.night where seq = %s", seq) == "finished"


def test_the_same_date_twice_is_void(same: Practice) -> None:
    day = same.value("select max(business_date) from operations.night where status = 'finished'")
    same.night(NIGHT=day)
    newest = "select status, reason from operations.night order by seq desc limit 1"
    assert same.rows(newest) == [("void", "brought nothing new")]


@pytest.mark.parametrize("which", ["max", "min"], ids=["the newest", "the first"])
def test_a_dag_of_a_night_runs_again_after_a_void_rerun(same: Practice, which: str) -> None:
    day = same.value(
        f"select {which}(business_date) from operations.night where status = 'finished'"
    )
    build_again(same, day)
    replayed = same.run("replay", NIGHT=day)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def test_a_backfill_over_a_past_date_changes_nothing(same: Practice) -> None:
    days = [row[0] for row in same.rows(DIGESTS)][2:3]
    highest = same.value("select max(seq) from operations.night")
    body = {
        "dag_id": "extract_feeds", "from_date": f"{days[0]}T00:00:00Z", "to_date": f"{days[-1]}T23:59:00Z",
        "run_backwards": False, "dag_run_conf": {}, "reprocess_behavior": "completed", "max_active_runs": 1,
    }  # fmt: skip
    same.airflow().ask("POST", "/backfills", body)
    deadline = time.monotonic() + 240
    done = "select business_date, status from operations.night where seq > %s order by seq"
    while [status for _, status in same.rows(done, highest)] != ["void"] * len(days):
        assert time.monotonic() < deadline, same.rows(done, highest)
        time.sleep(0.5)
    quiet(same)
    assert [day for day, _ in same.rows(done, highest)] == days


def test_every_night_can_be_computed_again(same: Practice) -> None:
    for day, _, _ in same.rows(DIGESTS):
        ended = same.run("replay", NIGHT=day)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_invariant_holds_over_everything(same: Practice) -> None:
    ended = same.run("check")
    assert ended.returncode == 0, ended.stdout


def test_a_second_practice_runs_beside_the_first(same: Practice, practice: Practice) -> None:
    assert practice.value("select 1") == same.value("select 1")
    assert practice.airflow().dags().keys() == same.airflow().dags().keys()
    assert practice.airflow_address().url != same.airflow_address().url


# ---- after what is past its time was removed; last, because a night is added ----

COMMAND = """
import sys
from dataclasses import replace
from datetime import date
from throughline.deployment import retain
from throughline.practice import practice
from throughline.vocabulary.keeping import Period
terms = {terms}
retain.practice = lambda: replace(practice(), retention=tuple((kind, Period(days=30)) for kind in terms))
retain._today = lambda zone: date.fromisoformat("{today}")
sys.exit(retain.main(["--by", "operator", "--note", "their term is over"]))
"""
LATER = "2036-01-01"


def retain(practice: Practice, *terms: str, today: str = LATER) -> str:
    """Run the command on a world with terms of 30 days; returns what it printed."""
    server = postgres.running(practice.world)
    assert server is not None
    port = int(processes.notes(practice.world, "api-server")["port"])
    ran = subprocess.run(
        [sys.executable, "-c", COMMAND.format(terms=terms, today=today)],
        env=airflow.environment(practice.world, server, port)
        | {"THROUGHLINE_DECIDER_DSN": server.dsn("throughline_decider")},
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def airflow_rows(practice: Practice, query: str) -> list[tuple[object, ...]]:
    server = postgres.running(practice.world)
    assert server is not None
    with psycopg.connect(server.dsn("airflow", "airflow")) as conn:
        ran = conn.execute(query.encode())
        return ran.fetchall() if ran.description else []


def age_runs(practice: Practice) -> None:
    """Let the runs of all nights but the newest, and their logs, be of a year ago."""
    old = "(select id from dag_run where dag_id = 'extract_feeds' order by id desc offset 1)"
    airflow_rows(
        practice,
        f"update dag_run set start_date = start_date - interval '1 year' where id in {old}",
    )
    logs = airflow.logs(practice.world)
    for (run_id,) in airflow_rows(practice, f"select run_id from dag_run where id in {old}"):
        for file in logs.glob(f"dag_id=extract_feeds/run_id={run_id}/**/*.log"):
            os.utime(file, (1_700_000_000, 1_700_000_000))


def test_after_retention_nights_go_on_and_old_ones_are_replayed(lived: Lived) -> None:
    made = lived.practice
    age_runs(made)
    landing = Path(made.world / "landing")
    newest = "select distinct on (dag_id) dag_id, run_id from dag_run order by dag_id, id desc"
    before = {"digests": made.rows(DIGESTS), "runs": airflow_rows(made, newest)}
    today = str(made.value("select current_date"))
    said = retain(made, "airflow_metadata", "logs", today=today)
    assert "airflow_metadata: gone" in said
    assert "logs: gone" in said
    assert airflow_rows(made, newest) == before["runs"]
    aged = "select count(*) from dag_run where start_date < now() - interval '300 days'"
    assert airflow_rows(made, aged) == [(0,)]
    archives = "select tablename from pg_tables where tablename like '\\_airflow%'"
    assert airflow_rows(made, archives) == []
    said = retain(made, "landed_bytes", "claims_bytes")
    assert "something open needs them" in said
    gone = {path for (path,) in made.rows("select path from landing.removed_file")}
    kept = {path for (path,) in made.rows("select path from landing.file where path <> ''")} - gone
    assert gone
    assert kept
    assert not any((landing / path).exists() for path in gone)
    assert all((landing / path).exists() for path in kept)
    first = made.value(
        "select min(n.business_date) from operations.night as n inner join landing.file as f on f.known_seq = n.seq"
        " inner join landing.removed_file as r on r.path = f.path where n.status = 'finished'"
    )
    told = made.run("replay", NIGHT=first)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "were removed by retention on" in told.stdout
    made.night()
    assert made.rows(DIGESTS)[: len(before["digests"])] == before["digests"]
    assert made.run("check").returncode == 0
