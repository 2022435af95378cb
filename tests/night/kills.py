"""Kills (SIGKILL) during a night: a process of the stack at a step, or a task at a failpoint."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from stack import postgres

TASK = "task"
TRIES = 4
WAIT_SECONDS = 150

DIGESTS = (
    "select business_date, state_digest, plan_digest from operations.night"
    " where status = 'finished' and kind = 'nightly' order by seq"
)
SENT = (
    "select n.business_date, x.effect_key, x.attempt, x.payload_sha256, x.outcome"
    " from tasks.transmission as x inner join operations.night as n on n.seq = x.planned_seq"
    " order by n.business_date, x.effect_key, x.attempt"
)
"""By night: its date, and the digests of all cases and of its plan; what was sent, how it ended."""


@dataclass(frozen=True)
class Kill:
    """What dies, and where: a step of the night (as in ``operations.step``) or, for a task, a failpoint."""

    process: str
    where: str

    def __str__(self) -> str:
        return f"{self.process} at {self.where}"


def failpoint_file(practice: Any) -> Path:
    """The file in which a task process looks whether it must die (see ``throughline.warehouse.failpoints``)."""
    file: Path = practice.state / "failpoint"
    return file


def expect_kills(practice: Any) -> None:
    """Make the task processes of a practice check for their failpoint; call it before the scheduler starts."""
    practice.environment["THROUGHLINE_FAILPOINT"] = f"@{failpoint_file(practice)}"


def night(practice: Any, kills: Sequence[Kill], **options: object) -> list[str]:
    """Run one night with its staff's morning and kill during it; then run it again until it ends well.

    Returns what each attempt printed. Raises ``AssertionError`` when a kill found nothing to kill, or when
    the night does not end well however often it is run.
    """
    before = _newest(practice)
    told = []
    left = list(kills)
    again, options = "nights", {"N": 1, **options}
    for _ in range(TRIES):
        command = practice.start(again, **options)
        try:
            _strike(practice, command, left, before)
        finally:
            said, _ = command.communicate(timeout=WAIT_SECONDS * 2)
        told.append(said)
        if command.returncode == 0:
            break
        # The remains of the killed run might still finish the night, so run its date again in any case. The sandbox
        # remembers its requested misbehaviours.
        again, options = "night", _date(practice, before)
    else:
        raise AssertionError("the night did not end well:\n" + "\n----\n".join(told))
    if again == "night":
        morning = practice.run("morning")
        assert morning.returncode == 0, morning.stdout + morning.stderr
    assert not left, f"never came to {', '.join(map(str, left))}:\n{told[-1]}"
    return told


def _strike(practice: Any, command: Any, left: list[Kill], before: int) -> None:
    """Carry out the kills in order, as long as the command runs."""
    while left:
        kill = left[0]
        if kill.process == TASK:
            failpoint_file(practice).write_text(kill.where, encoding="utf-8")
            struck = _wait(command, lambda: not failpoint_file(practice).exists())
            failpoint_file(practice).unlink(missing_ok=True)
        else:
            struck = _wait(command, lambda where=kill.where: _reached(practice, where, before))
            if struck:
                practice.kill(kill.process)
        if not struck:
            return
        left.pop(0)


def _wait(command: Any, condition: Any) -> bool:
    """Wait until a condition holds; False when the command ends before."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if command.poll() is not None:
            return bool(condition())
        if time.monotonic() > deadline:
            command.terminate()
            return False
        time.sleep(0.03)
    return True


def _date(practice: Any, before: int) -> dict[str, object]:
    """Name the date of the night after `before`, if it was opened."""
    if postgres.running(practice.world) is None:
        practice.up()
    found = practice.rows(
        "select business_date from operations.night where seq > %s order by seq limit 1", before
    )
    return {"NIGHT": found[0][0]} if found else {}


def _newest(practice: Any) -> int:
    found = practice.value("select coalesce(max(seq), 0) from operations.night")
    return int(found)


_connections: dict[str, psycopg.Connection] = {}


def _reached(practice: Any, step: str, before: int) -> bool:
    """Whether a step of a night after `before` has begun."""
    dsn = practice.dsn()
    try:
        if dsn not in _connections or _connections[dsn].closed:
            _connections[dsn] = psycopg.connect(dsn, autocommit=True)
        row = (
            _connections[dsn]
            .execute(
                "select 1 from operations.step where seq > %s and step = %s limit 1", (before, step)
            )
            .fetchone()
        )
    except psycopg.OperationalError:
        _connections.pop(dsn, None)
        return False
    return row is not None
