"""One case: where it stands, what it waits for, and its story on one line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import quote

from throughline.exceptions.titles import title
from throughline.pages.calls.stops import Stop
from throughline.pages.one import NotFound, span
from throughline.pages.story import clocks
from throughline.pages.story.clocks import Ends
from throughline.told import times, words
from throughline.told.today import Clock, Today
from throughline.vocabulary import words as vocabulary
from throughline.vocabulary.reasons import END_REASON
from throughline.warehouse import Connection, sql

FACTS = vocabulary.FACT_KIND.words
OUTCOMES = vocabulary.CONTACT_OUTCOME.words
ENDS = END_REASON.words
REASONS = vocabulary.EXCEPTION_REASON.words
TASKS = vocabulary.TASK_KIND.words
PARTS = {
    "event": "case",
    "task": "our task",
    "transmission": "sent",
    "exception": "exception",
    "decision": "decision",
    "fact": "evidence",
}


@dataclass(frozen=True)
class Case:
    """A case as `sql/told/pages/case.sql` gives it. `expected_amount` is in US dollars, times are UTC."""

    case_id: str
    person_id: str
    workflow: str
    version: int
    title: str
    trigger_on: date | None
    opened_on: date | None
    status: str
    close_reason: str | None
    stage: str | None
    stage_state: str | None
    next_step: str | None
    next_step_ref: str | None
    next_due_at: datetime | None
    waits_on_feeds: list[str]
    owner_team: str
    wanted: str | None
    expected_amount: Decimal | None
    expected_code: str | None
    patient_control_number: str | None
    exception_reason: str | None
    task_kind: str | None
    task_status: str | None
    task_team: str | None

    @property
    def number(self) -> str:
        """The first characters of its id, which name it everywhere."""
        return self.case_id[:8]


@dataclass(frozen=True)
class Stage:
    """A stage of a case, and what proves it. Times are UTC."""

    stage: str
    state: str
    due_at: datetime | None
    proven_at: datetime | None
    reason: str | None
    source: str | None
    fact_kind: str | None


def standing(stage: Stage, clock: Clock) -> str:
    """Return how a stage stands, in words: it is in time as long as its clock runs, and late afterwards."""
    return _in_words(stage.state, stage.due_at, clock)


def _in_words(state: str, clock_at: datetime | None, clock: Clock) -> str:
    if state == "pending" and clock_at and clock.is_overdue(clock_at):
        return "late"
    return words.STATES.get(state, words.plain(state))


@dataclass(frozen=True)
class Entry:
    """One thing on the line of time. `to_state` is a state, an outcome, a code, or who decided.

    `from_state` of a call that was recorded by hand is how it ended.
    """

    at: datetime
    part: str
    kind: str
    stage: str | None
    from_state: str | None
    to_state: str | None
    note: str | None
    source: str | None
    ref: str | None
    seq: int | None
    is_taken_back: bool


def case(conn: Connection, number: str) -> Case:
    """Return the case whose id begins with a number. Raises `NotFound`."""
    first, last = span(number)
    found = sql.run(conn, "told/pages/case.sql", first=first, last=last).rows
    if len(found) > 1:
        raise NotFound("Several cases have a number that begins so: give more of it.")
    if not found:
        raise NotFound("No case has this number.")
    return Case(*found[0])


def stages(conn: Connection, one: Case) -> list[Stage]:
    """Return the stages of a case in their order."""
    return [
        Stage(*row) for row in sql.run(conn, "told/pages/case_stages.sql", case_id=one.case_id).rows
    ]


def line(conn: Connection, one: Case, *, evidence: bool) -> list[Entry]:
    """Return the story of a case, the oldest first; without `evidence`, not what systems of record say."""
    found = sql.run(conn, "told/pages/case_line.sql", case_id=one.case_id, evidence=evidence).rows
    return [Entry(*row) for row in found]


def state(
    stage_state: str | None,
    next_step: str | None,
    stops: Sequence[Stop],
    clock_at: datetime | None,
    clock: Clock,
) -> str:
    """Return how the stage of an open case stands; without a question to anybody, it needs no decision.

    `clock_at`: when the clock of the stage ends.
    """
    if stage_state != "blocked" or next_step == "exception":
        return _in_words(stage_state or "", clock_at, clock)
    if any(stop.kind == "admission" for stop in stops):
        return "waits: the patient is in a facility"
    return words.HELD


def _held(stops: Sequence[Stop], story: Sequence[Entry], today: Today) -> str:
    """Return why nothing is done for a case of which nobody is asked anything."""
    if any(stop.kind == "admission" for stop in stops):
        return "The patient is in a facility, so nobody calls. Nobody is asked to decide anything"
    for entry in reversed(story):
        if entry.part == "decision" and entry.kind == "acknowledge":
            return f"{entry.to_state} put it off on {times.at(today, entry.at)}. Until then nobody is asked"
    return "Nothing may be done for it now, and nobody is asked to decide anything"


def waits_for(
    one: Case, today: Today, stops: Sequence[Stop] = (), story: Sequence[Entry] = ()
) -> str:
    """Return what a case waits for, as a sentence; of an ended case how it ended."""
    if one.status != "open":
        why = ENDS.get(one.close_reason or "", words.plain(one.close_reason or ""))
        return f"It is {one.status}{f': {why[:1].lower()}{why[1:]}' if why else ''}."
    due = f", {by(one.next_due_at, today)}" if one.next_due_at else ""
    if one.next_step == "exception":
        reason = REASONS.get(one.exception_reason or "", "a person has to look at it")
        return f"A person has to decide{due}: {reason[:1].lower()}{reason[1:]}."
    if one.next_step == "task":
        team = words.plain(one.task_team or one.owner_team)
        what = TASKS.get(one.task_kind or "", words.plain(one.task_kind or "a task"))
        hold = (
            "; it is on hold until the exception is decided" if one.task_status == "on-hold" else ""
        )
        return f"{team[:1].upper()}{team[1:]} has a task{due}: {what[:1].lower()}{what[1:]}{hold}."
    if one.waits_on_feeds:
        feeds = ", ".join(feed.replace(".", "/") for feed in one.waits_on_feeds)
        return (
            f"It is not known whether the stage is proven: {feeds} not yet here for the day of the clock."
            f" It is looked at again{due}."
        )
    if one.stage_state == "blocked":
        return f"{_held(stops, story, today)}. It is looked at again{due}."
    missing = words.OBSTACLES.get(
        one.stage or "", f"{words.plain(one.stage or 'the stage')} not proven"
    )
    return f"It waits for evidence ({missing}){due}."


def by(moment: datetime, today: Today) -> str:
    """Return a due time inside a sentence: `by Thu 03 Sep`, `due today`, `overdue, Thu 03 Sep`."""
    said = words.when_due(today, moment)
    if said.startswith("overdue"):
        return said
    return f"due {said}" if said.startswith("today") else f"by {said}"


def told(entry: Entry, ends: Sequence[Ends] = (), today: Clock | None = None) -> str:
    """Return what happened, in words; by the clocks of the stages, also how late it was."""
    said = _told(entry, ends, today)
    if today is None or not ends or entry.part not in ("fact", "event"):
        return said
    late = clocks.late(entry.kind, entry.to_state, entry.at, entry.stage, ends, today)
    return f"{said}, {late}" if late else said


def _told(entry: Entry, ends: Sequence[Ends], today: Clock | None) -> str:
    stage = words.plain(entry.stage or "")
    if entry.part == "event":
        return _event(entry, stage)
    if entry.part == "task":
        what = TASKS.get(entry.kind, words.plain(entry.kind))
        reached = clocks.ended(entry.note, entry.stage, ends, today) if today else ""
        if reached and entry.to_state == "failed":
            return f"{what}: did not count: {reached}"
        why = _outcome(entry.note)
        ended = "" if entry.to_state == "requested" else f": {words.plain(entry.to_state or '')}"
        return f"{what}{ended}{f' ({why})' if why and why != 'proven' else ''}"
    if entry.part == "transmission":
        why = f" ({words.plain(entry.note)})" if entry.note else ""
        return f"{words.title(entry.kind)} to {entry.source}: {entry.to_state}{why}"
    if entry.part == "exception":
        ended = "" if entry.to_state == "open" else f"; {entry.to_state}: {entry.note or ''}"
        return f"{REASONS.get(entry.kind, words.title(entry.kind))}{ended}"
    if entry.part == "decision":
        return f"{_decided(entry)}{f': {entry.note}' if entry.note else ''}"
    code = _outcome(entry.to_state) if entry.kind in ("attempt", "contact") else entry.to_state
    gone = f"; {entry.note}" if entry.note else ""
    return f"{FACTS.get(entry.kind, words.title(entry.kind))}{f' ({code})' if code else ''}{gone}"


def awaited(story: list[Entry]) -> list[str]:
    """Return what was decided about a case and counts from tonight, as sentences without their end."""
    return [
        f"{_decided(entry)}, counts from tonight"
        for entry in story
        if entry.part == "decision" and entry.seq is None
    ]


def _decided(entry: Entry) -> str:
    how = _outcome(entry.from_state)
    return f"{title(entry.kind)}{f' ({how})' if how else ''}, by {entry.to_state}"


def _event(entry: Entry, stage: str) -> str:
    why = f": {words.plain(entry.note)}" if entry.note else ""
    of = f" by {entry.source}" if entry.source else ""
    if entry.kind == "proven":
        return f"{stage} is proven{of}"
    corrected = " (a corrected record)" if entry.note == "corrected" else ""
    if entry.kind == "proven_anew":
        return f"{stage} is proven anew{of}{corrected}"
    if entry.kind == "taken_back":
        return f"{stage} is no longer proven: its proof was taken back{of}{corrected}"
    if entry.kind == "changed":
        state = {"missed": "clock missed", "pending": "waits for its proof"}.get(
            entry.to_state or "", words.plain(entry.to_state or "")
        )
        return f"{stage}: {state}{why}"
    why = f": {ENDS.get(entry.note or '', words.plain(entry.note or ''))}" if entry.note else ""
    return f"the case is {entry.kind}{why}"


def _outcome(code: str | None) -> str:
    said = OUTCOMES.get(code or "", words.plain(code or ""))
    return said[:1].lower() + said[1:]


def run_of(entry: Entry) -> str:
    """Return the address of Airflow's run that a decision came from, below Airflow's; empty if there is none."""
    dag, _, run = (entry.ref or "").partition("/") if entry.part == "decision" else ("", "", "")
    return f"/dags/{quote(dag, safe='')}/runs/{quote(run, safe='')}" if dag and run else ""
