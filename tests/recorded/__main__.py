"""Live some nights of a small practice with this code, and keep all of it: `python -m tests.recorded FILE`.

The world ends with a batch of claims waiting for a person, and with booking requests whose answers were lost.
A later version takes it up in `tests/dags/test_upgrade.py`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.recorded.kept import keep
from tests.recorded.losing import Losing

if TYPE_CHECKING:
    from tests.dags.practice import Practice

ROOT = Path(__file__).resolve().parents[2]
PATIENTS, SEED = 100, 1
FEWEST_NIGHTS, MOST_NIGHTS = 3, 8


def live(practice: Practice) -> None:
    """Live nights, each with its morning, until one leaves a waiting batch and an uncertain transmission."""
    from tests.dags.practice import CHAIN

    scheduling = os.environ["AIRFLOW_CONN_SCHEDULING_API"]
    day = practice.first
    for number in range(1, MOST_NIGHTS + 1):
        is_enough = number >= FEWEST_NIGHTS
        with Losing(scheduling) as losing:
            os.environ["AIRFLOW_CONN_SCHEDULING_API"] = losing.uri if is_enough else scheduling
            states = practice.night(day)
        assert {run[""] for run in states.values()} == {"success"}, states
        assert list(states) == list(CHAIN)
        waiting = practice.rows("select count(*) from tasks.claim_batch where status = 'waiting'")
        uncertain = practice.rows(
            "select count(*) from tasks.transmission where outcome = 'uncertain'"
        )
        print(f"night of {day}: {waiting[0][0]} batches wait, {uncertain[0][0]} are uncertain")
        if waiting[0][0] and uncertain[0][0] > 1:
            return
        morning(practice, day.isoformat())
        day = practice.next_day()
    raise SystemExit("no night left both a waiting batch and an uncertain transmission")


def morning(practice: Practice, day: str) -> None:
    """Release what waits, and resolve the exceptions that the sandbox's staff get to."""
    from sandbox import staff
    from stack import postgres
    from throughline import warehouse
    from throughline.exceptions import resolve

    for asked in practice.asked("release_claims"):
        with practice.person("Attest and release", "seen"):
            assert practice.run("release_claims", conf=asked)[""] == "success"
    with warehouse.connect(practice.server.dsn(postgres.SUPERUSER)) as conn:
        opened = conn.execute(
            "select exception_id, reason from operations.exception where status = 'open' order by 1"
        ).fetchall()
        for exception_id, reason in opened:
            way = staff.resolve(SEED, str(exception_id), reason, day)
            if way is None:
                continue
            try:
                resolve.resolve(conn, exception_id, "operator", *way)
            except (ValueError, LookupError):  # it does not fit this exception
                conn.rollback()
            else:
                conn.commit()


def main(target: Path) -> None:
    """Live and keep."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    from stack import options, processes, sandbox
    from tests.dags.practice import practice_of

    initdb()
    dags: dict[str, Any] = DagBag(dag_folder=str(ROOT / "dags")).dags
    folder = Path(tempfile.mkdtemp(prefix="throughline-recorded-"))
    try:
        with practice_of(folder, options.Options(patients=PATIENTS, seed=SEED), dags) as practice:
            live(practice)
            processes.stop(folder, [sandbox.NAME])
            keep(practice.server, folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    home = tempfile.mkdtemp(prefix="throughline-airflow-")
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    try:
        main(Path(sys.argv[1]).absolute())
    finally:
        shutil.rmtree(home, ignore_errors=True)
