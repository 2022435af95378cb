"""### What
A batch of claims waits. A named person attests and releases it, or refuses it; only then is the
file sent, byte for byte as it was shown.

### Trigger
`create_tasks`, one run for each batch.

### Writes
`operations.decision`, `tasks.claim_batch`, `tasks.transmission`; the clearinghouse's inbox.

### Gate rules
The file passed a validator before it was offered. Its hash is part of the attestation.

### When it fails
The released batch is sent by the next `create_tasks`; an uncertain transfer is looked up first.

### Re-run safely
A batch goes out at most once, whatever is run again.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, task

from throughline.orchestration import decisions
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS


@task
def describe(params: dict[str, Any] | None = None) -> dict[str, str]:
    """Say what the batch holds: payer, claims, money, hash."""
    return decisions.describe_claims((params or {})["batch_id"])


@task
def send(answer: dict[str, Any], params: dict[str, Any] | None = None) -> None:
    """Record the attestation, and send the file if it was released."""
    decisions.decide_claims((params or {})["batch_id"], answer)


@dag(
    schedule=None,
    start_date=SINCE,
    catchup=False,
    max_active_runs=16,
    default_args=TASK_DEFAULTS,
    tags=["throughline", "decision"],
    params={"batch_id": Param("", type="string", description="tasks.claim_batch.batch_id")},
    doc_md=__doc__,
)
def release_claims() -> None:
    """Wire the question and what follows from its answer."""
    about = describe()
    attest = HITLOperator(
        task_id="attest",
        subject="Claims to release: {{ ti.xcom_pull(task_ids='describe')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='describe')['body'] }}",
        options=["Attest and release", "Refuse"],
        params={"note": Param("", type="string", description="Kept with the decision")},
        execution_timeout=None,
    )
    about >> attest
    send(attest.output)


release_claims()
