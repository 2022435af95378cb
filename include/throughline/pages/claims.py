"""Claims to release: the batches that wait, and the list of one, which counts as opened when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from airflow.api_fastapi.core_api.security import GetUserDep, requires_authenticated
from fastapi import APIRouter, Depends, Form, Response
from fastapi import Request as Browser
from markupsafe import Markup

from throughline import decisions
from throughline.decisions import Door, NoReasonError, NotAllowedError, NotPermittedError, Request
from throughline.decisions.reasons import LONGEST
from throughline.pages import forms
from throughline.pages import listed as listing
from throughline.pages.access import deciding, reading
from throughline.pages.cards import cards, cards_of
from throughline.pages.forms import forms_of, own_form, root_of, session_of, with_session
from throughline.pages.kept import sent
from throughline.pages.one import NotFound, span
from throughline.pages.render import render
from throughline.pages.routes import Looking, html, recorded, refusal
from throughline.pages.runs import answers
from throughline.pages.visitor import Visitor
from throughline.sources.staging import uncollected
from throughline.tasks import attest, listed
from throughline.tasks.late import late_feeds
from throughline.tasks.wire.filed import NotTold
from throughline.told import standing, times
from throughline.told.today import Today, today
from throughline.warehouse import Connection

PLACE = "claims"
UNTOLD = "not told"
"""The state in which a form shows a batch that has no list."""
ACTS = {"release": "Attest and release", "refuse": "Refuse"}
"""What may be done with a batch, and what its button says."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


def batch(conn: Connection, number: str) -> tuple[UUID, str]:
    """Return id and status of the batch whose id begins with a number; of several the one that waits.

    Raises `NotFound`.
    """
    found = conn.execute(
        "select batch_id, status from tasks.claim_batch where batch_id between %s and %s"
        " order by status <> 'waiting', batch_id limit 3",
        span(number),
    ).fetchall()
    waiting = [row for row in found if row[1] == "waiting"] or found
    if len(waiting) > 1:
        raise NotFound("Several batches have a number that begins so: give more of it.")
    if not waiting:
        raise NotFound("No batch of claims has this number.")
    return waiting[0][0], waiting[0][1]


def kept_look(conn: Connection, who: Visitor, batch_id: UUID) -> None:
    """Keep that the visitor is shown the persons of a batch's claims. Commits."""
    conn.execute(
        "select operations.look(%s, %s, array(select distinct person_id from tasks.claim"
        " where batch_id = %s and person_id is not null), %s)",
        (who.who, PLACE, batch_id, str(batch_id)),
    )
    conn.commit()


@router.get("/claims")
def claims_page(request: Browser, who: Looking) -> Response:
    """Return the batches that wait, and one page of those that were sent, without patient data."""
    page = listing.chosen(request.query_params).page
    with reading() as conn:
        now = today(conn)
        gone, total = sent.sent(conn, page)
        content = render(
            "claims.html.jinja", who, root_of(request), PLACE,
            batches=listed.waiting(conn), paused=standing.paused(conn, now), today=now,
            behind=late_feeds(conn, now.seq, ("visit", "note", "claim")),
            released=standing.released(conn), sent=gone, total=total, page=page, size=sent.SIZE,
        )  # fmt: skip
    return html(content)


@router.get("/claims/{number}")
def batch_page(request: Browser, who: Looking, number: str) -> Response:
    """Return the list of a batch, and keep that the visitor opened it; of one that was attested, that list."""
    with reading() as conn, uncollected():
        batch_id, status = batch(conn, number)
        if not who.sees_patients and status != "waiting":
            return refusal(
                request, who, 403, "Not for you", "The list of claims names patients.", PLACE
            )
        if status == "waiting":
            return _opened(conn, request, who, batch_id)
        kept = listed.attested(conn, batch_id)
        if kept is None:
            why = _why_ended(_decided(conn, batch_id), today(conn))
            text = f"Batch {str(batch_id)[: listed.SHORT]} does not wait any more. {why}"
            return refusal(request, who, 200, "Not waiting", text, PLACE)
        told = cards(kept["claims"], root_of(request))
        return html(_shown(conn, request, who, batch_id, status, kept["file"], told))


@router.post("/claims/{number}")
def decide(
    request: Browser,
    who: Looking,
    user: GetUserDep,
    number: str,
    token: Annotated[str, Form(max_length=2000)] = "",
    act: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=LONGEST)] = "",
) -> Response:
    """Record that the visitor attests or refuses a batch in the state in which the form was shown.

    Airflow's question about it ends with that.
    """
    own_form(request)
    with reading() as conn:
        batch_id, _ = batch(conn, number)
    digest = forms_of(request, who).check(token, _about(batch_id))
    asked = _request(act, batch_id, who, digest, note)
    place = f"{PLACE}/{batch_id}"
    try:
        told = recorded(request, who, place, lambda conn: decisions.record(conn, asked), note)
    except NoReasonError as error:
        return refusal(request, who, 422, "Not taken", f"Nothing was recorded: {error}.", place)
    if told.status_code == 303:
        answers.answer(user, batch_id, act)
    return told


def _about(batch_id: UUID) -> str:
    return f"claim_batch|{batch_id}"


def _request(act: str, batch_id: UUID, who: Visitor, digest: str, note: str = "") -> Request:
    door = Door("page", {"user_id": who.who})
    # a refusal sends nothing: it is of the batch, whatever its bytes
    said = {"digest": digest} if act == "release" else {}
    return Request(act, "claim_batch", str(batch_id), who.who, note, said, door)


def _opened(conn: Connection, request: Browser, who: Visitor, batch_id: UUID) -> Response:
    """Return the list of a waiting batch with what the visitor may do, and keep that it was opened.

    `conn` reads; what is kept is kept by the login that decides.
    """
    follows: dict[str, str] = {}
    why, barred = "", ""
    others: list[str] = []
    try:
        with deciding() as decider:
            opened = listed.open_for(decider, batch_id, who.who, Door("page"))
            decider.commit()
            try:
                with listed.shown(opened):
                    for act in ACTS:
                        asked = _request(act, batch_id, who, opened.digest)
                        seen = decisions.preview(decider, asked)
                        why_not = decisions.why_not(asked, seen)
                        if why_not is None:
                            follows[act] = " ".join(seen.follows)
                        elif act == "release":
                            barred, others = why_not, sorted(decisions.permitted(asked, seen))
            except NotAllowedError as error:
                why = str(error)
    except NotPermittedError:
        text = "The list of claims names patients: it is for those who may see them."
        return refusal(request, who, 403, "Not for you", text, PLACE)
    except NotTold as error:
        return _untold(request, who, batch_id, str(error))
    except NotAllowedError as error:
        return refusal(request, who, 409, "Not to be attested", f"{error}.", PLACE)
    session = session_of(request) or forms.new_session()
    token = forms_of(request, who, session).token(_about(batch_id), opened.digest)
    content = _shown(
        conn, request, who, batch_id, "waiting", opened.head, cards_of(opened, root_of(request)),
        digest=opened.digest, token=token, follows=follows, why=why, barred=barred, others=others,
    )  # fmt: skip
    return with_session(html(content), request, session)


def _untold(request: Browser, who: Visitor, batch_id: UUID, why: str) -> Response:
    """Return what is wrong with a batch whose list cannot be told, and how to throw it away; no patient data."""
    follows: dict[str, str] = {}
    asked = _request("refuse", batch_id, who, UNTOLD)
    with deciding() as conn:
        try:
            seen = decisions.preview(conn, asked)
            if who.who in decisions.permitted(asked, seen):
                follows["refuse"] = " ".join(seen.follows)
        except NotAllowedError as error:
            why = str(error)
    session = session_of(request) or forms.new_session()
    with reading() as conn:
        content = render(
            "untold.html.jinja", who, root_of(request), PLACE,
            batch_id=str(batch_id), why=why, follows=follows, acts=ACTS, longest=LONGEST, today=today(conn),
            token=forms_of(request, who, session).token(_about(batch_id), UNTOLD),
            not_taken=_not_taken(conn, who, batch_id),
        )  # fmt: skip
    return with_session(html(content, status=409), request, session)


def _not_taken(conn: Connection, who: Visitor, batch_id: UUID) -> tuple[datetime, str] | None:
    """Return when the newest answer of the visitor about a batch was refused, by any door, and why, or None."""
    return conn.execute(
        "select refused_at, why from operations.refused_act where who = %s and about_kind = 'claim_batch'"
        " and about_id = %s and act = any(%s) order by refused_at desc limit 1",
        (who.who, str(batch_id), list(ACTS)),
    ).fetchone()


def _why_ended(decided: tuple[datetime, str, str, str] | None, now: Today) -> str:
    """Return why a batch ended that is not attested: refused, or made anew before or after its attestation."""
    if decided is None:
        return "It was made anew, as one of its claims fell or changed; what still holds is in another batch."
    at, by, note, kind = decided
    said = f"by {by} on {times.at(now, at)}: {note or 'no note'}"
    if kind == "refuse":
        return f"It is refused; its claims are exceptions of billing. Decided {said}"
    return (
        "It was not sent: before it went out, a claim fell or changed. What still holds is in another batch, and"
        f" has to be attested again. It had been attested {said}"
    )


def _decided(conn: Connection, batch_id: UUID) -> tuple[datetime, str, str, str] | None:
    """Return when and by whom a batch was decided, with which note, and what; None if it was not."""
    return conn.execute(
        "select d.decided_at, d.decided_by, d.note, d.kind from tasks.claim_batch as b"
        " inner join operations.decision as d on d.decision_id = b.decision_id where b.batch_id = %s",
        (batch_id,),
    ).fetchone()


def _shown(
    conn: Connection,
    request: Browser,
    who: Visitor,
    batch_id: UUID,
    status: str,
    head: object,
    told: Markup,
    *,
    digest: str = "",
    token: str = "",
    follows: dict[str, str] | None = None,
    why: str = "",
    barred: str = "",
    others: Sequence[str] = (),
) -> str:
    """Return the page of a batch. `barred`: why the visitor does not attest it; `others` may."""
    kept_look(conn, who, batch_id)
    decided, now = _decided(conn, batch_id), today(conn)
    return render(
        "batch.html.jinja", who, root_of(request), PLACE,
        batch_id=str(batch_id), status=status, file=head, cards=told, digest=digest,
        token=token, follows=follows or {}, why=why, barred=barred, others=others,
        acts=ACTS, attestation=attest.ATTESTATION, longest=LONGEST,
        decided=decided, ended=_why_ended(decided, now) if status == "refused" else "",
        not_taken=_not_taken(conn, who, batch_id) if status == "waiting" else None,
        paused=standing.paused(conn, now), today=now, unsent=_unsent(conn, batch_id) if status == "released" else "",
    )  # fmt: skip


def _unsent(conn: Connection, batch_id: UUID) -> str:
    """Return why a batch that was released is not sent yet."""
    number = str(batch_id)[: listed.SHORT]
    return next((one.why for one in standing.released(conn) if one.number == number), "")
