"""Runs the night of the next business date through the real scheduler, and prints a line for each step."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from stack import airflow, options, paths, rest, up
from stack.nights import warehouse
from stack.nights.chain import POLL_SECONDS, NightFailed, clear_abandoned, wait_for_dags
from stack.up import Stack
from stack.worlds import systems
from throughline.orchestration.chain import CHAIN
from throughline.vocabulary.counts import count as counted

HAND_OVER_SECONDS = 300
"""Longest time between the end of a DAG and the start of the next; measured: one second."""
MOST_AHEAD = timedelta(days=366)
"""How far ahead a night may be named: the sandbox first lives every day until then."""


@dataclass(frozen=True)
class Outcome:
    """How a night ended."""

    seq: int
    business_date: date
    status: str
    seconds: float
    reason: str | None = None

    @property
    def did_its_work(self) -> bool:
        """Whether it succeeded; a void rerun (nothing new) counts as success."""
        return self.status in ("finished", "void")


def run(stack: Stack, chosen: options.Options, say: Callable[[str], None]) -> Outcome:
    """Run the night of ``chosen.night`` or of the next business date. Raises :class:`NightFailed`."""
    try:
        return _run(stack, chosen, say)
    except (psycopg.OperationalError, httpx.TransportError) as error:
        # The likely cause is a killed program, which is a better reason to report than a lost connection.
        _all_alive(stack)
        raise NightFailed(f"lost a connection: {type(error).__name__}: {error}") from error


def _run(stack: Stack, chosen: options.Options, say: Callable[[str], None]) -> Outcome:
    begun = time.monotonic()
    client = rest.Client(stack.airflow)
    wait_for_dags(client)
    with warehouse.connect(stack.dsn()) as connection:
        day = _business_date(stack, connection, chosen)
        clear_abandoned(client)
        if stack.sandbox:
            for fault in chosen.misbehave:
                when = fault.date or day.isoformat()
                stack.sandbox.misbehave(fault.feed, when, fault.kind)
                say(f"the sandbox will misbehave: {fault.feed} {fault.kind} on {when}")
            stack.sandbox.advance(day.isoformat())
        say(f"night of {day:%A}, {day}")
        night = warehouse.night(connection, _follow(stack, client, day, say))
    return Outcome(night.seq, day, night.status, time.monotonic() - begun, _reason(night))


@contextlib.contextmanager
def begun(chosen: options.Options, say: Callable[[str], None]) -> Iterator[Stack]:
    """A world that is up for the nights of a block. Raises :class:`NightFailed` if the next date is not over."""
    _refuse_early(chosen)
    with up.running(chosen, say) as stack:
        yield stack


def _refuse_early(chosen: options.Options) -> None:
    """Refuse a date that is not over before more than PostgreSQL is started: the rest takes half a minute."""
    if chosen.practice is None:
        return
    over, world = systems.last_over(), options.world_path(chosen)
    if chosen.night:
        _refuse_ahead(date.fromisoformat(chosen.night), over)
    elif (world / "postgres" / "made").exists():
        # a world whose first start was cut off has no nights to ask
        with up.server(world) as server, contextlib.suppress(psycopg.Error):
            with warehouse.connect(server.dsn(warehouse.READER)) as connection:
                day = warehouse.next_date(connection, over)
            _refuse_ahead(day, over)


def summary(stack: Stack, seq: int) -> None:
    """Print the summary of a night; it is the pipeline's own, read in the reader's role."""
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "throughline.told.summary",
            "--night",
            str(seq),
            "--reports",
            str(stack.world / "pages"),
        ],
        env=airflow.tool_environment(stack.world) | {"THROUGHLINE_DSN": stack.dsn()},
        cwd=paths.ROOT,
        check=False,
    )
    if ended.returncode not in (0, 1):  # 1: the summary was printed, and the night failed
        raise NightFailed(f"the summary of night {seq} could not be written")


def _business_date(stack: Stack, connection: psycopg.Connection, chosen: options.Options) -> date:
    if stack.sandbox is None:
        return _of_practice(connection, chosen, systems.last_over())
    world = stack.sandbox.world()
    first = date.fromisoformat(str(world["first_night"]))
    if chosen.night is None:
        return warehouse.next_date(connection, first)
    day = date.fromisoformat(chosen.night)
    if day < first:
        raise NightFailed(f"NIGHT={day}: this world's first night is {first}")
    lived = date.fromisoformat(str(world["lived_to"]))
    if day - lived > MOST_AHEAD:
        raise NightFailed(
            f"NIGHT={day}: this world has lived to {lived}, and lives at most {MOST_AHEAD.days} days at once"
        )
    return day


def _of_practice(connection: psycopg.Connection, chosen: options.Options, over: date) -> date:
    """The night of a practice's own systems: the first is that of the last date that is over."""
    day = (
        date.fromisoformat(chosen.night) if chosen.night else warehouse.next_date(connection, over)
    )
    _refuse_ahead(day, over)
    return day


def _refuse_ahead(day: date, over: date) -> None:
    if day > over:
        raise NightFailed(
            f"{day} is not over yet: its night can be run from 03:00 of {day + timedelta(days=1)} on, practice's time"
        )


class _Progress:
    """Prints each step of a night once, when it ends."""

    def __init__(self, stack: Stack, day: date, say: Callable[[str], None]) -> None:
        self.stack, self.day, self.say = stack, day, say
        self.seq: int | None = None
        self._connection = warehouse.connect(stack.dsn())
        self._highest = warehouse.highest_number(self._connection)
        self._begun = datetime.now(UTC)
        self._told: set[tuple[str, str, datetime]] = set()

    def tell(self, dag: str, before: datetime | None = None) -> None:
        """Print the steps that ended since the last time; of those, only what began before `before`."""
        if self.seq is None:
            night = warehouse.night_of(self._connection, self.day, self._highest)
            if night is None:
                return
            self.seq = night.seq
        for step in warehouse.ended_steps(self._connection, self.seq):
            key = (step.step, step.part, step.finished_at)
            # A resumed night still has the steps of its first attempt.
            fresh = step.finished_at >= self._begun and key not in self._told
            if fresh and (before is None or step.started_at < before):
                self._told.add(key)
                self.say(_line(dag, step))

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


def _follow(stack: Stack, client: rest.Client, day: date, say: Callable[[str], None]) -> int:
    """Trigger the chain and print progress until the report has ended; returns the night's number."""
    before = {dag: {run_["dag_run_id"] for run_ in client.runs(dag)} for dag in CHAIN}
    with contextlib.closing(_Progress(stack, day, say)) as progress:
        run_id = client.trigger(CHAIN[0], day.isoformat())
        for dag, follower in zip(CHAIN, (*CHAIN[1:], None), strict=True):
            coming = _Coming(client, follower, day, before[follower]) if follower else None
            _follow_dag(client, dag, run_id, coming, progress)
            if coming:
                run_id = _wait_for(coming, dag, progress)
    if progress.seq is None:
        raise NightFailed(f"no night was opened for {day}; see {stack.world / 'logs'}")
    return progress.seq


@dataclass
class _Coming:
    """The run that a DAG's run triggered, or None until its asset event has been processed."""

    client: rest.Client
    dag: str
    day: date
    before: set[str]
    run_id: str | None = None
    since: datetime | None = None

    def look(self) -> datetime | None:
        """When the run was queued (UTC); steps that began later do not belong to the previous DAG."""
        for run in [] if self.run_id else self.client.runs(self.dag):
            if (
                run["dag_run_id"] not in self.before
                and run["partition_key"] == self.day.isoformat()
            ):
                self.run_id, self.since = (
                    run["dag_run_id"],
                    datetime.fromisoformat(run["queued_at"]),
                )
        return self.since


def _follow_dag(
    client: rest.Client, dag: str, run_id: str, coming: _Coming | None, progress: _Progress
) -> None:
    while True:
        _all_alive(progress.stack)
        # Query the run before its steps, so that no step is missed when it ends in between.
        state = client.run(dag, run_id)["state"]
        progress.tell(dag, before=coming.look() if coming else None)
        if state not in rest.UNFINISHED:
            break
        time.sleep(POLL_SECONDS)
    for task in client.tasks(dag, run_id):
        if task["state"] == "failed":
            progress.say(
                f"  {dag:<18} task {task['task_id']} FAILED; its log: {_log(progress.stack, task)}"
            )


def _log(stack: Stack, task: dict[str, Any]) -> Path:
    """Folder of a task's log, below which Airflow keeps one file per try."""
    run_folder = f"dag_id={task['dag_id']}/run_id={task['dag_run_id']}/task_id={task['task_id']}"
    return stack.world / "logs" / "airflow" / run_folder


def _wait_for(coming: _Coming, ended: str, progress: _Progress) -> str:
    deadline = time.monotonic() + HAND_OVER_SECONDS
    while not coming.look():
        _all_alive(progress.stack)
        if time.monotonic() > deadline:
            raise NightFailed(
                f"{ended} ended, and {coming.dag} did not start; see {progress.stack.world / 'logs'}"
            )
        time.sleep(POLL_SECONDS / 4)
    assert coming.run_id
    return coming.run_id


def _all_alive(stack: Stack) -> None:
    dead = up.dead(stack.world)
    if dead:
        raise NightFailed(
            f"{', '.join(dead)} ended while the night ran (logs: {stack.world / 'logs'});"
            " `make night` resumes the night"
        )


def _line(dag: str, step: warehouse.Step) -> str:
    what = " ".join(part for part in (step.step, step.part.partition("/")[0], step.feed) if part)
    rows = "" if step.row_count is None else counted(step.row_count, "row")
    mark = "" if step.status == "done" else "  FAILED"
    return f"  {dag:<18} {what:<40} {rows:>16} {step.seconds or 0:8.2f} s{mark}"


def _reason(night: warehouse.Night) -> str | None:
    if night.status in ("finished", "void"):
        return None
    return ": ".join(part for part in (night.failed_step, night.reason) if part) or night.status
