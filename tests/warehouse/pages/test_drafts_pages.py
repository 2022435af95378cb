"""The pages of drafts: all of them with their faults, and of a sound one the page that its owner signs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from throughline.pages.starting import drafts
from throughline.vocabulary.overlay import OURS, SETTING

Browser = Callable[[str], TestClient]
pytestmark = pytest.mark.nights


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a practice's own definitions; it holds a draft with two faults."""
    (tmp_path / "drafts").mkdir()
    text = (OURS / "drafts" / "charge_capture.yaml").read_text()
    broken = text.replace("owner: billing", "owner: <b>nobody</b>", 1).replace(
        "{kind: ", "{kin: ", 1
    )
    (tmp_path / "drafts" / "broken.yaml").write_text(broken)
    monkeypatch.setenv(SETTING, str(tmp_path))
    return tmp_path


def test_all_drafts_and_one_that_is_sound(
    opened_as: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    browser = opened_as("viewer")
    listed = browser.get("/drafts").text
    assert listed.count('<td class="flag">sound</td>') == 3
    assert 'href="/drafts/transitional_care"' in listed
    shown = browser.get("/drafts/transitional_care")
    assert shown.status_code == 200
    assert "No night runs it yet" in shown.text
    assert "There is a record of" in shown.text
    assert "<svg" in shown.text
    assert shown.text.count("<h1>") == 1
    assert browser.get("/drafts/nothing").status_code == 404


def test_faults_are_told_and_a_mended_file_is_read_anew(opened_as: Browser, own: Path) -> None:
    browser = opened_as("viewer")
    assert '<td class="flag">2 faults</td>' in browser.get("/drafts").text
    shown = browser.get("/drafts/broken").text
    assert "2 faults: the page that its owner signs is made when there is none" in shown
    assert "&#39;&lt;b&gt;nobody&lt;/b&gt;&#39; is not a team" in shown
    assert "<svg" not in shown
    (own / "drafts" / "broken.yaml").write_text(
        (OURS / "drafts" / "charge_capture.yaml").read_text() + "# mended\n"
    )
    assert "<svg" in browser.get("/drafts/broken").text


def test_what_drafts_share_is_told_on_each_page(opened_as: Browser, own: Path) -> None:
    (own / "drafts" / "standard_stages.yaml").write_text("facts: {a: {kind: nope}}\nstages: []\n")
    browser = opened_as("viewer")
    told = "is not a kind of fact"
    assert told in browser.get("/drafts").text
    assert told in browser.get("/drafts/charge_capture").text
    drafts._kept.forget()
