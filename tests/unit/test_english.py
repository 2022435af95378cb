"""The text reads as an engineer writes it: phrases that were found once do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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


NOUNS = (
    "acts", "batches", "calls", "cases", "claims", "codes", "days", "deliveries", "exceptions", "expectations",
    "feeds", "files", "lines", "migrations", "nights", "patients", "payments", "people", "persons", "questions",
    "records", "rows", "stages", "tasks", "times", "transmissions",
)  # fmt: skip
PLURAL = re.compile(rf" (?:more |open |other |overdue |planned )?(?:{'|'.join(NOUNS)})\b")
NEVER_ONE = (
    "max(limit, 365)",  # a year, or longer
    "said.lookback_days", "said.ahead_days", "MOST_AHEAD.days",  # settings
    "len(open_)", "len(nights)", "before",  # one has words of its own
    "row.times",  # the same
    "chosen.patients",  # the size of a world
    "_SUM",  # SQL
)  # fmt: skip
"""Numbers that may stand before a plural, as they are written."""


def plurals(code: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each number that stands before a plural in a text that a program makes."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.JoinedStr):
            for value, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                    number = ast.unparse(value.value)
                    if PLURAL.match(str(after.value)) and number not in NEVER_ONE:
                        yield node.lineno, number + str(after.value)[:20]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for found in re.finditer(r"\{\w+\}", node.value):
                if PLURAL.match(node.value, found.end()):
                    yield node.lineno, node.value[found.start() : found.end() + 20]


def test_no_number_stands_before_a_plural_that_may_be_one() -> None:
    """`1 exceptions`: a number gets its noun from `throughline.vocabulary.counts`."""
    found = [
        (str(file.relative_to(ROOT)), *where)
        for file, text in texts().items()
        if file.suffix == ".py" and "sandbox" not in file.parts
        for where in plurals(text)
    ]
    found += [
        (str(file.relative_to(ROOT)), text[: match.start()].count("\n") + 1, match[0])
        for file, text in texts().items()
        if file.suffix == ".jinja"
        for match in re.finditer(rf"}}}}{PLURAL.pattern}", text)
    ]
    assert found == []
    planted = """f"{len(rows)} rows"; "{cases} open cases"; f"{n:,} exceptions"; f"{counted(n, 'row')} rowed" """
    assert len(list(plurals(planted))) == 3
