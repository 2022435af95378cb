"""What was stated in a case by named persons, and the form for those who may take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Form, Response
from fastapi import Request as Browser

from throughline import decisions
from throughline.decisions import CorrectableError, NotAllowedError, Request
from throughline.decisions.reasons import LONGEST
from throughline.exceptions.actions import STATE, STATE_LEVEL, STATE_RECONCILIATION
from throughline.exceptions.stated import ABOUT, LEVELS, STATEMENTS, Statement, told_day
from throughline.pages.calls import frame
from throughline.pages.case import Case
from throughline.pages.routes import Looking, recorded
from throughline.pages.visitor import Visitor
from throughline.vocabulary.words import DISPOSITION
from throughline.warehouse import Connection

router = APIRouter(dependencies=[Depends(requires_authenticated())])
FORM = "stated"
TOLD = {
    STATE: "Where the patient went",
    STATE_LEVEL: "Level of decision-making",
    STATE_RECONCILIATION: "Medicines reconciled",
}
"""What each kind of statement is called on the page."""


@dataclass(frozen=True)
class Said:
    """One statement: what was said as what, by whom, when (UTC), known since which night, whether it is taken back."""

    number: str
    of: Statement
    at: datetime
    said: str
    said_as: str | None
    by: str
    seq: int | None
    is_gone: bool

    @property
    def told(self) -> tuple[str, str]:
        """What the statement is called, and what was said, in words."""
        words = {**LEVELS, **DISPOSITION.words}.get(self.said) or told_day(self.said)
        return TOLD[self.of.act], words


@router.get("/case/{number}/stated")
def stated_page(request: Browser, who: Looking, number: str) -> Response:
    """Return what was stated in the case, by whom, and whether it stands."""
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
    form = frame.sent(request, who, number, FORM, token)
    note = note.strip()

    def record(conn: Connection) -> None:
        found = _stated(conn, form.case.case_id)
        if _state(found) != form.shown:
            raise NotAllowedError("it changed meanwhile: open it again")
        one = next((each for each in found if each.number == stated), None)
        if one is None:
            raise NotAllowedError("this was stated of another case")
        asked = Request(one.of.take_back, ABOUT, stated, who.who, note, door=form.door)
        decisions.record(conn, asked)

    try:
        return recorded(request, who, form.place, record, note)
    except CorrectableError as error:
        return _page(request, who, number, f"Nothing was recorded: {error}.")


def _stated(conn: Connection, case_id: str) -> list[Said]:
    """Return what was stated in a case, the latest first."""
    by_act = {one.act: one for one in STATEMENTS}
    rows = conn.execute(
        "select d.decision_id::text, d.kind, d.decided_at,"
        " coalesce(d.detail ->> 'level', d.detail ->> 'done_on', d.detail ->> 'disposition'),"
        " d.detail ->> 'said_as', d.decided_by, d.known_seq, exists (select from operations.decision as b"
        " where b.kind = any(%s) and b.about_kind = %s and b.about_id = d.decision_id::text)"
        " from operations.decision as d where d.kind = any(%s) and d.about_kind = 'exception'"
        " and d.about_id in (select e.exception_id::text from operations.exception as e where e.case_id = %s"
        # what was stated before the case began, of the discharge that began it
        " union all select e.exception_id::text from cases.case_record as c inner join operations.exception as e"
        " on e.reason = 'disposition_not_stated' and e.about_id"
        " = 'discharge ' || left(md5(concat_ws('|', e.person_id, c.trigger_ref)), 8) where c.case_id = %s)"
        " order by d.decided_at desc, d.decision_id",
        ([one.take_back for one in STATEMENTS], ABOUT, list(by_act), case_id, case_id),
    ).fetchall()
    return [Said(number, by_act[kind], *rest) for number, kind, *rest in rows]


def _state(found: list[Said]) -> str:
    """Return what a form shows: the statements that stand. A form of others takes nothing back."""
    return ",".join(one.number for one in found if not one.is_gone)


def _page(request: Browser, who: Visitor, number: str, wrong: str = "") -> Response:
    def of(conn: Connection, one: Case) -> tuple[str, dict[str, Any]]:
        found = _stated(conn, one.case_id)
        may = {
            each.number
            for each in found
            if who.may(each.of.may) and each.of.is_theirs(who.who, each.by)
        }
        return _state(found), {"stated": found, "may": may, "longest": LONGEST}

    return frame.page(request, who, number, FORM, of, wrong)
