"""What makes a patient the practice's, as `practice.yaml` says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from throughline import practice
from throughline.vocabulary import OURS, DefinitionError, check_files

TEXT = (OURS / "practice.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", {"practitioner": "yes"}),
        (
            "attribution: {visit_days: 730}",
            {"practitioner": "yes", "booked": "no", "visit_days": "730"},
        ),
        ("attribution: {booked: true}", {"practitioner": "yes", "booked": "yes"}),
        (
            "attribution: {practitioner: false, booked: true}",
            {"practitioner": "no", "booked": "yes"},
        ),
    ],
)
def test_what_is_said_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, expected: dict[str, str]
) -> None:
    (tmp_path / "practice.yaml").write_text(f"{TEXT}\n{said}\n", "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    practice.practice.cache_clear()
    try:
        found = dict(practice.practice().attribution)
    finally:
        monkeypatch.undo()
        practice.practice.cache_clear()
    assert {"booked": "no", **found} == {"booked": "no", **expected}


@pytest.mark.parametrize(
    "said", ["attribution: {}", "attribution: {visits: 3}", "attribution: {visit_days: 0}"]
)
def test_what_means_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    (tmp_path / "practice.yaml").write_text(f"{TEXT}\n{said}\n", "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    with pytest.raises(DefinitionError, match="attribution"):
        check_files()
