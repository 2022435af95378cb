"""Folders of worlds that tests make, and those that killed runs left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from stack import paths, postgres

ROOT = Path(__file__).resolve().parents[1]
STOP_SECONDS = 300


def state_folder(prefix: str, where: Path) -> Path:
    """Make a state folder of this process's own; those that killed ones left go first, with what runs in them."""
    for scratch in dict.fromkeys((where, paths.MEMORY, paths.ON_DISK)):
        for left in postgres.orphans(scratch, prefix):
            forget(left)
    # Not pytest's folder: it is closed to the user that PostgreSQL runs as when the tests run as root.
    return postgres.made_folder(prefix, where)


def forget(state: Path) -> None:
    """Stop whatever runs of a state folder's worlds, and remove it."""
    subprocess.run(
        [sys.executable, "-m", "stack", "stop"],
        cwd=ROOT,
        env=os.environ | {"THROUGHLINE_STATE": str(state), "PYTHONPATH": str(ROOT / "include")},
        capture_output=True,
        timeout=STOP_SECONDS,
        check=False,
    )
    postgres.stop(state, at_once=True)
    shutil.rmtree(state, ignore_errors=True)
