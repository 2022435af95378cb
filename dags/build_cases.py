"""### What
Links the records of all systems to persons, writes the facts that they state into the ledger, and
opens the cases that are due.

### Trigger
The asset `extracted_feeds`, with its business date.

### Writes
`identity`, `evidence`, `operations.work_item`, new rows of `cases.case_record`; publishes
`built_cases`.

### Gate rules
None: what a gate stopped was not loaded. Doubt about identity becomes an exception.

### When it fails
Nothing is sent; the report names the step. Fix the cause and trigger `extract_feeds` again with
the same key.

### Re-run safely
Clear the run: each step undoes what it wrote for this night and writes it again.
"""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, chain, dag, task

from throughline.orchestration import dag_parts, night
from throughline.orchestration.assets import BUILT_CASES, EXTRACTED_FEEDS
from throughline.orchestration.notices import STEP_WITHIN, Notice, deadline
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS


@task
def link_persons(seq: int) -> None:
    """Decide which person each new record belongs to."""
    night.link_persons(seq)


@task
def assert_facts(seq: int) -> None:
    """Write what the records state into the ledger."""
    night.assert_facts(seq)


@task
def open_cases(seq: int) -> None:
    """Build the work list and open the cases that are due."""
    night.open_cases(seq)


@dag(
    schedule=PartitionedAssetTimetable(assets=EXTRACTED_FEEDS),
    start_date=SINCE,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    on_failure_callback=Notice("failed"),
    deadline=deadline(STEP_WITHIN),
    tags=["throughline", "night", "step:build"],
    doc_md=__doc__,
)
def build_cases() -> None:
    """Wire persons, evidence and cases one after the other."""
    seq = dag_parts.take_up_night()
    end = open_cases(seq)
    chain(link_persons(seq), assert_facts(seq), end)
    dag_parts.publish(BUILT_CASES, after=[end])


build_cases()
