"""One command at a time: the second is told which one is at work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack import lock

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """A state folder of the test's own."""
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path))


def test_a_second_command_is_refused_with_name_and_process_of_the_first():
    with (
        lock.held("nights"),
        pytest.raises(lock.Busy, match=rf"`make nights` .*process {os.getpid()}"),
        lock.held("night"),
    ):
        pytest.fail("two commands held the lock")
    assert lock.holder() is None


def test_a_killed_command_leaves_no_lock():
    held = (
        "from stack import lock\nwith lock.held('night'):\n    import os; os.kill(os.getpid(), 9)\n"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "include")}
    subprocess.run([sys.executable, "-c", held], env=env, check=False)
    with lock.held("night"):
        assert (lock.holder() or {})["pid"] == os.getpid()
