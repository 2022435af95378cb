"""Whom to call today; and one person: telephone, under which numbers the systems know them, and their cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from throughline.pages.calls import order
from throughline.pages.calls.stops import WARNINGS, Stop, not_called, warned
from throughline.pages.one import NotFound
from throughline.pages.people import LANGUAGES, Name, language
from throughline.told.today import Today
from throughline.warehouse import Connection, sql

SIZE = 25
"""Calls on one page of the list."""


@dataclass(frozen=True)
class Record:
    """A record of a person in one system. `status` is `active`, or `doubt` if it may be somebody else's."""

    source: str
    title: str
    source_id: str
    status: str
    method: str
    mrn: str | None
    family: str | None
    given: str | None
    birth_date: date | None
    sex: str | None
    phone: str | None
    city: str | None
    is_deceased: bool | None
    language: str | None
    interpreter_required: bool | None
    preferred_contact: str | None


@dataclass(frozen=True)
class OwnCase:
    """A case of a person. Times are UTC; `clock_at` is when the clock of its stage ends."""

    case_id: str
    title: str
    trigger_on: date | None
    status: str
    close_reason: str | None
    stage: str | None
    stage_state: str | None
    next_step: str | None
    next_due_at: datetime | None
    owner_team: str
    clock_at: datetime | None


@dataclass(frozen=True)
class Warned:
    """Something to know before a call, other than why not to call."""

    kind: str
    occurred_at: datetime
    source: str

    @property
    def said(self) -> str:
        """What it is, in words."""
        return WARNINGS[self.kind]


@dataclass(frozen=True)
class Person:
    """A person with records, warnings, what forbids to call, and cases."""

    name: Name | None
    records: list[Record]
    warnings: list[Warned]
    stops: list[Stop]
    cases: list[OwnCase]

    @property
    def doubts(self) -> list[Record]:
        """Records that may be this person's."""
        return [record for record in self.records if record.status == "doubt"]


@dataclass(frozen=True)
class Call:
    """A call to make today, as `sql/told/pages/calls.sql` gives it. Times are UTC.

    `on_hold`: an exception stands before it, so nobody should call until a person has decided. `is_inside`: nobody
    outside is asked to call. `total` counts the calls on all pages, `stopped` those of them whose patients nobody may
    call, which only those are told who may see patients.
    """

    case_id: str
    person_id: str
    title: str
    stage: str
    due_at: datetime
    owner_team: str
    owner: str | None
    on_hold: bool
    attempts: int
    last_attempt_at: datetime | None
    warnings: list[str] | None
    language: str | None
    interpreter_required: bool | None
    preferred_contact: str | None
    total: int
    is_inside: bool
    stopped: int
    clock_at: datetime | None

    def before(self, stops: Iterable[Stop]) -> list[str]:
        """What to know before the call, each in words, other than why nobody may."""
        told = warned(self.warnings, stops)
        if self.language and language(self.language) != LANGUAGES["en"]:
            told.append(f"speaks {language(self.language)}")
        if self.interpreter_required:
            told.append("an interpreter is needed")
        if self.preferred_contact:
            told.append(f"prefers {self.preferred_contact}")
        return told


def calls(conn: Connection, today: Today, page: int, *, sees_patients: bool) -> list[Call]:
    """Return one page of the calls that are due today or overdue.

    Those that nobody makes come last: of patients whom nobody may call, then those that wait for a decision.
    """
    cut = order.of_calls(conn, today, sees_patients=sees_patients).cut(page, SIZE)
    return [Call(*row) for row in sql.run(conn, "told/pages/calls.sql", **cut).rows]


def whole_id(text: str) -> str:
    """Return the id of a person as it stands in an address. Raises `NotFound` if it is not one."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound("No person has this number.") from None


def person(conn: Connection, person_id: str, name: Name | None, as_of: datetime) -> Person:
    """Return what is known of a person, and why nobody should call as of a moment.

    Raises `NotFound` if nobody has the id.
    """
    records = [
        Record(*row)
        for row in sql.run(conn, "told/pages/person_records.sql", person=person_id).rows
    ]
    cases = [
        OwnCase(*row) for row in sql.run(conn, "told/pages/person_cases.sql", person=person_id).rows
    ]
    if not records and not cases:
        raise NotFound("No person has this number.")
    warnings = sql.run(conn, "told/pages/person_warnings.sql", person=person_id).rows
    stops = not_called(conn, [person_id], as_of).get(person_id, [])
    kinds = {stop.kind for stop in stops}
    known = [Warned(*row) for row in warnings if row[0] not in kinds]
    return Person(name, records, known, stops, cases)
