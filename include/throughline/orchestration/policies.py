"""Retry policies, timeouts, owners and tags of every DAG: declared here alone."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

TIME_ZONE = "America/New_York"

NIGHTLY = "0 4 * * *"
BY_DAY = "0 10-16 * * 1-5"

TAGS = frozenset({"throughline", "night", "decision", "day", "step:extract", "step:build",
                  "step:reconcile", "step:create", "step:report"})

# What will not be better in a minute fails at once; a lost connection is tried again.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="throughline.warehouse.nights.LeaseHeldError",
                  action=RetryAction.RETRY, retry_delay=timedelta(minutes=1)),
        RetryRule(exception="throughline.workflows.DefinitionError", action=RetryAction.FAIL),
        RetryRule(exception="throughline.operations.invariants.InvariantViolated",
                  action=RetryAction.FAIL),
        RetryRule(exception="psycopg.OperationalError",
                  action=RetryAction.RETRY, retry_delay=timedelta(seconds=10)),
    ]
)

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "throughline",
    "retries": 2,
    "retry_delay": timedelta(seconds=5),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=2),
}


def start_date() -> datetime:
    """Return the day of the first tick: `THROUGHLINE_SCHEDULE_FROM` (ISO date) of the deployment.

    Without it the schedule sleeps (unpausing starts nothing by itself), and keyed runs and
    backfills still work: what a laptop wants.
    """
    wanted = os.environ.get("THROUGHLINE_SCHEDULE_FROM", "2100-01-01")
    return datetime.fromisoformat(wanted).replace(tzinfo=ZoneInfo(TIME_ZONE))
