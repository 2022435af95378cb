"""The night in a hundred columns: what the end of `make night` prints.

`python -m throughline.told.summary [--night SEQ]`, with the warehouse's address in the
environment variable `THROUGHLINE_DSN`. The order is that of a morning: calls first.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence

from throughline import warehouse
from throughline.practice import practice
from throughline.told import words
from throughline.told.numbers import Numbers, collect
from throughline.warehouse import nights

WIDTH = 100
LISTED = 12
"""Rows of a list that are shown; the rest is a number and a place to look."""


def render(numbers: Numbers, reports: str | None = None) -> str:
    """Return the summary of a night as text of at most `WIDTH` columns.

    `reports` is the folder of the pages, named at the end when it is known.
    """
    parts = [
        _head(numbers),
        _calls(numbers),
        _unknown(numbers),
        _feeds(numbers),
        _cases(numbers),
        _tasks(numbers),
        _proven(numbers),
        _exceptions(numbers),
        _money(numbers),
        _stopped(numbers),
        _steps(numbers),
        _further(numbers, reports),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(name: str, *paragraphs: str) -> str:
    body = "\n".join(paragraph for paragraph in paragraphs if paragraph)
    return f"{name}\n{textwrap.indent(body, '  ', lambda line: bool(line.strip()))}"


def _table(
    header: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()
) -> str:
    """Columns two spaces apart, those in `right` aligned to the right; the last one may be cut."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    told = []
    for line in lines:
        cells = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        text = "  ".join(cells).rstrip()
        told.append(text if len(text) <= WIDTH - 2 else f"{text[: WIDTH - 3]}…")
    return "\n".join(told)


def _wrap(text: str) -> str:
    return textwrap.fill(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)


def _more(total: int, what: str, shown: int = LISTED) -> str:
    return f"… and {total - shown:,} more {what}" if total > shown else ""


def _head(numbers: Numbers) -> str:
    rerun = "" if numbers.kind == "nightly" else f", {numbers.kind}"
    first = (
        f"Night {numbers.seq} of {numbers.business_date:%A %Y-%m-%d}{rerun},"
        f" read on {numbers.morning:%A %Y-%m-%d}"
    )
    return f"{first}\n{'=' * len(first)}\n{textwrap.fill(words.headline(numbers), WIDTH)}"


def _calls(numbers: Numbers) -> str:
    if not numbers.calls:
        return _section("CALL BY 17:00", "No call has to be made today.")
    overdue = sum(numbers.is_overdue(call.due_at) for call in numbers.calls)
    total = len(numbers.calls)
    return _section(
        f"CALL BY 17:00: {words.count(total, 'call')}, {overdue:,} of them overdue",
        _table(
            ("case", "workflow", "due", "tried", "last try", "by whom"),
            (
                (
                    call.case_number,
                    words.plain(call.workflow),
                    words.when_due(numbers, call.due_at),
                    call.attempts,
                    words.clock(numbers, call.last_attempt_at),
                    call.owner or words.plain(call.owner_team),
                )
                for call in numbers.calls[:LISTED]
            ),
            right=(3,),
        ),
        _more(total, "calls on the page"),
    )


def _unknown(numbers: Numbers) -> str:
    stale = [
        f"{feed.source}/{feed.feed} {words.feed_state(feed)},"
        f" known up to {feed.last_business_date or 'never'} ({words.plain(feed.owner_team)})"
        for feed in numbers.stale
    ]
    if not numbers.unknown and not stale:
        return _section("NOT KNOWN", "Nothing: every feed is as far as expected.")
    cases = sum(row.cases for row in numbers.unknown)
    by_hand = sum(row.by_hand for row in numbers.unknown)
    return _section(
        f"NOT KNOWN: {words.count(cases, 'case')}, {by_hand:,} to be verified by hand",
        *stale,
        _table(
            ("workflow", "stage", "cases", "by hand", "owner", "why"),
            (
                (
                    words.plain(row.workflow),
                    row.stage,
                    f"{row.cases:,}",
                    f"{row.by_hand:,}",
                    words.plain(row.owner_team),
                    row.reason,
                )
                for row in numbers.unknown[:LISTED]
            ),
            right=(2, 3),
        )
        if numbers.unknown
        else "",
        _more(len(numbers.unknown), "reasons on the page"),
    )


def _feeds(numbers: Numbers) -> str:
    """Feeds with something to say, one line each; the rest in one sentence."""
    quiet = words.quiet(numbers)
    loud = [feed for feed in numbers.feeds if feed not in quiet]
    rows = sum(feed.rows_received for feed in quiet)
    return _section(
        f"FEEDS: {len(quiet)} of {len(numbers.feeds)} as expected",
        _table(
            ("feed", "how it stands", "verdict", "received", "loaded", "set aside", "waiting"),
            (
                (
                    f"{feed.source}/{feed.feed}",
                    words.feed_state(feed),
                    feed.verdict or "–",
                    f"{feed.rows_received:,}",
                    f"{feed.rows_loaded:,}",
                    f"{feed.rows_quarantined:,}",
                    f"{feed.rows_pending:,}",
                )
                for feed in loud
            ),
            right=(3, 4, 5, 6),
        )
        if loud
        else "",
        _wrap(
            f"{len(quiet)} feeds loaded, verdict pass ({rows:,} rows): "
            + ", ".join(f"{feed.feed}" for feed in quiet)
        )
        if quiet
        else "",
    )


def _cases(numbers: Numbers) -> str:
    ended: dict[str, dict[str, int]] = {}
    for standing in numbers.cases:
        if standing.status != "open":
            of = ended.setdefault(standing.workflow, {})
            of[standing.status] = of.get(standing.status, 0) + standing.cases
    rows: list[tuple[object, ...]] = []
    last = ""
    for stage in numbers.funnel:
        here = stage.pending + stage.unknown + stage.missed + stage.blocked
        rows.append(
            (
                words.plain(stage.workflow) if stage.workflow != last else "",
                stage.stage,
                f"{stage.proven:,}",
                f"{here:,}",
                stage.pending or "",
                stage.unknown or "",
                stage.missed or "",
                stage.blocked or "",
            )
        )
        last = stage.workflow
    ends = [
        f"{words.plain(name)}: "
        + ", ".join(f"{cases:,} {status}" for status, cases in sorted(of.items()))
        for name, of in ended.items()
    ]
    if not rows and not ends:
        return _section("CASES", "There is no case yet.")
    opened = sum(row.cases for row in numbers.cases if row.status == "open")
    return _section(
        f"CASES: {opened:,} open",
        _table(
            (
                "workflow",
                "stage",
                "proven",
                "stand here",
                "in time",
                "not known",
                "missed",
                "blocked",
            ),
            rows,
            right=(2, 3, 4, 5, 6, 7),
        )
        if rows
        else "",
        _wrap("ended: " + "; ".join(ends)) if ends else "",
    )


def _tasks(numbers: Numbers) -> str:
    rows = [
        (
            task.kind,
            f"{task.planned:,}",
            f"{task.sent:,}",
            f"{task.completed:,}",
            f"{task.ended_otherwise:,}",
            f"{task.uncertain:,}",
            f"{task.rejected:,}",
            f"{task.withheld:,}",
            f"{task.open:,}",
            f"{task.overdue:,}",
        )
        for task in numbers.tasks
        if any(
            (
                task.planned,
                task.sent,
                task.completed,
                task.ended_otherwise,
                task.open,
                task.withheld,
            )
        )
    ]
    if not rows:
        return _section("TASKS", "None was planned, and none is open.")
    return _section(
        "TASKS since yesterday",
        _table(
            (
                "kind",
                "planned",
                "sent",
                "proven",
                "called off",
                "uncertain",
                "refused",
                "withheld",
                "open",
                "overdue",
            ),
            rows,
            right=range(1, 10),
        ),
    )


def _proven(numbers: Numbers) -> str:
    by_workflow: dict[str, list[str]] = {}
    for row in numbers.proven:
        by_workflow.setdefault(row.workflow, []).append(f"{row.stage} {row.cases:,}")
    lines = [
        _wrap(f"{words.plain(name)}: {', '.join(stages)}") for name, stages in by_workflow.items()
    ]
    claimed = [
        _wrap(
            f"claimed done, not proven: {words.count(row.tasks, row.kind + ' task')} of"
            f" {words.plain(row.workflow)} ({words.plain(row.owner_team)}):"
            f" {' '.join(row.case_numbers)}"
        )
        for row in numbers.claimed_done
    ]
    total = sum(row.cases for row in numbers.proven)
    return _section(
        f"PROVEN SINCE YESTERDAY: {words.count(total, 'stage')}",
        *(lines or ["Nothing."]),
        *claimed,
    )


def _exceptions(numbers: Numbers) -> str:
    if not numbers.exceptions:
        return _section("EXCEPTIONS", "None is open.")
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
    return _section(
        f"EXCEPTIONS BY OWNER: {total:,} open, {overdue:,} overdue",
        _table(
            ("owner", "reason", "open", "new", "due today", "overdue", "expected"),
            rows,
            right=(2, 3, 4, 5, 6),
        ),
    )


def _money(numbers: Numbers) -> str:
    if not numbers.money:
        return _section("EXPECTED MONEY", "No open case.")
    total = sum(row.expected for row in numbers.money)
    return _section(
        f"EXPECTED MONEY BY WHAT BLOCKS IT: ${total:,.0f}",
        _wrap(words.EXPECTED),
        _table(
            ("blocked by", "expected", "cases", "owner", "file by"),
            (
                (
                    words.obstacle(row),
                    words.expected(row),
                    f"{row.cases:,}",
                    words.plain(row.owner_team),
                    words.day(numbers, row.first_deadline_at),
                )
                for row in numbers.money[:LISTED]
            ),
            right=(1, 2),
        ),
        _more(len(numbers.money), "obstacles on the page"),
        _wrap(words.unvalued(numbers)),
    )


def _stopped(numbers: Numbers) -> str:
    lines = [
        _wrap(
            f"{row.what}: {words.plain(row.reason)}"
            + (f", {words.count(row.times, 'case' if row.case_numbers else 'row')}")
            + (f": {' '.join(row.case_numbers[:8])}" if row.case_numbers else "")
        )
        for row in numbers.stopped
    ]
    waiting = [
        f"waits for a decision: {row.what} {row.number}, {row.about}, {row.things:,}"
        f" {'claims, ' + words.dollars(row.amount) if row.what == 'claims' else 'rows'}"
        for row in numbers.waiting
    ]
    return _section("STOPPED OVERNIGHT", *(lines or ["Nothing."]), *waiting)


def _steps(numbers: Numbers) -> str:
    if not numbers.steps:
        return ""
    told = [
        f"{words.STEPS.get(step.step, words.plain(step.step))} {step.seconds:.1f}"
        + (" FAILED" if step.failed else " not ended" if step.running else "")
        for step in numbers.steps
    ]
    whole = f", {numbers.seconds:,.0f} s from start to end" if numbers.seconds is not None else ""
    return _section(f"SECONDS PER STEP{whole}", _wrap(" · ".join(told)))


def _further(numbers: Numbers, reports: str | None) -> str:
    page = f"{reports}/{numbers.business_date}.html" if reports else ""
    return _section(
        "WHERE TO LOOK FURTHER",
        f"page of this morning   {page}" if page else "",
        "in Airflow             make ui",
        "a case                 make sql Q=\"select * from cases.event where case_id::text like '<case>%'\"",
        f"prove it again         make check     make replay NIGHT={numbers.business_date}",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary of a night; returns 0, or 1 when there is no such night or it failed."""
    parser = argparse.ArgumentParser(prog="python -m throughline.told.summary")
    parser.add_argument("--night", type=int, help="number of the night; the newest without it")
    parser.add_argument("--reports", help="folder of the pages, to be named at the end")
    given = parser.parse_args(arguments)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        newest = nights.newest(conn)
        seq = given.night if given.night is not None else newest.seq if newest else None
        if seq is None:
            print("There was no night yet.")
            return 1
        try:
            numbers = collect(conn, seq, practice().time_zone)
        except LookupError as error:
            print(error)
            return 1
    print(render(numbers, given.reports), end="")
    return 1 if numbers.status == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
