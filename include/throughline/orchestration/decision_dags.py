"""Builds the DAGs that ask a named person for a decision and carry it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Asset, Param, PartitionedAtRuntime, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from throughline.decisions import NotAllowedError, NotPermittedError
from throughline.orchestration.decisions import Asked, Run, Taken
from throughline.orchestration.notices import Notice, Question
from throughline.orchestration.policies import SINCE, TASK_DEFAULTS

if TYPE_CHECKING:
    from airflow.sdk import Context

MOST_AT_ONCE = 16
"""How many questions may be open at once, so that no question waits for another's answer."""

LOOKS_AGAIN = timedelta(hours=1)
"""How often an open question looks whether its thing was decided elsewhere: on a page, or by a command."""

NOBODY = "nobody may: see permissions.yaml"
"""Who is asked if nobody may answer: a question without assigned users is everybody's in Airflow."""


class Ask(HITLOperator):  # type: ignore[misc]  # its provider carries no types
    """Asks those who may decide, and records their answer itself.

    `describe` says at run time what is asked and who may answer; `take` records the answer. What was shown
    and the answer go through no XCom, which other users of Airflow may write. An answer that cannot be taken
    (of somebody who may not, without the reason that it needs, about claims that its person has not opened)
    leaves the question open. Every `LOOKS_AGAIN`, `decided` is asked whether there is anything left to decide.
    """

    def __init__(
        self,
        *,
        describe: Callable[[Run], Asked | Taken],
        take: Callable[[Asked, dict[str, Any]], Taken],
        decided: Callable[[str], Taken | None],
        **more: Any,
    ) -> None:
        super().__init__(response_timeout=LOOKS_AGAIN, **more)
        self.describe = describe
        self.take = take
        self.decided = decided

    def execute(self, context: Context) -> Any:
        """Ask, and wait; return what was decided if an earlier try of this task has recorded it."""
        run: Any = context["dag_run"]
        try:
            found = self.describe(
                Run(run.run_id, dict(run.conf or {}), str(run.triggering_user_name or ""))
            )
        except NotPermittedError as error:
            raise AirflowFailException(str(error)) from None
        if "act" in found:
            return found
        return self._ask(context, found)

    def execute_complete(self, context: Context, event: dict[str, Any], asked: Asked) -> Any:
        """Record the answer and return what was decided, or ask again."""
        if event.get("error_type") == "timeout":
            return self._look_again(asked)
        answer: Any = super().execute_complete(context, event)
        run: Any = context["dag_run"]
        try:
            return self.take(asked, {**answer, "dag_id": run.dag_id, "run_id": run.run_id})
        except NotAllowedError as error:
            self.log.warning("%s. The answer is not taken, and the question stays open.", error)
            # as it was: Airflow keeps the text and the assigned users of a question that is put again
            return self._ask(context, asked)

    def _ask(self, context: Context, asked: Asked) -> NoReturn:
        """Put the question, without an answer, and wait for one."""
        ti: Any = context["task_instance"]
        upsert_hitl_detail(
            ti_id=ti.id,
            # a question that an earlier version asked says no answers of its own
            options=asked.get("options") or self.options,
            subject=f"{self.subject}: {asked['subject']}",
            body=asked["body"],
            params=self.serialized_params,
            assigned_users=[
                {"id": user, "name": user} for user in sorted(asked["may"]) or [NOBODY]
            ],
        )
        for notifier in self.notifiers:
            notifier(context)
        self._wait(asked)

    def _look_again(self, asked: Asked) -> Taken:
        """Return what was decided elsewhere about an unanswered question, or go on waiting for its answer.

        Raises `AirflowSkipException` if nothing follows from it. An answer that arrives meanwhile is kept:
        Airflow hands it over instead of waiting.
        """
        try:
            taken = self.decided(asked["about_id"])
        except AirflowSkipException:
            raise
        except Exception as error:  # noqa: BLE001 - the question outlives a warehouse that is down
            self.log.warning("What was asked cannot be looked at: %s.", type(error).__name__)
            taken = None
        if taken is None:
            self._wait(asked)
        return taken

    def _wait(self, asked: Asked) -> NoReturn:
        """Wait for an answer to the question as it stands."""
        raise TaskAwaitingInput(
            method_name="execute_complete",
            kwargs={"asked": dict(asked)},
            timeout=self.response_timeout,
        )


QUEUE = "decisions"
"""Where the tasks of these DAGs run on CeleryExecutor: on a worker with the login that may record decisions."""


def decision_dag(
    dag_id: str,
    doc: str | None,
    *,
    about: dict[str, str],
    describe: Callable[[Run], Asked | Taken],
    question: tuple[str, str],
    options: Sequence[str],
    note: str,
    take: Callable[[Asked, dict[str, Any]], Taken],
    decided: Callable[[str], Taken | None],
    carry: tuple[str, Callable[[Taken], str | None]],
    publishes: Asset | None = None,
) -> Any:
    """Return a DAG of two tasks: ask about a thing and record the answer; carry out what was decided.

    `about` maps the run's parameters to their descriptions. `question` is the asking task's id and the
    start of its subject; `decided` says what was decided elsewhere about a thing; `carry` is the last
    task's id and its function. If the answer makes a business date run again, `carry` returns the
    partition key, and `publishes` is published under it.
    """

    @task(task_id=carry[0], outlets=[publishes] if publishes else [])
    def carry_out(taken: dict[str, Any], outlet_events: Any = None) -> None:
        key = carry[1](Taken(act=taken["act"], about_id=taken["about_id"]))
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
        asked = Ask(
            task_id=question[0],
            subject=question[1],
            describe=describe,
            take=take,
            decided=decided,
            options=list(options),
            params={"note": Param("", type="string", description=note)},
            execution_timeout=None,
            notifiers=[Question(next(iter(about)))],
        )
        carry_out(asked.output)

    return wired()
