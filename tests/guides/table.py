"""The table of a guide's rules with our answers, for `docs/bulk-data.md`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.guides.rules import Rule

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RULES, ANSWERS = HERE / "bulk_data.json", HERE / "bulk_data.yaml"
PAGE = ROOT / "docs" / "bulk-data.md"
HEADING = "## The guide's rules for clients"


@dataclass(frozen=True)
class Answer:
    """What we do about a rule, and the tests that show it; or why we do not."""

    done: str = ""
    tests: tuple[str, ...] = ()
    reason: str = ""


def all_rules() -> list[Rule]:
    """Return the rules that were extracted."""
    raw = json.loads(RULES.read_text(encoding="utf-8"))
    return [Rule(**{**one, "versions": tuple(one["versions"])}) for one in raw]


def answers() -> dict[str, Answer]:
    """Return our answers by the key of the rule."""
    raw = yaml.safe_load(ANSWERS.read_text(encoding="utf-8"))
    return {
        key: Answer(one.get("done", ""), tuple(one.get("tests", ())), one.get("reason", ""))
        for key, one in raw.items()
    }


def page() -> str:
    """Return the page with its table as it should be."""
    before = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    return f"{before}{HEADING}\n\n{_table()}"


def _table() -> str:
    given = answers()
    lines = [
        "`python -m tests.guides extract CLONE` takes the rules from a clone of"
        " [HL7/bulk-data](https://github.com/HL7/bulk-data) (CC0), at the tag of 3.0.0 and at the last"
        " revision before the publication of 2.0;",
        "`python -m tests.guides table` writes this table. A test fails when a rule has no answer, or"
        " an answer names a test that is not there.",
        "",
        "| rule | version | about | the guide says | we | test |",
        "|---|---|---|---|---|---|",
    ]
    for rule in all_rules():
        answer = given[rule.key]
        tests = ", ".join(f"`{test.rpartition('::')[2]}`" for test in answer.tests)
        said = answer.done or f"do not: {answer.reason}"
        about = rule.about.replace("`", "")
        lines.append(
            f"| {rule.key} | {', '.join(rule.versions)} | {about} | {rule.text} | {said} | {tests} |"
        )
    return "\n".join(lines) + "\n"
