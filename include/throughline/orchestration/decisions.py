"""The questions that the two side DAGs ask a named person, and what follows from the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from airflow.sdk.exceptions import AirflowSkipException

from throughline import decisions
from throughline.decisions import Door, NobodyNamedError, NoReasonError, NotAllowedError, Request
from throughline.orchestration.connections import DECIDER, LOADER, open_warehouse
from throughline.orchestration.links import address_of_page
from throughline.orchestration.night import load_batch
from throughline.programs.commands import as_here
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import Connection, nights

ATTEST, REFUSE = "Attest and release", "Refuse"
"""The answers to a question about claims."""


class Asked(TypedDict):
    """A question: its text, what it is about, the state of it that is shown, who may answer, and the answers."""

    subject: str
    body: str
    about_id: str
    shown: str
    may: list[str]
    options: list[str]


class Taken(TypedDict):
    """An answer that was recorded: the act, and what it is about."""

    act: str
    about_id: str


@dataclass(frozen=True)
class Run:
    """A run of a DAG that asks: its id, its parameters, and who started it or the night that did."""

    run_id: str
    conf: Mapping[str, Any]
    started_by: str


def _who(answer: dict[str, Any]) -> str:
    """Return the id of the Airflow user who answered; an answer without one is refused.

    A display name is anybody's to choose: only the id of the auth manager says who it was.
    """
    user = answer.get("responded_by_user") or {}
    who = user.get("id") if isinstance(user, dict) else str(user)
    if not who:
        raise NobodyNamedError("a decision needs a named person")
    return str(who)


def _door(answer: dict[str, Any]) -> Door:
    """Return Airflow's own record of an answer: who gave it, when, to the question of which run."""
    user = answer.get("responded_by_user") or {}
    record = {
        "user_id": user.get("id") if isinstance(user, dict) else str(user),
        "user_name": user.get("name") if isinstance(user, dict) else None,
        **{name: answer.get(name) for name in ("responded_at", "dag_id", "run_id")},
    }
    return Door("question", {name: str(value) for name, value in record.items() if value})


def _note(answer: dict[str, Any]) -> str:
    return str((answer.get("params_input") or {}).get("note") or "")


def _about(run: Run, prefix: str, act: str, about_kind: str) -> str:
    """Return the id of the batch that a run asks about: the one that its own id names.

    The night starts one run for each batch, `<prefix>__<batch>`, and of claims for each state of their
    list, with the beginning of its digest behind; a number follows if the run before it failed. A run that
    somebody started with other parameters asks nothing: it is refused, and the refusal recorded. Raises
    `NotPermittedError`, and `AirflowSkipException` if the id is no batch's.
    """
    batch_id = str(run.conf.get("batch_id") or "")
    if not re.fullmatch(
        rf"{prefix}__{re.escape(batch_id)}(__[0-9a-f]{{8}})?(__[1-9][0-9]?)?", run.run_id
    ):
        door = Door("question", {"run_id": run.run_id, "started_by": run.started_by})
        request = Request(act, about_kind, batch_id[:80], run.started_by or run.run_id, door=door)
        with open_warehouse(DECIDER) as conn:
            why = "this run was not started for the batch that its parameters name"
            decisions.refuse(conn, request, why)
    try:
        return str(UUID(batch_id))
    except ValueError:
        raise AirflowSkipException("there is no such batch") from None


def _options(
    conn: Connection,
    about_kind: str,
    about_id: str,
    labels: dict[str, str],
    said: dict[str, object],
) -> tuple[str, list[str]]:
    """Return one line for each possible answer, saying what follows, and who may answer.

    `labels` maps acts to answers. Raises `AirflowSkipException` if there is nothing left to decide.
    """
    lines, users = [], set[str]()
    for act, label in labels.items():
        request = Request(act, about_kind, about_id, "", said=said)
        try:
            seen = decisions.preview(conn, request)
        except NotAllowedError as error:
            raise AirflowSkipException(str(error)) from None
        if seen.made is not None:
            raise AirflowSkipException("already decided")
        lines.append(f"- **{label}**: {' '.join(seen.follows)}")
        users |= decisions.permitted(request, seen)
    return "\n".join(lines), sorted(users)


def describe_batch(run: Run) -> Asked | Taken:
    """Return the question about a stopped batch: counts, no patient values.

    `shown` is the verdict that it tells of. A release that is recorded but not carried out yet is returned
    as it was taken. Raises `AirflowSkipException` when the batch is no longer stopped, and
    `NotPermittedError` if the run is not that of the batch.
    """
    import throughline.quality.decide  # noqa: F401 - registers the acts that are offered

    batch_id = _about(run, "stopped", "release", "batch")
    with open_warehouse() as conn:
        if (_released(conn, batch_id) or (None, ""))[1] == "stopped":
            return Taken(act="release", about_id=batch_id)
    with open_warehouse(LOADER) as conn:
        row = conn.execute(
            "select b.source, b.feed, b.business_date, b.rows_received, v.failed,"
            " v.expectations, v.data_docs, v.detail, v.verdict_id::text"
            " from landing.batch as b left join quality.verdict as v on v.batch_id = b.batch_id"
            " where b.batch_id = %s order by v.decided_at desc limit 1",
            (batch_id,),
        ).fetchone()
        if row is None:
            raise AirflowSkipException("there is no such batch")
        source, feed, day, received, failed, expectations, docs, detail, verdict = row
        labels = {"release": "Release", "reject": "Reject"}
        answers, users = _options(conn, "batch", batch_id, labels, {"verdict": verdict})
        decisions.show(conn, "batch", batch_id, verdict or "")
        conn.commit()
    counts = f"[Data Docs]({address_of_page(docs)})" if docs else "Data Docs: none"
    reasons = "\n".join(
        f"- {item.get('expectation')}: {item.get('observed', '')}"
        for item in (detail or [])
        if isinstance(item, dict)
    )
    return {
        "subject": f"{source} / {feed} of {day}",
        "body": (
            f"{counted(received, 'row was', 'rows were')} received; {failed} of"
            f" {counted(expectations, 'expectation')} failed.\n\n"
            f"{reasons}\n\n{counts}\n\n{answers}\n\n"
            "Until you decide, what this feed would have proven is unknown."
        ),
        "about_id": batch_id,
        "shown": verdict or "",
        "may": users,
        "options": list(labels.values()),
    }


def batch_decided(batch_id: str) -> Taken | None:
    """Return the release of a stopped batch that was recorded elsewhere; None while the batch waits.

    Raises `AirflowSkipException` if it is no longer stopped.
    """
    with open_warehouse() as conn:
        if (_released(conn, batch_id) or (None, ""))[1] == "stopped":
            return Taken(act="release", about_id=batch_id)
        row = conn.execute(
            "select status from landing.batch where batch_id = %s", (batch_id,)
        ).fetchone()
    if row is None or row[0] != "stopped":
        raise AirflowSkipException("it is decided already")
    return None


def all_stopped(source: str, tonight: list[str]) -> dict[str, str]:
    """Return every delivery of a source that a gate stopped and nobody has decided about, with its business date.

    `tonight` are those that were stopped just now.
    """
    with open_warehouse() as conn:
        rows = conn.execute(
            "select b.batch_id::text, b.business_date::text from landing.batch as b"
            " where b.source = %s and (b.status = 'stopped' or b.batch_id::text = any(%s)) order by 2, 1",
            (source, tonight),
        ).fetchall()
    return dict(rows)


def _released(conn: Connection, batch_id: str) -> tuple[date, str] | None:
    """Return date and status of a batch that has been released since it was judged; None if it was not."""
    row = conn.execute(
        "select b.business_date, b.status from landing.batch as b inner join operations.decision as d"
        " on d.about_kind = 'batch' and d.about_id = b.batch_id::text and d.kind = 'release'"
        " where b.batch_id = %(batch)s and d.decided_at > all"
        " (select v.decided_at from quality.verdict as v where v.batch_id = b.batch_id)",
        {"batch": batch_id},
    ).fetchone()
    return None if row is None else (row[0], row[1])


def take_batch(asked: Asked, answer: dict[str, Any]) -> Taken:
    """Record the release or rejection of a stopped batch, as the question `asked` showed it.

    Raises `NotPermittedError` or `NoReasonError` if the answer cannot be taken, and `AirflowSkipException`
    if the batch is no longer stopped.
    """
    from throughline.quality import decide

    batch_id = asked["about_id"]
    act = "release" if "Release" in (answer.get("chosen_options") or []) else "reject"
    with open_warehouse(DECIDER) as conn:
        decision = decide.decide_batch(
            conn,
            batch_id,
            act,
            _who(answer),
            _note(answer),
            verdict=asked["shown"] or None,
            door=_door(answer),
        )
        conn.commit()
    if decision is None:
        raise AirflowSkipException("this batch is no longer stopped, or was judged again")
    return Taken(act=act, about_id=batch_id)


def carry_out_batch(taken: Taken) -> str | None:
    """Load a batch that was released, under a new number of its business date.

    Returns the partition key to publish again, or None if the batch was not released: what the warehouse
    says of it decides.
    """
    from throughline.practice import practice

    batch_id = taken["about_id"]
    with open_warehouse() as conn:
        released = _released(conn, batch_id)
        if released is None:
            return None
        conn.commit()
        day, status = released
        if status == "stopped":
            nights.take_lease(conn, f"release of {day}", day)
            night = nights.open_night(conn, day, practice().time_zone)
    if status == "stopped":
        with open_warehouse(LOADER) as conn:
            load_batch(conn, batch_id, night.seq)
    return day.isoformat()


def describe_claims(run: Run) -> Asked | Taken:
    """Return the question about a batch of claims: counts, sums, and where its list is; no patient data.

    What its cases support is asked first: if a claim fell, the others are in a new batch, and the
    question is about that one. `about_id` is the batch that is shown, `shown` the digest of its file
    and list. Of a batch whose list cannot be told, the question is only whether to throw it away. A
    release that is recorded but not carried out yet is returned as it was taken. Raises
    `AirflowSkipException` when no batch waits any more, and `NotPermittedError` if the run is not that of
    the batch.
    """
    from throughline import tasks
    from throughline.tasks.wire.filed import NotTold

    batch_id = _about(run, "claims", "release", "claim_batch")
    with open_warehouse() as conn:
        released = conn.execute(
            "select from tasks.claim_batch where batch_id = %s and status = 'released'", (batch_id,)
        ).fetchone()
        if released is not None:
            return Taken(act="release", about_id=batch_id)
        last = nights.newest(conn)
        if last is not None:
            batch_id = str(tasks.claims.made_anew(conn, last.seq, batch_id))
        row = conn.execute(
            "select payer_id, billing_npi, claim_count, total_charge, payload_sha256,"
            " interchange_control_number from tasks.claim_batch where batch_id = %s",
            (batch_id,),
        ).fetchone()
        if row is None:
            raise AirflowSkipException("there is no such batch of claims")
        payer, npi, count, charge, sha256, control = row
        labels, digest = {"release": ATTEST, "refuse": REFUSE}, ""
        number = batch_id[: tasks.listed.SHORT]
        said = f"Interchange {control}, billing provider {npi}, {counted(count, 'claim')}, {charge} USD.\n\n"
        try:
            digest = tasks.attest.show(conn, batch_id)
            said += (
                f"Read the [list of these claims]({address_of_page(f'claims/{batch_id}')}) first, or"
                f" `{as_here(f'make claims BATCH={number} LOGIN=ask')}`. Only who has opened it as it is now can"
                f" attest it.\n\n"
                f"SHA-256 of the file: `{sha256}`\n\nSHA-256 of file and list: `{digest}`\n\n"
            )
        except NotTold as error:
            labels = {"refuse": REFUSE}
            said += f"Nobody can attest this batch (number {number}): {error}.\n\n"
        except NotAllowedError as error:
            raise AirflowSkipException(str(error)) from None
        answers, users = _options(
            conn, "claim_batch", batch_id, labels, {"digest": digest} if digest else {}
        )
        conn.commit()
    return {
        "subject": f"{counted(count, 'claim')} to {payer}, {charge} USD",
        "body": f"{said}{answers}" + (f"\n\n{tasks.attest.ATTESTATION}" if digest else ""),
        "about_id": batch_id,
        "shown": digest,
        "may": users,
        "options": list(labels.values()),
    }


def take_claims(asked: Asked, answer: dict[str, Any]) -> Taken:
    """Record the attestation or refusal of a batch of claims.

    The attestation is of the file and list that the question `asked` showed. If a claim of the batch
    fell since, or its list changed, nothing is recorded: the next night asks again, about the batch as
    it is then. Raises `NotPermittedError`, `NoReasonError` or `NotOpenedError` (this person has not opened the
    list) if the answer cannot be taken, each of which is kept, and `AirflowSkipException` if the batch is not waiting
    as it was shown.
    """
    from throughline import tasks
    from throughline.decisions.opening import NotOpenedError

    batch_id = asked["about_id"]
    act = "release" if ATTEST in (answer.get("chosen_options") or []) else "refuse"
    with open_warehouse() as conn:
        last = nights.newest(conn)
        if act == "release" and last is not None:
            tasks.claims.made_anew(conn, last.seq, batch_id)
    with open_warehouse(DECIDER) as conn:
        try:
            if act == "release":
                tasks.attest.release(
                    conn, batch_id, _who(answer), _note(answer), asked["shown"], _door(answer)
                )
            else:
                tasks.attest.refuse(conn, batch_id, _who(answer), _note(answer), _door(answer))
        except tasks.attest.NotWaiting as error:
            # It changed after the question was asked: nothing is sent.
            conn.rollback()
            raise AirflowSkipException(str(error)) from None
        except (NotOpenedError, NoReasonError) as error:
            # Airflow has said that it took the answer: the batch's page tells the person otherwise
            conn.rollback()
            tried = Request(act, "claim_batch", batch_id, _who(answer), door=_door(answer))
            decisions.keep_refusal(conn, tried, str(error))
            raise
        conn.commit()
    return Taken(act=act, about_id=batch_id)


def claims_decided(batch_id: str) -> Taken | None:
    """Return the release of a batch of claims that was recorded elsewhere; None while the batch waits.

    Raises `AirflowSkipException` if it was refused, sent or made anew.
    """
    with open_warehouse() as conn:
        row = conn.execute(
            "select status from tasks.claim_batch where batch_id = %s", (batch_id,)
        ).fetchone()
    if row is None or row[0] not in ("waiting", "released"):
        raise AirflowSkipException("it is decided already, or made anew")
    return Taken(act="release", about_id=batch_id) if row[0] == "released" else None


def carry_out_claims(taken: Taken) -> None:
    """Send what is released: what the warehouse says decides, and a batch goes out at most once."""
    from throughline import tasks
    from throughline.orchestration.addresses import clients

    if taken["act"] != "release":
        return
    with open_warehouse() as conn:
        last = nights.newest(conn)
        if last is not None:
            tasks.claims.send_released(conn, last.seq, clients())
