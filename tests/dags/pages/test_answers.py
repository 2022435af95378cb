"""A batch that was decided on its page: Airflow's question about it ends, now or later, and the decision stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from throughline.orchestration import decision_dags
from throughline.orchestration.decision_dags import LOOKS_AGAIN, Ask
from throughline.orchestration.decisions import Asked, Taken
from throughline.pages.runs import answers

BATCH = UUID("0b1c2d3e-0000-4000-8000-000000000002")
OTHER = UUID("0b1c2d3e-0000-4000-8000-000000000003")


def run_of(batch: UUID) -> str:
    """Return the id of the run that asks about a batch."""
    return f"claims__{batch}__0a1b2c3d"


class User:
    """A user of the auth manager, as far as an answer asks."""

    def __init__(self, who: str = "biller") -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who

    get_name = get_id


class Rights:
    """An auth manager that lets some edit questions, and those answer to whom they are assigned."""

    def __init__(self) -> None:
        self.may_edit = True

    def is_authorized_dag(self, **_: object) -> bool:
        return self.may_edit

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: User) -> bool:
        return user.get_id() in assigned_users


@pytest.fixture
def rights(monkeypatch: pytest.MonkeyPatch) -> Rights:
    made = Rights()
    for module in ("throughline.pages.runs.answers", "airflow.api_fastapi.core_api.routes.public.hitl"):  # fmt: skip
        monkeypatch.setattr(f"{module}.get_auth_manager", lambda: made)
    return made


@pytest.fixture
def questions(metadata: None, rights: Rights, dag_bag: Any) -> Iterator[None]:
    """An open question about each of two batches, assigned to the biller."""
    from airflow.models.dag import DagModel
    from airflow.models.dag_version import DagVersion
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType
    from sqlalchemy import delete

    dag = dag_bag.dags[answers.DAG_ID]
    with create_session() as session:
        session.merge(DagBundleModel(name="pages"))
        session.flush()
        model: Any = DagModel
        session.merge(model(dag_id=dag.dag_id, bundle_name="pages"))
        session.flush()
        SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), "pages", session=session)
        session.flush()
        version = DagVersion.get_latest_version(dag.dag_id, session=session)
        assert version is not None
        stored: SerializedDAG = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        for batch in (BATCH, OTHER):
            run = DagRun(
                dag_id=dag.dag_id,
                run_id=run_of(batch),
                run_type=DagRunType.MANUAL,
                state=DagRunState.RUNNING,
            )
            session.add(run)
            session.flush()
            task = TaskInstance(
                stored.get_task("attest"), run_id=run.run_id, dag_version_id=version.id
            )
            task.state = "awaiting_input"
            task.next_method, task.next_kwargs = "execute_complete", {"asked": {}}
            session.add(task)
            session.flush()
            session.add(
                HITLDetail(
                    ti_id=task.id, subject="claims", options=["Attest and release", "Refuse"],
                    assignees=[{"id": "biller", "name": "biller"}], params={},
                )
            )  # fmt: skip
    yield
    with create_session() as session:
        ours = [run_of(BATCH), run_of(OTHER)]
        session.execute(delete(DagRun).where(DagRun.run_id.in_(ours)))


def said() -> dict[UUID, tuple[str, Any, Any]]:
    """Return the state of each question's task, the answer, and who gave it."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    # Airflow's database is that of all tests of a process
    asked = (
        select(TaskInstance.run_id, TaskInstance.state, HITLDetail)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .where(TaskInstance.run_id.in_([run_of(BATCH), run_of(OTHER)]))
    )
    with create_session() as session:
        return {
            UUID(run_id.split("__")[1]): (
                str(state),
                one.chosen_options,
                (one.responded_by or {}).get("id"),
            )
            for run_id, state, one in session.execute(asked).all()
        }


OPEN = ("awaiting_input", None, None)


@pytest.mark.parametrize(
    ("act", "option"), [("release", "Attest and release"), ("refuse", "Refuse")]
)
def test_who_decided_on_the_page_has_answered_its_question(
    questions: None, act: str, option: str
) -> None:
    assert answers.answer(User(), BATCH, act) == 1
    assert said() == {BATCH: ("scheduled", [option], "biller"), OTHER: OPEN}
    assert answers.answer(User(), BATCH, act) == 0, "said again"


def test_airflow_takes_an_answer_only_of_those_whom_it_asked(
    questions: None, rights: Rights
) -> None:
    assert answers.answer(User("deputy"), BATCH, "release") == 0
    rights.may_edit = False
    assert answers.answer(User(), BATCH, "release") == 0
    assert said() == {BATCH: OPEN, OTHER: OPEN}


@pytest.mark.parametrize("after", [True, False])
def test_an_answer_that_is_lost_is_given_once_and_raises_nothing(
    questions: None, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    from airflow.api_fastapi.core_api.routes.public import hitl

    real, tries = hitl.update_hitl_detail, []

    def lost(*given: Any) -> None:
        tries.append(given)
        if after:
            real(*given)
            given[-1].commit()
        raise ConnectionError("the answer is lost")

    monkeypatch.setattr(hitl, "update_hitl_detail", lost)
    assert answers.answer(User(), BATCH, "release") == 0
    assert len(tries) == (1 if after else answers.TRIES)
    done = ("scheduled", ["Attest and release"], "biller")
    assert said() == {BATCH: done if after else OPEN, OTHER: OPEN}


# ---- a question that was not answered ends by itself -------------------------------------------


ASKED = Asked(
    subject="", body="", about_id=str(BATCH), shown="d", may=["biller"], options=["Refuse"]
)
TIMEOUT = {"error": "no response", "error_type": "timeout"}


def question(decided: Any) -> Ask:
    return Ask(
        task_id="attest", subject="claims", options=["Refuse"],
        describe=lambda run: ASKED, take=lambda asked, answer: Taken(act="refuse", about_id=""),
        decided=decided,
    )  # fmt: skip


def test_an_open_question_looks_every_hour_whether_it_was_decided_elsewhere() -> None:
    taken = Taken(act="release", about_id=str(BATCH))
    context: Any = {}
    assert question(lambda about: taken).execute_complete(context, TIMEOUT, ASKED) == taken

    def refused(about: str) -> None:
        assert about == str(BATCH)
        raise AirflowSkipException("decided already")

    with pytest.raises(AirflowSkipException):
        question(refused).execute_complete(context, TIMEOUT, ASKED)


@pytest.mark.parametrize("fails", [False, True])
def test_a_question_that_waits_goes_on_waiting_also_without_a_warehouse(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    def decided(about: str) -> None:
        if fails:
            raise ConnectionError("no warehouse")

    monkeypatch.setattr(
        decision_dags, "upsert_hitl_detail", lambda **_: pytest.fail("an answer would be lost")
    )
    context: Any = {}
    with pytest.raises(TaskAwaitingInput) as waits:
        question(decided).execute_complete(context, TIMEOUT, ASKED)
    assert waits.value.timeout == LOOKS_AGAIN
    assert waits.value.kwargs == {"asked": ASKED}


def test_an_answer_that_comes_in_time_is_taken() -> None:
    event = {
        "chosen_options": ["Refuse"],
        "params_input": {},
        "responded_at": datetime.now(UTC),
        "responded_by_user": {"id": "biller"},
    }
    from types import SimpleNamespace

    context: Any = {"dag_run": SimpleNamespace(dag_id="release_claims", run_id="r")}
    taken = question(lambda about: pytest.fail("asked")).execute_complete(context, event, ASKED)
    assert taken["act"] == "refuse"
