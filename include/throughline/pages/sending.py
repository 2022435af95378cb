"""Sending: whether it is paused, since when and by whom, and the form for those who may pause or resume it."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Form, Response
from fastapi import Request as Browser

from throughline import decisions
from throughline.decisions import Door, NoReasonError, NotAllowedError, Request
from throughline.decisions.reasons import LONGEST
from throughline.pages import forms, listed
from throughline.pages.access import reading
from throughline.pages.forms import forms_of, own_form, root_of, session_of, with_session
from throughline.pages.kept import waiting
from throughline.pages.render import render
from throughline.pages.routes import Looking, html, recorded, refusal
from throughline.pages.visitor import Visitor
from throughline.tasks import pausing
from throughline.told import standing
from throughline.told.today import today
from throughline.warehouse import Connection

PLACE = "sending"
TITLES = {"pause_sending": "Pause sending", "resume_sending": "Resume sending"}
LAST = 10
"""Decisions that are listed."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@router.get("/sending")
def sending_page(request: Browser, who: Looking) -> Response:
    """Return whether sending is paused, the last decisions about it, and what the visitor may do."""
    return _page(request, who)


@router.post("/sending")
def decide(
    request: Browser,
    who: Looking,
    token: Annotated[str, Form(max_length=2000)] = "",
    act: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Record that the visitor pauses or resumes sending, if it still is as the form showed it."""
    own_form(request)
    shown = forms_of(request, who).check(token, PLACE)
    if act not in TITLES:
        return refusal(request, who, 422, "Not taken", "A form says pause or resume.", PLACE)
    note = note.strip()

    def record(conn: Connection) -> None:
        if _state(conn) != shown:
            raise NotAllowedError("somebody has paused or resumed it meanwhile")
        decisions.record(conn, _request(act, who, note))

    try:
        return recorded(request, who, PLACE, record, note)
    except NoReasonError as error:
        return _page(request, who, note, f"Nothing was recorded: {error}.")


def _state(conn: Connection) -> str:
    """Return the pause that there is, by its decision; empty if there is none."""
    row = conn.execute("select decision_id::text from operations.sending_pause").fetchone()
    return row[0] if row else ""


def _request(act: str, who: Visitor, note: str) -> Request:
    door = Door("page", {"user_id": who.who, "page": PLACE})
    return Request(act, pausing.ABOUT, pausing.ABOUT, who.who, note, door=door)


def _page(request: Browser, who: Visitor, note: str = "", wrong: str = "") -> Response:
    session = session_of(request) or forms.new_session()
    with reading() as conn:
        shown = _state(conn)
        now = today(conn)
        paused = standing.paused(conn, now)
        page = listed.chosen(request.query_params).page
        waits = waiting.waiting(conn, page)
        log = conn.execute(
            "select decided_at, decided_by, kind, note from operations.decision"
            " where about_kind = %s order by decided_at desc limit %s",
            (pausing.ABOUT, LAST),
        ).fetchall()
    act = "resume_sending" if shown else "pause_sending"
    content = render(
        "sending.html.jinja", who, root_of(request), PLACE,
        act=act, title=TITLES[act], titles=TITLES, follows=pausing.FOLLOWS[act], paused=paused, log=log,
        waits=waits[: waiting.SIZE], page=page, is_more=len(waits) > waiting.SIZE,
        may=who.may("pause_sending"), token=forms_of(request, who, session).token(PLACE, shown),
        typed=note, wrong=wrong, longest=LONGEST, today=now,
    )  # fmt: skip
    return with_session(html(content, 422 if wrong else 200), request, session)
