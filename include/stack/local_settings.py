"""Imports for Airflow's long-lived processes before they fork; on their path as ``airflow_local_settings``.

A task process is forked from the scheduler's worker and inherits its imports: a task with pandas and Great
Expectations then takes 0.5 s instead of 5-10 s. The same holds for parsing in the dag-processor.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path

SCHEDULER = (
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.operators.hitl",
    "airflow.secrets.local_filesystem",
    "airflow.models.connection",
    "great_expectations",
    "pandas",
    "psycopg",
    "requests",
    "paramiko",
    "throughline.orchestration.night",
    "throughline.orchestration.dag_parts",
    "throughline.orchestration.decisions",
    "throughline.orchestration.addresses",
    "throughline.sources",
    "throughline.quality",
    "throughline.identity",
    "throughline.evidence",
    "throughline.workflows",
    "throughline.cases",
    "throughline.tasks",
    "throughline.told",
    "throughline.proven",
)
DAG_PROCESSOR = (
    "airflow.sdk",
    "airflow.providers.standard.operators.hitl",
    "throughline.orchestration.night",
    "throughline.orchestration.dag_parts",
)


def preload(modules: tuple[str, ...]) -> None:
    """Import the modules; a missing or broken one must fail in the task that needs it, not stop the scheduler."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - any failure of an import, whatever it is, is the task's to report
            print(f"not imported ahead: {name}: {type(error).__name__}", file=sys.stderr)


def wait_for(variable: str, seconds: float = 180) -> None:
    """Wait for the file named in an environment variable; returns at once if it is not set."""
    marker = os.environ.get(variable)
    deadline = time.monotonic() + seconds
    while marker and not Path(marker).exists():
        if time.monotonic() > deadline:
            sys.exit(f"{marker} was not made within {seconds:.0f} s")
        time.sleep(0.05)


component = sys.argv[1] if len(sys.argv) > 1 else ""
if component in ("scheduler", "dag-processor"):
    preload(SCHEDULER if component == "scheduler" else DAG_PROCESSOR)
    wait_for("THROUGHLINE_AIRFLOW_MIGRATED")  # at a first start the migration runs while we import
if component == "scheduler":
    wait_for("THROUGHLINE_AIRFLOW_MAY_SCHEDULE")
