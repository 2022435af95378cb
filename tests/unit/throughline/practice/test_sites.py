"""A site says its time zone only if it is another than the practice's."""

from __future__ import annotations

from pathlib import Path

import pytest

from throughline import practice
from throughline.vocabulary import OURS, check_files

TEXT = (OURS / "practice.yaml").read_text("utf-8")
SITES = """
sites:
  east: {name: East, locations: {ehr: [loc-east]}}
  west: {name: West, time_zone: America/Denver, locations: {ehr: [loc-west]}}
"""


def test_a_site_follows_the_practices_zone_unless_it_says_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "practice.yaml").write_text(TEXT.partition("\nsites:")[0] + SITES, "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    practice.practice.cache_clear()
    try:
        check_files()
        found = practice.practice()
    finally:
        monkeypatch.undo()
        practice.practice.cache_clear()
    assert {site.site: site.time_zone for site in found.sites} == {
        "east": found.time_zone,
        "west": "America/Denver",
    }
    assert found.time_zone != "America/Denver"
