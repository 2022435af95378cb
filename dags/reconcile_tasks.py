"""### What
Compares open tasks and cases with the current evidence. Completes stages, moves cases on, reverts
what was retracted, and turns missed deadlines into exceptions with owners. Stages change nowhere
else. First it asks the scheduling system about open booking requests: a declined one ends its
task. Afterwards it looks for silence and for new codes.

### Trigger
The asset `built_cases`, with its business date. Without a key (by hand, or by
`reconcile_by_day`) it runs on the newest night, on the decisions that came in since.

### Writes
`cases`, the closing of `tasks.task`, `operations.exception`, the night's signals and codes
(`operations.signal`, `operations.code_seen`); publishes `reconciled_tasks`.

### Gate rules
A stage whose feed is stale is unknown, never missed.

### When it fails
Nothing is sent; the report names the step.

### Re-run safely
Clear the run: state is derived again from the ledger and gives the same rows.
"""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, dag, task

from throughline.orchestration import dag_parts, night
from throughline.orchestration.assets import BUILT_CASES, RECONCILED_TASKS
from throughline.orchestration.notices import STEP_WITHIN, Notice, deadline
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS


@task
def reconcile(partition_key: str | None = None) -> None:
    """Derive the state of every case on the work list and write what changed."""
    if partition_key:
        night.reconcile(night.take_up(partition_key))
    else:
        night.reconcile_by_day()


@dag(
    schedule=PartitionedAssetTimetable(assets=BUILT_CASES),
    start_date=SINCE,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    on_failure_callback=Notice("failed"),
    deadline=deadline(STEP_WITHIN),
    tags=["throughline", "night", "step:reconcile"],
    doc_md=__doc__,
)
def reconcile_tasks() -> None:
    """Wire the one step."""
    dag_parts.publish(RECONCILED_TASKS, after=[reconcile()])


reconcile_tasks()
