"""One command at a time works on a clone's nights. The lock goes with the process that holds it, however it ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack import paths


class Busy(RuntimeError):
    """Another command is at work; the text says which and since when."""


@contextmanager
def held(command: str) -> Iterator[None]:
    """Hold the clone's lock for a command. Raises :class:`Busy` at once when another has it."""
    file = _file()
    with file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = holder() or {}
            raise Busy(
                f"`make {told.get('command', '?')}` is at work in this clone"
                f" (process {told.get('pid', '?')}, since {told.get('since', '?')});"
                " wait for it, or end it with `make stop`"
            ) from None
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


def holder() -> dict[str, object] | None:
    """Command, pid and time of the command at work, or None."""
    with _file().open("a+") as handle:
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


def _file() -> Path:
    file = paths.state_folder() / "lock"
    if not file.exists():
        paths.write_private(file, "")
    return file
