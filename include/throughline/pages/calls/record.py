"""The forms on which a person records a call of a case, or takes back one that was recorded wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Form, Response
from fastapi import Request as Browser

from throughline import decisions
from throughline.cases.recorded import CALL, CASE, OUTCOMES, RECORD, TAKE_BACK
from throughline.decisions import CorrectableError, NotAllowedError, Request
from throughline.decisions.reasons import LONGEST
from throughline.pages import acts
from throughline.pages.calls import frame
from throughline.pages.case import Case
from throughline.pages.routes import Looking, recorded, refusal
from throughline.pages.visitor import Visitor
from throughline.warehouse import Connection

router = APIRouter(dependencies=[Depends(requires_authenticated())])
MAY, FORM = "record_calls", "call"


@router.get("/case/{number}/call")
def call_page(request: Browser, who: Looking, number: str) -> Response:
    """Return the form on which a call of a case is recorded, with the calls that were."""
    return _page(request, who, number)


@router.post("/case/{number}/call")
def record_call(
    request: Browser,
    who: Looking,
    number: str,
    token: Annotated[str, Form(max_length=2000)] = "",
    act: Annotated[str, Form(max_length=20)] = "",
    call: Annotated[str, Form(max_length=60)] = "",
    at: Annotated[str, Form(max_length=60)] = "",
    outcome: Annotated[str, Form(max_length=60)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Record a call, or take one back, if the case still is as the form showed it."""
    form = frame.sent(request, who, number, FORM, token)
    one = form.case
    if act not in (RECORD, TAKE_BACK):
        return refusal(
            request, who, 422, "Not taken", "A form records a call or takes one back.", form.place
        )
    note = note.strip()
    if act == RECORD:
        said = {"outcome": outcome, "at": at}
        asked = Request(RECORD, CASE, one.case_id, who.who, note, said, form.door)
    else:
        asked = Request(TAKE_BACK, CALL, call, who.who, note, door=form.door)

    def record(conn: Connection) -> None:
        if _state(conn, one.case_id) != form.shown:
            raise NotAllowedError("the case changed meanwhile: open it again")
        if act == TAKE_BACK and call not in {row[0] for row in _calls(conn, one.case_id)}:
            raise NotAllowedError("this call is of another case")
        decisions.record(conn, asked)

    try:
        return recorded(request, who, form.place, record, note)
    except CorrectableError as error:
        typed = {"at": at, "outcome": outcome, "note": note} if act == RECORD else {}
        return _page(request, who, number, f"Nothing was recorded: {error}.", typed)


def _state(conn: Connection, case_id: str) -> str:
    """Return how a case stands: a form of a case that ended since records nothing."""
    row = conn.execute(
        "select status from cases.case_record where case_id = %s", (case_id,)
    ).fetchone()
    return row[0] if row else ""


def _calls(conn: Connection, case_id: str) -> list[tuple[Any, ...]]:
    """Return the recorded calls of a case, the latest first: id, when, outcome, by whom, night, whether taken back."""
    return conn.execute(
        "select d.decision_id::text, (d.detail ->> 'at')::timestamptz, d.detail ->> 'outcome', d.decided_by,"
        " d.known_seq, exists (select from operations.decision as b where b.kind = %s and b.about_kind = %s"
        " and b.about_id = d.decision_id::text) from operations.decision as d"
        " where d.kind = %s and d.about_kind = %s and d.about_id = %s order by 2 desc",
        (TAKE_BACK, CALL, RECORD, CASE, case_id),
    ).fetchall()


def _page(
    request: Browser,
    who: Visitor,
    number: str,
    wrong: str = "",
    typed: Mapping[str, str] | None = None,
) -> Response:
    def of(conn: Connection, one: Case) -> tuple[str, dict[str, Any]]:
        return _state(conn, one.case_id), {
            "calls": _calls(conn, one.case_id),
            "outcomes": OUTCOMES,
            "may": who.may(MAY),
            "is_open": one.status == "open",
            "bars": acts.bars_by_call(conn, one.person_id),
            "record": RECORD,
            "take_back": TAKE_BACK,
            "typed": {"at": "", "outcome": "", "note": "", **(typed or {})},
            "longest": LONGEST,
        }

    return frame.page(request, who, number, FORM, of, wrong)
