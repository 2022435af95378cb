"""What the commands promise the person who types them."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from stack import airflow, postgres, processes
from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights]


def leftovers(state: Path) -> list[str]:
    """Processes of any kind that belong to a state folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        command = " ".join(process.info["cmdline"] or [])
        environment = process.info["environ"] or {}
        if str(state) in command or str(state) in environment.get("AIRFLOW_HOME", ""):
            found.append(command[:120])
    return found


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    processes.wait_until(condition, seconds, "the stack's start")


@pytest.mark.parametrize(
    ("when", "which"),
    [
        ("PostgreSQL takes connections", lambda world: postgres.running(world)),
        ("Airflow is starting", lambda world: processes.find(world, "scheduler")),
    ],
    ids=["database", "airflow"],
)
def test_an_interrupted_night_leaves_nothing_running(
    make_practice: Callable[..., Practice], when: str, which: Callable[..., Any]
) -> None:
    practice = make_practice()
    command = practice.start("night")
    wait_for(lambda: list(practice.state.glob("worlds/*")) and which(practice.world))
    command.send_signal(signal.SIGINT)
    said, _ = command.communicate(timeout=60)
    assert command.returncode == 130, said
    assert "interrupted" in said
    assert leftovers(practice.state) == []


def test_a_second_command_says_which_one_is_at_work(make_practice: Callable[..., Practice]) -> None:
    practice = make_practice()
    first = practice.start("ui")
    try:
        wait_for(
            lambda: (practice.state / "lock").exists() and (practice.state / "lock").read_text()
        )
        second = practice.run("night")
        assert second.returncode == 1
        assert "`make ui` is at work in this clone" in second.stderr
    finally:
        assert practice.run("stop").returncode == 0
        first.communicate(timeout=60)
    assert leftovers(practice.state) == []


def test_sql_prints_csv_and_nothing_else(practice: Practice) -> None:
    ended = practice.run("sql", Q="""select 'a, "b"' as text, null as nothing, 1.50 as money;""")
    assert ended.returncode == 0
    assert list(csv.reader(io.StringIO(ended.stdout))) == [
        ["text", "nothing", "money"],
        ['a, "b"', "", "1.50"],
    ]
    assert ended.stderr == ""


@pytest.mark.parametrize(
    "query",
    ["select nonsense", "delete from operations.night", "select 1; drop table operations.night"],
)
def test_sql_reads_only_and_says_what_is_wrong(practice: Practice, query: str) -> None:
    ended = practice.run("sql", Q=query)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("sql: ")
    assert practice.value("select count(*) from operations.night") is not None


def test_status_names_what_is_up(practice: Practice) -> None:
    told = practice.run("status").stdout
    assert practice.airflow_address().url in told
    for name in airflow.COMPONENTS:
        assert f"{name:<14} up" in told


@pytest.mark.parametrize("user", airflow.USERS)
def test_every_user_logs_in_as_himself(practice: Practice, user: str) -> None:
    assert practice.airflow(user).dags()


def test_secrets_are_in_no_log(practice: Practice) -> None:
    secrets = [*practice.airflow_address().passwords.values()]
    server = postgres.running(practice.world)
    assert server is not None
    secrets += server.passwords.values()
    for log in (practice.world / "logs").rglob("*.log"):
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log
