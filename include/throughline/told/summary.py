"""The text summary of a night, 100 columns wide: what `make night` prints at the end.

`python -m throughline.told.summary [--night SEQ]`, with the warehouse's address in the
environment variable `THROUGHLINE_DSN`. Sections are in the order of a working morning: calls first.
"""

from __future__ import annotations

import argparse
import os
import textwrap
from collections.abc import Iterable, Sequence

from throughline import programs, warehouse
from throughline.practice import told_zone
from throughline.programs.commands import IS_CLONE, as_here
from throughline.told import owed, text, words
from throughline.told.numbers import Numbers, collect
from throughline.told.shapes import Feed
from throughline.told.standing import what_holds
from throughline.warehouse import nights


def render(numbers: Numbers, reports: str | None = None) -> str:
    """Return the summary of a night as text of at most `text.WIDTH` columns.

    `reports` is the folder of the pages; if given, the last section names this morning's page.
    """
    parts = [
        _head(numbers),
        _calls(numbers),
        _moved(numbers),
        _unknown(numbers),
        owed.not_opened(numbers),
        _feeds(numbers),
        _cases(numbers),
        _tasks(numbers),
        _proven(numbers),
        owed.exceptions(numbers),
        owed.money(numbers),
        _stopped(numbers),
        _steps(numbers),
        _further(numbers, reports),
    ]
    return as_here("\n\n".join(part for part in parts if part) + "\n")


def _head(numbers: Numbers) -> str:
    rerun = "" if numbers.kind == "nightly" else f", {numbers.kind}"
    first = (
        f"Night {numbers.seq} of {numbers.business_date:%A %Y-%m-%d}{rerun},"
        f" read on {numbers.morning:%A %Y-%m-%d}"
    )
    said = [
        words.headline(numbers),
        *what_holds(numbers),
    ]
    return f"{first}\n{'=' * len(first)}\n{textwrap.fill(' '.join(said), text.WIDTH)}"


def _calls(numbers: Numbers) -> str:
    if not numbers.calls:
        return text.section("CALL BY 17:00", "No calls are due today.")
    total = len(numbers.calls)
    return text.section(
        f"CALL BY 17:00: {words.count(total, 'call')}, {words.calls_of(numbers)}",
        text.table(
            ("case", "workflow", "due", "tried", "last try", "owner"),
            (
                (
                    call.case_number,
                    words.plain(call.workflow),
                    words.call_due(numbers, call),
                    call.attempts,
                    words.clock(numbers, call.last_attempt_at),
                    call.owner or words.plain(call.owner_team),
                )
                for call in numbers.calls[: text.LISTED]
            ),
            right=(3,),
        ),
        text.more(total, "calls on the page"),
    )


def _moved(numbers: Numbers) -> str:
    if not numbers.moved:
        return ""
    return text.section(
        f"MOVED BY CHANGED RULES: {words.count(sum(row.cases for row in numbers.moved), 'change')}",
        text.table(
            ("workflow", "stage", "was", "is", "cases", "why"),
            (
                (
                    words.plain(row.workflow),
                    words.plain(row.stage),
                    words.plain(row.from_state or "-"),
                    words.plain(row.to_state),
                    row.cases,
                    words.plain(row.reason),
                )
                for row in numbers.moved[: text.LISTED]
            ),
            right=(4,),
        ),
        text.more(len(numbers.moved), "on the page"),
    )


def _unknown(numbers: Numbers) -> str:
    waiting = [
        text.wrap(
            f"{words.undecided(row)}. Decide by {words.when_due(numbers, row.due_at)}"
            f" ({row.owner or words.plain(row.owner_team)}): {words.command(row)}"
        )
        for row in numbers.undecided[: text.LISTED]
    ]
    codes = [
        text.wrap(
            f"{words.unmapped(row)}. Map it by {words.when_due(numbers, row.due_at)}"
            f" ({row.owner or words.plain(row.owner_team)})"
        )
        for row in numbers.unmapped[: text.LISTED]
    ]
    stale = [
        f"{feed.source}/{feed.feed} {words.feed_state(feed)},"
        f" last data {feed.last_business_date or 'never'} ({words.plain(feed.owner_team)})"
        for feed in numbers.stale
    ]
    searches = [
        text.wrap(f"{words.searched(row)}. The next night begins with them")
        for row in numbers.searches
        if row.left_out
    ]
    if not numbers.unknown and not stale and not waiting and not codes and not searches:
        return text.section("NOT KNOWN", "Nothing: every feed is up to date.")
    cases = sum(row.cases for row in numbers.unknown)
    by_hand = sum(row.by_hand for row in numbers.unknown)
    return text.section(
        f"NOT KNOWN: {words.count(cases, 'case')}, {by_hand:,} to verify by hand",
        *waiting,
        text.more(len(numbers.undecided), "set aside on the page"),
        *codes,
        text.more(len(numbers.unmapped), "codes on the page"),
        *stale,
        *searches,
        text.table(
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
                for row in numbers.unknown[: text.LISTED]
            ),
            right=(2, 3),
        )
        if numbers.unknown
        else "",
        text.more(len(numbers.unknown), "reasons on the page"),
    )


def _feeds(numbers: Numbers) -> str:
    """Return one line for each feed that needs attention, and one sentence for the rest."""
    quiet = words.quiet(numbers)
    loud = [feed for feed in numbers.feeds if feed not in quiet]
    return text.section(
        f"FEEDS: {len(quiet)} of {len(numbers.feeds)} as expected",
        text.table(
            ("feed", "status", "verdict", "received", "loaded", "set aside", "waiting"),
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
        text.wrap(f"{words.passed(quiet)}: {_by_source(quiet)}") if quiet else "",
        *(text.wrap(words.searched(row)) for row in numbers.searches if not row.left_out),
        *(text.wrap(words.carried_nothing(row)) for row in numbers.carried_nothing),
    )


def _by_source(feeds: Iterable[Feed]) -> str:
    """Name feeds after the system that sends them: two systems may send feeds of one name."""
    of: dict[str, list[str]] = {}
    for feed in feeds:
        of.setdefault(feed.source, []).append(feed.feed)
    return "; ".join(f"{source}: {', '.join(names)}" for source, names in of.items())


def _cases(numbers: Numbers) -> str:
    ended: dict[str, dict[str, int]] = {}
    for standing in numbers.cases:
        if standing.status != "open":
            of = ended.setdefault(standing.workflow, {})
            of[standing.status] = of.get(standing.status, 0) + standing.cases
    rows: list[tuple[object, ...]] = []
    last = ""
    is_observed = any(stage.observed for stage in numbers.funnel)
    for stage in numbers.funnel:
        here = stage.pending + stage.unknown + stage.missed + stage.blocked + stage.observed
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
                *([stage.observed or ""] if is_observed else []),
            )
        )
        last = stage.workflow
    ends = [
        f"{words.plain(name)}: "
        + ", ".join(f"{cases:,} {status}" for status, cases in sorted(of.items()))
        for name, of in ended.items()
    ]
    if not rows and not ends:
        return text.section("CASES", "No cases yet.")
    opened = sum(row.cases for row in numbers.cases if row.status == "open")
    return text.section(
        f"CASES: {opened:,} open",
        text.table(
            (
                "workflow",
                "stage",
                "proven",
                "here now",
                "in time",
                "not known",
                "missed",
                "blocked",
                *(["observed"] if is_observed else []),
            ),
            rows,
            right=(2, 3, 4, 5, 6, 7, *([8] if is_observed else [])),
        )
        if rows
        else "",
        text.wrap("ended: " + "; ".join(ends)) if ends else "",
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
        return text.section("TASKS", "None planned, none open.")
    return text.section(
        "TASKS since yesterday",
        text.table(
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
        text.wrap(f"{words.plain(name)}: {', '.join(stages)}")
        for name, stages in by_workflow.items()
    ]
    claimed = [
        text.wrap(
            f"claimed done, not proven: {words.count(row.tasks, row.kind + ' task')} of"
            f" {words.plain(row.workflow)} ({words.plain(row.owner_team)}):"
            f" {' '.join(row.case_numbers)}"
        )
        for row in numbers.claimed_done
    ]
    total = sum(row.cases for row in numbers.proven)
    return text.section(
        f"PROVEN SINCE YESTERDAY: {words.count(total, 'stage')}",
        *(lines or ["Nothing."]),
        *claimed,
    )


def _stopped(numbers: Numbers) -> str:
    lines = [
        text.wrap(
            f"{row.what}: {words.plain(row.reason)}"
            + (f", {words.count(row.times, 'case' if row.case_numbers else 'row')}")
            + (f": {' '.join(row.case_numbers[:8])}" if row.case_numbers else "")
        )
        for row in numbers.stopped
    ]
    waiting = [
        text.wrap(
            f"waiting for a decision: {row.what} {row.number}, {row.about},"
            f" {words.waiting_size(row)}, {words.waits(row, numbers.morning)}".removesuffix(", ")
        )
        for row in numbers.waiting
    ]
    refused = [text.wrap(f"refused: {words.refused(row)}") for row in numbers.refused]
    return text.section("STOPPED OVERNIGHT", *(lines or ["Nothing."]), *waiting, *refused)


def _steps(numbers: Numbers) -> str:
    if not numbers.steps:
        return ""
    told = [
        f"{words.STEPS.get(step.step, words.plain(step.step))} {step.seconds:.1f}"
        + (" FAILED" if step.failed else " still running" if step.running else "")
        for step in numbers.steps
    ]
    whole = f", {numbers.seconds:,.0f} s from start to end" if numbers.seconds is not None else ""
    return text.section(f"SECONDS PER STEP{whole}", text.wrap(" · ".join(told)))


def _further(numbers: Numbers, reports: str | None) -> str:
    query = "select * from cases.event where case_id::text like '<case>%'"
    in_clone = f'in Airflow             make ui\na case                 make sql Q="{query}"'
    return text.section(
        "WHERE TO LOOK NEXT",
        f"this morning's page    {reports}/{numbers.business_date}.html" if reports else "",
        in_clone if IS_CLONE else "",
        f"verify the night       make check     make replay NIGHT={numbers.business_date}",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary of a night; returns 0, or 1 if the night failed or does not exist."""
    parser = argparse.ArgumentParser(prog="python -m throughline.told.summary")
    parser.add_argument("--night", type=int, help="number of the night (default: the newest)")
    parser.add_argument("--reports", help="folder of the pages, to link this morning's page")
    given = parser.parse_args(arguments)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        newest = nights.newest(conn)
        seq = given.night if given.night is not None else newest.seq if newest else None
        if seq is None:
            print("No night has run yet.")
            return 1
        try:
            numbers = collect(conn, seq, told_zone())
        except LookupError as error:
            print(error)
            return 1
    print(render(numbers, given.reports), end="")
    return 1 if numbers.status == "failed" else 0


if __name__ == "__main__":
    programs.run(main)
