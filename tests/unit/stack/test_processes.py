"""Programs that outlive a command: found again, told from strangers, ended with all they started."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack import processes

PARENT = """
import subprocess, sys, time
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf])
print(child.pid, flush=True)
time.sleep(60)
"""

Family = tuple[processes.Program, psutil.Process]


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """A program with a child that will not listen; both are gone at the end."""
    program = processes.spawn(tmp_path, "parent", [sys.executable, "-c", PARENT], os.environ)
    processes.wait_until(lambda: program.log.read_text().strip(), 10, "the child")
    child = psutil.Process(int(program.log.read_text()))
    yield program, child
    processes.stop(tmp_path, ["parent"], patience=1)


def gone(process: psutil.Process) -> bool:
    """Whether a process has ended, waited for or not."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_program_is_found_again_and_ended_with_its_children(
    tmp_path: Path, family: Family
) -> None:
    program, child = family
    found = processes.find(tmp_path, "parent")
    assert found is not None
    assert found.process.pid == program.process.pid
    processes.stop(tmp_path, ["parent"], patience=2)
    assert gone(program.process)
    assert gone(child)
    assert processes.find(tmp_path, "parent") is None


def test_children_of_a_killed_program_are_ended_too(tmp_path: Path, family: Family) -> None:
    program, child = family
    program.process.kill()
    program.process.wait(5)
    assert processes.find(tmp_path, "parent") is None
    assert not gone(child)
    processes.stop(tmp_path, ["parent"], patience=1)
    assert gone(child)


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    record = {"pid": os.getpid(), "created": time.time() - 90_000, "notes": {}}
    (run / "parent.json").write_text(json.dumps(record))
    assert processes.find(tmp_path, "parent") is None
    processes.stop(tmp_path, ["parent"], patience=1)


def test_waiting_gives_up_and_names_what_it_waited_for() -> None:
    with pytest.raises(TimeoutError, match="the moon"):
        processes.wait_until(lambda: False, 0.05, "the moon", every=0.01)
