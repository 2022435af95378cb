"""Drafts of workflows: ours are sound, a practice's own are checked beside them, and no night reads either."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from throughline.definitions.drafts import examined, main, seasons
from throughline.vocabulary import OURS, Layers
from throughline.vocabulary.files import faults, strangers
from throughline.vocabulary.lists import vocabulary
from throughline.vocabulary.overlay import DRAFTS, SETTING

PAGE = OURS.parents[1] / "docs" / "workflow-language.md"
EXAMPLE = re.findall(r"```yaml\n(workflow: .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a practice with the example of the docs as its draft."""
    (tmp_path / DRAFTS).mkdir()
    (tmp_path / DRAFTS / "call_back.yaml").write_text(EXAMPLE)
    monkeypatch.setenv(SETTING, str(tmp_path))
    return tmp_path


def test_ours_are_sound(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    assert main([]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told] == [
        "annual_wellness",
        "charge_capture",
        "transitional_care",
    ]
    assert all("  sound  include/definitions/drafts/" in line for line in told)


def test_the_example_of_the_page_is_sound_and_has_a_page(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["call_back"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# Call back after a discharge\n")
    assert "Call the patient. A message is a try, and no contact." in told
    assert main(["--into", str(own / "pages"), str(own / DRAFTS / "call_back.yaml")]) == 0
    assert (own / "pages" / "call_back.md").read_text() == told
    assert "<title>Call back after a discharge" in (own / "pages" / "call_back.html").read_text()


def test_every_fault_is_told_and_no_page_is_made(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own / DRAFTS / "call_back.yaml"
    broken = EXAMPLE.replace("owner: care_management", "owner: nobody").replace(
        "until: seen", "until: never"
    )
    file.write_text(broken)
    assert main(["call_back"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines[0].startswith(f"{file}:4: owner: 'nobody' is not a team")
    assert re.search(r":\d+: ends/readmitted/until: 'never' is not a stage of this file", lines[1])
    assert lines[2].startswith("2 faults in the drafts")
    assert main([]) == 1
    assert "2 faults  " in capsys.readouterr().out


def test_a_draft_that_there_is_not(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call_bakc"]) == 1
    assert "no such draft; the nearest is call_back" in capsys.readouterr().err


def test_faults_of_what_drafts_share_are_told(own: Path) -> None:
    stages = own / DRAFTS / "standard_stages.yaml"
    stages.write_text(
        "facts: {spoke: {kind: contcat}}\nstages: [{stage: contact, proof: {exists: spoke}}]\n"
    )
    _, wrong, _ = examined(Layers(OURS, own))
    assert wrong == [
        f"{stages}:1: facts/spoke/kind: 'contcat' is not a kind of fact: the nearest is 'contact'"
    ]


def test_one_draft_sees_the_workflows_of_the_others(own: Path) -> None:
    other = EXAMPLE.replace("workflow: call_back", "workflow: second").replace(
        "again: {kind: admission}", "again: {kind: case, codes: [call_back]}"
    )
    (own / DRAFTS / "second.yaml").write_text(other)
    found, wrong, _ = examined(Layers(OURS, own))
    assert not wrong
    assert {path.stem: one.problems for path, one in found.items()}["second"] == ()


def test_what_no_configured_feed_brings_is_told(own: Path) -> None:
    file = own / DRAFTS / "call_back.yaml"
    file.write_text(
        EXAMPLE.replace(
            "spoke: {kind: contact, codes: [reached]}", "spoke: {kind: acknowledgement}"
        )
    )
    found, _, _ = examined(Layers(OURS, own))
    (told,) = found[file].problems
    assert "no feed of this practice can prove called: none brings acknowledgement" in told


def test_no_night_reads_a_draft(own: Path) -> None:
    folder = Layers(OURS, own)
    assert not [name for name in folder.every() if name.startswith(DRAFTS)]
    assert list(strangers(own)) == []
    (own / DRAFTS / "call_back.yaml").write_text("workflow: [")
    assert faults(folder, vocabulary(folder)) == []


def test_seasons_of_the_calendars(own: Path) -> None:
    days = "business_days: {country: US, from_year: 2015, to_year: 2035}\n"
    flu = "seasons: {flu: {title: Influenza, begins: 09-01, ends: %s, source: ACIP}}\n"
    folder = Layers(OURS, own)
    assert seasons(folder) == {}
    (own / "calendars.yaml").write_text(days + flu % "04-30")
    assert seasons(folder) == {"flu": ((9, 1), (4, 30))}
    assert faults(folder, vocabulary(folder)) == []
    (own / "calendars.yaml").write_text(days + flu % "02-30")
    (told,) = faults(folder, vocabulary(folder))
    assert told.endswith("seasons/flu/ends: '02-30' is a day of no year")
