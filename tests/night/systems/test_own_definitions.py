"""A practice with definitions of its own, beside this tree, lives by them: its name, sites and workflows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from throughline.vocabulary import OURS

if TYPE_CHECKING:
    from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

NAME = "Front Range Family Medicine"
SITES = """
sites:
  west: {name: Front Range West, time_zone: America/Denver, locations: {scheduling: [WEST]}}
leave_out: {workflows: [annual_wellness]}
"""
BASED = """
based_on: {workflow: transitional_care, version: 2}
version: 1001
title: Our care after a stay
stages:
  - {stage: scheduled, remove: true}
"""


def written(folder: Path) -> Path:
    """Write the practice's folder: another name, a second site, a workflow of ours changed, one left out."""
    (folder / "workflows").mkdir(parents=True)
    text = (OURS / "practice.yaml").read_text("utf-8").replace("Lakeside Medical Group", NAME)
    (folder / "practice.yaml").write_text(text + SITES, "utf-8")
    (folder / "workflows" / "transitional_care.yaml").write_text(BASED, "utf-8")
    return folder


def test_a_practice_lives_by_its_own_definitions(
    make_practice: Callable[..., Practice], tmp_path: Path
) -> None:
    folder = written(tmp_path / "front-range")
    before = {path: path.read_bytes() for path in OURS.rglob("*.yaml")}
    practice = make_practice(40)
    said = practice.night(DEFINITIONS=folder)
    assert f"definitions: {folder}" in said
    page = (practice.world / "pages" / "latest.html").read_text("utf-8")
    assert NAME in page
    again = practice.run("ui")  # a command that does not name them uses the world's
    assert again.returncode == 0, again.stderr
    assert f"definitions: {folder}" in again.stdout
    versions = "select workflow, version, status from cases.workflow_version order by 1"
    assert practice.rows(versions) == [
        ("charge_capture", 2, "active"), ("transitional_care", 1001, "active"),
    ]  # fmt: skip
    known = practice.rows("select distinct workflow, version from cases.case_record")
    assert set(known) <= {("charge_capture", 2), ("transitional_care", 1001)}
    assert known
    assert practice.rows("select value from cases.setting_known where name = 'site_of_place'") == [
        ("west",)
    ]
    hashes = practice.value("select definition_hashes from operations.night where seq = 1")
    assert "workflows/annual_wellness.yaml" not in hashes
    assert "based_on/transitional_care.yaml" in hashes

    (folder / "workflows" / "transitional_care.yaml").write_text(BASED + "owner: nobody\n", "utf-8")
    broken = practice.run("night")
    assert broken.returncode == 1
    assert (
        f"{folder}/workflows/transitional_care.yaml:7: owner: unknown key 'owner'" in broken.stderr
    )
    assert practice.value("select count(*) from operations.night") == 1, "nothing was started"
    assert {path: path.read_bytes() for path in OURS.rglob("*.yaml")} == before
    shutil.rmtree(folder)
    gone = practice.run("status")
    assert "there is no such folder" in gone.stderr
