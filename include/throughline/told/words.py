"""The words in which numbers are told, the same in the summary and on the page."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from throughline.told.numbers import Numbers
from throughline.told.shapes import Feed, Money

OBSTACLES = {
    "due": "not known to be due",
    "contacted": "patient not reached",
    "scheduled": "no visit booked",
    "seen": "visit has not taken place",
    "documented": "note not signed",
    "billed": "no claim accepted by the payer",
    "settled": "payer has not settled",
}
"""What is missing while a case stands at a stage; a workflow's own stage tells its name."""

STATES = {
    "pending": "in time",
    "unknown": "not known",
    "missed": "clock missed",
    "blocked": "needs a decision",
    "complete": "proven",
}

EXPECTED = (
    "What payers and patients are expected to pay: the allowed share of the charge, less what came in;"
    " once the payer has remitted, what is still open."
)
"""What the money is that is told as expected."""

STEPS = {
    "open_night": "open the night",
    "land": "fetch and land",
    "stage": "read",
    "gate": "pass the gates",
    "load": "load",
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
    "settle_plan": "give next steps again",
    "check_invariants": "check the invariants",
    "close_night": "write the numbers",
    "write_page": "write the page",
}


def plain(name: str) -> str:
    """Return a name of the code as a person would read it: `transitional_care` → `transitional care`."""
    return name.replace("_", " ")


def title(name: str) -> str:
    """Return a name of the code as a heading."""
    text = plain(name)
    return text[:1].upper() + text[1:]


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 case`, `2 cases`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def dollars(amount: Decimal | None) -> str:
    """Return an amount in whole US dollars, `–` where none is known."""
    return "–" if amount is None else f"${amount:,.0f}"


def obstacle(money: Money) -> str:
    """Return what stands between a sum and the bank."""
    kind, _, rest = money.blocked_by.partition(": ")
    if kind == "exception":
        return f"exception: {plain(rest)}"
    missing = OBSTACLES.get(kind, f"{plain(kind)} not proven")
    return missing if rest in ("pending", "complete") else f"{missing} ({STATES.get(rest, rest)})"


def expected(money: Money) -> str:
    """Return what is expected of the cases behind an obstacle, `–` where of none of them it is known."""
    return dollars(None if money.not_valued == money.cases else money.expected)


def unvalued(numbers: Numbers) -> str:
    """Return how many open cases are counted and not valued, nothing where there are none."""
    cases = sum(row.not_valued for row in numbers.money)
    if not cases:
        return ""
    has, is_ = ("has", "is") if cases == 1 else ("have", "are")
    return f"{count(cases, 'open case')} {has} no expected amount and {is_} counted without one."


def clock(numbers: Numbers, moment: datetime | None) -> str:
    """Return a moment on the practice's clock: `Fri 04 Sep 17:00`."""
    return "–" if moment is None else f"{numbers.local(moment):%a %d %b %H:%M}"


def day(numbers: Numbers, moment: datetime | None) -> str:
    """Return the local day of a moment: `2027-08-20`."""
    return "–" if moment is None else f"{numbers.local(moment):%Y-%m-%d}"


def when_due(numbers: Numbers, moment: datetime) -> str:
    """Return a due time as somebody who reads it in the morning says it: `today 17:00`, `overdue, Thu 03 Sep`."""
    local = numbers.local(moment)
    if numbers.is_overdue(moment):
        return f"overdue, {local:%a %d %b}"
    if local.date() == numbers.morning:
        return f"today {local:%H:%M}"
    return f"{local:%a %d %b %H:%M}"


def feed_state(feed: Feed) -> str:
    """Return how a feed stands in two or three words."""
    if feed.status == "stopped":
        return "stopped at the gate"
    if feed.status in ("missing", "refused", "rejected"):
        return {
            "missing": "did not come",
            "refused": "could not be read",
            "rejected": "rejected by name",
        }[feed.status]
    if not feed.is_fresh:
        return "late"
    return {"quarantine": "rows set aside", "warn": "loaded with a warning"}.get(
        feed.verdict or "", "loaded"
    )


def quiet(numbers: Numbers) -> list[Feed]:
    """Return the feeds that nobody has to think of: fresh, passed, nothing set aside."""
    return [
        feed
        for feed in numbers.feeds
        if feed.is_fresh
        and feed.verdict in (None, "pass")
        and not feed.rows_quarantined
        and feed.status not in ("stopped", "refused", "rejected")
    ]


def headline(numbers: Numbers) -> str:
    """Return in one sentence how the night went."""
    if numbers.status == "failed":
        where = f" in {numbers.failed_step}" if numbers.failed_step else ""
        errors = sorted({step.error for step in numbers.steps if step.failed and step.error})
        where += f" ({', '.join(errors)})" if errors else ""
        why = f": {numbers.reason}" if numbers.reason else ""
        return f"The night failed{where}{why}."
    if numbers.status == "running":
        return "The night is still running; these are the numbers so far."
    if numbers.status == "void":
        return "This run brought nothing new and counts for nothing."
    late = len(numbers.stale)
    if late:
        return (
            f"The night did its work; {count(late, 'feed is', 'feeds are')} not as far as expected."
        )
    return "The night did its work; every feed is as far as expected."
