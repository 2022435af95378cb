"""Three sections of the summary: exceptions by owner, expected money by what blocks it, and what opened no case."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from throughline.told import text, words
from throughline.told.numbers import Numbers
from throughline.told.shapes import NotOpened
from throughline.vocabulary import NOT_OPENED_REASON, WHAT_HELPS


def exceptions(numbers: Numbers) -> str:
    """Return the section on open exceptions, by owner and reason."""
    if not numbers.exceptions:
        return text.section("EXCEPTIONS", "None open.")
    total = sum(row.open for row in numbers.exceptions)
    overdue = sum(row.overdue for row in numbers.exceptions)
    rows, last = [], ""
    for row in numbers.exceptions:
        owner = words.plain(row.owner_team)
        rows.append(
            (
                owner if owner != last else "",
                row.title,
                f"{row.open:,}",
                f"{row.opened:,}",
                f"{row.due_today:,}",
                f"{row.overdue:,}",
                words.dollars(row.amount) if row.amount else "",
            )
        )
        last = owner
    return text.section(
        f"EXCEPTIONS BY OWNER: {total:,} open, {overdue:,} overdue",
        text.table(
            ("owner", "reason", "open", "new", "due today", "overdue", "expected"),
            rows,
            right=(2, 3, 4, 5, 6),
        ),
        *(
            text.wrap(
                f"{row.title}: {', '.join(row.subjects)}{' …' if row.open > len(row.subjects) else ''}"
            )
            for row in numbers.exceptions
            if row.subjects
        ),
    )


def money(numbers: Numbers) -> str:
    """Return the section on expected money, by what blocks it."""
    if not numbers.money:
        return text.section("EXPECTED MONEY", "No open cases.")
    total = sum(row.expected for row in numbers.money)
    return text.section(
        f"EXPECTED MONEY BY WHAT BLOCKS IT: ${total:,.0f}",
        text.wrap(words.EXPECTED),
        text.table(
            ("blocked by", "expected", "cases", "owner", "file by"),
            (
                (
                    words.obstacle(row),
                    words.expected(row),
                    f"{row.cases:,}",
                    words.plain(row.owner_team),
                    words.day(numbers, row.first_deadline_at),
                )
                for row in numbers.money[: text.LISTED]
            ),
            right=(1, 2),
        ),
        text.more(len(numbers.money), "obstacles on the page"),
        text.wrap(words.unvalued(numbers)),
    )


def why(row: NotOpened) -> str:
    """Return in words why something opened no case."""
    said = NOT_OPENED_REASON.words.get(row.reason, words.plain(row.reason))
    since = getattr(row, "since", None)
    return f"{said} (since {since})" if since else said


def helps(row: NotOpened) -> str:
    """Return what changes it; empty if it is as it should be."""
    return WHAT_HELPS.get(row.reason, "")


def opened_none(rows: Sequence[NotOpened]) -> str:
    """Return what of a workflow opened no case: `12 opened no case of transitional care in the last 30 days: 12 …`."""
    told = "; ".join(
        f"{row.things:,} {words.plain(row.reason)}" + (f" since {row.since}" if row.since else "")
        for row in rows
    )
    about = f"{rows[0].together:,} opened no case of {words.plain(rows[0].workflow)}"
    return f"{about} in the last 30 days: {told}"


def not_opened(numbers: Numbers) -> str:
    """Return the section on what opened no case; empty if everything did."""
    if not numbers.not_opened:
        return ""
    together = {row.workflow: row.together for row in numbers.not_opened}
    return text.section(
        "OPENED NO CASE: "
        + ", ".join(f"{things:,} of {words.plain(name)}" for name, things in together.items()),
        text.table(
            ("workflow", "count", "alone", "why"),
            (
                each
                for row in numbers.not_opened[: text.LISTED]
                for each in _in_lines(row, together)
            ),
            right=(1, 2),
        ),
        text.more(len(numbers.not_opened), "reasons on the page"),
    )


def _in_lines(row: NotOpened, workflows: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the lines of a row: its reason ends with a day, which must not be cut off."""
    # two numbers of up to nine signs, and two blanks between columns
    others = max(len("workflow"), *(len(words.plain(name)) for name in workflows)) + 2 * 9 + 3 * 2
    first, *more = textwrap.wrap(why(row), text.WIDTH - 2 - others, break_on_hyphens=False)
    yield words.plain(row.workflow), f"{row.things:,}", f"{row.alone:,}", first
    yield from (("", "", "", each) for each in more)
