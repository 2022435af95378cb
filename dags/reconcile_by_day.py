"""### What
Runs `reconcile_tasks` during the day, so that a decision made in the morning has moved its case by
noon. Cases that it advances wait, with a date, for tonight's plan.

### Trigger
Hourly on working days.

### Writes
Nothing itself.

### Gate rules
None.

### When it fails
The next hourly run tries again, and the night does the same work anyway.

### Re-run safely
A run with nothing new changes nothing.
"""

from __future__ import annotations

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronTriggerTimetable, dag

from throughline.orchestration.notices import Notice
from throughline.orchestration.policies import (
    BY_DAY,
    SINCE,
    TASK_DEFAULTS,
    TIME_ZONE,
    first_tick,
)


@dag(
    schedule=CronTriggerTimetable(BY_DAY, timezone=TIME_ZONE) if first_tick() else None,
    start_date=first_tick() or SINCE,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    on_failure_callback=Notice("failed"),
    tags=["throughline", "day", "step:reconcile"],
    doc_md=__doc__,
)
def reconcile_by_day() -> None:
    """Wire the one trigger."""
    TriggerDagRunOperator(task_id="reconcile", trigger_dag_id="reconcile_tasks")


reconcile_by_day()
