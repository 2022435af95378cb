"""### What
Checks the invariants on what the night changed, holds the chain of decisions against the heads that earlier nights
kept, and writes the night's numbers and a page that an operations lead can open without Airflow.

### Trigger
The asset `created_tasks`, with its business date, even if an earlier step failed.

### Writes
`operations.night` (counts, digests, status) and the page under the reports folder.

### Gate rules
A violated invariant fails the night. A chain that differs from its heads does not: it is told, and an exception.

### When it fails
The night is marked failed; `make check` lists the violations.

### Re-run safely
Clear the run: numbers and page are written again.
"""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, TriggerRule, chain, dag, task

from throughline.orchestration import dag_parts, night
from throughline.orchestration.assets import CREATED_TASKS
from throughline.orchestration.notices import STEP_WITHIN, Notice, deadline
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS


@task
def check_invariants(partition_key: str | None = None) -> None:
    """Check the invariants on what the night changed."""
    night.check_invariants(partition_key)


@task(trigger_rule=TriggerRule.ALL_DONE)
def report(partition_key: str | None = None) -> str | None:
    """Write the numbers and the page, whatever happened."""
    return night.report(partition_key, dag_parts.failed_tasks())


@task
def verdict(partition_key: str | None = None) -> None:
    """Fail the run when the night failed."""
    night.verdict(partition_key)


@dag(
    schedule=PartitionedAssetTimetable(assets=CREATED_TASKS),
    start_date=SINCE,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    on_failure_callback=Notice("failed"),
    deadline=deadline(STEP_WITHIN),
    tags=["throughline", "night", "step:report"],
    doc_md=__doc__,
)
def report_operations() -> None:
    """Wire check, report and verdict."""
    chain(check_invariants(), report(), verdict())


report_operations()
