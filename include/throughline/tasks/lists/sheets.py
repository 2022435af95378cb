"""What the rows of a work list say, in the words and the order in which people work through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from throughline.tasks.lists.numbers import number_of
from throughline.tasks.wire.tables import Cell, Column, Sheet
from throughline.tasks.wire.tables.telephone import telephone
from throughline.vocabulary.words import CONTACT_OUTCOME


@dataclass(frozen=True)
class Row:
    """A row of `sql/tasks/list_rows.sql`: what is to be done for whom, by when, why, and what was tried."""

    transmission_id: UUID
    is_new: bool
    due_at: datetime
    time_zone: str
    priority: str
    subject_source: str
    subject_id: str
    family: str | None
    given: str | None
    birth_date: date | None
    mrn: str | None
    phone: str | None
    wrong_at: datetime | None
    language: str | None
    interpreter_required: bool | None
    reasons: list[dict[str, Any]]
    tried: list[dict[str, Any]] | None
    earlier: list[dict[str, Any]] | None
    visit_type: str | None
    not_before: date | None
    not_after: date | None
    doctor: str | None
    encounter_id: str | None
    visit_at: datetime | None
    payer: str | None
    charges: str | None
    claim: dict[str, Any] | None
    clock_at: datetime | None = None

    @property
    def number(self) -> str:
        """The number by which its answer is read."""
        return number_of(self.transmission_id)

    @property
    def patient(self) -> str:
        """The patient's name as the list has it."""
        return ", ".join(" ".join(part.split()) for part in (self.family, self.given) if part)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site, else of the practice."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class About:
    """What a list is made with: the cut-off of its night, until when calls are made, what patients are to bring.

    `late` says of each late feed that the list rests on what is not known because of it.
    """

    as_of: datetime
    calls_until: time
    bring: Mapping[str, str]
    outcomes: tuple[str, ...]
    late: tuple[str, ...] = ()


Read = Callable[[Row, About], Cell]
WHEN_FORMAT = "a day and a time"


def _local(at: datetime | str | None, row: Row) -> datetime | None:
    if at is None:
        return None
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(row.zone).replace(tzinfo=None, second=0, microsecond=0)


def _due(row: Row, about: About) -> datetime:
    """Return by when: what is due at the end of a day, before the last call of that day."""
    due = _local(row.due_at, row)
    assert due is not None
    if due.time() != time():
        return due
    return datetime.combine((due - timedelta(days=1)).date(), about.calls_until)


def _state(row: Row, about: About) -> str:
    ends = max(row.clock_at or row.due_at, row.due_at)
    words = [word for word, holds in (("new", row.is_new), ("late", ends <= about.as_of)) if holds]
    return ", ".join(words) or "open"


def _phone(row: Row, _: About) -> str:
    number = telephone(row.phone)
    if row.wrong_at is None:
        return number
    return f"{number} WRONG NUMBER: somebody else's in the call of {_local(row.wrong_at, row):%Y-%m-%d %H:%M}"


def _language(row: Row, _: About) -> str:
    told = row.language or ""
    return f"{told} (interpreter)".strip() if row.interpreter_required else told


def _why(row: Row, _: About) -> str:
    said = dict.fromkeys(f"{one['title']} ({one['on']})" for one in row.reasons)
    if row.claim is not None:
        at = _local(row.claim["at"], row)
        said[f"claim {row.claim['number']} was refused on {at:%Y-%m-%d}: {row.claim['code']}"] = (
            None
        )
    if row.clock_at is not None and row.clock_at > row.due_at:
        said[f"the clock ends {_last_day(row.clock_at, row):%a %Y-%m-%d}"] = None
    return "; ".join(said)


def _last_day(at: datetime, row: Row) -> date:
    """Return the day with which a clock ends: midnight belongs to the day before."""
    return (at.astimezone(row.zone) - timedelta(microseconds=1)).date()


def _bring(row: Row, about: About) -> str:
    said = dict.fromkeys(about.bring.get(one["workflow"], "") for one in row.reasons)
    return "; ".join(text for text in said if text)


def _tried(row: Row, _: About) -> str:
    calls = [
        f"{_local(one['at'], row):%Y-%m-%d %H:%M} {_outcome(one['code'])}"
        for one in row.tried or ()
    ]
    return "; ".join([*calls, *(() if calls else _asked(row))])


def _asked(row: Row) -> list[str]:
    return [f"{one['on']} {str(one['why']).replace('_', ' ')}" for one in row.earlier or ()]


def _outcome(code: str) -> str:
    return CONTACT_OUTCOME.words.get(code, code.replace("_", " ")).lower()


def _case(row: Row, _: About) -> str:
    return ", ".join(dict.fromkeys(f"C-{str(one['case'])[:8]}" for one in row.reasons))


_FIRST: tuple[tuple[Column, Read], ...] = (
    (Column("No.", 16), lambda row, _: row.number),
    (Column("State", 9), _state),
)
_WHO: tuple[tuple[Column, Read], ...] = (
    (Column("Time zone", 17), lambda row, _: row.time_zone),
    (Column("Priority", 9), lambda row, _: row.priority),
    (Column("Patient", 24), lambda row, _: row.patient),
    (Column("Born", 11), lambda row, _: row.birth_date),
    (Column("Record number", 14), lambda row, _: row.mrn),
)
_REACHED: tuple[tuple[Column, Read], ...] = (
    (Column("Phone", 18), _phone),
    (Column("Language", 12), _language),
)
_WHY: tuple[Column, Read] = (Column("Why", 40), _why)
_BRING: tuple[Column, Read] = (Column("To bring", 26), _bring)
_LAST: tuple[tuple[Column, Read], ...] = (
    (Column("Tried so far", 36), _tried),
    (Column("Case", 12), _case),
)
_VISIT: tuple[tuple[Column, Read], ...] = (
    (Column("Visit", 18), lambda row, _: row.encounter_id),
    (
        Column("Visit on", 11),
        lambda row, _: None if (at := _local(row.visit_at, row)) is None else at.date(),
    ),
)


def _by(heading: str) -> tuple[Column, Read]:
    return Column(heading, 17), _due


BY_ROLE: Mapping[str, tuple[tuple[Column, Read], ...]] = {
    "outreach": (*_FIRST, _by("Call by"), *_WHO, *_REACHED, _WHY, _BRING, *_LAST),
    "schedule": (
        *_FIRST, _by("Book by"), *_WHO, *_REACHED, _WHY,
        (Column("Type of visit", 13), lambda row, _: row.visit_type),
        (Column("With", 20), lambda row, _: row.doctor),
        (Column("Not before", 11), lambda row, _: row.not_before),
        (Column("Not after", 11), lambda row, _: row.not_after),
        _BRING, *_LAST,
    ),
    "documentation": (
        *_FIRST, _by("Sign by"), *_WHO, *_VISIT, (Column("Practitioner", 20), lambda row, _: row.doctor), _WHY, *_LAST,
    ),
    "billing": (
        *_FIRST, _by("Check by"), *_WHO, *_VISIT, (Column("Payer", 22), lambda row, _: row.payer), _WHY,
        (Column("Charges", 30), lambda row, _: row.charges), *_LAST,
    ),
}  # fmt: skip
"""The columns of each role's list, before those that people fill in."""

RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "outreach": ("contact",),
    "schedule": ("booking", "contact"),
    "documentation": ("visit", "note"),
    "billing": ("visit", "note", "claim"),
}
"""The proofs that decide by role what is on a list: while their feeds are late, it is not complete."""

NAMES: Mapping[str, tuple[str, str, str]] = {
    "outreach": ("calls", "Calls", "Please call each patient, and offer an appointment."),
    "schedule": ("bookings", "Bookings", "Please book a visit for each patient."),
    "documentation": ("notes", "Notes", "Please write and sign the note of each visit."),
    "billing": (
        "billing",
        "Billing",
        "Please check the charges of each visit, and bill it or mend its claim.",
    ),
}
"""By role: what the file is called, the title of its sheet, and what is asked."""


def filled_in(role: str, outcomes: tuple[str, ...]) -> list[Column]:
    """Return the columns that people fill in."""
    own = [Column("Appointment", 17, True, True)] if role == "schedule" else []
    return [
        Column("Outcome", 18, True, words=outcomes),
        *own,
        Column("When", 17, True, True),
        Column("By", 12, True),
        Column("Note", 30, True),
    ]


def sheet(role: str, rows: list[Row], about: About, day: date) -> Sheet:
    """Return the list of a role for the work of a day."""
    columns = BY_ROLE[role]
    _, title, asked = NAMES[role]
    fill = filled_in(role, about.outcomes)
    return Sheet(
        title,
        [*(column for column, _ in columns), *fill],
        [[*(read(row, about) for _, read in columns), *[None] * len(fill)] for row in rows],
        (
            f"{title} for {day:%A, %Y-%m-%d}. {asked}",
            "The list has all that is open, by when to do it; new: on no list before; late: its clock has ended.",
            "Fill in Outcome and When (a day and a time), and By. A row without an outcome says nothing.",
            "Leave No. and Patient as they are: by these an answer is read. Rows may be sorted, and columns moved.",
            "Times are those of the zone beside them. A row leaves the list when its work is done or not needed.",
            *about.late,
        ),
    )
