"""The tables of the guides' rules with our answers, for `docs/bulk-data.md`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.guides.rules import PAGES, Rule

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "bulk-data.md"
BY_PERSONS = ("Register", "Request")
"""Headings of what a person does once, when a client is registered; an identifier of a key is of those, too."""
HEADING = "## The guide's rules for clients"


@dataclass(frozen=True)
class Guide:
    """A guide, its versions by revision, and its pages; `name` is that of its files beside this one."""

    name: str
    revisions: dict[str, str]
    pages: tuple[str, ...]
    heading: str
    said: tuple[str, ...]
    is_wrapped: bool = False

    @property
    def rules(self) -> Path:
        """The file of its rules."""
        return HERE / f"{self.name}.json"

    @property
    def answers(self) -> Path:
        """The file of our answers."""
        return HERE / f"{self.name}.yaml"


GUIDES = {
    one.name: one
    for one in (
        # STU 2 was published on 2021-11-26 and has no tag: this is the last revision before it.
        Guide(
            "bulk_data",
            {"2.0": "492174b", "3.0": "3.0.0"},
            PAGES,
            HEADING,
            (
                "`python -m tests.guides extract bulk_data CLONE` takes the rules from a clone of"
                " [HL7/bulk-data](https://github.com/HL7/bulk-data) (CC0), at the tag of 3.0.0 and at the"
                " last revision before the publication of 2.0;",
                "`python -m tests.guides table` writes this table. A test fails when a rule has no answer,"
                " or an answer names a test that is not there.",
            ),
        ),
        Guide(
            "backend_services",
            {"2.2": "2.2.0"},
            (
                "input/pages/backend-services.md",
                "input/pages/client-confidential-asymmetric.md",
            ),
            "## The rules of SMART Backend Services for clients",
            (
                "Bulk Data refers to [SMART Backend Services](https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html)"
                " for authorization. The sentences are quoted from [HL7/smart-app-launch](https://github.com/HL7/smart-app-launch)"
                " (© HL7, CC BY 4.0), at the tag 2.2.0, by `python -m tests.guides extract backend_services CLONE`.",
                "What a person does once, when the client is registered, is marked so.",
            ),
            is_wrapped=True,
        ),
    )
}


@dataclass(frozen=True)
class Answer:
    """What we do about a rule, and the tests that show it; what a person does; or why we do not."""

    done: str = ""
    tests: tuple[str, ...] = ()
    reason: str = ""
    person: str = ""


def all_rules(guide: Guide | None = None) -> list[Rule]:
    """Return the rules that were extracted, of a guide or of all."""
    found = []
    for one in [guide] if guide is not None else GUIDES.values():
        raw = json.loads(one.rules.read_text(encoding="utf-8"))
        found += [Rule(**{**each, "versions": tuple(each["versions"])}) for each in raw]
    return found


def answers() -> dict[str, Answer]:
    """Return our answers by the key of the rule."""
    return {
        key: Answer(
            one.get("done", ""),
            tuple(one.get("tests", ())),
            one.get("reason", ""),
            one.get("person", ""),
        )
        for guide in GUIDES.values()
        for key, one in yaml.safe_load(guide.answers.read_text(encoding="utf-8")).items()
    }


def page() -> str:
    """Return the page with its tables as they should be."""
    before = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    return before + "\n".join(f"{one.heading}\n\n{_table(one)}" for one in GUIDES.values())


def _table(guide: Guide) -> str:
    given = answers()
    lines = [
        *guide.said,
        "",
        "| rule | version | about | the guide says | we | test |",
        "|---|---|---|---|---|---|",
    ]
    for rule in all_rules(guide):
        answer = given[rule.key]
        tests = ", ".join(f"`{test.rpartition('::')[2]}`" for test in answer.tests)
        said = answer.done or (
            f"a person {answer.person}" if answer.person else f"do not: {answer.reason}"
        )
        about = rule.about.replace("`", "")
        lines.append(
            f"| {rule.key} | {', '.join(rule.versions)} | {about} | {rule.text} | {said} | {tests} |"
        )
    return "\n".join(lines) + "\n"
