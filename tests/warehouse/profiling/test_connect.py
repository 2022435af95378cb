"""The whole command `make connect`: it looks, profiles a sample, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack import paths
from tests.warehouse.profiling.test_run import SIU
from throughline.vocabulary import OURS

DESK = """
source: desk
title: Appointments
standard: hl7v2
transport: folder
connection: desk_files
owner_team: front_desk
time_zone: America/Denver
folder: out
feeds:
  appointment: {expected_by: "03:00"}
"""


def connect(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stack", "connect"],
        cwd=paths.ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.nights
def test_all_sources_are_looked_at_and_nothing_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "front-range"
    (folder / "sources").mkdir(parents=True)
    left_out = "leave_out: {sources: [ehr, billing, scheduling]}\n"
    (folder / "practice.yaml").write_text((OURS / "practice.yaml").read_text("utf-8") + left_out)
    (folder / "sources" / "desk.yaml").write_text(DESK)
    (tmp_path / "files" / "out").mkdir(parents=True)
    (tmp_path / "files" / "out" / "one.hl7").write_text(SIU)
    given = {
        "THROUGHLINE_STATE": str(tmp_path / "state"),
        "DEFINITIONS": str(folder),
        "AIRFLOW_CONN_DESK_FILES": json.dumps(
            {"conn_type": "fs", "extra": {"path": str(tmp_path / "files")}}
        ),
    }
    ended = connect(**given)
    assert ended.returncode == 1, ended.stderr
    assert (
        "the connection clearinghouse_main is not given\n      set AIRFLOW_CONN_CLEARINGHOUSE_MAIN"
        in ended.stdout
    )
    assert "+ folder 'out' may be read: 1 file" in ended.stdout
    assert "A first night would receive 1 row and set 0 aside." in ended.stdout
    assert ended.stdout.endswith("To be changed: clearinghouse\n")
    assert "LEE" not in ended.stdout
    one = connect(SOURCE="desk", **given)
    assert one.returncode == 0, one.stdout
    assert "Nothing has to change." in one.stdout
    assert "appointment.status" not in one.stdout or "FILES" in one.stdout
    assert not (tmp_path / "state" / "worlds").exists()
    assert not (tmp_path / "state" / "profiles").exists()
    assert list(paths.scratch().glob("throughline-look-*")) == []
    assert sorted(path.name for path in (tmp_path / "files").rglob("*")) == ["one.hl7", "out"]
