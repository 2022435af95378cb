"""A practice's files keep against which of ours they were written, and the check says what has changed since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from throughline.definitions import written
from throughline.definitions.__main__ import main
from throughline.vocabulary import OURS
from throughline.workflows import based_on

BASED = "based_on: {workflow: transitional_care, version: 2}\nversion: 1001\n"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A practice with codes of its own and a workflow that is based on one of ours."""
    (tmp_path / "own" / "workflows").mkdir(parents=True)
    shutil.copy(OURS / "codes.yaml", tmp_path / "own" / "codes.yaml")
    (tmp_path / "own" / "workflows" / "tcm.yaml").write_text(BASED + "workflow: tcm\n", "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ours, which a newer version may change."""
    folder = Path(shutil.copytree(OURS, tmp_path / "ours"))
    monkeypatch.setattr(written, "OURS", folder)
    monkeypatch.setattr(based_on, "OURS", folder)
    monkeypatch.setattr("throughline.vocabulary.overlay.OURS", folder)
    monkeypatch.setattr("throughline.definitions.OURS", folder)
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_what_ours_were_is_kept_once(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = own / "written_against"
    assert f"Kept ours in {kept}/codes.yaml" in told(capsys)
    assert sorted(p.relative_to(kept).as_posix() for p in kept.rglob("*.yaml")) == [
        "codes.yaml", "workflows/transitional_care.yaml",
    ]  # fmt: skip
    assert "Kept" not in told(capsys)
    assert "has changed" not in told(capsys)


def test_what_of_ours_has_changed_is_told_until_it_is_noted(
    own: Path, ours: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys)
    codes = ours / "codes.yaml"
    codes.write_text(codes.read_text("utf-8").replace("SS: observation", "SS: inpatient"), "utf-8")
    workflow = ours / "workflows" / "transitional_care.yaml"
    workflow.write_text(workflow.read_text("utf-8").replace("version: 2", "version: 3"), "utf-8")
    for _ in range(2):
        said = told(capsys)
        assert (
            f"{own}/codes.yaml: codes.yaml of Throughline has changed since it was written" in said
        )
        assert "-    SS: observation\n+    SS: inpatient\n" in said
        assert (
            f"{own}/workflows/tcm.yaml: workflows/transitional_care.yaml of Throughline has changed"
            in said
        )
        assert "-version: 2\n+version: 3\n" in said
        assert "make check-definitions TAKE_NOTE=1" in said
        assert f"based on {own}/written_against/workflows/transitional_care.yaml" in said
    (own / "workflows" / "tcm.yaml").write_text(
        BASED.replace("version: 2}", "version: 3}").replace("1001", "1002") + "workflow: tcm\n",
        "utf-8",
    )
    told(capsys, "--take-note")
    said = told(capsys)
    assert "has changed" not in said
    assert "tcm 1002  active  sha256" in said


def test_a_folder_that_cannot_be_written_is_checked_all_the_same(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "written_against").write_text("no folder", "utf-8")
    assert "cannot be written" in told(capsys)
    assert main(["--take-note"]) == 1
    assert "cannot be written" in capsys.readouterr().out


def test_what_ours_no_longer_have_is_told(
    own: Path, ours: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys)
    (ours / "workflows" / "transitional_care.yaml").unlink()
    said = told(capsys)
    assert (
        "Throughline has no workflows/transitional_care.yaml any more; yours goes on as it is"
        in said
    )
