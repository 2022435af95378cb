"""One command at a time: the second is told which one is at work."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from stack import lock, paths

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of the test's own."""
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path))


def test_a_second_command_is_refused_with_name_and_process_of_the_first() -> None:
    with (
        lock.held("nights"),
        pytest.raises(lock.Busy, match=rf"`make nights` .*process {os.getpid()}"),
        lock.held("night"),
    ):
        pytest.fail("two commands held the lock")
    assert lock.holder() is None


def test_a_killed_command_leaves_no_lock() -> None:
    held = (
        "from stack import lock\nwith lock.held('night'):\n    import os; os.kill(os.getpid(), 9)\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "include")}
    subprocess.run([sys.executable, "-c", held], env=env, check=False)
    with lock.held("night"):
        assert (lock.holder() or {})["pid"] == os.getpid()


@pytest.mark.parametrize("how", [fcntl.LOCK_SH, fcntl.LOCK_EX], ids=["who looks", "who goes"])
def test_a_lock_without_a_name_is_waited_for(how: int, tmp_path: Path) -> None:
    """`make stop` interrupts a command and takes the lock: it once met the moment between its name and its end."""
    with lock.held("night"):
        pass
    with (tmp_path / "lock").open("a+") as other:
        fcntl.flock(other, how)
        begun = time.monotonic()
        going = threading.Timer(0.3, fcntl.flock, (other, fcntl.LOCK_UN))
        going.start()
        with lock.held("stop"):
            assert time.monotonic() - begun >= 0.3
        going.join()


def test_a_lock_that_was_removed_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that opened the lock before `make clean` removed it must not be alone with its old file."""
    take = lock._take
    with lock.held("clean"):
        pass
    removed: list[bool] = []

    def removed_first(handle: IO[str]) -> None:
        if not removed:
            removed.append(True)
            lock.remove()
        take(handle)

    monkeypatch.setattr(lock, "_take", removed_first)
    with lock.held("night"):
        assert (lock.holder() or {})["command"] == "night"
        with pytest.raises(lock.Busy), lock.held("morning"):
            pytest.fail("two commands held the lock")


def test_a_folder_that_was_removed_meanwhile_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make clean` may take the folder between a command's making of it and of the lock in it."""
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path / "state"))
    write = paths.write_private
    removed: list[bool] = []

    def removed_first(file: Path, text: str) -> None:
        if not removed:
            removed.append(True)
            lock.remove()
        write(file, text)

    monkeypatch.setattr(paths, "write_private", removed_first)
    with lock.held("night"):
        assert (lock.holder() or {})["command"] == "night"
    assert removed


def test_who_holds_the_lock_is_asked_until_it_has_a_name(tmp_path: Path) -> None:
    with lock.held("night"):
        pass
    with (tmp_path / "lock").open("a+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        going = threading.Timer(0.3, fcntl.flock, (other, fcntl.LOCK_UN))
        going.start()
        assert lock.holder() is None
        going.join()


def test_a_lock_that_keeps_no_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "MOMENT_SECONDS", 0.1)
    with lock.held("night"):
        pass
    with (tmp_path / "lock").open("a+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert lock.holder() == {}
        with pytest.raises(lock.Busy), lock.held("night"):
            pytest.fail("two commands held the lock")
