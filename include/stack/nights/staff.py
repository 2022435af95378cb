"""Lets the sandbox's staff act between two nights of `make nights`.

They act as named users through public interfaces only: they answer Airflow's questions (a stopped feed, a batch of
claims) over its REST API, and resolve exceptions with the pipeline's command. The sandbox, a separate program, decides
what they do.
"""

from __future__ import annotations

import csv
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from stack import airflow, options, paths, rest
from stack.nights import chain, warehouse
from stack.up import Stack
from throughline.vocabulary.counts import count as counted

QUESTIONS = {"release-feeds": "operator", "release-claims": "biller"}
"""DAG that asks a question to the user who answers it."""

RESOLVER = "operator"
RESOLVE = "throughline.exceptions.resolve"
"""The pipeline's command by which a named person resolves an exception."""


def act(stack: Stack, chosen: options.Options, say: Callable[[str], None]) -> None:
    """Let the staff do the work of the morning after the newest night, once, and wait for its effects.

    It does nothing after a night that did not finish: run that night again first. A practice with systems of its own
    has its own staff. Raises ``NightFailed``.
    """
    if stack.sandbox is None:
        return
    with warehouse.connect(stack.dsn()) as connection:
        last = warehouse.newest_night(connection)
    mark = stack.world / "staff.json"
    if last is None or last.status != "finished":
        return
    day = last.business_date
    if mark.exists() and json.loads(mark.read_text()) == day.isoformat():
        return
    overseer = rest.Client(stack.airflow)
    chain.wait_until_quiet(overseer)
    answered = 0
    for action, user in QUESTIONS.items():
        told = _staff(
            stack, chosen, action, user,
            "--airflow", stack.airflow.url, "--password-file", str(stack.world / "logins.json"),
        )  # fmt: skip
        for answer in told["answered"]:
            answered += 1
            say(f"{user}: {answer['choice']} - {answer['subject']}")
    if answered:
        chain.wait_until_quiet(overseer)
    resolved = _resolve_exceptions(stack, chosen, day)
    if resolved["open"]:
        say(
            f"{RESOLVER}: resolved {resolved['resolved']} of {counted(resolved['open'], 'open exception')}"
        )
    paths.write_private(mark, json.dumps(day.isoformat()))


def _resolve_exceptions(stack: Stack, chosen: options.Options, day: date) -> dict[str, Any]:
    file = paths.private(stack.world / "run") / "exceptions.csv"
    with warehouse.connect(stack.dsn()) as connection, file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["exception_id", "reason"])
        rows.writerows(
            connection.execute(
                "select exception_id, reason from operations.exception where status = 'open' order by 1"
            )
        )
    command = [
        sys.executable, "-m", RESOLVE, "{id}", "--by", "{name}", "--action", "{action}", "--note", "{note}",
    ]  # fmt: skip
    return _staff(
        stack, chosen, "resolve-exceptions", RESOLVER, "--exceptions-csv", str(file),
        "--resolve-command", shlex.join(command), "--day", day.isoformat(),
    )  # fmt: skip


def _staff(
    stack: Stack, chosen: options.Options, action: str, user: str, *more: str
) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "sandbox", "staff",
        "--action", action, "--user", user, "--seed", str(chosen.seed), *more,
    ]  # fmt: skip
    env = airflow.tool_environment(stack.world) | {
        "THROUGHLINE_DECIDER_DSN": stack.dsn("throughline_decider")
    }
    ended = subprocess.run(
        command, cwd=Path(stack.world), env=env, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise chain.NightFailed(f"the staff could not {action}:\n{ended.stderr.strip()[-800:]}")
    told: dict[str, Any] = json.loads(ended.stdout)
    return told
