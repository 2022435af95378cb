"""What is only observed, what is held since, and the form for those who may let it out."""

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
from throughline.pages.render import render
from throughline.pages.routes import Looking, html, recorded
from throughline.tasks import observing
from throughline.told.shapes import Observing
from throughline.told.standing import observing as told_of
from throughline.told.today import today
from throughline.warehouse import Connection, sql

PLACE = "observed"
SIZE = 50
"""Things on one page of the list."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@router.get("/observed")
def observed_page(request: Browser, who: Looking) -> Response:
    """Return what is observed and what is held, and what the visitor may let out."""
    return _page(request, who)


@router.post("/observed/{workflow}")
def let_out(
    request: Browser,
    who: Looking,
    workflow: str,
    token: Annotated[str, Form(max_length=2000)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Record that the visitor lets out what is held of a workflow, if it still is what the form showed."""
    own_form(request)
    shown = forms_of(request, who).check(token, f"held|{workflow}")
    note = note.strip()

    def record(conn: Connection) -> None:
        if not any(one.workflow == workflow for one in observing.held(conn)):
            raise NotAllowedError("nothing of this workflow is held any more")
        door = Door("page", {"user_id": who.who, "page": PLACE})
        said = {"list": shown}
        asked = Request(observing.ACT, observing.ABOUT, workflow, who.who, note, said, door)
        decisions.record(conn, asked)

    try:
        return recorded(request, who, PLACE, record, note)
    except NoReasonError as error:
        return _page(request, who, note, f"Nothing was recorded: {error}.")


def _page(request: Browser, who: Looking, note: str = "", wrong: str = "") -> Response:
    session = session_of(request) or forms.new_session()
    page = listed.chosen(request.query_params).page
    with reading() as conn:
        now = today(conn)
        rows = sql.run(conn, "told/numbers/observing.sql", seq=now.seq or 0).rows
        total = observing.how_many(conn)
        found = observing.things(conn, SIZE, (page - 1) * SIZE)
        waiting = observing.held(conn)
    tokens = forms_of(request, who, session)
    content = render(
        "observed.html.jinja", who, root_of(request), PLACE,
        standing=[told_of(Observing(*row)) for row in rows], things=found, total=total, page=page, size=SIZE,
        held=[(one, tokens.token(f"held|{one.workflow}", one.number)) for one in waiting],
        kinds=observing.THINGS, may=who.may(observing.ACT), typed=note, wrong=wrong, longest=LONGEST, today=now,
    )  # fmt: skip
    return with_session(html(content, 422 if wrong else 200), request, session)
