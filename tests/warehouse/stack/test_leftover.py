"""What a killed run of tests leaves: the next one stops and removes it, and nothing of one that still runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack import paths, postgres
from tests import leftover

PREFIX = "throughline-leftover-"
ROOT = Path(__file__).resolve().parents[3]
_KILLED = """
import os, signal, sys
from pathlib import Path
from stack import postgres
from tests import leftover
state = leftover.state_folder(sys.argv[1], Path(sys.argv[2]))
world = state / "worlds" / "patients-1-s1"
world.mkdir(parents=True)
for folder in (world, world.parent):
    folder.chmod(0o711)
postgres.start(world, durable=False)
print(state, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = postgres.made_folder("throughline-where-", paths.scratch())
    yield folder
    for left in folder.glob(f"{PREFIX}*"):
        leftover.forget(left)
    leftover.forget(folder)


def test_the_next_run_stops_and_removes_what_a_killed_one_left(where: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, PREFIX, str(where)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    left = Path(killed.stdout.strip())
    assert (killed.returncode, left.parent) == (-9, where), killed.stderr
    server = postgres.running(left / "worlds" / "patients-1-s1")
    assert server is not None
    pid = int((server.state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    own = leftover.state_folder(PREFIX, where)
    assert [folder.name for folder in where.glob(f"{PREFIX}*")] == [own.name]
    assert not psutil.pid_exists(pid)


def test_what_still_runs_or_says_nothing_of_itself_stays(where: Path) -> None:
    running = leftover.state_folder(PREFIX, where)
    (where / f"{PREFIX}of-somebody-else").mkdir()
    child = psutil.Process(subprocess.Popen([sys.executable, "-c", "pass"]).pid)
    since = child.create_time()
    child.wait(30)
    (running / "worlds").mkdir()
    ended = postgres.made_folder(PREFIX, where)
    (ended / "of").write_text(json.dumps((child.pid, since)))
    assert list(postgres.orphans(where, PREFIX)) == [ended]
