"""The question of a run that is asked live, and what people say to it over REST."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.dags.doors.managers import Server
from tests.dags.practice import ASKS, run_dag
from throughline import decisions
from throughline.practice import permissions

QUESTIONS = {"release_claims": "attest", "release_feed": "ask"}
"""The task of each DAG that asks."""
SECONDS = 400
"""How long a question may take to open: a busy machine takes its time."""


def allow(patch: pytest.MonkeyPatch, **who: set[str]) -> None:
    """Let these people do these things, and nobody do anything else."""
    said = permissions.Permissions(
        {what: {permissions.ANY: frozenset(ids)} for what, ids in who.items()}
    )
    patch.setattr(permissions, "permissions", lambda: said)
    patch.setattr(decisions, "permissions", lambda: said)


class Talk:
    """The question of one run, and what people say to it over REST."""

    def __init__(self, server: Server, dag_id: str, about: UUID) -> None:
        self.server, self.dag_id, self.about = server, dag_id, about
        self.run_id = f"{ASKS[dag_id]}__{about}"

    def opened(self) -> set[str]:
        """Wait until the question is open; return the ids of those to whom it is assigned."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            found = _open_question(self.dag_id, self.run_id)
            if found is not None:
                return found
            time.sleep(0.1)
        raise TimeoutError("no question is open")

    def says(self, who: str, option: str, note: str = "") -> int:
        """Answer as somebody, or with a token; returns the status of Airflow's answer."""
        task = QUESTIONS[self.dag_id]
        return self.server.answer(who, self.dag_id, self.run_id, task, option, note)

    def goes(self, dags: dict[str, Any], script: Callable[[], None]) -> dict[str, str]:
        """Run the DAG while `script` talks to it; returns the states of its tasks."""
        wrong: list[BaseException] = []

        def talk() -> None:
            try:
                script()
            except BaseException as error:  # noqa: BLE001 - raised again where the test sees it
                wrong.append(error)
                _give_up(self.dag_id, self.run_id)

        talker = threading.Thread(target=talk)
        talker.start()
        conf = {"batch_id": str(self.about), "business_date": "2026-07-06"}
        try:
            ended = run_dag(dags, self.dag_id, conf=conf)
        finally:
            talker.join()
        if wrong:
            raise wrong[0]
        return ended


def _open_question(dag_id: str, run_id: str) -> set[str] | None:
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        asked = session.scalars(
            select(HITLDetail)
            .join(TaskInstance, TaskInstance.id == HITLDetail.ti_id)
            .where(
                HITLDetail.responded_at.is_(None),
                TaskInstance.state == "awaiting_input",
                TaskInstance.dag_id == dag_id,
                TaskInstance.run_id == run_id,
            )
        ).first()
        return None if asked is None else {user["id"] for user in asked.assigned_users}


def _give_up(dag_id: str, run_id: str) -> None:
    """Let a run end whose question nobody will answer any more."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(
            update(TaskInstance)
            .where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
            .values(state="failed")
        )
