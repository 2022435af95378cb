"""The frame of a form about a case: who sent it, what it showed, and the page on which it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request as Browser
from fastapi import Response

from throughline.decisions import Door
from throughline.pages import case, forms, people
from throughline.pages.access import reading
from throughline.pages.calls.stops import not_called
from throughline.pages.case import Case
from throughline.pages.forms import forms_of, own_form, root_of, session_of, with_session
from throughline.pages.render import render
from throughline.pages.routes import html
from throughline.pages.story import clocks
from throughline.pages.visitor import Visitor
from throughline.told.today import today
from throughline.warehouse import Connection


@dataclass(frozen=True)
class Sent:
    """A form that was sent: about which case, in which state it showed it, through which door, and the case's page."""

    case: Case
    shown: str
    door: Door
    place: str


def sent(request: Browser, who: Visitor, number: str, form: str, token: str) -> Sent:
    """Return a form that was sent from the page `form` of a case. Raises `RefusedForm` if it is none of ours."""
    own_form(request)
    with reading() as conn:
        one = case.case(conn, number)
    place = f"case/{one.number}"
    shown = forms_of(request, who).check(token, _about(one.case_id, form))
    return Sent(one, shown, Door("page", {"user_id": who.who, "page": f"{place}/{form}"}), place)


def page(
    request: Browser,
    who: Visitor,
    number: str,
    form: str,
    of: Callable[[Connection, Case], tuple[str, dict[str, Any]]],
    wrong: str = "",
) -> Response:
    """Return the page `form` of a case, by its template; `of` returns the state that it shows, and what it shows more.

    `wrong` says what was wrong with the form that was sent.
    """
    session = session_of(request) or forms.new_session()
    with reading() as conn:
        one = case.case(conn, number)
        names = people.names(conn, who, "case", [one.person_id], one.case_id)
        state, more = of(conn, one)
        now = today(conn)
        stops = not_called(conn, names, now.cut_off).get(one.person_id, [])
        late = clocks.too_late_by_case(conn, [one.case_id] if who.sees_patients else [], now)
    content = render(
        f"{form}.html.jinja", who, root_of(request),
        case=one, name=names.get(one.person_id), stops=stops, today=now, wrong=wrong,
        late=late.get(one.case_id, ""),
        token=forms_of(request, who, session).token(_about(one.case_id, form), state), **more,
    )  # fmt: skip
    return with_session(html(content, 422 if wrong else 200), request, session)


def _about(case_id: str, form: str) -> str:
    return f"case|{case_id}|{form}"
