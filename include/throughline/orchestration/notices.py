"""Whom a night and its questions tell, by Airflow connections: nobody, unless one of these is configured.

`throughline_check_in` is the address of a check at a monitor outside, `throughline_webhook` that of a chat or an
incident service, `throughline_mail` an SMTP server with `to` in its extra. Messages hold the name of a DAG, a
business date and a link, and no patient data. None of them ever fails a task.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import BaseNotifier
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowNotFoundException

from throughline.orchestration.addresses import address
from throughline.programs.commands import as_here
from throughline.warehouse import nights, step

if TYPE_CHECKING:
    from pathlib import Path

    from throughline.practice import Team
    from throughline.silence.questions import Unanswered
    from throughline.transports.address import Address
    from throughline.warehouse import Connection

log = logging.getLogger(__name__)

CHECK_IN, WEBHOOK, MAIL = "throughline_check_in", "throughline_webhook", "throughline_mail"

READ_WITHIN, STEP_WITHIN = 105, 45
"""Minutes after which a DAG of the night runs late: the first is told at 05:45, before the morning is due."""


def night_began(conn: Connection, night: nights.Night) -> None:
    """Tell the check-in address that the newest night has begun."""
    from throughline.told import messages

    _check_in(conn, night, messages.START)


def night_ended(conn: Connection, night: nights.Night) -> None:
    """Tell the check-in address how the newest night ended, once its page is written, with the head of the chain."""
    from throughline.proven import chain
    from throughline.told import messages

    signal = messages.SUCCESS if night.status == "finished" else messages.FAILURE
    said = [str(chain.head(conn, night.seq) or "")]
    if chain.is_in_doubt(conn):
        said.append(f"it is not the chain whose heads are in {chain.FILE}")
    _check_in(conn, night, signal, "\n".join(said))


def hold_chain(conn: Connection, night: nights.Night, folder: Path) -> None:
    """Hold the chain against the heads kept in `folder`, and tell the team whose exception it is if they differ.

    Runs as a step of the night, and commits before anybody is told. The night goes on.
    """
    from throughline.practice import teams
    from throughline.proven import chain

    with step(conn, night.seq, "compare_chain") as record:
        record.rows = len(chain.notice(conn, night.seq, folder))
        row = conn.execute(
            "select owner_team from operations.reason where reason = %s", (chain.REASON,)
        ).fetchone()
    if record.rows:
        team = teams().get(row[0]) if row else None
        tell(chain_text(night, team.title if team else None), team.mail if team else ())


def chain_text(night: nights.Night, team: str | None) -> str:
    """Return the notice of a night that found the chain to be another one than its kept heads say."""
    return (
        f"Throughline{f' for {team}' if team else ''}: night {night.seq} of {night.business_date} found that the"
        " chain of decisions is not the one whose heads were kept. Pause sending;"
        f" {as_here('make check')} says what differs, the runbook what to do. {_base()}/throughline/exceptions"
    )


def _check_in(conn: Connection, night: nights.Night, signal: str, text: str = "") -> None:
    from throughline.told import messages

    # a rerun of an older date says nothing about the morning that is due
    if not nights.is_of_newest_date(conn, night.seq):
        return
    there = _configured(CHECK_IN)
    if there is not None:
        conn.commit()  # no transaction stays open while a stranger takes its time
        messages.check_in(there, signal, text)


def tell(text: str, to: Sequence[str] = ()) -> None:
    """Send a text to the webhook and by mail, as far as they are configured.

    The mail goes to `to`, or without it to whom its connection names.
    """
    from throughline.told import messages

    webhook = _configured(WEBHOOK)
    if webhook is not None:
        messages.post(webhook, text)
    mail = _configured(MAIL)
    if mail is not None:
        messages.mail(mail, text, to)


class Notice(BaseNotifier):
    """Tells that something happened to a run: `what` follows the name of its DAG and its business date."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def notify(self, context: Any) -> None:
        """Send the notice of the run that `context` is of."""
        key = getattr(context.get("dag_run"), "partition_key", None)
        tell(text_of(self.what, context["dag"].dag_id, str(context["run_id"]), key))


class Question(Notice):
    """Tells the team that may answer that a question was asked; the run's parameter names what it is about."""

    def __init__(self, about: str) -> None:
        super().__init__("asks for a decision")
        self.about = about

    def notify(self, context: Any) -> None:
        """Send the notice to the team that is asked; to everybody, if nobody knows whose question it is."""
        team = _team_asked(str((context.get("params") or {}).get(self.about) or ""))
        key = getattr(context.get("dag_run"), "partition_key", None)
        what = f"asks {team.title} for a decision" if team else self.what
        text = text_of(what, context["dag"].dag_id, str(context["run_id"]), key)
        tell(text, team.mail if team else ())


def _team_asked(about_id: str) -> Team | None:
    from throughline.orchestration.connections import open_warehouse
    from throughline.practice import teams
    from throughline.silence import questions

    try:
        with open_warehouse() as conn:
            return teams().get(questions.team_asked(conn, about_id) or "")
    except Exception as error:  # noqa: BLE001 - the notice goes out without the team's name
        log.warning("whose question it is cannot be read: %s", type(error).__name__)
        return None


def escalate(conn: Connection, seq: int) -> None:
    """Tell leads of the questions that nobody has answered in time; in the end they become exceptions.

    Runs as a step of the night, and commits before anybody is told.
    """
    from throughline.practice import teams
    from throughline.silence import questions

    with step(conn, seq, "notice_questions") as record:
        counts, unanswered = questions.notice(conn, seq, nights.by_seq(conn, seq).cut_off)
        record.rows, record.detail = sum(counts.values()), dict(counts)
    for one in unanswered:
        team = teams().get(one.owner_team)
        if team is not None:
            tell(unanswered_text(one, team), team.lead_mail)


def unanswered_text(one: Unanswered, team: Team) -> str:
    """Return the notice of a question that nobody has answered: what, since when, of whom, by when, where."""
    what = "claims to" if one.about_kind == "claim_batch" else "the delivery"
    later = (
        "it is an exception"
        if one.exception_from is None
        else (f"it is an exception from {one.exception_from} on")
    )
    return (
        f"Throughline for {team.lead}: {team.title} has not decided about {what} {one.about}"
        f" (number {one.about_id[:8]}), asked on {one.asked_on}; {later}. {_base()}/required_actions"
    )


def runs_late(context: dict[str, Any]) -> None:
    """Send the notice of a run that has missed its deadline; Airflow's executor calls it once.

    Of a run that failed before its deadline, too: that one has been told of.
    """
    run = context["dag_run"]
    if run.get("state") in ("failed", "success"):
        return
    tell(text_of("runs late", run["dag_id"], run["dag_run_id"], run.get("partition_key")))


def deadline(minutes: int) -> DeadlineAlert:
    """Return the deadline of a DAG of the night, counted from when its run was queued.

    A run that is keyed by an asset has no logical date to count from.
    """
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=minutes),
        callback=SyncCallback(runs_late),
        name="runs_late",
    )


def text_of(what: str, dag_id: str, run_id: str, key: str | None) -> str:
    """Return a notice: which DAG, which business date, what happened, and a link to the run."""
    return (
        f"Throughline: {dag_id}{f' of {key}' if key else ''} {what}."
        f" {_base()}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"
    )


def _base() -> str:
    return str(conf.get("api", "base_url", fallback="")).rstrip("/")


def _configured(connection_id: str) -> Address | None:
    try:
        return address(connection_id)
    except AirflowNotFoundException:
        return None
    except Exception as error:  # noqa: BLE001 - a secrets backend that is down must not fail the night
        log.warning("%s cannot be read: %s", connection_id, type(error).__name__)
        return None
