"""The page says everything that the definition says: each word is there, and whatever changes changes the page."""

from __future__ import annotations

import html as standard
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.unit.language import drafts
from tests.unit.language.rendered.changed import changes
from tests.unit.language.rendered.pages import lines, phrases, small, texts, workflow
from throughline.workflows.language.lengths import is_length, length
from throughline.workflows.language.rendered import html, markdown
from throughline.workflows.language.rendered.page import page
from throughline.workflows.language.rendered.times import long

DEFINITIONS = {**{name: drafts.words(name) for name in drafts.names()}, "small": small()}
each_definition = pytest.mark.parametrize("name", DEFINITIONS)

MEANT = {
    "trigger": "the trigger",
    "now": "tonight",
    "due_day": "was due to open",
    "opened": "the opening of the case",
    "in_time": "is in time",
    "encounter": "visit or stay",
    "lead": "the lead of",
    "all": "all tasks",
    "day": "different days",
    "person": "a person has at most one open case",
    "event": "each event is a case of its own",
    "own_codes": "one that this workflow bills",
}
"""Words of the language that the page says in words of its own."""


def scalars(words: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key, value) of every value of a part, and (key, name) of every name that a file gives."""
    if isinstance(words, Mapping):
        for name, value in words.items():
            if key in ("facts", "where", "same", *_MOMENTS) and name != "soonest":
                yield key, name
            yield from scalars(value, str(name))
    elif isinstance(words, list | tuple):
        for each in words:
            yield from scalars(each, key)
    else:
        yield key, words


_MOMENTS = ("from", "to", "at", "due", "wait", "by", "dated", "soonest")


def shown(said: Any) -> list[str]:
    """Return the texts of which one is on the page for a value."""
    if isinstance(said, bool):
        return ["yes" if said else "no"]
    if not isinstance(said, str):
        return [str(said)]
    if is_length(said):
        read = length(said)
        return [long(said)] if read.number else ["the day of"]
    word = said.removesuffix("_end")
    of = [word.replace("_", " "), said, said.replace("_", " ")]
    return [text.lower() for text in [*of, *([MEANT[said]] if said in MEANT else [])]]


@each_definition
def test_every_word_number_and_length_is_on_the_page(name: str) -> None:
    whole = workflow(DEFINITIONS[name])
    text = "\n".join(lines(DEFINITIONS[name])).lower()
    parts = [
        {"facts": whole.facts, "opens": whole.opens, "once_per": whole.once_per},
        {"stages": whole.stages, "population": whole.population, "bills": whole.bills},
        {"ends": whole.ends, **whole.standing, "title": whole.title, "owner": whole.owner},
    ]
    lost = {
        (key, said)
        for key, said in scalars(parts)
        if said is not None and not any(each in text for each in shown(said))
    }
    assert lost == set()


HERE = frozenset({"small", "transitional_care"})
"""Definitions of which each change is tried in every run; it takes seconds for each of the others."""


@pytest.mark.parametrize(
    "name",
    [
        each if each in HERE else pytest.param(each, marks=pytest.mark.nights)
        for each in DEFINITIONS
    ],
)
def test_whatever_changes_changes_the_page(name: str) -> None:
    words = DEFINITIONS[name]
    whole, before, unseen = workflow(words), lines(words), []
    for place, changed in changes(words):
        if place[-3:] == ("age", "at", "left out"):  # at the trigger, if it is left out
            continue
        if lines(changed) == before and workflow(changed) != whole:
            unseen.append(place)
    assert unseen == []


@each_definition
def test_both_forms_say_all_of_it(name: str) -> None:
    whole = workflow(DEFINITIONS[name])
    said = [line for line in texts(page(whole, phrases()).blocks) if line]
    for written in (_of_html(html(whole, phrases())), _of_markdown(markdown(whole, phrases()))):
        assert [line for line in said if _plain(line) not in written] == []


def _plain(text: str) -> str:
    return " ".join(text.split())


def _of_html(text: str) -> str:
    return _plain(standard.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?a\b[^>]*>", "", text))))


def _of_markdown(text: str) -> str:
    return _plain(re.sub(r"\\(.)", r"\1", text))
