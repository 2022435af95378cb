"""What people decided, the newest first: who, when, what, about which thing, why, and by which door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Request, Response

from throughline.exceptions.titles import title
from throughline.pages.access import reading
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.told import words
from throughline.told.today import Today, today
from throughline.warehouse import Connection, sql

PLACE, SIZE = "decisions", 25
"""The path of the page, and how many decisions stand on one page."""
LINKS = {"exception": "exception", "case": "case", "claim_batch": "claims"}
"""The page of a thing that is decided, by its kind."""
DOORS = {
    "page": "on its page",
    "question": "in Airflow, as an answer",
    "command_line": "at a terminal",
    "before": "before doors were kept",
}
"""By which door a decision came in."""
router = APIRouter(dependencies=[Depends(requires_authenticated())])


@dataclass(frozen=True)
class Chosen:
    """What the visitor filters by; empty means everything. Days are local; `before` is the last row already seen."""

    by: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None
    before: tuple[datetime, UUID] | None = None

    def address(self, before: tuple[datetime, str] | None = None) -> str:
        """Return the query of the address that shows the next page of this."""
        said = {
            "by": self.by,
            "kind": self.kind,
            "from": self.first or "",
            "until": self.last or "",
            "before": f"{before[0].astimezone(UTC).isoformat()}_{before[1]}" if before else "",
        }
        kept = {key: str(value) for key, value in said.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True)
class Made:
    """A decision as `sql/told/pages/decisions_made.sql` gives it. Times are UTC; `note` is patient data."""

    decision_id: str
    decided_at: datetime
    decided_by: str
    kind: str
    about_kind: str
    about_id: str
    note: str
    door: str
    known_seq: int | None
    reason: str | None
    case_id: str | None

    @property
    def act(self) -> str:
        """What was decided, as its button says."""
        return title(self.kind, self.about_kind, self.reason or "")

    @property
    def thing(self) -> str:
        """What it is about, in words: the reason of an exception, or the kind of thing."""
        if self.about_kind == "exception" and self.reason:
            return f"exception, {words.plain(self.reason)}"
        return words.plain(self.about_kind)

    @property
    def page(self) -> str:
        """The page of the thing below the plugin's address; empty if it has none."""
        place = LINKS.get(self.about_kind)
        return f"{place}/{self.about_id}" if place else ""


def chosen(said: Mapping[str, str]) -> Chosen:
    """Return what an address asks for; what cannot be read counts as not said."""
    said = {key: value for key, value in said.items() if value.isprintable()}
    return Chosen(
        said.get("by", ""), said.get("kind", ""), _day(said.get("from")), _day(said.get("until")),
        _before(said.get("before", "")),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _before(text: str) -> tuple[datetime, UUID] | None:
    at, _, one = text.partition("_")
    try:
        return datetime.fromisoformat(at), UUID(one)
    except ValueError:
        return None


def made(conn: Connection, asked: Chosen, now: Today) -> list[Made]:
    """Return one page of decisions, and one more if there is a next page."""

    def starts(day: date | None) -> datetime | None:
        return datetime.combine(day, time(0), ZoneInfo(now.time_zone)) if day else None

    after = asked.last + timedelta(days=1) if asked.last and asked.last < date.max else None
    rows = sql.run(
        conn, "told/pages/decisions_made.sql", by=asked.by or None, kind=asked.kind or None,
        from_moment=starts(asked.first), until_moment=starts(after),
        before_at=asked.before[0] if asked.before else None, before_id=asked.before[1] if asked.before else None,
        size=SIZE + 1,
    ).rows  # fmt: skip
    return [Made(*row) for row in rows]


@router.get("/decisions")
def decisions_page(request: Request, who: Looking) -> Response:
    """Return one page of decisions; reasons are for those who may see patients."""
    asked = chosen(request.query_params)
    with reading() as conn:
        now = today(conn)
        found = made(conn, asked, now)
        known = sql.run(conn, "told/pages/deciders.sql").rows
    shown, last = found[:SIZE], found[SIZE - 1] if len(found) > SIZE else None
    following = asked.address((last.decided_at, last.decision_id)) if last else ""
    return html(
        render(
            "decisions.html.jinja", who, root_of(request), PLACE,
            decisions=shown, chosen=asked, following=following, doors=DOORS, today=now,
            persons=[name for what, name in known if what == "by"],
            kinds=[name for what, name in known if what == "kind"],
        )
    )  # fmt: skip
