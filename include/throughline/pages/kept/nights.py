"""The nights, the newest first: how each ended, what came late, what it opened, closed and sent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Request, Response

from throughline.deployment import served
from throughline.pages import listed
from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.told.today import today
from throughline.vocabulary.counts import count
from throughline.warehouse import sql

PLACE, SIZE = "nights", 25
"""The path of the page, and how many nights stand on one page."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@dataclass(frozen=True)
class Night:
    """A night as `sql/told/pages/nights.sql` gives it. `seconds` is None while it runs."""

    seq: int
    business_date: date
    kind: str
    status: str
    failed_step: str | None
    seconds: float | None
    came_late: list[str]
    did_not_come: list[str]
    opened: int
    closed: int
    sent: int

    @property
    def took(self) -> str:
        """How long it took: `74 seconds`, `12 minutes`; empty if that is not known."""
        if self.seconds is None:
            return ""
        whole = round(self.seconds)
        return count(whole, "second") if whole < 120 else count(whole // 60, "minute")

    @property
    def late(self) -> list[str]:
        """What came for an earlier day, and what did not come at all."""
        return [*self.came_late, *(f"{one} did not come" for one in self.did_not_come)]


@router.get("/nights")
def nights_page(request: Request, who: Looking) -> Response:
    """Return one page of the nights."""
    page = listed.chosen(request.query_params).page
    with reading() as conn:
        now = today(conn)
        (total,) = conn.execute("select count(*) from operations.night").fetchone() or (0,)
        rows = sql.run(conn, "told/pages/nights.sql", size=SIZE, skip=(page - 1) * SIZE).rows
    found = [Night(*row) for row in rows]
    folder = Path(os.environ.get("THROUGHLINE_PAGES", "pages")).resolve()
    mornings = {
        night.seq: f"{night.business_date}.html"
        for night in found
        if served.find(folder, f"{night.business_date}.html")
    }
    return html(
        render(
            "nights.html.jinja", who, root_of(request), PLACE,
            nights=found, mornings=mornings, total=total, page=page, size=SIZE, today=now,
        )
    )  # fmt: skip
