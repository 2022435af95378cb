"""What Airflow's long-lived processes import before they fork.

A task process is forked from the scheduler's or the Celery worker's process and inherits its imports: a task with
pandas and Great Expectations then takes 0.5 s instead of 5-10 s. The same holds for parsing in the dag-processor.
"""

from __future__ import annotations

import importlib
import sys

SCHEDULER = (
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.operators.hitl",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.secrets.local_filesystem",
    "airflow.models.connection",
    "great_expectations",
    "holidays.countries.united_states",
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
    if "airflow.models.connection" in modules:
        _configure_models()


def _configure_models() -> None:
    """Let SQLAlchemy relate Airflow's models now: the first connection that a task makes would do so in each task."""
    try:
        importlib.import_module("airflow.models").import_all_models()
        importlib.import_module("sqlalchemy.orm").configure_mappers()
    except Exception as error:  # noqa: BLE001 - as above
        print(f"models not configured ahead: {type(error).__name__}", file=sys.stderr)
