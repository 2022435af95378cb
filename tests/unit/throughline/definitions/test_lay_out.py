"""A new practice begins with a folder that passes the check, and that says what to change."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.throughline.definitions.test_check import ROOT
from throughline.definitions import examined, lay_out
from throughline.practice import practice
from throughline.practice.permissions import teams_asked

SAID = ["--name", "Front Range: Family & Co", "--zone", "America/Denver", "--phone", "3035550100"]


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "front-range"


def test_it_passes_the_check_and_says_who_the_practice_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lay_out.main([*SAID, "--npi", "1234567893", str(folder)]) == 0
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))
    assert examined().faults == ()
    said = practice.__wrapped__()
    assert (said.name, said.time_zone, said.billing_phone) == (
        "Front Range: Family & Co", "America/Denver", "3035550100",
    )  # fmt: skip
    assert teams_asked("attest_claims") == {"1234567893": "billing"}
    kept = sorted(path.name for path in (folder / "written_against").glob("*.yaml"))
    assert kept == ["payers.yaml", "permissions.yaml", "practice.yaml", "teams.yaml"]
    for name in ("practice", "teams", "permissions", "payers"):
        first = (folder / f"{name}.yaml").read_text("utf-8").splitlines()[0]
        schema = Path(first.removeprefix("# yaml-language-server: $schema="))
        assert schema.name == f"{name}.json"
        assert schema.is_file()


def test_a_folder_that_is_not_empty_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir(parents=True)
    (folder / "mine").write_text("", "utf-8")
    assert lay_out.main([*SAID, str(folder)]) == 1
    assert "is there and not empty; name a new folder" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["mine"]
    (folder / "mine").unlink()
    assert lay_out.main([*SAID, str(folder)]) == 0


def test_what_cannot_be_is_told_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lay_out.main([*SAID, "--zone", "America/Denvr", "--npi", "1234567890", str(folder)]) == 1
    told = capsys.readouterr().err
    assert f"{folder}/practice.yaml:4: time_zone: 'America/Denvr' is not a time zone" in told
    assert f"{folder}/permissions.yaml:" in told
    assert "'1234567890' is no NPI" in told
    assert list(folder.parent.iterdir()) == []


def test_what_is_missing_is_asked_at_a_terminal_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lay_out.main(["--name", "Front Range", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "there is no terminal to ask at: ZONE= (Time zone" in told
    assert "PHONE=" in told
    assert "NPI=" not in told

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    answers = iter(["", "America/Denver", "3035550100", "", "billing"])

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", answer)
    assert lay_out.main(["--name", "Front Range", str(folder)]) == 0
    assert [each.partition(",")[0].partition(" ")[0] for each in asked] == [
        "Time",
        "Time",
        "Phone",
        "NPI",
        "Roles",
    ]
    assert "billing: {form: inside}" in (folder / "sources/inside.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    "roles", ["outreach,schedule, billing", "outreach schedule billing billing"]
)
def test_work_that_stays_inside_has_a_source_of_its_own(
    folder: Path, roles: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lay_out.main([*SAID, "--inside", roles, str(folder)]) == 0
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))
    checked = examined()
    assert checked.faults == ()
    [inside] = [one for one in checked.sources if one.source == "inside"]
    assert {name: role.form for name, role in inside.roles.items()} == {
        "outreach": "inside", "schedule": "inside", "billing": "inside",
    }  # fmt: skip


def test_without_it_no_source_is_written(folder: Path) -> None:
    assert lay_out.main([*SAID, str(folder)]) == 0
    assert list((folder / "sources").glob("*.yaml")) == []


def test_a_role_that_cannot_stay_inside_is_told_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in ("billng", "payer"):
        assert lay_out.main([*SAID, "--inside", wrong, str(folder)]) == 1
        assert f"{folder}/sources/inside.yaml" in capsys.readouterr().err
        assert list(folder.parent.iterdir()) == []


@pytest.mark.nights
@pytest.mark.parametrize("option", ["THROUGHLINE_DEFINITIONS", "DEFINITIONS"])
def test_the_tests_pass_with_a_practices_folder_set(folder: Path, option: str) -> None:
    assert lay_out.main([*SAID, str(folder)]) == 0
    practices = folder / "practice.yaml"
    practices.write_text(
        practices.read_text("utf-8") + "leave_out: {workflows: [transitional_care]}\n", "utf-8"
    )
    files = [
        "definitions/test_readiness.py",
        "definitions/test_back.py",
        "practice",
        "sources/test_definitions.py",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
        + [f"tests/unit/throughline/{file}" for file in files],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "include"), option: str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert " passed" in done.stdout


def test_the_commands_that_are_printed_are_for_this_folder_also_with_a_blank(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "our practice"
    assert lay_out.main([*SAID, str(folder)]) == 0
    said = [
        *(folder / "README.md").read_text("utf-8").splitlines(),
        *capsys.readouterr().out.splitlines(),
    ]
    commands = [line for line in said if line.startswith("make ")]
    assert [shlex.split(line)[2] for line in commands] == [f"DEFINITIONS={folder}"] * 4
