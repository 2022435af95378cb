"""Retry policies, timeouts, owners and tags of all DAGs."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from throughline.practice import told_zone

TIME_ZONE = told_zone()
"""The time zone of the schedules below: the practice's, which also sets the night's cut-off."""

NIGHTLY = "0 4 * * *"
BY_DAY = "0 10-16 * * 1-5"

TAGS = frozenset(
    {
        "throughline",
        "night",
        "decision",
        "day",
        "step:extract",
        "step:build",
        "step:reconcile",
        "step:create",
        "step:report",
    }
)

# Non-transient errors are not retried; a lost connection is.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="throughline.warehouse.nights.LeaseHeldError",
            action=RetryAction.RETRY,
            retry_delay=timedelta(minutes=1),
        ),
        RetryRule(exception="throughline.workflows.DefinitionError", action=RetryAction.FAIL),
        RetryRule(exception="throughline.decisions.NotAllowedError", action=RetryAction.FAIL),
        RetryRule(exception="throughline.sources.entry.CatalogueError", action=RetryAction.FAIL),
        RetryRule(
            exception="throughline.sources.definitions.SourceDefinitionError",
            action=RetryAction.FAIL,
        ),
        RetryRule(
            exception="throughline.proven.invariants.InvariantViolated", action=RetryAction.FAIL
        ),
        RetryRule(
            exception=[
                "throughline.warehouse.disk.DiskFullError",
                "throughline.warehouse.disk.BytesLostError",
                "psycopg.errors.DiskFull",  # an OperationalError too: this rule comes first
            ],
            action=RetryAction.FAIL,
        ),
        RetryRule(
            exception="psycopg.OperationalError",
            action=RetryAction.RETRY,
            retry_delay=timedelta(seconds=10),
        ),
    ]
)

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "throughline",
    "retries": 2,
    "retry_delay": timedelta(seconds=5),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=2),
}


SINCE = datetime(2026, 1, 1, tzinfo=ZoneInfo(TIME_ZONE))
"""`start_date` of every DAG without a schedule: a run before it would have no tasks and succeed."""


def first_tick() -> datetime | None:
    """Return the first day of scheduled runs: `THROUGHLINE_SCHEDULE_FROM`, an ISO date.

    None if it is not set, as on a laptop: nothing starts by itself.
    """
    wanted = os.environ.get("THROUGHLINE_SCHEDULE_FROM")
    return datetime.fromisoformat(wanted).replace(tzinfo=ZoneInfo(TIME_ZONE)) if wanted else None


def start_date() -> datetime:
    """Return the start date of the DAG that begins the night.

    Without a first day it lies far in the future, because unpausing a partitioned schedule starts
    its newest key at once. Runs with a partition key, and backfills, still work.
    """
    return first_tick() or datetime(2100, 1, 1, tzinfo=ZoneInfo(TIME_ZONE))
