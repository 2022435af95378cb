"""The reference of the language: each section, held against each evaluator; and nothing of the language without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.model import nights
from tests.model.seen import PersonSeen
from tests.model.world import World
from tests.unit.language import page
from tests.unit.language.answers import told
from tests.unit.language.sections import Section, sections, world_of

Evaluator = Callable[[World], Mapping[int, Mapping[str, PersonSeen]]]
SECTIONS = sections()
RULES = range(1, 33)
KEYS = frozenset(
    """
    facts opens once_per population stages bills ends blocks kind meaning codes value_set own_codes status
    where above below at_least at_most unit outside not absent time corrects after each every from wait unless
    known_within within exists none count sum latest distinct is to at same stage age all any first_of like
    proof due soonest met_by pauses skips_when otherwise exception close task attempts by escalate dated
    only_if lines code when add above not_with reason until as bars workflow
    """.split()
)
"""Keys of the language that decide something, as the design's table of all keys names them."""


@pytest.fixture(params=[nights.evaluate], ids=["model"])
def evaluate(request: pytest.FixtureRequest) -> Evaluator:
    """Return what is held against the sections."""
    found: Evaluator = request.param
    return found


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_a_section(section: Section, evaluate: Evaluator) -> None:
    seen = evaluate(world_of(section))
    expected = section.table("expect")
    last = str(max(seen))
    found = [
        told(section, seen[int(row.get("night", last))][row["person"]], row) for row in expected
    ]
    assert found == expected


def keys(words: Any) -> Iterator[str]:
    """Yield every key of a fragment, and the words that stand where a key could."""
    if isinstance(words, list):
        for each in words:
            yield from keys(each)
    elif isinstance(words, dict):
        for key, value in words.items():
            yield str(key)
            yield from keys(value)
    elif words in ("own_codes", "absent"):
        yield words


def test_every_rule_and_every_key_has_a_section() -> None:
    assert (
        set(RULES) - {rule for section in SECTIONS for rule in section.words.get("rules", [])}
        == set()
    )
    used = {
        k
        for s in SECTIONS
        for k in keys([s.fragment, s.words.get("named"), s.words.get("standing")])
    }
    assert KEYS - used == set()


def test_titles_are_different() -> None:
    titles = [section.title for section in SECTIONS]
    assert len(titles) == len(set(titles))


def test_the_page_has_not_drifted() -> None:
    assert page.TARGET.read_text(encoding="utf-8") == page.render(), "run `make docs`"
