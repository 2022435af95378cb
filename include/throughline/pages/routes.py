"""The addresses of the pages, for Airflow's API server. Airflow's login is asked by each of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

import psycopg
from airflow.api_fastapi.core_api.security import GetUserDep, requires_authenticated
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from throughline.decisions import CorrectableError, NotAllowedError, NotPermittedError
from throughline.deployment import served
from throughline.exceptions.choices import Choice
from throughline.exceptions.stated import notes
from throughline.pages import acts, case, forms, listed, one, people, person
from throughline.pages.access import deciding, reading
from throughline.pages.acts import Typed
from throughline.pages.calls.since import made_since
from throughline.pages.calls.stops import not_called
from throughline.pages.forms import (
    RefusedForm,
    forms_of,
    own_form,
    root_of,
    session_of,
    with_session,
)
from throughline.pages.kept import ages, waiting
from throughline.pages.render import render, script
from throughline.pages.runs import answers
from throughline.pages.story import clocks
from throughline.pages.visitor import Visitor, visitor
from throughline.tasks.late import late_feeds
from throughline.told import standing
from throughline.told.exceptions import Stuck
from throughline.told.exceptions.places import places
from throughline.told.today import today
from throughline.warehouse import Connection

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[Depends(requires_authenticated())])


def looking(request: Request, user: GetUserDep) -> Visitor:
    """Return who looks, by the id of Airflow's auth manager. Nobody is let in under what is no id."""
    try:
        who = visitor(str(user.get_id()))
    except PermissionError:
        raise HTTPException(403) from None
    request.state.visitor = who
    return who


Looking = Annotated[Visitor, Depends(looking)]


def html(content: str, status: int = 200) -> HTMLResponse:
    """Return a page with the headers that its own style and script need."""
    return HTMLResponse(content, status, headers=served.headers(content.encode(), script()))


BACK = {
    "": "To the morning",
    "exceptions": "To the exceptions",
    "claims": "To the claims",
    "sending": "To sending",
    "observed": "To what is observed",
    "search": "To the search",
}
"""What the way back of a message is called, by the beginning of its path."""


def refusal(
    request: Request,
    who: Visitor | None,
    status: int,
    heading: str,
    text: str,
    back: str | None = "exceptions",
    login: str = "",
    typed: str = "",
) -> Response:
    """Return a page that says kindly why there is nothing else to see.

    `login` is where one logs in. `typed` is what the visitor had written, so that it is not lost.
    """
    return html(
        render(
            "message.html.jinja", who, root_of(request),
            heading=heading, text=text, back=back, back_text=BACK.get(back or "", "Back"), login=login,
            typed=typed,
        ),
        status,
    )  # fmt: skip


def recorded(
    request: Request, who: Visitor, place: str, record: Callable[[Connection], object], typed: str
) -> Response:
    """Record a decision that a form asks for, and return what to answer: its page anew, or why it is not taken.

    `record` raises what `throughline.decisions` raises; `CorrectableError` is left to the form, which is shown again.
    """
    try:
        with deciding() as conn:
            record(conn)
            conn.commit()
    except CorrectableError:
        raise
    except NotPermittedError as error:
        return refusal(request, who, 403, "Not for you", f"{error}. That is kept.", place)
    except NotAllowedError as error:
        text = f"Nothing was recorded: {error}."
        return refusal(request, who, 409, "Not taken", text, place, typed=typed)
    return RedirectResponse(f"{root_of(request)}/{place}", status_code=303)


def too_long(request: Request) -> Response | None:
    """Return the refusal of a body longer than any form, or of unknown length; None of all others."""
    # FastAPI reads a body before it asks whose it is
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" not in request.headers and length.isdecimal() and len(length) < 7:
        return None
    text = "Nothing was changed: this is longer than any form of ours, or of no known length."
    return refusal(request, None, 413, "Not taken", text, None)


def _visitor(request: Request) -> Visitor | None:
    """Return who looks, if it is known already."""
    return getattr(request.state, "visitor", None)


def _typed(request: Request) -> str:
    """Return the reason in the form that was sent, if it was read before the request was refused."""
    note = (getattr(request, "_form", None) or {}).get("note", "")
    return note if isinstance(note, str) else ""


def _refused_by_http(request: Request, error: Exception) -> Response:
    """Say in a page what HTTP says with a number: nobody has logged in, nothing is there, a form cannot be read."""
    status = error.status_code if isinstance(error, HTTPException) else 422
    who = _visitor(request)
    if status == 401:
        airflow = root_of(request).removesuffix("/throughline")
        back = quote(f"{root_of(request)}{request.scope['path'].removeprefix(root_of(request))}")
        text = "You have not logged in, or your login has ended. Nothing was changed."
        login = f"{airflow}/auth/login?next={back}"
        return refusal(request, who, 401, "Log in", text, None, login, _typed(request))
    if status == 404:
        text = "There is no page at this address, or no night has written it yet."
        return refusal(request, who, 404, "Not found", text, "")
    if status == 405:
        text = "Nothing was changed. Open the page again and repeat what you did."
        return refusal(request, who, 405, "Not taken", text)
    if status == 422:
        text = "Nothing was changed: something in the form is too long, or cannot be read."
        return refusal(request, who, 422, "Not taken", text)
    text = "Airflow does not let you see this page."
    return refusal(request, who, status, "Not for you", text, "")


def install(app: FastAPI) -> None:
    """Add the pages to an app, with what is said when one cannot be shown."""
    app.include_router(router)
    app.add_exception_handler(HTTPException, _refused_by_http)
    app.add_exception_handler(RequestValidationError, _refused_by_http)

    def broken(request: Request, error: Exception) -> Response:
        # the text of an error may hold what a record holds
        log.error("a page failed: %s", type(error).__name__)
        text = "This page failed. Its kind of error is in the log of Airflow's API server."
        return refusal(request, _visitor(request), 500, "Not now", text, "")

    def missing(request: Request, error: Exception) -> Response:
        of_person = (
            request.scope["path"].removeprefix(root_of(request)).startswith(("/case", "/person"))
        )
        back = "search" if of_person else "exceptions"
        return refusal(request, _visitor(request), 404, "Not found", str(error), back)

    def unreachable(request: Request, error: Exception) -> Response:
        log.warning("a page cannot be shown: %s", type(error).__name__)
        text = "The warehouse does not answer. Try again in a minute; the morning's page needs no warehouse."
        return refusal(request, _visitor(request), 503, "Not now", text, "")

    def not_offered(request: Request, error: Exception) -> Response:
        return refusal(request, _visitor(request), 403, "Not now", str(error))

    def refused(request: Request, error: Exception) -> Response:
        text = f"Nothing was changed: {error}. Open the page again and repeat what you did."
        return refusal(request, _visitor(request), 403, "Not taken", text, typed=_typed(request))

    app.add_exception_handler(one.NotFound, missing)
    app.add_exception_handler(acts.Unheard, missing)
    app.add_exception_handler(acts.NotOffered, not_offered)
    app.add_exception_handler(RefusedForm, refused)
    app.add_exception_handler(psycopg.OperationalError, unreachable)
    app.add_exception_handler(AirflowNotFoundException, unreachable)
    app.add_exception_handler(psycopg.Error, broken)
    app.add_exception_handler(Exception, broken)


@router.get("/me")
def me(user: GetUserDep) -> JSONResponse:
    """Return whose login it is, by the id of Airflow's auth manager: commands ask it of a token."""
    said = {"id": str(user.get_id()), "name": str(user.get_name())}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


@router.get("/exceptions")
def exceptions_page(request: Request, who: Looking) -> Response:
    """Return the list of open exceptions."""
    asked = listed.chosen(request.query_params)
    with reading() as conn:
        now = today(conn)
        shown = listed.listed(conn, who, asked, now)
        names = people.names(conn, who, "exceptions", [each.person_id for each in shown.shown])
        old = ages.ages(conn, now)
    return html(
        render(
            "exceptions.html.jinja", who, root_of(request), "exceptions",
            list=shown, names=names, today=now, dues=listed.DUE, ages=old,
            is_mine=lambda stuck: listed.is_mine(stuck, who),
        )
    )  # fmt: skip


@router.get("/exception/{number}")
def exception_page(request: Request, who: Looking, number: str) -> Response:
    """Return one exception, by its number or its whole id."""
    with reading() as conn:
        stuck = one.exception(conn, number)
        names = people.names(conn, who, "exception", [stuck.person_id], stuck.exception_id)
        now, whose = today(conn), stuck.person_id or ""
        content = render(
            "exception.html.jinja", who, root_of(request), "exceptions",
            stuck=stuck, name=names.get(whose), stops=not_called(conn, names, now.cut_off).get(whose, []),
            log=one.log(conn, stuck), visit=one.visit(conn, stuck) if who.sees_patients else None, today=now,
            offered={choice.act for choice in acts.offered(who, stuck)},
            where=places(conn, stuck.reason, stuck.exception_id),
        )  # fmt: skip
    return html(content)


@router.get("/calls")
def calls_page(request: Request, who: Looking) -> Response:
    """Return whom to call today, with the telephone number for those who may see it."""
    page = listed.chosen(request.query_params).page
    with reading() as conn:
        now = today(conn)
        calls = person.calls(conn, now, page, sees_patients=who.sees_patients)
        names = people.names(conn, who, "calls", [call.person_id for call in calls])
        stops = not_called(conn, names, now.cut_off)
        asked = [call.case_id for call in calls]
        made, unsent = made_since(conn, asked), waiting.waiting_calls(conn, asked)
        late = clocks.too_late_by_case(conn, asked if who.sees_patients else [], now)
        paused, behind = standing.paused(conn, now), late_feeds(conn, now.seq, ("contact",))
    return html(
        render(
            "calls.html.jinja", who, root_of(request), "calls",
            calls=calls, names=names, stops=stops, made=made, late=late, today=now, page=page, size=person.SIZE,
            paused=paused, behind=behind, unsent=unsent,
        )
    )  # fmt: skip


@router.get("/case/{number}")
def case_page(request: Request, who: Looking, number: str) -> Response:
    """Return one case, by its number or its whole id."""
    with reading() as conn:
        shown = case.case(conn, number)
        names, now = people.names(conn, who, "case", [shown.person_id], shown.case_id), today(conn)
        content = render(
            "case.html.jinja", who, root_of(request),
            case=shown, name=names.get(shown.person_id), stages=case.stages(conn, shown),
            stops=not_called(conn, names, now.cut_off).get(shown.person_id, []),
            line=case.line(conn, shown, evidence=who.sees_patients),
            made=made_since(conn, [shown.case_id]).get(shown.case_id), today=now,
            ends=clocks.clocks(conn, [shown.case_id], evidence=who.sees_patients),
            waits=waiting.waiting(conn, 1, shown.case_id),
        )  # fmt: skip
    return html(content)


@router.get("/person/{person_id}")
def person_page(request: Request, who: Looking, person_id: str) -> Response:
    """Return one person, for those who may see patients."""
    if not who.sees_patients:
        text = "Names, telephone numbers and record numbers are for those who may see patients."
        return refusal(request, who, 403, "Not for you", text)
    with reading() as conn:
        whole = person.whole_id(person_id)
        names, now = people.names(conn, who, "person", [whole]), today(conn)
        content = render(
            "person.html.jinja", who, root_of(request),
            one=person.person(conn, whole, names.get(whole), now.cut_off), today=now,
        )  # fmt: skip
    return html(content)


def _act_page(
    request: Request, who: Visitor, stuck: Stuck, choice: Choice, typed: Typed, wrong: str = ""
) -> Response:
    session = session_of(request) or forms.new_session()
    with deciding() as conn:
        shown = acts.state(conn, stuck)
        try:
            will = acts.follows(conn, who, stuck, choice)
        except acts.Lacking as error:
            return refusal(
                request, who, 409, "Not now", str(error), f"exception/{stuck.exception_id}"
            )
    with reading() as conn:
        names = people.names(conn, who, "exception", [stuck.person_id], stuck.exception_id)
        asked = choice.asks == "level" and who.sees_patients
        signed = notes(conn, stuck.case_id) if asked else []
        bars, now = acts.bars(conn, stuck, choice), today(conn)
    token = forms_of(request, who, session).token(_about(stuck, choice), shown)
    content = render(
        "act.html.jinja", who, root_of(request), "exceptions",
        stuck=stuck, choice=choice, follows=will, owners=acts.owners(), typed=typed, wrong=wrong,
        name=names.get(stuck.person_id or ""), token=token, signed=signed, bars=bars, today=now,
    )  # fmt: skip
    return with_session(html(content, 422 if wrong else 200), request, session)


def _about(stuck: Stuck, choice: Choice) -> str:
    return f"exception|{stuck.exception_id}|{choice.act}"


@router.get("/exception/{number}/{act}")
def act_page(request: Request, who: Looking, number: str, act: str) -> Response:
    """Return the form of one act about an exception, with what it will do. Changes nothing."""
    with reading() as conn:
        stuck = one.exception(conn, number)
    return _act_page(request, who, stuck, acts.choice_of(stuck, act, who), Typed())


@router.post("/exception/{number}/{act}")
def act_on(
    request: Request,
    who: Looking,
    user: GetUserDep,
    number: str,
    act: str,
    token: Annotated[str, Form(max_length=2000)] = "",
    note: Annotated[str, Form(max_length=20_000)] = "",
    owner: Annotated[str, Form(max_length=200)] = "",
    amount: Annotated[str, Form(max_length=200)] = "",
    disposition: Annotated[str, Form(max_length=200)] = "",
    level: Annotated[str, Form(max_length=40)] = "",
    document: Annotated[str, Form(max_length=400)] = "",
    done_on: Annotated[str, Form(max_length=40)] = "",
    never: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Record an act about an exception, and show the exception with it."""
    own_form(request)
    acts.known(act)
    typed = Typed(note, owner, amount, disposition, level, document, done_on, never)
    with reading() as conn:
        stuck = one.exception(conn, number)
    back = f"exception/{stuck.exception_id}"
    shown = forms_of(request, who).check(token, f"exception|{stuck.exception_id}|{act}")
    try:
        # whoever may not do it is refused, and that is kept, where it would be recorded
        choice = acts.choice_of(stuck, act)
        with deciding() as conn:
            acts.decide(conn, who, stuck, choice, typed, shown)
            conn.commit()
        if choice.about_kind == "claim_batch":
            answers.answer(user, stuck.about_id, act)
    except acts.Lacking as error:
        return _act_page(request, who, stuck, choice, typed, str(error))
    except NotPermittedError as error:
        return refusal(
            request, who, 403, "Not for you", f"{str(error).capitalize()}.", back, typed=note
        )
    except (acts.Changed, acts.NotOffered) as error:
        is_own = (
            error.by_visitor
            if isinstance(error, acts.Changed)
            else (stuck.decided_by, stuck.decided) == (who.who, act)
        )
        if not is_own:
            text = "It changed after you had opened the form, so nothing was recorded. Look at it again."
            return refusal(request, who, 409, "It has changed", text, back, typed=note)
    return RedirectResponse(f"{root_of(request)}/{back}", status_code=303)
