"""A complete stack for tests: PostgreSQL, sandbox and Airflow's processes, in its own state folder.

Tests drive it with the same commands as a person, and inspect it through public interfaces: the warehouse in the
reader's role, Airflow's REST API, and the truth that the sandbox's servers wrote.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from stack import airflow, paths, postgres, processes, rest, sandbox
from stack.airflow import Address
from tests import leftover
from tests.night.kills import DIGESTS, SENT
from tests.unit.deployment.mails import mail_server
from tests.unit.throughline.sources.servers import Answer, Seen, web
from tests.worlds import world

ROOT = Path(__file__).resolve().parents[2]
PATIENTS = 120
COMMAND_SECONDS = 900
"""A busy machine of two cores takes five minutes for what takes one when it is idle."""
LIVED_PATIENTS = 160
LIVED_NIGHTS = 10
"""The fewest patients and nights with which the pipeline's tasks complete cases of each workflow."""


@dataclass
class Practice:
    """One world of the sandbox with its stack, driven by the commands of the Makefile."""

    state: Path
    options: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    tree: Path = ROOT
    """The tree it runs: this clone, or a copy that a test has changed."""
    said: list[str] = field(default_factory=list)
    """The output of its nights, if a fixture keeps it."""
    _clients: dict[tuple[str, str], rest.Client] = field(default_factory=dict, repr=False)

    @property
    def world(self) -> Path:
        """Folder of the world; there is one in a state folder of a test."""
        (folder,) = (self.state / "worlds").iterdir()
        return folder

    def run(self, command: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run ``python -m stack <command>`` with the options of ``make``; the result says how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "stack", command],
            cwd=self.tree,
            env=self._environment(options),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def start(self, command: str, **options: object) -> subprocess.Popen[str]:
        """Start a command and return at once, for tests that interrupt or kill."""
        return subprocess.Popen(
            [sys.executable, "-m", "stack", command],
            cwd=self.tree,
            env=self._environment(options),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def night(self, **options: object) -> str:
        """Run one night; returns what it printed. Fails the test when the night did not end well."""
        ended = self.run("night", **options)
        assert ended.returncode == 0, (
            f"make night ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        )
        return ended.stdout

    def nights(self, count: int, **options: object) -> str:
        """Run several nights with the staff acting between them; returns what was printed."""
        ended = self.run("nights", N=count, **options)
        assert ended.returncode == 0, (
            f"make nights ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        )
        return ended.stdout

    @property
    def world_options(self) -> dict[str, int]:
        """The options that select the same world again."""
        return {"patients": int(self.options["PATIENTS"]), "seed": int(self.options["SEED"])}

    def up(self) -> None:
        """Start it and leave it running, as ``make ui`` does."""
        ended = self.run("ui")
        assert ended.returncode == 0, (
            f"make ui ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        )

    def dsn(self, role: str = "throughline_reader") -> str:
        """libpq URI of a role on the warehouse of the running stack."""
        server = postgres.running(self.world)
        assert server is not None, "PostgreSQL is not running"
        return server.dsn(role)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse, in the reader's role."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        """The one value of a query."""
        ((found,),) = self.rows(query, *parameters)
        return found

    def airflow(self, user: str = "admin") -> rest.Client:
        """Airflow's REST API as a user, of the stack that is up now."""
        address = self.airflow_address()
        if (user, address.url) not in self._clients:
            self._clients[user, address.url] = rest.Client(address, user)
        return self._clients[user, address.url]

    def airflow_address(self) -> Address:
        """Where Airflow listens, with the users' passwords."""
        return airflow.ready(self.world)

    def sandbox(self) -> sandbox.Sandbox:
        """The sandbox's control API and connections."""
        running = sandbox.running(self.world)
        assert running is not None, "the sandbox is not running"
        return running

    def truth(self, name: str) -> list[dict[str, Any]]:
        """Lines of one of the truth files that the sandbox's servers wrote."""
        file = self.world / "sandbox" / "truth" / f"{name}.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def kill(self, name: str) -> None:
        """SIGKILL a program (``postgres``, ``sandbox`` or a component of Airflow)."""
        if name == "postgres":
            pid = int((self.world / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
        else:
            program = processes.find(self.world, name)
            assert program is not None, f"{name} is not running"
            process = program.process
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """Stop whatever runs of it."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self.run("stop")

    def forget(self) -> None:
        """Stop it and remove all that is left of it."""
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def _environment(self, options: dict[str, object]) -> dict[str, str]:
        own = {"THROUGHLINE_STATE": str(self.state), "PYTHONPATH": str(self.tree / "include")}
        asked = {key: str(value) for key, value in options.items()}
        foreign = ("PATIENTS", "SEED", "NIGHT", "POPULATION", "MISBEHAVE", "N", "Q")
        kept = {key: value for key, value in os.environ.items() if key not in foreign}
        return kept | own | self.options | self.environment | asked


MADE = pytest.StashKey[list[Practice]]()


@pytest.fixture(scope="session")
def make_practice(pytestconfig: pytest.Config) -> Iterator[Callable[..., Practice]]:
    """Make practices, each with a state folder of its own; they last as long as the tests of one world."""
    made = pytestconfig.stash.setdefault(MADE, [])

    def make(patients: int = PATIENTS, seed: int = 1, **options: object) -> Practice:
        state = leftover.state_folder("throughline-night-", paths.scratch())
        given = {"PATIENTS": str(patients), "SEED": str(seed)}
        practice = Practice(state, given | {key: str(value) for key, value in options.items()})
        made.append(practice)
        return practice

    yield make
    forget(made)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop and remove a world after its last test, because an idle Airflow slows down the other tests."""
    if nextitem is None or world(nextitem.nodeid) != world(item.nodeid):
        forget(item.config.stash.get(MADE, []))


def forget(made: list[Practice]) -> None:
    """Stop practices and remove all that is left of them; the list is empty afterwards."""
    with ThreadPoolExecutor() as pool:  # each waits for its own processes to end
        list(pool.map(Practice.forget, made))
    made.clear()


@pytest.fixture(scope="module")
def practice(make_practice: Callable[..., Practice]) -> Practice:
    """A small practice that is up (as after ``make ui``) and has no night yet, for as long as a file needs it."""
    made = make_practice()
    made.up()
    return made


@dataclass
class Lived:
    """A practice after several undisturbed nights with its staff acting in between, and its results."""

    practice: Practice
    digests: list[tuple[Any, ...]]
    """By night: its date, the digest of the state of all cases, the digest of its plan."""
    sent: list[tuple[Any, ...]]
    """By night: what was sent, with the hash of its bytes and the outcome."""
    said: list[str]
    """By night: what the command printed."""
    told: list[Seen]
    """What arrived at the addresses of notices and check-ins."""
    mailed: list[str]
    """What the mail server was sent, line by line."""


@pytest.fixture(scope="session")
def undisturbed(make_practice: Callable[..., Practice]) -> Iterator[Lived]:
    """Ten nights of a small practice; up at first, and stopped by whoever needs the machine."""
    made = make_practice(LIVED_PATIENTS)
    with web(lambda _: Answer(200, b"ok")) as outside, mail_server() as (port, mailed):
        for name in ("webhook", "check_in"):
            made.environment[f"AIRFLOW_CONN_THROUGHLINE_{name.upper()}"] = json.dumps(
                {"conn_type": "http", "extra": {"base_url": outside.url(f"/{name}")}}
            )
        extra = {"to": "ops@example.org", "disable_ssl": True, "disable_tls": True}
        made.environment["AIRFLOW_CONN_THROUGHLINE_MAIL"] = json.dumps(
            {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
        )
        made.up()
        said = [made.nights(1) for _ in range(LIVED_NIGHTS)]
        yield Lived(made, made.rows(DIGESTS), made.rows(SENT), said, outside.seen, mailed)


@pytest.fixture
def lived(undisturbed: Lived) -> Lived:
    """The undisturbed practice, up."""
    if postgres.running(undisturbed.practice.world) is None:
        undisturbed.practice.up()
    return undisturbed
