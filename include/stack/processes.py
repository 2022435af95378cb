"""Programs that outlive the command that started them: start, find and stop them, each with its log.

Every program gets its own session, so that Ctrl-C at the terminal reaches only the command, which then stops what it
started, in order. A program is found again by pid *and* start time, because a pid can be reused; and only from the
folder that it works on: a copy of a world holds the records of the first one's programs.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from stack import paths

STOP_SECONDS = 12
"""How long programs may take to end before they are killed."""


class NotOurs(RuntimeError):
    """The programs on record work on another folder, of which this one is a copy; the message names them."""


@dataclass(frozen=True)
class Program:
    """A program of the stack: its name, its process, its log."""

    name: str
    process: psutil.Process
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether it still runs (a zombie does not count)."""
        try:
            return bool(self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for a message that says why it ended."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"


def spawn(
    world: Path, name: str, command: Sequence[str], environment: Mapping[str, str], **notes: str
) -> Program:
    """Start a program and remember it; ``notes`` are stored with its pid (see :func:`notes`).

    Raises :class:`NotOurs` in a copy of a world whose programs run.
    """
    refuse_others(world)
    stop(world, [name])  # remove leftovers of an earlier, killed one
    log = paths.private(world / "logs") / f"{name}.log"
    with log.open("ab") as out:
        child = subprocess.Popen(
            list(command),
            cwd=world,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = psutil.Process(child.pid)
    record = {
        "pid": child.pid,
        "created": process.create_time(),
        "notes": notes,
        "world": str(world),
        "is": _identity(world),
    }
    paths.write_private(paths.private(world / "run") / f"{name}.json", json.dumps(record))
    return Program(name, process, log)


def find(world: Path, name: str) -> Program | None:
    """The program of that name if it runs and works on this folder, else None."""
    record = _record(world, name)
    return _alive(world, name, record) if record and _is_ours(world, record) else None


def others(world: Path) -> dict[str, list[Program]]:
    """Programs on record here that run and work on another folder, by that folder's path."""
    found: dict[str, list[Program]] = {}
    for file in sorted((world / "run").glob("*.json")):
        record = _record(world, file.stem)
        if record and "pid" in record and not _is_ours(world, record):
            program = _alive(world, file.stem, record)
            if program:
                found.setdefault(str(record["world"]), []).append(program)
    return found


def refuse_others(world: Path) -> None:
    """Raise :class:`NotOurs` if programs on record here work on another folder."""
    for folder, programs in others(world).items():
        named = ", ".join(f"{one.name} (process {one.process.pid})" for one in programs)
        raise NotOurs(
            f"{world} is a copy of {folder}, made while its programs ran, and they still run: {named}."
            " Stop them with `make stop` where they were started, then copy again:"
            " what is copied from a running database is of no use."
        )


def notes(world: Path, name: str) -> dict[str, str]:
    """What was noted when the program was started; empty when it never was, or for another folder."""
    record = _record(world, name)
    return dict(record["notes"]) if record and _is_ours(world, record) else {}


def stop(world: Path, names: Sequence[str], *, patience: float = STOP_SECONDS) -> None:
    """Stop programs and everything they started: first with SIGTERM, after ``patience`` seconds with SIGKILL.

    Children of a program that was killed (such as a scheduler's workers) are found by its session. Programs that work
    on another folder are left alone.
    """
    found = [program for name in names if (program := find(world, name))]
    families: set[psutil.Process] = set()
    for program in found:
        with suppress(psutil.NoSuchProcess):
            families |= {program.process, *program.process.children(recursive=True)}
            program.process.terminate()
    psutil.wait_procs([program.process for program in found], timeout=patience)
    records = [
        record for name in names if (record := _record(world, name)) and _is_ours(world, record)
    ]
    began = {record["pid"]: record["created"] for record in records}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            session = _session(process.pid)
            # A process older than the session is not ours: the session id was reused.
            if session in began and process.create_time() >= began[session] - 1:
                families.add(process)
    rest = [process for process in families if process.is_running()]
    for process in rest:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(rest, timeout=3)
    foreign = {program.name for programs in others(world).values() for program in programs}
    for name in set(names) - foreign:
        (world / "run" / f"{name}.json").unlink(missing_ok=True)


def wait_until(
    condition: Callable[[], object], seconds: float, what: str, *, every: float = 0.1
) -> None:
    """Poll until ``condition()`` is true; raises ``TimeoutError`` naming ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"{what} did not come within {seconds:.0f} s; if the machine is busy, try again"
            )
        time.sleep(every)


def _record(world: Path, name: str) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads((world / "run" / f"{name}.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return record


def _alive(world: Path, name: str, record: Mapping[str, Any]) -> Program | None:
    try:
        process = psutil.Process(record["pid"])
        same = abs(process.create_time() - record["created"]) < 1
    except psutil.NoSuchProcess:
        return None
    program = Program(name, process, world / "logs" / f"{name}.log")
    return program if same and program.is_alive else None


def _identity(world: Path) -> list[int]:
    """What tells a folder from its copy, and stays when it is moved: device and inode."""
    there = world.stat()
    return [there.st_dev, there.st_ino]


def _is_ours(world: Path, record: Mapping[str, Any]) -> bool:
    """Whether a record was written for this folder; one of an earlier version does not say."""
    return record.get("is") in (None, _identity(world))


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None
