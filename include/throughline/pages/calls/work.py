"""Work that stays inside: the page where those find it in the morning who do it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from airflow.api_fastapi.core_api.security import requires_authenticated
from fastapi import APIRouter, Depends, Response
from fastapi import Request as Browser

from throughline.pages import listed, people
from throughline.pages.access import reading
from throughline.pages.calls import order
from throughline.pages.calls.since import made_since
from throughline.pages.calls.stops import Stop, not_called, warned
from throughline.pages.forms import root_of
from throughline.pages.render import render
from throughline.pages.routes import Looking, html
from throughline.pages.story import clocks
from throughline.programs.kept import Kept
from throughline.tasks.late import late_feeds
from throughline.told import times, words
from throughline.told.today import Today, how_far, today
from throughline.warehouse import Connection, sql

router = APIRouter(dependencies=[Depends(requires_authenticated())])
PLACE, SIZE = "work", 25
"""The path of the page, and how much of one kind stands on one of its pages."""


@dataclass(frozen=True)
class Kind:
    """A kind of work: what one and several of it are called, and what counts as done."""

    kind: str
    one: str
    many: str
    done: str


KINDS = (
    Kind("outreach", "call", "calls",
         "A call counts when a system that is read has it, or when it is recorded on the page of its case."),
    Kind("scheduling", "booking to make", "bookings to make",
         "A booking counts when the schedule has it: the next night finds it there."),
    Kind("documentation", "note to sign", "notes to sign",
         "A note counts when it is signed in the chart: the next night finds it there."),
    Kind("billing", "visit to bill", "visits to bill",
         "A visit counts as billed when its claim is answered or paid: what is read of claims says so."),
)  # fmt: skip
"""What may stay inside, in the order of a case's life."""
PROOFS = {
    "outreach": ("contact",),
    "scheduling": ("booking", "contact"),
    "documentation": ("visit", "note"),
    "billing": ("visit", "note", "claim"),
}
"""The proofs that decide what of a kind is to be done: while their feeds are late, the list is not complete."""


@dataclass(frozen=True)
class Item:
    """One thing to do, as `sql/told/pages/work.sql` gives it. Times are UTC, `amount` is in US dollars.

    `on_hold`: a decision comes first, or the patient is in a facility, so nobody should do it now. `total` counts what
    is on all pages, `stopped` that of it which takes a call to a patient whom nobody may call. `clock_at` is when the
    clock of its stage ends: until then it is not late.
    """

    kind: str
    case_id: str
    person_id: str
    title: str
    stage: str
    due_at: datetime
    owner_team: str
    owner: str | None
    on_hold: bool
    source: str
    visit_type: str | None
    not_after: date | None
    visit_on: date | None
    given: str | None
    family: str | None
    payer: str | None
    codes: list[str] | None
    amount: Decimal | None
    warnings: list[str] | None
    total: int
    stopped: int
    clock_at: datetime | None

    @property
    def practitioner(self) -> str:
        """Who sees, or saw, the patient; empty if that is not known."""
        return " ".join(part for part in (self.given, self.family) if part)

    @property
    def what(self) -> list[str]:
        """What to do it with, each in words, without anything that only those may see who see patients."""
        told = []
        if self.kind == "scheduling":
            told += [
                self.visit_type or "",
                f"by {times.on(self.not_after)}" if self.not_after else "",
            ]
        if self.practitioner:
            told.append(
                f"with {self.practitioner}" if self.kind == "scheduling" else self.practitioner
            )
        if self.kind == "billing":
            told += [self.payer or "", *(self.codes or ["no charge yet"])]
            told.append(words.dollars(self.amount) if self.amount is not None else "")
        return [part for part in told if part]

    def before(self, stops: Iterable[Stop]) -> list[str]:
        """What to know before it is done, each in words, other than why nobody may call."""
        return warned(self.warnings, stops) if self.kind == "scheduling" else []


def items(conn: Connection, kind: str, page: int, now: Today, *, sees_patients: bool) -> list[Item]:
    """Return one page of the open work of a kind that stays inside; what is on hold comes last.

    To those who may see patients, what takes a call comes after the rest if nobody may call.
    """
    cut = order.of_work(conn, now, kind, sees_patients=sees_patients).cut(page, SIZE)
    return [Item(*row) for row in sql.run(conn, "told/pages/work.sql", **cut).rows]


_counts: Kept[tuple[object, ...], dict[str, tuple[int, int]]] = Kept(1, order.SECONDS)


def _counted(conn: Connection, now: Today) -> dict[str, tuple[int, int]]:
    rows = sql.run(conn, "told/pages/work_counts.sql", overdue_before=now.cut_off).rows
    return {kind: (number, late) for kind, number, late in rows}


@router.get("/work")
def work_page(request: Browser, who: Looking) -> Response:
    """Return the work of one kind that stays inside: that which the address names, else the first that there is."""
    page = listed.chosen(request.query_params).page
    with reading() as conn:
        now = today(conn)
        counts = _counts.get(how_far(conn, now), lambda: _counted(conn, now))
        there = [one for one in KINDS if one.kind in counts]
        asked = request.query_params.get("kind", "")
        chosen = next((one for one in KINDS if one.kind == asked), there[0] if there else None)
        sees = who.sees_patients
        found = items(conn, chosen.kind, page, now, sees_patients=sees) if chosen else []
        names = people.names(conn, who, PLACE, [one.person_id for one in found])
        stops = not_called(conn, names, now.cut_off)
        calls = [one.case_id for one in found if one.kind == "outreach"]
        made = made_since(conn, calls)
        proofs = [proof for one in KINDS if chosen in (None, one) for proof in PROOFS[one.kind]]
        behind = late_feeds(conn, now.seq, proofs)
        late = clocks.too_late_by_case(conn, calls if who.sees_patients else [], now)
    return html(
        render(
            "work.html.jinja", who, root_of(request), PLACE,
            kinds=there, counts=counts, chosen=chosen, items=found, names=names, stops=stops, made=made,
            late=late, behind=behind, today=now, page=page, size=SIZE,
        )
    )  # fmt: skip
