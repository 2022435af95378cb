"""The pages of the search: the form, and what fits, at an address that tells nobody what was typed."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from throughline.pages import forms
from throughline.pages.access import reading
from throughline.pages.finding import search, typed
from throughline.pages.forms import forms_of, own_form, root_of, session_of, with_session
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.pages.visitor import Visitor

PLACE = "search"
router = APIRouter(dependencies=[Depends(requires_authenticated())])


def _page(
    request: Request,
    who: Visitor,
    said: str = "",
    found: search.Found | None = None,
    *,
    is_over: bool = False,
) -> Response:
    session = session_of(request) or forms.new_session()
    token = forms_of(request, who, session).token(PLACE)
    content = render(
        "search.html.jinja", who, root_of(request), PLACE, said=said, found=found, token=token, is_over=is_over
    )  # fmt: skip
    return with_session(html(content, 410 if is_over else 200), request, session)


@router.get("/search")
def search_page(request: Request, who: Looking) -> Response:
    """Return the form of the search."""
    return _page(request, who)


@router.post("/search")
def search_for(
    request: Request,
    who: Looking,
    said: Annotated[str, Form(max_length=1000)] = "",
    token: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Send the browser on to what fits: the page of the only thing that does, or a page of all."""
    own_form(request)
    forms_of(request, who).check(token, PLACE)
    said = search.cleaned(said)
    with reading() as conn:
        address = search.hits(conn, who, said).address
    if address:
        return RedirectResponse(f"{root_of(request)}/{address}", status_code=303)
    reference = typed.new_reference()
    answer = RedirectResponse(f"{root_of(request)}/search/{reference}", status_code=303)
    return typed.keep(answer, request, who, said, reference)


@router.get("/search/{reference}")
def hits_page(request: Request, who: Looking, reference: str) -> Response:
    """Return what fits now, of what this user typed in this browser."""
    said = typed.kept(request, who, reference)
    if said is None:
        return _page(request, who, is_over=True)
    with reading() as conn:
        found = search.search(conn, who, said)
    return _page(request, who, said, found)
