"""The program and the command: from a folder, and from what has landed in a world."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stack import paths
from throughline import warehouse
from throughline.profiling import run
from throughline.sources import Address, definition
from throughline.sources.fetch import extract
from throughline.sources.source import SourceDefinition
from throughline.warehouse import nights

SIU = (
    "MSH|^~\\&|S|F|R|F|20260903120000||SIU^S12|1|P|2.5\r"
    "SCH|P1|F1|||||CHECKUP||||^^^20260910090000||||||||||||||BOOKED\r"
    "PID|1||9910^^^LAKESIDE^MR||LEE^ANN||19540302|F\r"
)


def as_files(source: str) -> SourceDefinition:
    return replace(definition(source), transport="folder", folder="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "a folder"
    made.mkdir()
    (made / "one.hl7").write_text(SIU)
    return made


def test_what_has_landed_is_looked_at_where_no_folder_is_named(
    new_warehouse: Callable[[], str],
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    landed, root = new_warehouse(), tmp_path / "landing"
    with warehouse.connect(landed) as conn:
        night = nights.open_night(conn, date(2026, 9, 3), "America/New_York")
        address = Address("box", extra={"path": str(folder)})
        extract(as_files("scheduling"), address, conn, night, root)
    monkeypatch.setenv("THROUGHLINE_DSN", new_warehouse())
    monkeypatch.setenv("THROUGHLINE_LANDED_DSN", landed)
    monkeypatch.setenv("THROUGHLINE_LANDING", str(root))
    page = tmp_path / "pages" / "scheduling.html"
    level = logging.getLogger("throughline").level
    assert run.main(["scheduling", "--page", str(page), "--as-of", "2026-09-03"]) == 0
    told = capsys.readouterr().out
    assert "1 file from the landed files of scheduling" in told
    assert "00001-one.hl7" in told
    assert "<h1>Scheduling system</h1>" in page.read_text()
    assert "LEE" not in told + page.read_text()
    monkeypatch.setenv("THROUGHLINE_DSN", new_warehouse())
    assert run.main(["ehr", "--page", str(page)]) == 1
    assert "nothing of ehr has landed yet" in capsys.readouterr().err
    assert logging.getLogger("throughline").level == level, "others log as before"


def command(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(paths.ROOT / "include")}
    env |= {"THROUGHLINE_STATE": str(tmp_path / "state"), **variables}
    return subprocess.run(
        [sys.executable, "-m", "stack", "source-profile"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_command_needs_no_world_for_a_folder(tmp_path: Path, folder: Path) -> None:
    done = command(tmp_path, SOURCE="scheduling", FOLDER=str(folder), NIGHT="2026-09-03")
    assert done.returncode == 0, done.stderr
    assert "A first night would receive 1 row and set 0 aside." in done.stdout
    page = tmp_path / "state" / "profiles" / "scheduling.html"
    assert done.stdout.endswith(f"As a page: {page}\n")
    assert page.exists()
    assert not (tmp_path / "state" / "worlds").exists()
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "SOURCE is missing"),
        ({"SOURCE": "ehr", "FOLDER": "/no/such/folder"}, "no such folder"),
        ({"SOURCE": "ehr"}, "has no warehouse yet"),
    ],
)
def test_what_is_missing_is_told(tmp_path: Path, variables: dict[str, str], told: str) -> None:
    done = command(tmp_path, **variables)
    assert done.returncode == 1
    assert told in done.stderr
