"""### What
Plans the one next task of each case, and sends what the plan asks for: contact requests, bookings,
eligibility questions, requests for documentation, billing work, released claims.

### Trigger
The asset `reconciled_tasks`, with its business date.

### Writes
`tasks`; the outside world, each effect once; publishes `created_tasks`.

### Gate rules
What is only observed (`mode: observe`) is planned and shown, and not sent. Contact rules are checked when planned and
again when sent. A batch of claims waits in
`release_claims` for a named person; without a release nothing is sent.

### When it fails
A call that was not answered is looked up at the receiver before it is repeated.

### Re-run safely
Clear the run. The exact bytes are stored before each call and the outcome after it, so nothing is
sent twice.
"""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, chain, dag, task

from throughline.orchestration import dag_parts, night
from throughline.orchestration.assets import CREATED_TASKS, RECONCILED_TASKS
from throughline.orchestration.notices import STEP_WITHIN, Notice, deadline
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS


@task
def plan(seq: int) -> None:
    """Plan the next task of each case."""
    night.plan(seq)


@task
def dispatch(seq: int) -> None:
    """Send what the plan asks for."""
    night.dispatch(seq)


@task
def prepare_claims(seq: int) -> list[dict[str, str]]:
    """Put claims into batches that wait for release."""
    return night.prepare_claims(seq)


@task
def settle(seq: int) -> None:
    """Give every open case its one next step."""
    night.settle(seq)


@dag(
    schedule=PartitionedAssetTimetable(assets=RECONCILED_TASKS),
    start_date=SINCE,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    on_failure_callback=Notice("failed"),
    deadline=deadline(STEP_WITHIN),
    tags=["throughline", "night", "step:create"],
    doc_md=__doc__,
)
def create_tasks() -> None:
    """Wire planning, claims and dispatch."""
    seq = dag_parts.take_up_night()
    waiting = prepare_claims(seq)
    end = settle(seq)
    chain(plan(seq), waiting, dispatch(seq), end)
    dag_parts.ask_release_of_claims(waiting)
    dag_parts.publish(CREATED_TASKS, after=[end])


create_tasks()
