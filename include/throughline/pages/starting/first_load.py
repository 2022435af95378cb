"""What the first load found, what it left out and why, and what to look at first."""

from __future__ import annotations

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Response
from fastapi import Request as Browser

from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.told import starting
from throughline.told.today import today

PLACE = "readiness"
"""The entry of the navigation that it belongs to."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@router.get("/first-load")
def first_load_page(request: Browser, who: Looking) -> Response:
    """Return the first load, as it was kept when its night closed."""
    with reading() as conn:
        now = today(conn)
        load = starting.first(conn)
    return html(
        render(
            "first_load.html.jinja", who, root_of(request), PLACE, load=load, s=starting, today=now
        )
    )
