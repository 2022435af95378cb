"""What can be proven with the feeds that are configured, what never, and what has come so far."""

from __future__ import annotations

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Response
from fastapi import Request as Browser

from throughline.definitions import examined, readiness
from throughline.definitions.readiness.back import wanted
from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.practice import said_now
from throughline.told.today import today

PLACE = "readiness"
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@router.get("/readiness")
def readiness_page(request: Browser, who: Looking) -> Response:
    """Return, by workflow, what can be known and by which feed."""
    checked = examined()
    found = (
        [] if checked.faults else readiness.needs(checked.workflows, checked.sources, said_now())
    )
    with reading() as conn:
        now = today(conn)
        found = readiness.with_history(found, conn)
    workflows = {
        one.workflow: [each for each in found if each.workflow == one.workflow] for one in found
    }
    return html(
        render(
            "readiness.html.jinja", who, root_of(request), PLACE,
            workflows=workflows, faults=checked.faults, today=now,
            back=[] if checked.faults else wanted(checked.workflows, checked.sources, said_now()),
            never=[one for one in found if one.matters and not one.is_met],
        )
    )  # fmt: skip
