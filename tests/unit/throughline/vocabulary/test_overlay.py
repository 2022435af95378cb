"""The practice's folder lies over ours: one place says which file holds, and everything else asks there."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from throughline.definitions import examined
from throughline.practice import practice, teams
from throughline.proven.close import definition_hashes
from throughline.sources import systems
from throughline.vocabulary import OURS, DefinitionError, layers, vocabulary
from throughline.vocabulary.codes import code_rows
from throughline.workflows import load_all

ROOT = Path(__file__).resolve().parents[4]
PRACTICE = (OURS / "practice.yaml").read_text("utf-8")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a practice, in force."""
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    return tmp_path


def say(own: Path, name: str, text: str) -> Path:
    path = own / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_without_a_folder_ours_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for unset in (None, "", "  "):
        if unset is None:
            monkeypatch.delenv("THROUGHLINE_DEFINITIONS", raising=False)
        else:
            monkeypatch.setenv("THROUGHLINE_DEFINITIONS", unset)
        assert set(layers().every().values()) == {
            *OURS.glob("*.yaml"), *OURS.glob("sources/*.yaml"), *OURS.glob("workflows/*.yaml"),
            *OURS.glob("value_sets/*.json"),
        }  # fmt: skip


def test_a_file_of_the_practice_replaces_ours_of_its_name_whole(own: Path) -> None:
    say(own, "practice.yaml", PRACTICE.replace("Lakeside Medical Group", "Front Range Clinic"))
    say(own, "teams.yaml", "billing: {title: Billing, lead: Ann}\n")
    mine = say(
        own,
        "codes.yaml",
        (OURS / "codes.yaml").read_text("utf-8").replace("AMB: office", "AMB: home"),
    )
    assert practice.__wrapped__().name == "Front Range Clinic"
    assert list(teams.__wrapped__()) == ["billing"]
    assert ("visit_by_class", "", "AMB", "home") in code_rows()
    assert list(vocabulary().words["team"]) == ["billing"]
    assert list(vocabulary().words["payer"]) == ["MEDB1", "SUNADV", "MCAID", "COMM1"], "ours holds"
    assert layers().file("codes.yaml") == mine
    assert layers().file("payers.yaml") == OURS / "payers.yaml"


def test_sources_and_workflows_lie_beside_ours_or_over_them_or_are_left_out(own: Path) -> None:
    leave = "leave_out: {sources: [billing], workflows: [annual_wellness]}\n"
    say(own, "practice.yaml", PRACTICE + leave)
    mine = (OURS / "sources" / "scheduling.yaml").read_text("utf-8")
    say(own, "sources/scheduling.yaml", mine.replace("folder: outbox", "folder: siu"))
    west = mine.replace("source: scheduling", "source: west").replace(
        "appointment:", "appointment:"
    )
    say(own, "sources/west.yaml", west)
    found = {one.source: one for one in systems.systems()}
    assert list(found) == ["clearinghouse", "ehr", "scheduling", "west"]
    assert found["scheduling"].folder == "siu"
    assert "annual_wellness" not in layers().files("workflows")
    assert "sources/billing.yaml" not in layers().every()
    assert "billing" not in vocabulary().words["source"]


def test_what_a_practice_leaves_out_is_no_workflow_of_tonight(own: Path) -> None:
    say(own, "practice.yaml", PRACTICE + "leave_out: {workflows: [annual_wellness]}\n")
    assert [one.workflow for one in load_all()] == ["charge_capture", "transitional_care"]


def test_a_night_keeps_the_hash_of_what_held(own: Path) -> None:
    before = definition_hashes()
    say(own, "codes.yaml", (OURS / "codes.yaml").read_text("utf-8") + "# ours\n")
    text = "based_on: {workflow: transitional_care, version: 2}\nversion: 1001\n"
    say(own, "workflows/transitional_care.yaml", text)
    after = definition_hashes()
    assert {name for name, sha in after.items() if before.get(name) != sha} == {
        "codes.yaml", "workflows/transitional_care.yaml", "based_on/transitional_care.yaml",
    }  # fmt: skip


def test_a_folder_that_is_not_there_is_no_reason_to_use_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", "/nowhere/at/all")
    with pytest.raises(DefinitionError, match="/nowhere/at/all: there is no such folder"):
        layers()


def test_nothing_else_looks_for_definitions() -> None:
    """A second reading of either folder would miss what the other one says."""
    allowed = {
        "include/throughline/vocabulary/overlay.py",
        "include/throughline/vocabulary/files.py",  # which names of ours `leave_out` may have
        "include/throughline/vocabulary/schemas.py",  # the schemas are ours alone
        "include/throughline/vocabulary/page.py",  # the page of words is about ours
        "include/throughline/sources/definitions.py",  # as schemas.py
        "include/throughline/workflows/based_on.py",  # what a practice's workflow is based on
        "include/throughline/definitions/__init__.py",  # which versions are ours
        "include/throughline/definitions/written.py",  # what of ours has changed
        "include/throughline/definitions/lay_out.py",  # what a new folder begins with
    }
    looks = re.compile(r"\bOURS\b|/ \"definitions\"|\"THROUGHLINE_DEFINITIONS\"")
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("include/throughline", "dags", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if looks.search(path.read_text("utf-8"))
    }
    assert found - allowed - {"include/throughline/vocabulary/__init__.py"} == set()


@pytest.mark.parametrize("closed", ["", "sources", "workflows"])
def test_a_folder_that_cannot_be_read_is_refused_and_ours_does_not_hold_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "workflows").mkdir()
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    listed = Path.iterdir

    def denied(path: Path) -> Iterator[Path]:
        if path == tmp_path / closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    assert layers().own == tmp_path
    monkeypatch.setattr(Path, "iterdir", denied)
    said = rf"{re.escape(str(tmp_path / closed))}: cannot be read \(Permission denied\): .* uid \d+"
    with pytest.raises(DefinitionError, match=said):
        layers()
    assert examined().faults
