"""Collects the numbers of a night for the summary, the page and `operations.night.counts`.

They are counts, amounts (US dollars), case numbers (the first eight characters of a case's id) and
reasons from fixed lists: never a patient's name, record number, phone or birth date. Each comes
from a query in `sql/told/numbers/`.

Tasks, deliveries and exceptions are logged, so they can be queried as of any night. Only the current
state of cases is kept: for an earlier night, case numbers come from the counts stored when it closed.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from throughline.told.shapes import (
    Call,
    CarriedNothing,
    ClaimedDone,
    Exceptions,
    Feed,
    FunnelStage,
    Held,
    Money,
    Moved,
    NotOpened,
    Observing,
    Paused,
    Proven,
    Refused,
    Searched,
    Standing,
    StepTime,
    Stopped,
    SwitchedOff,
    Tasks,
    Undecided,
    Unknown,
    Unmapped,
    Unposted,
    Waiting,
)
from throughline.warehouse import Connection, sql

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CALL_BY = time(17, 0)
"""Local time by which the day's calls must be made."""

Row = TypeVar("Row", bound="DataclassInstance")


@dataclass
class Numbers:
    """Everything the summary and the page say about one night."""

    seq: int
    business_date: date
    kind: str
    status: str
    cut_off: datetime
    time_zone: str
    failed_step: str | None
    reason: str | None
    # number of the last night of an earlier business date; "since yesterday" means after it
    since: int
    is_newest: bool
    # seconds from the night's opening to its close, waiting included
    seconds: float | None
    # the totals stored with that night
    before: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    searches: list[Searched] = field(default_factory=list)
    not_opened: list[NotOpened] = field(default_factory=list)
    carried_nothing: list[CarriedNothing] = field(default_factory=list)
    money: list[Money] = field(default_factory=list)
    unposted: list[Unposted] = field(default_factory=list)
    proven: list[Proven] = field(default_factory=list)
    claimed_done: list[ClaimedDone] = field(default_factory=list)
    stopped: list[Stopped] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    # the pause of sending, if there is one
    paused: list[Paused] = field(default_factory=list)
    observing: list[Observing] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    switched_off: list[SwitchedOff] = field(default_factory=list)
    exceptions: list[Exceptions] = field(default_factory=list)
    cases: list[Standing] = field(default_factory=list)
    funnel: list[FunnelStage] = field(default_factory=list)
    tasks: list[Tasks] = field(default_factory=list)
    steps: list[StepTime] = field(default_factory=list)
    # cases that changed rules moved; empty except on the first night after a change
    moved: list[Moved] = field(default_factory=list)

    @property
    def morning(self) -> date:
        """The local day on which these numbers are read: the day after the business date."""
        return self.cut_off.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def stale(self) -> list[Feed]:
        """Feeds that are behind; stages that depend on them are unknown."""
        return [feed for feed in self.feeds if not feed.is_fresh]

    def local(self, moment: datetime) -> datetime:
        """Convert a moment to the practice's time zone."""
        return moment.astimezone(ZoneInfo(self.time_zone))

    def is_overdue(self, moment: datetime) -> bool:
        """Return whether a deadline passed before this night's cut-off."""
        return moment < self.cut_off


_SECTIONS: dict[str, tuple[str, type]] = {
    "calls": ("calls", Call),
    "undecided": ("undecided", Undecided),
    "unmapped": ("unmapped", Unmapped),
    "unknown": ("unknown", Unknown),
    "feeds": ("feeds", Feed),
    "searches": ("searches", Searched),
    "not_opened": ("not_opened", NotOpened),
    "carried_nothing": ("carried_nothing", CarriedNothing),
    "money": ("money", Money),
    "unposted": ("unposted", Unposted),
    "proven": ("proven", Proven),
    "claimed_done": ("claimed_done", ClaimedDone),
    "stopped": ("stopped", Stopped),
    "waiting": ("waiting", Waiting),
    "refused": ("refused", Refused),
    "paused": ("paused", Paused),
    "observing": ("observing", Observing),
    "held": ("held", Held),
    "switched_off": ("switched_off", SwitchedOff),
    "exceptions": ("exceptions", Exceptions),
    "cases": ("cases", Standing),
    "funnel": ("funnel", FunnelStage),
    "tasks": ("tasks", Tasks),
    "steps": ("steps", StepTime),
    "moved": ("moved", Moved),
}

# Only the current state is kept: an earlier night reads these from its stored counts.
_AS_OF_NOW = (
    "unknown",
    "not_opened",
    "money",
    "proven",
    "waiting",
    "cases",
    "funnel",
    "switched_off",
    "observing",
)


def collect(conn: Connection, seq: int, time_zone: str) -> Numbers:
    """Return the numbers of night `seq`; `time_zone` is the practice's (an IANA name).

    Raises `LookupError` when there is no such night.
    """
    numbers, stored = _head(conn, seq, time_zone)
    earlier = conn.execute(
        "select counts - 'told' from operations.night where seq = %s", (numbers.since,)
    ).fetchone()
    numbers.before = earlier[0] if earlier else {}
    day_ends = datetime.combine(
        numbers.morning + timedelta(days=1), time(0), tzinfo=ZoneInfo(time_zone)
    )
    told = stored.get("told", {}) if not numbers.is_newest else {}
    for name, (path, shape) in _SECTIONS.items():
        if name in _AS_OF_NOW and name in told:
            rows = [_revive(shape, row) for row in told[name]]
        else:
            result = sql.run(
                conn,
                f"told/numbers/{path}.sql",
                seq=seq,
                since=numbers.since,
                as_of=numbers.cut_off,
                day_ends=day_ends,
            )
            rows = [shape(*row) for row in result.rows]
        setattr(numbers, name, rows)
    return numbers


def _head(conn: Connection, seq: int, time_zone: str) -> tuple[Numbers, dict[str, Any]]:
    row = conn.execute(
        """
        select
            n.seq, n.business_date, n.kind, n.status, n.cut_off, n.failed_step, n.reason,
            coalesce((
                select max(e.seq) from operations.night as e
                where e.seq < n.seq and e.status <> 'void'
                    and e.kind <> 'intraday' and e.business_date < n.business_date
            ), 0),
            not exists (
                select from operations.night as l where l.seq > n.seq and l.status <> 'void'
            ),
            extract(epoch from coalesce(n.finished_at, clock_timestamp()) - n.started_at)::float,
            n.counts
        from operations.night as n
        where n.seq = %s
        """,
        (seq,),
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no night {seq}")
    numbers = Numbers(
        seq=row[0],
        business_date=row[1],
        kind=row[2],
        status=row[3],
        cut_off=row[4],
        time_zone=time_zone,
        failed_step=row[5],
        reason=row[6],
        since=row[7],
        is_newest=row[8],
        seconds=row[9],
    )
    return numbers, row[10]


def counts(numbers: Numbers) -> dict[str, object]:
    """Return what is stored with the night: totals, and `told` for a later summary of this night."""
    open_cases: dict[str, int] = {}
    for standing in numbers.cases:
        if standing.status == "open":
            open_cases[standing.workflow] = open_cases.get(standing.workflow, 0) + standing.cases
    return {
        "calls_due": len(numbers.calls),
        "not_known": sum(row.cases for row in numbers.unknown),
        "verify_by_hand": sum(row.by_hand for row in numbers.unknown),
        "rows_undecided": sum(row.things for row in numbers.undecided if row.feed),
        "files_undecided": sum(not row.feed for row in numbers.undecided),
        "files_carry_nothing": sum(row.tonight for row in numbers.carried_nothing),
        "codes_unmapped": len(numbers.unmapped),
        "stale_feeds": [f"{feed.source}/{feed.feed}" for feed in numbers.stale],
        "rows_received": sum(feed.rows_received for feed in numbers.feeds),
        "rows_loaded": sum(feed.rows_loaded for feed in numbers.feeds),
        "rows_quarantined": sum(feed.rows_quarantined for feed in numbers.feeds),
        "open_cases": open_cases,
        "tasks_planned": {row.kind: row.planned for row in numbers.tasks},
        "tasks_sent": {row.kind: row.sent for row in numbers.tasks},
        "tasks_completed": {row.kind: row.completed for row in numbers.tasks},
        "proven": sum(row.cases for row in numbers.proven),
        "prevented": sum(row.times for row in numbers.stopped if row.case_numbers is not None),
        "exceptions_open": sum(row.open for row in numbers.exceptions),
        "expected_money": _plain(sum((row.expected for row in numbers.money), Decimal(0))),
        "told": {
            name: [
                {key: _plain(value) for key, value in asdict(row).items()}
                for row in getattr(numbers, name)
            ]
            for name in _AS_OF_NOW
        },
    }


def _plain(value: object) -> object:
    """Return a value that JSON can hold; amounts become text, so no cent is lost."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _revive(shape: type[Row], stored: dict[str, Any]) -> Row:
    """Rebuild a row from the values that `_plain` stored."""
    values = {}
    for each in fields(shape):
        # a number that the night did not count yet
        value = stored.get(each.name, None if each.default is MISSING else each.default)
        kind = str(each.type)
        if value is not None and kind.startswith("Decimal"):
            value = Decimal(value)
        elif value is not None and kind.startswith("datetime"):
            value = datetime.fromisoformat(value)
        elif value is not None and kind.startswith("date"):
            value = date.fromisoformat(value)
        values[each.name] = value
    return shape(**values)
