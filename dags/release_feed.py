"""### What
A gate stopped a feed. A named person releases or rejects the batch, with a note; then its business
date is run again with what is now known.

### Trigger
`extract_feeds`, one run for each stopped batch.

### Writes
`operations.decision`; after a release the batch is loaded under a new night's number, and
`extracted_feeds` is published again for the same business date.

### Gate rules
The verdict and its Data Docs are linked in the question. Counts only, no patient values.

### When it fails
The batch stays stopped and nothing is lost; answer again under Required Actions.

### Re-run safely
A batch that has been decided is not asked about twice.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, PartitionedAtRuntime, dag, task

from throughline.orchestration import decisions
from throughline.orchestration.assets import EXTRACTED_FEEDS
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS


@task
def describe(params: dict[str, Any] | None = None) -> dict[str, str]:
    """Say which batch is stopped, and why, in counts."""
    return decisions.describe_batch((params or {})["batch_id"])


@task(outlets=[EXTRACTED_FEEDS])
def decide(
    answer: dict[str, Any], params: dict[str, Any] | None = None, outlet_events: Any = None
) -> None:
    """Record the decision, load a released batch, and publish its date again."""
    key = decisions.decide_batch((params or {})["batch_id"], answer)
    if key is not None:
        outlet_events[EXTRACTED_FEEDS].add_partitions([key])


@dag(
    schedule=PartitionedAtRuntime(),
    start_date=SINCE,
    catchup=False,
    max_active_runs=16,
    default_args=TASK_DEFAULTS,
    tags=["throughline", "decision"],
    params={
        "batch_id": Param("", type="string", description="landing.batch.batch_id"),
        "business_date": Param("", type="string"),
    },
    doc_md=__doc__,
)
def release_feed() -> None:
    """Wire the question and what follows from its answer."""
    about = describe()
    ask = HITLOperator(
        task_id="ask",
        subject="Release or reject: {{ ti.xcom_pull(task_ids='describe')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='describe')['body'] }}",
        options=["Release", "Reject"],
        params={"note": Param("", type="string", description="Why (kept with the decision)")},
        execution_timeout=None,
    )
    about >> ask
    decide(ask.output)


release_feed()
