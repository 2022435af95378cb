"""Only one command at a time works on a clone's nights. The lock ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from stack import paths

MOMENT_SECONDS = 5.0
"""How long the lock may be held anonymously: by a command that is starting, ending or only checking."""
STEP_SECONDS = 0.02


class Busy(RuntimeError):
    """Another command is running; the message says which, and since when."""


@contextmanager
def held(command: str) -> Iterator[None]:
    """Hold the clone's lock for a command. Raises :class:`Busy` at once when another has it."""
    with _taken() as handle:
        since = time.strftime("%H:%M:%S")
        record = {"command": command, "pid": os.getpid(), "since": since}
        handle.seek(0)
        handle.truncate()
        handle.write(json.dumps(record))
        handle.flush()
        try:
            yield
        finally:
            handle.seek(0)
            handle.truncate()


def remove() -> None:
    """Remove the lock that this process holds, and the state folder if nothing else is in it."""
    folder = paths.state_folder()
    (folder / "lock").unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def holder() -> dict[str, object] | None:
    """Command, pid and start time of the running command, or None; empty if it gave no name in time."""
    told = _look()
    deadline = time.monotonic() + MOMENT_SECONDS
    while told == {} and time.monotonic() < deadline:
        time.sleep(STEP_SECONDS)
        told = _look()
    return told


@contextmanager
def _taken() -> Iterator[IO[str]]:
    """Open the lock and take it. If `remove` was faster, open the one that is there now."""
    while True:
        with _opened() as handle:
            _take(handle)
            if _is_current(handle):
                yield handle
                return


def _is_current(handle: IO[str]) -> bool:
    """Whether the open file is still the one with its name."""
    try:
        return os.path.samestat(Path(handle.name).stat(), os.fstat(handle.fileno()))
    except FileNotFoundError:
        return False


def _take(handle: IO[str]) -> None:
    deadline = time.monotonic() + MOMENT_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = _look()
        else:
            return
        if told or time.monotonic() > deadline:
            break
        time.sleep(STEP_SECONDS)
    told = told or {}
    raise Busy(
        f"`make {told.get('command', '?')}` is at work in this clone"
        f" (process {told.get('pid', '?')}, since {told.get('since', '?')});"
        " wait for it, or end it with `make stop`"
    )


def _look() -> dict[str, object] | None:
    with _opened() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            try:
                told: dict[str, object] = json.loads(handle.read())
            except ValueError:
                return {}
            return told
    return None


def _opened() -> IO[str]:
    """Open the lock, making it at the first time; `remove` may take file or folder away in between."""
    while True:
        try:
            file = paths.state_folder() / "lock"
            if not file.exists():
                paths.write_private(file, "")
            return file.open("a+")
        except FileNotFoundError:
            continue
