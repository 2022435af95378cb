"""The night's page, the Data Docs of failing gates, and the pages behind login, as one app for Airflow's API server.

Airflow does not authenticate requests to plugin apps; the dependency of `pages` does so for its routes. Only
`/health` needs no login: it answers a monitor with one word.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse

from throughline.deployment import served
from throughline.orchestration.policies import TIME_ZONE, first_tick
from throughline.pages import claims, routes, sending
from throughline.pages.calls import record, stated, work
from throughline.pages.finding import routes as finding
from throughline.pages.kept import closed, decisions, nights
from throughline.pages.runs import nightly
from throughline.pages.starting import drafts, first_load, observed, readiness
from throughline.told import mornings

app = FastAPI(title="Throughline", docs_url=None, redoc_url=None, openapi_url=None)
pages = APIRouter(dependencies=[Depends(requires_authenticated())])


@app.middleware("http")
async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Tell the browser what it may do with an answer, refusals included."""
    response = routes.too_long(request) or await answer(request)
    for name, value in served.headers().items():
        response.headers.setdefault(name, value)
    return response


def pages_root() -> Path:
    """Return the folder of pages: `THROUGHLINE_PAGES` of the deployment."""
    return Path(os.environ.get("THROUGHLINE_PAGES", "pages")).resolve()


@app.api_route("/health", methods=["GET", "HEAD"])
def health() -> PlainTextResponse:
    """Return one word: `ok` and 200, or 503 while the morning that is due is not there."""
    first = first_tick()
    word = mornings.word(
        pages_root(), datetime.now(UTC), TIME_ZONE, first.date() if first else None
    )
    return PlainTextResponse(
        word,
        status_code=200 if word == mornings.OK else 503,
        headers={"Cache-Control": "no-store"},
    )


@pages.get("/")
def newest() -> Response:
    """Return the page of the newest night."""
    return page("latest.html")


@pages.get("/{path:path}")
def page(path: str) -> Response:
    """Return one file of the pages folder, and nothing outside it."""
    found = served.find(pages_root(), path)
    if found is None:
        raise HTTPException(status_code=404, detail="no night has written this page")
    content, media = found
    return Response(content, media_type=media, headers=served.headers(content))


routes.install(app)
app.include_router(claims.router)
app.include_router(finding.router)
app.include_router(nightly.router)
app.include_router(sending.router)
app.include_router(record.router)
app.include_router(stated.router)
app.include_router(work.router)
app.include_router(observed.router)
app.include_router(readiness.router)
app.include_router(drafts.router)
app.include_router(nights.router)
app.include_router(decisions.router)
app.include_router(closed.router)
app.include_router(first_load.router)
# the folder comes last: its route takes every path that is left
app.include_router(pages)
