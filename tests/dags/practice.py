"""A practice to run DAGs on: their tasks in this process, on a migrated warehouse and a small live sandbox.

`dag.test()` triggers no downstream DAG and has no partition key, so the key is set on the run that it
creates. The tier `night` tests what the scheduler does between the DAGs.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from stack import airflow as stack_airflow
from stack import options, postgres, processes, sandbox
from throughline import warehouse

BILLER = "biller"
"""The id of the person who answers questions about claims."""
CHAIN = ("extract_feeds", "build_cases", "reconcile_tasks", "create_tasks", "report_operations")
ASKS = {"release_feed": "stopped", "release_claims": "claims"}
"""How the ids of the runs begin that ask about a batch."""


def run_dag(
    dags: dict[str, Any],
    dag_id: str,
    key: str | None = None,
    conf: dict[str, Any] | None = None,
    run_id: str | None = None,
) -> dict[str, str]:
    """Run one DAG in this process; returns the state of each task, and of the run under the empty name.

    A run that asks about a batch has the id that the night gives it, unless `run_id` says another.
    """
    from airflow.serialization.definitions.dag import SerializedDAG

    batch = (conf or {}).get("batch_id")
    run_id = run_id or (f"{ASKS[dag_id]}__{batch}" if batch and dag_id in ASKS else None)
    named = {} if run_id is None else {"run_id": run_id}
    create = SerializedDAG.create_dagrun

    def made(dag: SerializedDAG, *given: Any, **more: Any) -> Any:
        own = named if dag.dag_id == dag_id else {}  # not of a run that this one triggers
        return create(dag, *given, **{"partition_key": key} | more | own)

    dag = dags[dag_id]
    # Airflow 3.3.2 looks for the row of a deadline by what the DAG says of it: dag.test() writes none.
    dag.deadline = None
    with mock.patch.object(SerializedDAG, "create_dagrun", made), warnings.catch_warnings():
        # dag.test() deletes an earlier run without a logical date, which asks for the one DAG as it is serialized: in
        # this process's database, earlier tests may have left several
        warnings.filterwarnings("ignore", message=".*'DagRun.serialized_dag'")
        run = dag.test(logical_date=None, run_conf=conf)
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    return {"": str(run.state), **states}


class Practice:
    """A warehouse with its systems, and methods to run DAGs on it."""

    def __init__(
        self, server: postgres.Server, world: sandbox.Sandbox, dags: dict[str, Any]
    ) -> None:
        self.server = server
        self.world = world
        self.dags = dags
        self.first = date.fromisoformat(world.world()["first_night"])

    def run(
        self,
        dag_id: str,
        key: str | None = None,
        conf: dict[str, Any] | None = None,
        run_id: str | None = None,
    ) -> dict[str, str]:
        """Run one DAG; returns the state of each task, and of the run under the empty name.

        A run that asks about a batch has the id that the night gives it, unless `run_id` says another.
        """
        return run_dag(self.dags, dag_id, key, conf, run_id)

    def night(self, day: date) -> dict[str, dict[str, str]]:
        """Advance the world to a day and run the chain for it."""
        self.world.advance(day.isoformat())
        return {dag_id: self.run(dag_id, day.isoformat()) for dag_id in CHAIN}

    def next_day(self) -> date:
        """Return the business date after the newest night's."""
        last: date
        ((last,),) = self.rows("select max(business_date) from operations.night")
        return last + timedelta(days=1)

    def asked(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the configuration of the queued runs of a side DAG, and delete them."""
        from airflow.models.dagrun import DagRun
        from airflow.utils.session import create_session
        from sqlalchemy import delete, select

        waits = (DagRun.dag_id == dag_id, DagRun.state == "queued")
        with create_session() as session:
            asked = [
                dict(conf or {}) for conf in session.scalars(select(DagRun.conf).where(*waits))
            ]
            # not through the model, which looks for the one DAG as it is serialized: earlier tests may have left more
            session.execute(delete(DagRun).where(*waits))
        return asked

    def told(self, dag_id: str, task_id: str, key: str) -> Any:
        """Return what a task of a DAG's newest run pushed to XCom under a key."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            found = session.scalars(
                select(XComModel)
                .where(
                    XComModel.dag_id == dag_id, XComModel.task_id == task_id, XComModel.key == key
                )
                .order_by(XComModel.dag_run_id.desc())
            ).first()
            return None if found is None else XComModel.deserialize_value(found)

    @contextmanager
    def person(self, option: str, note: str) -> Iterator[list[set[str]]]:
        """Answer the one question asked inside the block, as Airflow's page would, after opening the claims."""
        with self.people(("", option, note)) as asked:
            yield asked

    @contextmanager
    def people(self, *answers: tuple[str, str, str]) -> Iterator[list[set[str]]]:
        """Answer the question asked inside the block, each time it is asked: (user, option, note).

        Yields whom Airflow lets answer, each time.
        """
        over = threading.Event()
        asked: list[set[str]] = []

        def answer() -> None:
            for each in answers:
                while not over.wait(0.2):
                    found = _answer(*each, self.open_claims)
                    if found is not None:
                        asked.append(found)
                        break

        somebody = threading.Thread(target=answer)
        somebody.start()
        try:
            yield asked
        finally:
            over.set()
            somebody.join()

    def open_claims(self) -> None:
        """Open the lists of the batches that wait, as the person who answers questions."""
        from throughline.decisions import COMMAND_LINE
        from throughline.tasks import listed

        with warehouse.connect(self.server.dsn(postgres.SUPERUSER)) as conn:
            for batch in listed.waiting(conn):
                listed.open_for(conn, batch.batch_id, BILLER, COMMAND_LINE)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with warehouse.connect(self.server.dsn(postgres.SUPERUSER)) as conn:
            return conn.execute(query.encode()).fetchall()

    def do(self, statement: str) -> None:
        with warehouse.connect(self.server.dsn(postgres.SUPERUSER)) as conn:
            conn.execute(statement.encode())

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return everything a run leaves behind except times: a rerun must leave the same."""
        return {
            "digest": self.rows("select total from cases.digest"),
            "batches": self.rows(
                "select to_jsonb(b) - 'received_at' from landing.batch b order by batch_id"
            ),
            "facts": self.rows("select count(*), count(retracted_seq) from evidence.fact"),
            "cases": self.rows("select to_jsonb(c) from cases.case_record c order by case_id"),
            "tasks": self.rows("select to_jsonb(t) from tasks.task t order by task_id"),
            "sent": self.rows(
                "select effect_key, attempt, payload_sha256, outcome from tasks.transmission order by 1, 2"
            ),
        }


def _answer(who: str, option: str, note: str, prepare: Callable[[], None]) -> set[str] | None:
    """Answer a question past the API, which would ask whether this user may; return who may, if one is open."""
    from airflow.models.hitl import HITLDetail, HITLUser
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        asked = session.scalars(
            select(HITLDetail)
            .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
            .where(HITLDetail.responded_at.is_(None), TaskInstance.state == "awaiting_input")
        ).first()
        if asked is None:
            return None
        prepare()
        who = who or ("operator" if "Reject" in asked.options else BILLER)
        user: Any = HITLUser(id=who, name="Ada Okafor")
        asked.responded_by = user
        asked.responded_at = datetime.now(UTC)
        asked.chosen_options, asked.params_input = [option], {"note": note}
        handle_event_submit(
            TriggerEvent(asked.as_resume_event_payload()),  # type: ignore[no-untyped-call]  # Airflow's own
            task_instance=asked.task_instance,
            session=session,
        )
        return {user["id"] for user in asked.assigned_users}


def _migrate(server: postgres.Server) -> None:
    warehouse.migrate(server.dsn())


@contextmanager
def practice_of(
    folder: Path,
    world: options.Options,
    dags: dict[str, Any],
    prepare: Callable[[postgres.Server], None] = _migrate,
) -> Iterator[Practice]:
    """Start a world's systems in a folder, with its warehouse as `prepare` leaves it; all is removed afterwards."""
    program = sandbox.start(folder, world)
    try:
        with postgres.throwaway() as server:
            prepare(server)
            systems = sandbox.ready(folder, program)
            connect = stack_airflow.warehouse_connections(server) | systems.connections
            variables = {f"AIRFLOW_CONN_{name.upper()}": uri for name, uri in connect.items()}
            variables |= {
                "THROUGHLINE_LANDING": str(folder / "landing"),
                "THROUGHLINE_PAGES": str(folder / "pages"),
            }
            before = dict(os.environ)
            os.environ.update(variables)
            try:
                yield Practice(server, systems, dags)
            finally:
                os.environ.clear()
                os.environ.update(before)
    finally:
        processes.stop(folder, [sandbox.NAME])
