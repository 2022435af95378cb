"""Runs the sandbox as a program with an addresses file and a control API; its code is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from stack import paths, processes
from stack.options import Misbehaviour, Options, WrongOption

NAME = "sandbox"
CONNECTIONS = frozenset(
    {"ehr_main", "scheduling_main", "scheduling_api", "clearinghouse_main", "billing_main"}
)
"""The connections of its systems."""
START_SECONDS = 300
"""Longest wait; a large new world takes a while, because it simulates sixty days of every patient."""


class SandboxFailed(RuntimeError):
    """The sandbox ended, or answered with an error."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    control: str
    connections: dict[str, str]

    def world(self) -> dict[str, Any]:
        """Return ``now``, ``first_night``, ``seed`` and other facts about the sandbox."""
        return self._ask("GET", "/world")

    def advance(self, to: str) -> dict[str, Any]:
        """Advance the world to the end of a business date."""
        return self._ask("POST", "/advance", {"to": to})

    def misbehave(self, feed: str, date: str, kind: str) -> dict[str, Any]:
        """Ask for a fault in a feed's delivery of a date."""
        return self._ask("POST", "/misbehave", {"feed": feed, "date": date, "kind": kind})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = httpx.request(
            method, self.control + path, json=body, timeout=START_SECONDS, trust_env=False
        )
        if answer.is_error:
            raise SandboxFailed(
                f"the sandbox answered {method} {path} with {answer.status_code}: {answer.text[:300]}"
            )
        told: dict[str, Any] = answer.json()
        return told


def check(faults: Sequence[Misbehaviour]) -> None:
    """Ask the sandbox's code whether it knows these faults, before a world is made. Raises ``WrongOption``."""
    if not faults:
        return
    spec = ",".join(f"{one.feed}:{one.date or ''}:{one.kind}" for one in faults)
    told = subprocess.run(
        [sys.executable, "-m", "sandbox", "faults", "--", spec],
        env=paths.child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode != 0:
        raise WrongOption(f"MISBEHAVE: {told.stderr.strip()}")


def start(world: Path, options: Options) -> processes.Program:
    """Start the sandbox of a world, or find it running; it may not be ready yet (see :func:`ready`)."""
    already = processes.find(world, NAME)
    if already:
        return already
    addresses = _addresses(world)
    addresses.unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "sandbox", "serve", "--state", str(paths.private(world / "sandbox")),
        "--seed", str(options.seed), "--patients", str(options.patients), "--addresses", str(addresses),
    ]  # fmt: skip
    if options.population:
        command += ["--population", options.population]
    return processes.spawn(world, NAME, command, paths.child_environment())


def ready(world: Path, program: processes.Program) -> Sandbox:
    """Wait until the sandbox has written its addresses. Raises :class:`SandboxFailed` when it ended instead."""

    def written() -> bool:
        if not program.is_alive:
            raise SandboxFailed(
                f"the sandbox ended while starting; see {program.log}:\n{program.last_words()}"
            )
        return _addresses(world).exists()

    processes.wait_until(written, START_SECONDS, "the sandbox's addresses")
    told = json.loads(_addresses(world).read_text())
    return Sandbox(told["control"].rstrip("/"), told["connections"])


def running(world: Path) -> Sandbox | None:
    """The sandbox of a world if it runs and is ready."""
    program = processes.find(world, NAME)
    return ready(world, program) if program and _addresses(world).exists() else None


def _addresses(world: Path) -> Path:
    return world / "run" / "addresses.json"
