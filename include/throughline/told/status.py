"""How the last nights went, and what waits for a person: the warehouse's part of `make status`.

`python -m throughline.told.status`, with the warehouse's address in the environment variable
`THROUGHLINE_DSN`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from throughline import programs, quality, retention, warehouse
from throughline.definitions import examined
from throughline.practice import practice, told_zone
from throughline.programs.commands import as_here
from throughline.told import owed, standing, words
from throughline.told.shapes import NotOpened, Paused, Searched, Undecided, Unmapped, Waiting
from throughline.told.today import today
from throughline.warehouse import Connection, nights, sql

NIGHTS = 7
"""Nights that are listed, the newest first."""


def tell(conn: Connection) -> str:
    """Return the last nights (one line each), what is running, and what waits for a person."""
    zone = told_zone()
    lines = [_line(*row) for row in sql.run(conn, "told/nights.sql", nights=NIGHTS).rows]
    if not lines:
        return "No night has run yet: make night"
    failed = conn.execute(
        "select reason from operations.night where status = 'failed' and reason is not null"
        " and seq = (select max(seq) from operations.night where status <> 'void')"
    ).fetchone()
    lines += [f"Why the last night failed: {failed[0]}"] if failed else []
    holder = conn.execute(
        "select holder, taken_at from operations.lease"
        " where holder is not null and expires_at > clock_timestamp()"
    ).fetchone()
    if holder:
        lines.append(f"The {holder[0]} has held the chain since {holder[1]:%H:%M:%S} UTC.")
    newest = conn.execute("select max(seq) from operations.night where status <> 'void'").fetchone()
    running = conn.execute(
        "select step, part, extract(epoch from clock_timestamp() - started_at)::int"
        " from operations.step where seq = %s and status = 'running' order by started_at",
        newest,
    ).fetchall()
    lines += [
        f"Running: {words.STEPS.get(step, words.plain(step))}{' ' + part if part else ''}, {age} s"
        for step, part, age in running
    ]
    lines += [] if running else _between_steps(conn, newest)
    newest_seq = newest[0] if newest else None
    lines += [
        words.paused(Paused(*row), zone)
        for row in sql.run(conn, "told/numbers/paused.sql", seq=newest_seq).rows
    ]
    for (seq,) in conn.execute(
        "select opened_seq from operations.exception where reason = 'chain_differs' and status = 'open'"
    ).fetchall():
        lines.append(
            f"Night {seq} found that the chain is not the one whose heads were kept: pause sending, then make check"
        )
    for row in sql.run(conn, "told/numbers/undecided.sql", seq=newest_seq).rows:
        one = Undecided(*row)
        lines.append(
            f"Set aside: {words.undecided(one)}, decide by {words.due(one.due_at, zone)}:"
            f" {words.command(one)}"
        )
    for row in sql.run(conn, "told/numbers/unmapped.sql", seq=newest_seq).rows:
        code = Unmapped(*row)
        lines.append(
            f"Not mapped: {words.unmapped(code)}, map it by {words.due(code.due_at, zone)} in the"
            f" definition of {code.source}"
        )
    last = nights.newest(conn)
    kept = [
        NotOpened(*row) for row in sql.run(conn, "told/numbers/not_opened.sql", seq=newest_seq).rows
    ]
    for workflow in sorted({row.workflow for row in kept}):
        of = [row for row in kept if row.workflow == workflow]
        lines.append(owed.opened_none(of))
    morning = (last.cut_off if last else datetime.now(UTC)).astimezone(ZoneInfo(zone)).date()
    for waits in [Waiting(*each) for each in sql.run(conn, "told/numbers/waiting.sql").rows]:
        lines.append(
            f"Waiting for a decision in Airflow: {waits.what} {waits.number}, {waits.about},"
            f" {words.waiting_size(waits)}, {words.waits(waits, morning)}"
        )
    lines += [f"Released, not sent: {one.said(today(conn))}" for one in standing.released(conn)]
    refused = conn.execute(
        "select count(*) from operations.refused_act where refused_at > coalesce((select max(started_at)"
        " from operations.night where status <> 'void'), '-infinity')"
    ).fetchone()
    if refused and refused[0]:
        acts = words.count(refused[0], "act")
        lines.append(f"Refused since the last night: {acts} (operations.refused_act)")
    for payer, payment, amount, adjustments in sql.run(conn, "told/adjustments.sql").rows:
        what = "taken off" if amount > 0 else "added"
        lines.append(
            f"To post: ${abs(amount):,.2f} {what} by {payer}, payment {payment}: {adjustments}"
        )
    lines += [
        words.searched(Searched(*row))
        for row in sql.run(conn, "told/numbers/searches.sql", seq=newest_seq).rows
    ]
    wrong = examined().faults
    if wrong:
        told = words.count(len(wrong), "fault")
        return "\n".join(
            [*lines, f"The definitions have {told}, and no night begins with them:", *wrong]
        )
    lines += [f"Kept decision: {one}" for one in quality.kept_decisions(conn)]
    lines += retention.status(conn, practice(), datetime.now(ZoneInfo(zone)).date())
    return "\n".join(lines)


def _between_steps(conn: Connection, newest: tuple[int] | None) -> list[str]:
    """Return which step of a running night ended last, and how long ago: after minutes, Airflow itself is stuck."""
    return [
        f"No step runs. The last one, {words.STEPS.get(step, words.plain(step))}{' ' + part if part else ''},"
        f" ended {age} s ago."
        for step, part, age in conn.execute(
            "select s.step, s.part, extract(epoch from clock_timestamp() - s.finished_at)::int"
            " from operations.step as s inner join operations.night as n on n.seq = s.seq"
            " where s.seq = %s and n.status = 'running' and s.finished_at is not null"
            " order by s.finished_at desc limit 1",
            newest,
        ).fetchall()
    ]


def _line(
    seq: int,
    day: object,
    kind: str,
    status: str,
    seconds: float | None,
    failed_step: str | None,
    calls: int | None,
    unknown: int | None,
    exceptions: int | None,
) -> str:
    told = f"night {seq:>4}  {day}  {kind:<8}  {status:<8}"
    if seconds is not None:
        told += f"  {seconds:>6,.0f} s"
    if failed_step:
        told += f"  in {failed_step}"
    elif calls is not None:
        told += f"  {words.count(calls, 'call')} due, {unknown} not known, {words.count(exceptions or 0, 'exception')}"
    return told.rstrip()


def main() -> int:
    """Print the status; returns 0."""
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        print(as_here(tell(conn)))
    return 0


if __name__ == "__main__":
    programs.run(main)
