"""Tasks that several DAGs share: continue a night, hand it over, ask for a release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from throughline.orchestration import decisions, night
from throughline.orchestration.links import DataDocs


def failed_tasks() -> list[str]:
    """Return the ids of this run's failed tasks, in order. Call it inside a running task.

    Tasks that were skipped only because an upstream task failed are left out if that task is listed.
    """
    context = get_current_context()
    ti: Any = context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])
    ended = [(task_id, str(state)) for run in states.values() for task_id, state in run.items()]
    failed = sorted(task_id for task_id, state in ended if state == "failed")
    return failed or sorted(task_id for task_id, state in ended if state == "upstream_failed")


@task(task_id="take_up_night")
def take_up_night(partition_key: str | None = None) -> int:
    """Return the number of the night that the previous DAG handed over."""
    return night.take_up(partition_key)


def publish(asset: Asset, after: Sequence[Any]) -> None:
    """Publish `asset` for the run's business date once `after` has ended, even if it failed.

    The event says how the DAG ended, so the report always runs. Then this run fails if one of its
    tasks did.
    """

    @task(task_id="publish", outlets=[asset], trigger_rule=TriggerRule.ALL_DONE)
    def publish_night(
        partition_key: str | None = None, outlet_events: Any = None, dag_run: Any = None
    ) -> None:
        outlet_events[asset].extra = night.hand_over(partition_key, dag_run.dag_id, failed_tasks())

    @task(task_id="verdict", trigger_rule=TriggerRule.ALL_DONE)
    def verdict() -> None:
        failed = failed_tasks()
        if failed:
            raise AirflowFailException(f"failed: {', '.join(failed)}")

    published = publish_night()
    for end in after:
        end >> published
    published >> verdict()


def link_data_docs(gated: Any) -> None:
    """Link a gate to the Data Docs of its night."""
    gated.operator.operator_extra_links = (DataDocs(),)


def _run_that_asks(dag_id: str, run_id: str) -> str:
    """Return the id of the run that asks about a thing that waits. Call it inside a running task.

    That is `run_id` for as long as it has not ended. One that failed, or ended without a decision that
    counts, asks nobody any more: the next has a number behind, `__2`.
    """
    ti: Any = get_current_context()["ti"]
    asking, number = run_id, 1
    while ti.get_dr_count(dag_id=dag_id, run_ids=[asking], states=["failed", "success"]):
        number += 1
        asking = f"{run_id}__{number}"
    return asking


def ask_release_of_feeds(source: str, stopped: Any) -> None:
    """Start one `release_feed` run for each stopped batch of a source, and another if the one before has failed.

    `stopped` are tonight's; those of earlier nights that wait still are looked up.
    """

    @task(task_id="name_stopped")
    def name_stopped(batches: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "trigger_run_id": _run_that_asks("release_feed", f"stopped__{batch}"),
                "conf": {"batch_id": batch, "business_date": date},
            }
            for batch, date in decisions.all_stopped(source, batches).items()
        ]

    TriggerDagRunOperator.partial(
        task_id="ask_release",
        trigger_dag_id="release_feed",
        skip_when_already_exists=True,
        map_index_template="{{ task.conf['batch_id'][:8] }}",
    ).expand_kwargs(name_stopped(stopped))


def ask_release_of_claims(waiting: Any) -> None:
    """Start one `release_claims` run for each batch of claims that waits, and for each state of its list.

    If the run of a state has ended and its batch waits all the same, it asks again.
    """

    @task(task_id="name_batches")
    def name_batches(batches: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [
            {
                "trigger_run_id": _run_that_asks(
                    "release_claims", f"claims__{batch['batch_id']}__{batch['digest'][:8]}"
                ),
                "conf": {"batch_id": batch["batch_id"]},
            }
            for batch in batches
        ]

    TriggerDagRunOperator.partial(
        task_id="ask_release",
        trigger_dag_id="release_claims",
        skip_when_already_exists=True,
        map_index_template="{{ task.conf['batch_id'][:8] }}",
    ).expand_kwargs(name_batches(waiting))
