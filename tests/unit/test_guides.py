"""Every rule that a guide addresses to clients has an answer, and every answer its test."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.guides import rules, table

PAGE = """
#### Bulk Data Kick-off Request

A client MAY ask. Clients SHOULD wait, and a server SHALL answer. The server SHALL tell the client.
All exchanges between a client and a server SHALL be secured using [TLS](http://tls).

- `Accept` (string)

  A client SHOULD provide this header. If omitted, the server MAY return an error.

<td>FHIR search parameters such as <code>_sort</code> SHALL NOT be used.<br/>The response SHALL be filtered.</td>
```
a client SHALL do what an example says
```
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with two revisions of a page; the second has one rule more."""

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, timeout=60)

    git("init", "-q")
    page = tmp_path / rules.PAGE
    page.parent.mkdir(parents=True)
    for tag, text in (("one", PAGE), ("two", PAGE + "\nA client SHALL NOT shout.\n")):
        page.write_text(text, encoding="utf-8")
        git("add", "-A")
        git("commit", "-q", "-m", tag)
        git("tag", tag)
    return tmp_path


def test_rules_for_clients_are_told_from_rules_for_servers(clone: Path) -> None:
    found = rules.of(clone, {"1": "one", "2": "two"})
    assert [(one.versions, one.keyword, one.about, one.text) for one in found] == [
        (("1", "2"), "SHOULD", "Bulk Data Kick-off Request", "Clients SHOULD wait, and a server SHALL answer."),
        (("1", "2"), "SHALL", "Bulk Data Kick-off Request",
         "All exchanges between a client and a server SHALL be secured using TLS."),
        (("1", "2"), "SHOULD", "Accept", "A client SHOULD provide this header."),
        (("1", "2"), "SHALL NOT", "Accept", "FHIR search parameters such as _sort SHALL NOT be used."),
        (("2",), "SHALL NOT", "Accept", "A client SHALL NOT shout."),
    ]  # fmt: skip


def test_the_lines_of_a_wrapped_guide_are_joined(clone: Path) -> None:
    page = (
        "#### Keys\nBefore it runs, the client SHALL\nregister.\n\n"
        "* A\n  client SHOULD wait.\n* Each JWK SHALL be one."
    )
    (clone / "wrapped.md").write_text(page, encoding="utf-8")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
    for command in (("add", "-A"), ("commit", "-q", "-m", "x"), ("tag", "three")):
        subprocess.run(["git", "-C", str(clone), *identity, *command], check=True, timeout=60)
    found = rules.of(clone, {"1": "three"}, ("wrapped.md",), is_wrapped=True)
    assert [(one.about, one.text) for one in found] == [
        ("Keys", "Before it runs, the client SHALL register."),
        ("Keys", "A client SHOULD wait."),
        ("Keys", "Each JWK SHALL be one."),
    ]


def test_every_rule_has_an_answer_and_every_answer_a_rule() -> None:
    listed = {rule.key: rule for rule in table.all_rules()}
    given = table.answers()
    assert given.keys() == listed.keys()
    assert len(listed) > 20
    for key, answer in given.items():
        if answer.done:
            assert answer.tests, f"{key}: which test shows it?"
        elif answer.person:
            assert listed[key].about.startswith(table.BY_PERSONS), f"{key}: not once, by a person"
        else:
            assert answer.reason, f"{key}: why not?"
            assert "SHALL" not in listed[key].keyword, f"{key}: a SHALL has to be done"


def test_the_tests_that_answers_name_are_there() -> None:
    for key, answer in table.answers().items():
        for named in answer.tests:
            file, _, name = named.partition("::")
            text = (table.ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^def {name}\(", text, re.M), f"{key}: there is no {named}"


def test_the_page_has_the_table_of_today() -> None:
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), "python -m tests.guides table"
