"""Builds the DAGs that ask a named person for a decision and carry it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Asset, Param, PartitionedAtRuntime, dag, task

from throughline.orchestration.notices import Notice, Question
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS

MOST_AT_ONCE = 16
"""How many questions may be open at once, so that no question waits for another's answer."""


QUEUE = "decisions"
"""Where the tasks of these DAGs run on CeleryExecutor: on a worker with the login that may record decisions."""


def decision_dag(
    dag_id: str,
    doc: str | None,
    *,
    about: dict[str, str],
    describe: Callable[[str], dict[str, str]],
    question: tuple[str, str],
    options: Sequence[str],
    note: str,
    decide: tuple[str, Callable[[dict[str, str], dict[str, Any]], str | None]],
    publishes: Asset | None = None,
) -> Any:
    """Return a DAG of three tasks: describe the thing, ask about it, carry out the answer.

    `about` maps the run's parameters to their descriptions; the first is the id that `describe` takes.
    What `describe` returned, and so what was shown, is what `decide` takes with the answer.
    `question` is the asking task's id and the start of its subject; `decide` is the last task's id
    and its function. If the answer makes a business date run again, `decide` returns
    the partition key, and `publishes` is published under it.
    """
    about_id = next(iter(about))

    @task(task_id="describe")
    def describe_it(params: dict[str, Any] | None = None) -> dict[str, str]:
        return describe((params or {})[about_id])

    @task(task_id=decide[0], outlets=[publishes] if publishes else [])
    def decide_it(
        asked: dict[str, str], answer: dict[str, Any], outlet_events: Any = None, ti: Any = None
    ) -> None:
        key = decide[1](asked, {**answer, "dag_id": ti.dag_id, "run_id": ti.run_id})
        if publishes is not None and key is not None:
            outlet_events[publishes].add_partitions([key])

    @dag(
        dag_id=dag_id,
        schedule=PartitionedAtRuntime() if publishes else None,
        start_date=SINCE,
        catchup=False,
        max_active_runs=MOST_AT_ONCE,
        default_args={**TASK_DEFAULTS, "queue": QUEUE},
        on_failure_callback=Notice("failed"),
        tags=["throughline", "decision"],
        params={
            name: Param("", type="string", description=text or None) for name, text in about.items()
        },
        doc_md=doc,
    )
    def wired() -> None:
        described: Any = describe_it()
        ask = HITLOperator(
            task_id=question[0],
            subject=question[1] + ": {{ ti.xcom_pull(task_ids='describe')['subject'] }}",
            body="{{ ti.xcom_pull(task_ids='describe')['body'] }}",
            options=list(options),
            params={"note": Param("", type="string", description=note)},
            execution_timeout=None,
            notifiers=[Question(about_id)],
        )
        described >> ask
        decide_it(described, ask.output)

    return wired()
