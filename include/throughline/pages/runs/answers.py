"""Ends Airflow's questions about a batch of claims that was decided on its page."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select, text

from throughline.orchestration.decisions import ATTEST, REFUSE

log = logging.getLogger(__name__)
DAG_ID = "release_claims"
SAID = {"release": ATTEST, "refuse": REFUSE}
"""The answer of a question about claims that stands for an act."""
TRIES = 2
SECONDS = 3
"""How long Airflow's database may let a person wait for a row that the scheduler holds."""


def answer(user: Any, batch_id: UUID | str, act: str) -> int:
    """Answer the open questions about a batch as the person who has just decided it; returns how many.

    `user` is the login of the request. Airflow takes the answer as over REST: of those who may edit the
    question's DAG and to whom it is assigned. The reason is not told to Airflow. The decision is recorded
    already and stands whatever becomes of this: a question that stays open ends by itself
    (`throughline.orchestration.decision_dags.LOOKS_AGAIN`). Raises nothing.
    """
    for _ in range(TRIES):
        try:
            return sum(_answered(user, run_id, task, act) for run_id, task in _open(batch_id))
        except Exception as error:  # noqa: BLE001 - see above; the text may hold what a record holds
            log.warning("a question about claims was not answered: %s", type(error).__name__)
    return 0


def _open(batch_id: UUID | str) -> list[tuple[str, str]]:
    """Return run and task of each open question about a batch."""
    asked = (
        select(TaskInstance.run_id, TaskInstance.task_id)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .where(TaskInstance.dag_id == DAG_ID, TaskInstance.state == "awaiting_input")
        .where(TaskInstance.run_id.startswith(f"claims__{batch_id}"))
        .where(HITLDetail.responded_at.is_(None))
    )
    with create_session() as session:
        return [(run_id, task_id) for run_id, task_id in session.execute(asked).all()]


def _answered(user: Any, run_id: str, task_id: str, act: str) -> bool:
    """Answer one question; returns whether Airflow took the answer."""
    # where Airflow's REST API answers a question: it checks to whom it is assigned, and wakes the task
    from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
    from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
    from fastapi import HTTPException

    if not get_auth_manager().is_authorized_dag(
        method="PUT",
        access_entity=DagAccessEntity.HITL_DETAIL,
        details=DagDetails(id=DAG_ID),
        user=user,
    ):
        return False
    said = UpdateHITLDetailPayload(chosen_options=[SAID[act]], params_input={"note": ""})
    with create_session() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text(f"set local lock_timeout = '{SECONDS}s'"))
        try:
            update_hitl_detail(DAG_ID, run_id, task_id, said, user, session)
        except HTTPException as error:
            # not assigned to this person, or answered meanwhile
            log.info("Airflow does not take the answer to %s: %s", run_id, error.status_code)
            return False
    return True
