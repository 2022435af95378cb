"""One night: from a run of Airflow to its morning and exceptions, and back to the runs and the questions."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_authenticated
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from throughline.deployment import served
from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.one import NotFound
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.told.today import today
from throughline.warehouse import Connection, sql

STEPS = ("extract_feeds", "build_cases", "reconcile_tasks", "create_tasks", "report_operations")
"""The DAGs of a night, in their order; their runs have the business date as partition key."""
ASKS = {"release_feed": "Release a delivery", "release_claims": "Attest claims"}
"""The DAGs that ask a person, and what about."""
MOST = 20
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@dataclass(frozen=True)
class Night:
    """A night as `sql/told/pages/night.sql` gives it. Times are UTC."""

    seq: int
    business_date: date
    kind: str
    status: str
    failed_step: str | None
    cut_off: datetime
    started_at: datetime
    finished_at: datetime | None
    exceptions_opened: int
    exceptions_open: int


@dataclass(frozen=True)
class Link:
    """A way into Airflow: what it is, how it stands, and its address below Airflow's."""

    title: str
    state: str
    address: str


@dataclass(frozen=True)
class Batch:
    """A batch of claims: the number of the night that prepared it, and whether it waits for a person."""

    batch_id: str
    planned_seq: int
    waits: bool


def night(conn: Connection, seq: int | None, business_date: date | None = None) -> Night:
    """Return a night by its number, or the newest of a business date. Raises `NotFound`."""
    found = sql.run(conn, "told/pages/night.sql", seq=seq, business_date=business_date).rows
    if not found:
        raise NotFound("There is no such night.")
    return Night(*found[0])


def run_address(dag_id: str, run_id: str, task_id: str = "") -> str:
    """Return the address of a run below Airflow's, or of the question that a task of it asks."""
    run = f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
    return f"{run}/tasks/{quote(task_id, safe='')}/required_actions" if task_id else run


def runs(user: GetUserDep, business_date: date) -> list[Link]:
    """Return the runs of a business date that Airflow shows the user, in the order of a night, the newest first."""
    may = [dag_id for dag_id in STEPS if _may_see(user, dag_id)]
    query = (
        select(DagRun.dag_id, DagRun.run_id, DagRun.state)
        .where(DagRun.dag_id.in_(may), DagRun.partition_key == business_date.isoformat())
        .order_by(DagRun.id.desc())
        .limit(MOST)
    )
    with create_session() as session:
        found = session.execute(query).all()
    return sorted(
        (Link(dag_id, str(state), run_address(dag_id, run_id)) for dag_id, run_id, state in found),
        key=lambda link: STEPS.index(link.title),
    )


def questions(user: GetUserDep) -> list[Link]:
    """Return the questions that wait for an answer and that Airflow shows the user, the oldest first."""
    may = [dag_id for dag_id in ASKS if _may_see(user, dag_id)]
    query = (
        select(TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id, HITLDetail.subject)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .where(TaskInstance.dag_id.in_(may), HITLDetail.responded_at.is_(None))
        .where(TaskInstance.state.in_(("deferred", "awaiting_input", "running", "queued")))
        .order_by(HITLDetail.created_at)
        .limit(MOST)
    )
    with create_session() as session:
        found = session.execute(query).all()
    return [
        Link(subject, ASKS[dag_id], run_address(dag_id, run_id, task_id))
        for dag_id, run_id, task_id, subject in found
    ]


def _may_see(user: GetUserDep, dag_id: str) -> bool:
    return get_auth_manager().is_authorized_dag(
        method="GET",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=dag_id),
        user=user,
    )


def about(dag_id: str, run_id: str) -> tuple[date | None, str]:
    """Return the business date of a run, and the batch that it asks about; nothing for a run of another kind."""
    query = select(DagRun.partition_key, DagRun.conf).where(
        DagRun.dag_id == dag_id, DagRun.run_id == run_id
    )
    with create_session() as session:
        found = session.execute(query).first()
    if found is None:
        return None, ""
    key, conf = found
    said = conf if isinstance(conf, dict) else {}
    return _day(key) or _day(said.get("business_date")), str(said.get("batch_id") or "")


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None


def _batch(conn: Connection, batch_id: str) -> Batch | None:
    """Return the batch of claims that a run asks about; None if there is none of that id."""
    try:
        known = UUID(batch_id)
    except ValueError:
        return None
    found = conn.execute(
        "select batch_id::text, planned_seq, status = 'waiting' from tasks.claim_batch where batch_id = %s",
        (known,),
    ).fetchone()
    return Batch(*found) if found else None


def _shown(
    request: Request, who: Looking, user: GetUserDep, one: Night, batch: Batch | None = None
) -> str:
    with reading() as conn:
        now = today(conn)
    file = f"{one.business_date}.html"
    folder = Path(os.environ.get("THROUGHLINE_PAGES", "pages")).resolve()
    return render(
        "night.html.jinja", who, root_of(request),
        night=one, today=now, morning=file if served.find(folder, file) else "", batch=batch,
        runs=runs(user, one.business_date), questions=questions(user),
    )  # fmt: skip


@router.get("/night/{seq}")
def night_page(request: Request, who: Looking, user: GetUserDep, seq: str) -> Response:
    """Return one night: how it ended, its morning, its runs in Airflow and the questions that wait."""
    if not re.fullmatch(r"[0-9]{1,9}", seq):
        raise NotFound("A night has a number.")
    with reading() as conn:
        one = night(conn, int(seq))
    return html(_shown(request, who, user, one))


@router.get("/run")
def run_page(
    request: Request, who: Looking, user: GetUserDep, dag_id: str = "", run_id: str = ""
) -> Response:
    """Return the night that a run of Airflow belongs to: the tab of a run leads here."""
    if dag_id not in (*STEPS, *ASKS, "reconcile_by_day") or not run_id.isprintable():
        raise NotFound("This run is not of Throughline.")
    if not _may_see(user, dag_id):
        raise NotFound("Airflow shows you no such run.")
    day, named = about(dag_id, run_id)
    with reading() as conn:
        batch = _batch(conn, named) if dag_id == "release_claims" else None
        seq = batch.planned_seq if batch else today(conn).seq
        one = night(conn, None, day) if day else night(conn, seq)
    return html(_shown(request, who, user, one, batch))
