"""The addresses of the pages, for Airflow's API server. Airflow's login is asked by each of them."""

from __future__ import annotations

import logging
from typing import Annotated

import psycopg
from airflow.api_fastapi.core_api.security import GetUserDep, requires_authenticated
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from throughline.deployment import served
from throughline.pages import listed, one, people
from throughline.pages.access import reading
from throughline.pages.render import render
from throughline.pages.visitor import Visitor, visitor
from throughline.told.today import today

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[Depends(requires_authenticated())])


def looking(request: Request, user: GetUserDep) -> Visitor:
    """Return who looks, by the id of Airflow's auth manager."""
    who = visitor(str(user.get_id()))
    request.state.visitor = who
    return who


Looking = Annotated[Visitor, Depends(looking)]


def root_of(request: Request) -> str:
    """Return the address of the plugin on its host, without a slash at the end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def html(content: str, status: int = 200) -> HTMLResponse:
    """Return a page with the headers that its own style needs."""
    return HTMLResponse(content, status, headers=served.headers(content.encode()))


def refusal(
    request: Request, who: Visitor, status: int, heading: str, text: str, back: str = "exceptions"
) -> Response:
    """Return a page that says kindly why there is nothing else to see."""
    return html(
        render(
            "message.html.jinja", who, root_of(request),
            heading=heading, text=text, back=back, back_text=f"To the {back or 'morning'}",
        ),
        status,
    )  # fmt: skip


def install(app: FastAPI) -> None:
    """Add the pages to an app, with what is said when one cannot be shown."""
    app.include_router(router)

    def missing(request: Request, error: Exception) -> Response:
        return refusal(request, request.state.visitor, 404, "Not found", str(error))

    def unreachable(request: Request, error: Exception) -> Response:
        log.warning("a page cannot be shown: %s", type(error).__name__)
        text = "The warehouse does not answer. Try again in a minute; the morning's page needs no warehouse."
        return refusal(request, request.state.visitor, 503, "Not now", text, "")

    app.add_exception_handler(one.NotFound, missing)
    app.add_exception_handler(psycopg.OperationalError, unreachable)
    app.add_exception_handler(AirflowNotFoundException, unreachable)


@router.get("/exceptions")
def exceptions_page(request: Request, who: Looking) -> Response:
    """Return the list of open exceptions."""
    asked = listed.chosen(request.query_params)
    with reading() as conn:
        now = today(conn)
        shown = listed.listed(conn, who, asked, now)
        names = people.names(conn, who, "exceptions", [each.person_id for each in shown.shown])
    return html(
        render(
            "exceptions.html.jinja", who, root_of(request), "exceptions",
            list=shown, names=names, today=now, dues=listed.DUE,
            is_mine=lambda stuck: listed.is_mine(stuck, who),
        )
    )  # fmt: skip


@router.get("/exception/{number}")
def exception_page(request: Request, who: Looking, number: str) -> Response:
    """Return one exception, by its number or its whole id."""
    with reading() as conn:
        stuck = one.exception(conn, number)
        names = people.names(conn, who, "exception", [stuck.person_id], stuck.exception_id)
        content = render(
            "exception.html.jinja", who, root_of(request), "exceptions",
            stuck=stuck, name=names.get(stuck.person_id or ""), log=one.log(conn, stuck),
            today=today(conn), said="",
        )  # fmt: skip
    return html(content)
