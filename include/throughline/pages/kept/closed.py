"""Exceptions that ended, the newest first: in which night, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from uuid import UUID

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Request, Response

from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.told import words
from throughline.told.today import today
from throughline.warehouse import sql

SIZE = 25
"""Exceptions on one page."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@dataclass(frozen=True)
class Ended:
    """An exception that ended, as `sql/told/pages/closed_exceptions.sql` gives it. `resolution` is patient data."""

    exception_id: str
    reason: str
    title: str | None
    owner_team: str
    owner: str | None
    opened_at: datetime
    closed_seq: int
    closed_on: date | None
    status: str
    resolution: str | None
    decided_by: str | None

    @property
    def name(self) -> str:
        """What it was about."""
        return self.title or words.title(self.reason)

    @property
    def how(self) -> str:
        """How it ended: by whom it was decided, or that its cause fell away."""
        if self.decided_by:
            return f"decided by {self.decided_by}"
        return "its cause fell away" if self.status == "cleared" else "resolved"


@router.get("/exceptions/closed")
def closed_page(request: Request, who: Looking) -> Response:
    """Return one page of the exceptions that ended; nobody is named, each leads to its page."""
    said = {key: value for key, value in request.query_params.items() if value.isprintable()}
    team, reason = said.get("team", ""), said.get("reason", "")
    seq, one = _before(said.get("before", ""))
    with reading() as conn:
        now = today(conn)
        rows = sql.run(
            conn, "told/pages/closed_exceptions.sql", team=team or None, reason=reason or None,
            before_seq=seq, before_id=one, size=SIZE + 1,
        ).rows  # fmt: skip
        reasons = conn.execute(
            "select reason, title from operations.reason order by title"
        ).fetchall()
        teams = conn.execute(
            "select distinct owner_team from operations.reason order by 1"
        ).fetchall()
    found = [Ended(*row) for row in rows]
    last = found[SIZE - 1] if len(found) > SIZE else None
    kept = {
        "team": team,
        "reason": reason,
        "before": f"{last.closed_seq}_{last.exception_id}" if last else "",
    }
    return html(
        render(
            "closed.html.jinja", who, root_of(request), "exceptions",
            ended=found[:SIZE], team=team, reason=reason, teams=[name for (name,) in teams], reasons=reasons,
            following=f"?{urlencode({key: value for key, value in kept.items() if value})}" if last else "", today=now,
        )
    )  # fmt: skip


def _before(text: str) -> tuple[int | None, UUID | None]:
    seq, _, one = text.partition("_")
    try:
        return (int(seq), UUID(one)) if seq.isascii() and len(seq) < 10 else (None, None)
    except ValueError:
        return None, None
