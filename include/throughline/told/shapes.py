"""The rows of a night's summary and page: one class per section.

Case numbers are the first eight characters of a case's id. Amounts are US dollars. Times are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Call:
    """An open outreach task that is due today or overdue. Times are UTC.

    `on_hold`: an exception stands before it, so nobody should call until a person has decided. `due_at` is by when to
    make it, `clock_at` when the clock of its stage ends, which may be later; null if it has none.
    """

    case_number: str
    workflow: str
    stage: str
    due_at: datetime
    attempts: int
    last_attempt_at: datetime | None
    owner_team: str
    owner: str | None
    priority: str
    on_hold: bool = False
    clock_at: datetime | None = None


@dataclass(frozen=True)
class Feed:
    """What a feed delivered since the day before, and whether it is up to date.

    If nothing came, `absent_because` says why, and `source_says` what the source says about it, as far as known.
    """

    source: str
    feed: str
    owner_team: str
    status: str
    verdict: str | None
    failed: int
    rows_received: int
    rows_loaded: int
    rows_superseded: int
    rows_quarantined: int
    rows_pending: int
    last_business_date: date | None
    is_fresh: bool
    data_docs: str | None
    absent_because: str | None = None
    source_says: str | None = None


@dataclass(frozen=True)
class Unmapped:
    """A code that nobody has mapped, or the codes of a field of which very many are not.

    `number` is the first characters of its exception's id. `cases` are open ones whose stage rests on
    its `records`; `openings` are discharges that open no case as long as it is not mapped. `due_at` is in
    UTC.
    """

    number: str
    source: str
    feed: str
    field: str
    code: str
    records: int
    cases: int
    codes: int
    openings: int
    owner_team: str
    owner: str | None
    due_at: datetime


@dataclass(frozen=True)
class Undecided:
    """Rows of a delivery, or a file, that were set aside and that nobody has decided about.

    `what` is the exception's reason, `number` the first characters of its id. `feed` is empty and
    `name` set for a file. `cases` rest on them. `sums` are the two that contradict each other, in
    dollars, None where one cannot be read. `due_at` is in UTC.
    """

    what: str
    number: str
    source: str
    feed: str
    name: str | None
    business_date: date | None
    things: int
    cases: int
    reasons: list[str]
    sums: list[tuple[float | None, float | None]]
    owner_team: str
    owner: str | None
    due_at: datetime


@dataclass(frozen=True)
class CarriedNothing:
    """Unreadable files of a source that carry nothing, as its definition says: `tonight`, and `so_far`."""

    source: str
    tonight: int
    so_far: int


@dataclass(frozen=True)
class Searched:
    """How a feed that an export leaves out was last searched, and what that way does not see.

    `method` is `last_updated`, `date`, `patient` or `all`, by the search parameter `param`. `left_out`
    are persons whom the search did not reach.
    """

    source: str
    feed: str
    method: str
    param: str
    cannot_see: list[str]
    left_out: int


@dataclass(frozen=True)
class Unknown:
    """Open cases whose current stage is unknown, by workflow, stage and reason."""

    workflow: str
    stage: str
    reason: str
    waits_on_feeds: list[str]
    cases: int
    by_hand: int
    clock_ends_at: datetime | None
    owner_team: str


@dataclass(frozen=True)
class Money:
    """Open cases that one obstacle blocks, and the dollars expected from them."""

    blocked_by: str
    owner_team: str
    place: int | None
    cases: int
    expected: Decimal
    not_valued: int
    first_deadline_at: datetime | None
    first_case: str


@dataclass(frozen=True)
class Proven:
    """Stages completed by facts that arrived since the day before."""

    workflow: str
    stage: str
    place: int | None
    cases: int


@dataclass(frozen=True)
class ClaimedDone:
    """Tasks that somebody marked as completed, without any evidence of the work."""

    workflow: str
    stage: str
    kind: str
    owner_team: str
    tasks: int
    oldest_at: datetime
    case_numbers: list[str]


@dataclass(frozen=True)
class Stopped:
    """What was prevented or called off, by reason."""

    what: str
    reason: str
    times: int
    case_numbers: list[str] | None


@dataclass(frozen=True)
class Standing:
    """Cases by workflow, status, stage (for an ended case: why it ended) and state."""

    workflow: str
    status: str
    stage: str
    state: str
    cases: int


@dataclass(frozen=True)
class FunnelStage:
    """How many cases have passed a stage of a workflow, and how many are at it, by state.

    `observed`: their clock ended while nothing went out, so it is not missed.
    """

    workflow: str
    stage: str
    place: int | None
    cases: int
    proven: int
    waived: int
    failed: int
    pending: int
    unknown: int
    missed: int
    blocked: int
    observed: int = 0


@dataclass(frozen=True)
class Tasks:
    """Tasks of one kind: what happened to them since the day before, and how many are open."""

    kind: str
    planned: int
    sent: int
    uncertain: int
    rejected: int
    withheld: int
    completed: int
    ended_otherwise: int
    open: int
    overdue: int


@dataclass(frozen=True)
class Exceptions:
    """Open exceptions of one team for one reason."""

    owner_team: str
    reason: str
    title: str
    open: int
    overdue: int
    due_today: int
    opened: int
    first_due_at: datetime
    amount: Decimal
    case_numbers: list[str] | None
    # what is silent or new (throughline.silence): names of workflows, kinds of fact and fields
    subjects: list[str] | None = None


@dataclass(frozen=True)
class Waiting:
    """Something that waits for a named person's decision in the Airflow UI."""

    what: str
    number: str
    about: str
    things: int
    amount: Decimal | None
    # the morning on which it was asked, the team that is asked, the mornings on which its lead was told and from which
    # it is an exception; None in what earlier versions stored
    asked_on: date | None = None
    owner_team: str | None = None
    lead_told_on: date | None = None
    exception_from: date | None = None


@dataclass(frozen=True)
class Refused:
    """An act that somebody tried and was not allowed, and how often since the night before."""

    who: str
    act: str
    about_kind: str
    why: str
    times: int


@dataclass(frozen=True)
class Unposted:
    """Money of payments that belongs to no claim, by payer and code (PLB03-1); above zero it was taken off.

    `meaning` is the code in words, None if it is not known. `due_at` is in UTC, of the first.
    """

    payer: str
    code: str
    meaning: str | None
    amount: Decimal
    payments: int
    owner_team: str
    due_at: datetime


@dataclass(frozen=True)
class Paused:
    """The pause of sending: who said so, since when, and the planned tasks that wait."""

    by: str
    since: datetime
    waiting: int


@dataclass(frozen=True)
class Observing:
    """The practice, a workflow or a target that is only observed; counts of what would have gone out since.

    `since` is the business date of the first night that observed; `passed` counts open cases whose clock ended
    meanwhile.
    """

    scope: str
    name: str
    since: date
    calls: int
    bookings: int
    inquiries: int
    notes: int
    claims: int
    passed: int


@dataclass(frozen=True)
class Held:
    """Work of a workflow that was observed, is still due, and waits until a named person lets it out.

    `by` is who has done so: the next night plans it.
    """

    workflow: str
    calls: int
    bookings: int
    inquiries: int
    notes: int
    claims: int
    by: str | None


@dataclass(frozen=True)
class SwitchedOff:
    """A workflow that is switched off, with its open cases; `decided` is what becomes of them, `by` who said so."""

    workflow: str
    title: str
    cases: int
    decided: str | None
    by: str | None


@dataclass(frozen=True)
class StepTime:
    """A step of the night: its parts, seconds and rows."""

    step: str
    parts: int
    failed: int
    running: int
    seconds: Decimal
    row_count: int
    started_at: datetime
    # the exception's class name only: its text may quote a row
    error: str | None


@dataclass(frozen=True)
class Moved:
    """Cases that changed state only because the derivation's rules changed."""

    workflow: str
    stage: str
    from_state: str | None
    to_state: str
    reason: str
    cases: int


@dataclass(frozen=True)
class NotOpened:
    """What opened no case of a workflow for one reason: discharges, visits or due dates.

    A thing with two reasons counts for both: `alone` counts those that this reason alone keeps, `together` all things
    of the workflow. `since` is the day on which the first of the claims was rejected or sent; null for other reasons.
    """

    workflow: str
    reason: str
    things: int
    alone: int
    together: int
    since: date | None = None
