"""The questions that the two side DAGs ask a named person, and what they do with the answers."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from throughline import decisions
from throughline.decisions import Door, NotAllowedError, Request
from throughline.orchestration.connections import DECIDER, LOADER, open_warehouse
from throughline.orchestration.links import address_of_page
from throughline.orchestration.night import load_batch
from throughline.warehouse import Connection, nights


def _who(answer: dict[str, Any]) -> str:
    """Return the id of the Airflow user who answered; an answer without one is refused.

    A display name is anybody's to choose: only the id of the auth manager says who it was.
    """
    user = answer.get("responded_by_user") or {}
    who = user.get("id") if isinstance(user, dict) else str(user)
    if not who:
        raise PermissionError("a decision needs a named person")
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


def _options(
    conn: Connection,
    about_kind: str,
    about_id: str,
    labels: dict[str, str],
    said: dict[str, object],
) -> str:
    """Return one line for each possible answer, saying what follows; `labels` maps acts to answers.

    Raises `AirflowSkipException` if there is nothing left to decide.
    """
    lines = []
    for act, label in labels.items():
        try:
            seen = decisions.preview(conn, Request(act, about_kind, about_id, "", said=said))
        except NotAllowedError as error:
            raise AirflowSkipException(str(error)) from None
        if seen.made is not None:
            raise AirflowSkipException("already decided")
        lines.append(f"- **{label}**: {' '.join(seen.follows)}")
    return "\n".join(lines)


def describe_batch(batch_id: str) -> dict[str, str]:
    """Return the question about a stopped batch: counts, no patient values.

    `shown` is the verdict that it tells of, `about_id` the batch. Raises `AirflowSkipException` when
    the batch is no longer stopped.
    """
    import throughline.quality.decide  # noqa: F401 - registers the acts that are offered

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
        answers = _options(conn, "batch", batch_id, labels, {"verdict": verdict})
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
            f"{received} rows were received; {failed} of {expectations} expectations failed.\n\n"
            f"{reasons}\n\n{counts}\n\n{answers}\n\n"
            "Until you decide, what this feed would have proven is unknown."
        ),
        "about_id": batch_id,
        "shown": verdict or "",
    }


def decide_batch(asked: dict[str, str], answer: dict[str, Any]) -> str | None:
    """Record the release or rejection of a stopped batch, as the question `asked` showed it.

    After a release the batch is loaded under a new number of its business date. Returns the
    partition key to publish again, or None after a rejection.
    """
    from throughline.practice import practice
    from throughline.quality import decide

    batch_id = asked["about_id"]
    released = "Release" in (answer.get("chosen_options") or [])
    with open_warehouse(DECIDER) as conn:
        decision = decide.decide_batch(
            conn,
            batch_id,
            "release" if released else "reject",
            _who(answer),
            _note(answer),
            verdict=asked["shown"] or None,
            door=_door(answer),
        )
        row = conn.execute(
            "select business_date from landing.batch where batch_id = %s", (batch_id,)
        ).fetchone()
        conn.commit()
    if not released or row is None or decision is None:
        return None
    with open_warehouse() as conn:
        nights.take_lease(conn, f"release of {row[0]}", row[0])
        night = nights.open_night(conn, row[0], practice().time_zone)
    with open_warehouse(LOADER) as conn:
        load_batch(conn, batch_id, night.seq)
    return str(row[0].isoformat())


def describe_claims(batch_id: str) -> dict[str, str]:
    """Return the question about a batch of claims: counts, sums, and where its list is; no patient data.

    What its cases support is asked first: if a claim fell, the others are in a new batch, and the
    question is about that one. `about_id` is the batch that is shown, `shown` the digest of its file
    and list. Raises `AirflowSkipException` when no batch waits any more, or its list cannot be told.
    """
    from throughline import tasks

    with open_warehouse() as conn:
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
        labels = {"release": "Attest and release", "refuse": "Refuse"}
        try:
            digest = tasks.attest.show(conn, batch_id)
        except NotAllowedError as error:
            raise AirflowSkipException(str(error)) from None
        answers = _options(conn, "claim_batch", batch_id, labels, {"digest": digest})
        conn.commit()
    number = batch_id[: tasks.listed.SHORT]
    return {
        "subject": f"{count} claims to {payer}, {charge} USD",
        "body": (
            f"Interchange {control}, billing provider {npi}, {count} claims, {charge} USD.\n\n"
            f"Read the [list of these claims]({address_of_page(f'claims/{batch_id}')}) first, or"
            f" `make claims BATCH={number}`. Only who has opened it as it is now can attest it.\n\n"
            f"SHA-256 of the file: `{sha256}`\n\nSHA-256 of file and list: `{digest}`\n\n{answers}\n\n"
            "By releasing I attest that the services were rendered as documented by the clinician,"
            " that codes and amounts are the clinician's, and that this file may be sent."
        ),
        "about_id": batch_id,
        "shown": digest,
    }


def decide_claims(asked: dict[str, str], answer: dict[str, Any]) -> None:
    """Record the attestation or refusal of a batch of claims; send what was released.

    The attestation is of the file and list that the question `asked` showed. If a claim of the batch
    fell since, or its list changed, nothing is recorded: the next night asks again, about the batch as
    it is then. Raises `NotOpenedError` if this person has not opened the list.
    """
    from throughline import tasks
    from throughline.orchestration.addresses import clients

    batch_id = asked["about_id"]
    released = "Attest and release" in (answer.get("chosen_options") or [])
    with open_warehouse() as conn:
        last = nights.newest(conn)
        if released and last is not None:
            tasks.claims.made_anew(conn, last.seq, batch_id)
    with open_warehouse(DECIDER) as conn:
        try:
            if released:
                tasks.attest.release(
                    conn, batch_id, _who(answer), _note(answer), asked["shown"], _door(answer)
                )
            else:
                tasks.attest.refuse(conn, batch_id, _who(answer), _note(answer), _door(answer))
        except tasks.attest.NotWaiting as error:
            # It changed after the question was asked: nothing is sent.
            conn.rollback()
            raise AirflowSkipException(str(error)) from None
        conn.commit()
    if released and last is not None:
        with open_warehouse() as conn:
            tasks.claims.send_released(conn, last.seq, clients())
