"""The environment is made once, and what hinders that is told in one line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack import bootstrap


@pytest.mark.parametrize("how", ["folder", "link"])
def test_a_clone_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, how: str) -> None:
    """Not by rights: the tests may run as root, who may write anywhere."""
    copy = tmp_path / "include" / "stack" / "bootstrap.py"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(bootstrap.__file__, copy)
    (tmp_path / "requirements.txt").touch()
    lock = tmp_path / ".venv.lock"
    if how == "folder":
        lock.mkdir()
    else:
        lock.symlink_to(tmp_path / "nothing" / "lock")
    told = subprocess.run(
        [sys.executable, str(copy)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (1, "", 1)
    assert "cannot be installed into this clone" in told.stderr
    assert ".venv.lock" in told.stderr
