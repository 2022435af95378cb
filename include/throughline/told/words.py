"""The wording of a night's numbers, shared by the summary and the page."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from throughline.programs.commands import as_here
from throughline.quality.contents import releasable
from throughline.told import times
from throughline.told.numbers import Numbers
from throughline.told.shapes import (
    Call,
    CarriedNothing,
    Feed,
    Money,
    Paused,
    Refused,
    Searched,
    StepTime,
    Undecided,
    Unmapped,
    Waiting,
)
from throughline.told.times import due as due
from throughline.told.times import late_at
from throughline.told.today import Clock
from throughline.told.today import waits as waits
from throughline.vocabulary.counts import cents
from throughline.vocabulary.counts import count as count
from throughline.vocabulary.words import DECISION_LEVEL, DISPOSITION
from throughline.warehouse import disk

OBSTACLES = {
    "due": "not known to be due",
    "contacted": "patient not reached",
    "scheduled": "no visit booked",
    "seen": "visit has not taken place",
    "documented": "note not signed",
    "billed": "no claim accepted by the payer",
    "settled": "payer has not settled",
}
"""What a case at each stage still lacks. A stage that is not listed is shown by its own name."""

DISPOSITIONS = DISPOSITION.words
LEVELS = DECISION_LEVEL.words
STATES = {
    "pending": "in time",
    "unknown": "not known",
    "missed": "clock missed",
    "blocked": "needs a decision",
    "observed": "clock ended while observing",
    "complete": "proven",
}

HELD = "waits, and nobody is asked"
"""What is said of a stage that is blocked while no exception is open: a stay in a facility, or a question put off."""

EXPECTED = (
    "What payers and patients are still expected to pay: the allowed share of the charge, less payments"
    " received. Once the payer has remitted, the open balance."
)
"""What "expected money" means, as the summary and the page explain it."""

WAYS = {
    "last_updated": "for what changed",
    "date": "by date",
    "patient": "person by person",
    "all": "for everything",
}
"""How a feed is searched, by its method."""

STEPS = {
    "open_night": "open the night",
    "land": "fetch and land",
    "stage": "read",
    "gate": "pass the gates",
    "load": "load",
    "notice_files": "look for refused files",
    "link_persons": "link persons",
    "assert_facts": "assert facts",
    "build_work_list": "find what changed",
    "open_cases": "open cases",
    "ask_receivers": "ask about requests",
    "reconcile": "reconcile",
    "settle": "give next steps",
    "notice_silence": "notice silence",
    "plan": "plan tasks",
    "dispatch": "dispatch",
    "prepare_claims": "prepare claims",
    "notice_questions": "look for questions that nobody answers",
    "settle_plan": "give next steps again",
    "check_invariants": "check the invariants",
    "compare_chain": "hold the chain against its kept heads",
    "close_night": "write the numbers",
    "write_page": "write the page",
}


def plain(name: str) -> str:
    """Return a name from the code as plain text: `transitional_care` → `transitional care`."""
    return name.replace("_", " ")


def title(name: str) -> str:
    """Return a name from the code as a heading: `transitional_care` → `Transitional care`."""
    text = plain(name)
    return text[:1].upper() + text[1:]


def noun(number: int, one: str) -> str:
    """Return the noun alone that belongs to a number: `case` to 1, `cases` to 2."""
    return one if number == 1 else one + "s"


def dollars(amount: Decimal | None) -> str:
    """Return an amount in whole US dollars, `-$1` for one below zero, or `–` for None."""
    if amount is None:
        return "–"
    return f"{'-' if round(amount) < 0 else ''}${abs(amount):,.0f}"


def obstacle(money: Money) -> str:
    """Return what keeps an amount from being paid: an open exception, or a stage that is not proven."""
    kind, _, rest = money.blocked_by.partition(": ")
    if kind == "exception":
        return f"exception: {plain(rest)}"
    missing = OBSTACLES.get(kind, f"{plain(kind)} not proven")
    # what a named person is asked about is an exception, above
    state = HELD if rest == "blocked" else STATES.get(rest, rest)
    return missing if rest in ("pending", "complete") else f"{missing} ({state})"


def expected(money: Money) -> str:
    """Return the expected amount behind an obstacle, or `–` if none of its cases has one."""
    return dollars(None if money.not_valued == money.cases else money.expected)


def unvalued(numbers: Numbers) -> str:
    """Return a sentence about the open cases that have no expected amount; empty if all have one."""
    cases = sum(row.not_valued for row in numbers.money)
    if not cases:
        return ""
    has, is_ = ("has", "is") if cases == 1 else ("have", "are")
    return f"{count(cases, 'open case')} {has} no expected amount and {is_} not in the total."


def clock(numbers: Clock, moment: datetime | None) -> str:
    """Return a moment on the practice's clock: `Fri 04 Sep 2026 17:00`."""
    return "–" if moment is None else times.at(numbers, moment)


def day(numbers: Clock, moment: datetime | None) -> str:
    """Return the local day of a deadline: `2027-08-20`."""
    return "–" if moment is None else str(times.of_day(numbers.local(moment))[0])


def refused(row: Refused) -> str:
    """Return what somebody tried and was not allowed, as one line."""
    times = "" if row.times == 1 else f", {row.times:,} times"
    return f"{row.who}: {plain(row.act)} of {plain(row.about_kind)}{times}: {row.why}"


def when_due(numbers: Clock, moment: datetime) -> str:
    """Return a due time as it reads in the morning: `today 17:00`, `today`, `overdue, Thu 03 Sep`."""
    on, at = times.of_day(numbers.local(moment))
    if numbers.is_overdue(moment):
        return f"overdue, {on:%a %d %b}"
    if on == numbers.morning:
        return f"today{at}"
    return f"{on:%a %d %b}{at}"


def call_due(numbers: Numbers, call: Call) -> str:
    """Return when a call is due: `today`, `since Wed 02 Sep, clock ends Fri 04 Sep`, `on hold, was due Thu 03 Sep`."""
    on, ends = (times.of_day(numbers.local(at))[0] for at in (call.due_at, late_at(call)))
    if not call.on_hold:
        if ends == on or numbers.is_overdue(late_at(call)):
            return when_due(numbers, late_at(call))
        by = when_due(numbers, call.due_at).replace("overdue, ", "since ")
        return f"{by}, clock ends {ends:%a %d %b}"
    return f"on hold, {'was ' if numbers.is_overdue(call.due_at) else ''}due {on:%a %d %b}"


def overdue_calls(numbers: Numbers) -> int:
    """Return how many of the calls that are wanted are late."""
    return sum(numbers.is_overdue(late_at(call)) and not call.on_hold for call in numbers.calls)


def calls_of(numbers: Numbers) -> str:
    """Return how many of the calls are late and wanted, and how many wait for a decision, as clauses."""
    held = sum(call.on_hold for call in numbers.calls)
    return f"{overdue_calls(numbers):,} overdue" + (f", {held:,} on hold" if held else "")


def step_state(step: StepTime) -> str:
    """Return how a step ended; the page's own step runs while it writes the page."""
    if step.failed:
        return f"failed: {step.error}" if step.error else "failed"
    if step.running:
        return "writes this page" if step.step == "write_page" else "still running"
    return "done"


def waiting_size(row: Waiting) -> str:
    """Return how much waits: `12 claims, $1,402` or `37 rows`."""
    if row.what == "claims":
        return f"{count(row.things, 'claim')}, {dollars(row.amount)}"
    return count(row.things, "row")


def feed_state(feed: Feed) -> str:
    """Return the status of a feed in two or three words."""
    if feed.status == "stopped":
        return "stopped at the gate"
    if feed.status in ("missing", "refused", "rejected"):
        return {
            "missing": "not received",
            "refused": "could not be read",
            "rejected": "rejected by a person",
        }[feed.status]
    if not feed.is_fresh:
        return "late"
    return {"quarantine": "rows set aside", "warn": "loaded with a warning"}.get(
        feed.verdict or "", "loaded"
    )


def quiet(numbers: Numbers) -> list[Feed]:
    """Return the feeds that need no attention: fresh, passed, nothing set aside tonight or before."""
    waiting = {(row.source, row.feed) for row in numbers.undecided}
    waiting |= {(row.source, row.feed) for row in numbers.unmapped}
    waiting |= {(row.source, row.feed) for row in numbers.searches if row.left_out}
    return [
        feed
        for feed in numbers.feeds
        if feed.is_fresh
        and feed.verdict in (None, "pass")
        and not feed.rows_quarantined
        and (feed.source, feed.feed) not in waiting
        and feed.status not in ("stopped", "refused", "rejected")
    ]


def passed(feeds: list[Feed]) -> str:
    """Return how many feeds need no attention: `12 feeds loaded, verdict pass (1 row)`."""
    rows = count(sum(feed.rows_received for feed in feeds), "row")
    return f"{count(len(feeds), 'feed')} loaded, verdict pass ({rows})"


ERRORS = {disk.DiskFullError.__name__: disk.FULL, disk.BytesLostError.__name__: disk.LOST}
"""Errors of steps that have words; any other is shown by its type."""


def paused(pause: Paused, zone: str) -> str:
    """Return since when and by whom sending is paused, and how much waits."""
    since = pause.since.astimezone(ZoneInfo(zone))
    things = count(pause.waiting, "planned task waits", "planned tasks wait")
    return f"Sending is paused since {since:%a %d %b %Y %H:%M}, by {pause.by}; {things}."


def headline(numbers: Numbers) -> str:
    """Return one sentence that says how the night went."""
    if numbers.status == "failed":
        where = f" in {numbers.failed_step}" if numbers.failed_step else ""
        errors = sorted(
            {
                ERRORS.get(step.error, step.error)
                for step in numbers.steps
                if step.failed and step.error
            }
        )
        where += f" ({', '.join(errors)})" if errors else ""
        why = f": {numbers.reason}" if numbers.reason else ""
        return f"The night failed{where}{why}."
    if numbers.status == "running":
        return "The night is still running; these are the numbers so far."
    if numbers.status == "void":
        return "This run brought nothing new and is void."
    said = [
        *set_aside(numbers),
        *([f"{count(len(numbers.stale), 'feed is', 'feeds are')} behind"] if numbers.stale else []),
        *unreached(numbers),
        *new_codes(numbers),
    ]
    if not said:
        return "The night finished normally; every feed is up to date."
    return f"The night finished normally; {', '.join(said)}."


def set_aside(numbers: Numbers) -> list[str]:
    """Return what was set aside and not decided about: rows and files, each as a clause."""
    rows = [row for row in numbers.undecided if row.feed]
    files = len(numbers.undecided) - len(rows)
    said = []
    if files:
        said.append(f"{count(files, 'file')} could not be read")
    if rows:
        things = sum(row.things for row in rows)
        feeds = len({(row.source, row.feed) for row in rows})
        said.append(
            f"{count(things, 'row')} of {count(feeds, 'feed')} {'is' if things == 1 else 'are'} set aside"
        )
    return said


def unreached(numbers: Numbers) -> list[str]:
    """Return how many persons searches did not reach, as a clause; empty if they reached everybody."""
    persons = sum(row.left_out for row in numbers.searches)
    were = "was" if persons == 1 else "were"
    return (
        [f"{count(persons, 'person', 'persons')} {were} not reached by search"] if persons else []
    )


def new_codes(numbers: Numbers) -> list[str]:
    """Return how many codes have no meaning here, as a clause; empty if all have one."""
    reasons = ("new_code", "code_not_mapped")
    codes = sum(row.open for row in numbers.exceptions if row.reason in reasons)
    return [f"{count(codes, 'code has', 'codes have')} no meaning here"] if codes else []


def not_known(numbers: Numbers, by_hand: int) -> str:
    """Return the label of the tile: `not known, 9 rows set aside, 2 by hand`."""
    rows = sum(row.things for row in numbers.undecided if row.feed)
    files = sum(not row.feed for row in numbers.undecided)
    said = [
        "not known",
        *([f"{count(rows, 'row')} set aside"] if rows else []),
        *([f"{count(files, 'file')} unread"] if files else []),
        *([f"{by_hand:,} by hand"] if by_hand or not (rows or files) else []),
    ]
    return ", ".join(said)


def command(row: Undecided) -> str:
    """Return what decides about what was set aside: a command, of a file only if it cannot be mended."""
    if row.feed:
        acts = "release|reject" if {*row.reasons} & {*releasable(row.feed)} else "reject"
        return as_here(f"make decide ID={row.number} ACTION={acts}")
    return (
        "mend the definition of its source, or have it sent again; if it says nothing to us,"
        f" {as_here(f'make decide ID={row.number} ACTION=carries_nothing')}"
    )


def unmapped(row: Unmapped) -> str:
    """Return a code that nobody has mapped: `scheduling/appointment.status NS: 3 records; 2 cases rest on it`."""
    cases = f"; {count(row.cases, 'case rests', 'cases rest')} on it" if row.cases else ""
    many = f"{count(row.codes, 'code')} ({row.code})" if row.codes > 1 else row.code
    kept = (
        f"; {count(row.openings, 'discharge opens', 'discharges open')} no case"
        if row.openings
        else ""
    )
    return f"{row.source}/{row.field} {many}: {count(row.records, 'record')}{cases}{kept}"


def undecided(row: Undecided) -> str:
    """Return what was set aside and why: `37 rows of ehr/encounter of 2026-09-03: class missing`."""
    what = (
        f"{count(row.things, 'row')} of {row.source}/{row.feed}"
        if row.feed
        else f"file {row.name} of {row.source}"
    )
    day = f" of {row.business_date}" if row.business_date else ""
    why = f": {', '.join(plain(reason) for reason in row.reasons)}" if row.reasons else ""
    cases = f"; {count(row.cases, 'case rests', 'cases rest')} on it" if row.cases else ""
    return f"{what}{day}{why}{both_sums(row)}{cases}"


def both_sums(row: Undecided) -> str:
    """Return the sums of money that contradict each other: ` ($160.00 and $140.00)`, or an empty text."""
    pairs = [
        " and ".join("?" if one is None else cents(Decimal(str(one))) for one in pair)
        for pair in row.sums
    ]
    return f" ({'; '.join(pairs)})" if pairs else ""


def searched(row: Searched) -> str:
    """Return how a feed was searched that an export leaves out, and what that does not see."""
    told = f"{row.source}/{row.feed} is read by search, {WAYS[row.method]}"
    told += f" ({row.param})" if row.param else ""
    unseen = list(row.cannot_see)
    if row.left_out:
        unseen.append(
            f"{count(row.left_out, 'person', 'persons')} whom tonight's search did not reach"
        )
    return f"{told}; not seen: {', '.join(unseen)}" if unseen else told


def carried_nothing(row: CarriedNothing) -> str:
    """Return how many unreadable files of a source carry nothing by its definition."""
    files = count(row.tonight, "unreadable file")
    carry = "carries" if row.tonight == 1 else "carry"
    return f"{files} of {row.source} {carry} nothing by its definition, {row.so_far:,} so far"
