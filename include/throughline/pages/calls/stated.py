"""The levels that were stated of a case's note, and the form for those who may take one back."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Form, Response
from fastapi import Request as Browser

from throughline import decisions
from throughline.decisions import CorrectableError, Door, NotAllowedError, Request
from throughline.decisions.reasons import LONGEST
from throughline.exceptions.actions import STATE_LEVEL
from throughline.exceptions.stated import ABOUT, CODER, LEVELS, MAY, TAKE_BACK
from throughline.pages import case, forms, people
from throughline.pages.access import reading
from throughline.pages.forms import forms_of, own_form, root_of, session_of, with_session
from throughline.pages.render import render
from throughline.pages.routes import Looking, html, recorded
from throughline.pages.visitor import Visitor
from throughline.told.today import today
from throughline.warehouse import Connection

router = APIRouter(dependencies=[Depends(requires_authenticated())])


@router.get("/case/{number}/stated")
def stated_page(request: Browser, who: Looking, number: str) -> Response:
    """Return what was stated of the case's note, by whom, and whether it stands."""
    return _page(request, who, number)


@router.post("/case/{number}/stated")
def take_back(
    request: Browser,
    who: Looking,
    number: str,
    token: Annotated[str, Form(max_length=2000)] = "",
    stated: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Take a statement back, if what was stated still is what the form showed."""
    own_form(request)
    with reading() as conn:
        one = case.case(conn, number)
    place = f"case/{one.number}"
    shown = forms_of(request, who).check(token, _about(one.case_id))
    note = note.strip()
    door = Door("page", {"user_id": who.who, "page": f"{place}/stated"})

    def record(conn: Connection) -> None:
        found = _stated(conn, one.case_id)
        if _state(found) != shown:
            raise NotAllowedError("it changed meanwhile: open it again")
        if stated not in {row[0] for row in found}:
            raise NotAllowedError("this was stated of another case")
        decisions.record(conn, Request(TAKE_BACK, ABOUT, stated, who.who, note, door=door))

    try:
        return recorded(request, who, place, record, note)
    except CorrectableError as error:
        return _page(request, who, number, f"Nothing was recorded: {error}.")


def _about(case_id: str) -> str:
    return f"case|{case_id}|stated"


def _stated(conn: Connection, case_id: str) -> list[tuple[Any, ...]]:
    """Return what was stated, the latest first: id, when, level, as what, by whom, night, whether taken back."""
    return conn.execute(
        "select d.decision_id::text, d.decided_at, d.detail ->> 'level', d.detail ->> 'said_as', d.decided_by,"
        " d.known_seq, exists (select from operations.decision as b where b.kind = %s and b.about_kind = %s"
        " and b.about_id = d.decision_id::text)"
        " from operations.exception as e inner join operations.decision as d"
        " on d.about_kind = 'exception' and d.about_id = e.exception_id::text and d.kind = %s"
        " where e.case_id = %s order by d.decided_at desc, d.decision_id",
        (TAKE_BACK, ABOUT, STATE_LEVEL, case_id),
    ).fetchall()


def _state(found: list[tuple[Any, ...]]) -> str:
    """Return what a form shows: the statements that stand. A form of others takes nothing back."""
    return ",".join(row[0] for row in found if not row[6])


def _page(request: Browser, who: Visitor, number: str, wrong: str = "") -> Response:
    session = session_of(request) or forms.new_session()
    with reading() as conn:
        one = case.case(conn, number)
        names = people.names(conn, who, "case", [one.person_id], one.case_id)
        found = _stated(conn, one.case_id)
        now = today(conn)
    may = {row[0] for row in found if who.may(MAY) and (row[4] == who.who or who.may(CODER))}
    content = render(
        "stated.html.jinja", who, root_of(request),
        case=one, name=names.get(one.person_id), stated=found, may=may, levels=LEVELS,
        token=forms_of(request, who, session).token(_about(one.case_id), _state(found)),
        wrong=wrong, longest=LONGEST, today=now,
    )  # fmt: skip
    return with_session(html(content, 422 if wrong else 200), request, session)
