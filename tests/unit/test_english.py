"""The text reads as an engineer writes it: phrases that were found once do not come back."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PHRASES: list[dict[str, str]] = yaml.safe_load(
    (ROOT / "tests" / "english" / "phrases.yaml").read_text(encoding="utf-8")
)
FOLDERS = ("dags", "docs", "include", "plugins", "sql")
KINDS = {".py", ".sql", ".md", ".yaml", ".jinja"}


@cache
def texts() -> dict[Path, str]:
    """Return the texts that people read, by file; migrations that are applied stay as they are."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*"))]
    return {
        file: file.read_text(encoding="utf-8")
        for file in [ROOT / "Makefile", *ROOT.glob("*.md"), *files]
        if (file.suffix in KINDS or file.name == "Makefile")
        and (ROOT / "sql" / "schema") not in file.parents
    }


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase["found"])
def test_a_phrase_that_was_found_does_not_come_back(phrase: dict[str, str]) -> None:
    pattern = re.compile(phrase["found"].replace(" ", r"(?:\s+(?:#|--)?\s*)"), re.IGNORECASE)
    found = [
        f"{file.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}"
        for file, text in texts().items()
        for match in [pattern.search(text)]
        if match
    ]
    assert found == [], f"write: {phrase['instead']}"


def test_every_phrase_has_its_replacement_and_is_found_where_it_stands() -> None:
    assert all(phrase["instead"] for phrase in PHRASES)
    struck = next(p["found"] for p in PHRASES if "struck" in p["found"])
    assert re.search(struck, "a clock that has struck") is None
    assert re.search(struck, "once the clock has struck")
