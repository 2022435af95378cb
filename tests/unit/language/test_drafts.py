"""Workflows of the language as files: expanded alike by the language and by the model, and followed through lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.model import library, nights
from tests.model.world import Definition, World
from tests.unit.language import drafts
from tests.unit.language.answers import told
from tests.unit.language.sections import Row, world_of
from throughline.vocabulary.language import (
    DETAILS,
    KINDS,
    MEANINGS,
    Kind,
    anchors,
    is_code,
    periods,
)
from throughline.vocabulary.reasons import END_REASON
from throughline.vocabulary.words import EXCEPTION_REASON, TASK_KIND
from throughline.workflows.language.expanded import Workflow, expand, thawed
from throughline.workflows.language.walk import every, moments

NAMES = drafts.names()
WORLD = World(
    (), (), (), ZoneInfo("UTC"), (),
    library=drafts.words("standard_stages"), standing=drafts.words("standing_rules"),
)  # fmt: skip
REASONS = {*END_REASON.words, *drafts.words("vocabulary")["end_reasons"]}


@cache
def expanded(name: str) -> Workflow:
    return expand(
        drafts.words(name), drafts.words("standard_stages"), drafts.words("standing_rules")
    )


@cache
def modelled(name: str) -> library.Workflow:
    return library.workflow(WORLD, Definition(drafts.words(name)))


def said(words: Any) -> Iterator[str]:
    """Yield every word of a part, keys included."""
    if isinstance(words, Mapping):
        for key, value in words.items():
            yield str(key)
            yield from said(value)
    elif isinstance(words, list | tuple):
        for each in words:
            yield from said(each)
    elif isinstance(words, str):
        yield words


def values(words: Any, key: str) -> Iterator[Any]:
    """Yield what stands below a key, wherever it is."""
    if isinstance(words, Mapping):
        for name, value in words.items():
            if name == key:
                yield value
            yield from values(value, key)
    elif isinstance(words, list | tuple):
        for each in words:
            yield from values(each, key)


def kinds(fact: Mapping[str, Any]) -> list[Kind]:
    """Return what is told of the kinds, or of the meaning, of a named fact. Raises `KeyError` for one that is not."""
    if "meaning" in fact:
        return [MEANINGS[fact["meaning"]]]
    named = fact["kind"]
    return [KINDS[each] for each in (named if isinstance(named, list | tuple) else [named])]


def facts() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every named fact of the folder, with its place."""
    for file in (*NAMES, "standard_stages", "standing_rules"):
        for name, fact in drafts.words(file)["facts"].items():
            yield f"{file}: {name}", fact


FACTS = dict(facts())


@pytest.mark.parametrize("name", NAMES)
def test_the_language_and_the_model_take_over_the_same(name: str) -> None:
    one, other = expanded(name), modelled(name)
    assert thawed(one.stages) == thawed(other.stages)
    assert thawed(one.ends) == thawed(other.ends)
    assert thawed(one.standing["ends"]) == thawed(other.standing_ends)
    assert thawed(one.standing["blocks"]) == thawed(other.blocks)
    assert set(one.own_codes) == other.own_codes
    named = {**one.standing["facts"], **one.facts}
    assert thawed(named) == {each: thawed(other.facts[each]) for each in named}


@pytest.mark.parametrize("name", NAMES)
def test_no_fact_that_the_model_would_ask_for_is_left_behind(name: str) -> None:
    one, other = expanded(name), modelled(name)
    parts = [other.opens, other.population, other.stages, other.bills, other.ends]
    assert set(other.facts) & set(said(parts)) <= set(one.facts)
    assert {c.fact for c in every(one) if c.fact} <= set(one.facts)


def test_a_stage_may_have_the_name_of_a_standard_fact() -> None:
    """(13) Only the names of the file must differ; the library's own go by `standard` in front."""
    words = thawed(drafts.words("charge_capture"))
    words["stages"][0]["stage"] = words["bills"]["dated"] = "money"
    one = expand(words, drafts.words("standard_stages"), drafts.words("standing_rules"))
    other = library.workflow(WORLD, Definition(words))
    assert "money" not in one.facts
    assert one.facts["standard money"] == {"meaning": "settlement"}
    for stages in (one.stages, other.stages):
        settled = thawed(stages)[2]
        assert settled["otherwise"][0]["when"]["none"] == "standard money"
        assert thawed(stages)[1]["proof"]["same"] == {"encounter": "money"}
    assert other.facts["standard money"] == {"meaning": "settlement"}


def lives() -> Iterator[tuple[str, Row]]:
    for name in NAMES:
        for row in drafts.life(name).table("expect"):
            yield name, row


@cache
def seen(name: str) -> Any:
    return nights.evaluate(world_of(drafts.life(name)))


@pytest.mark.parametrize(
    ("name", "row"),
    [pytest.param(n, r, id=f"{n} {r['person']} {r.get('night', '1')}") for n, r in lives()],
)
def test_a_life(name: str, row: Row) -> None:
    found = seen(name)[int(row.get("night", 1))][row["person"]]
    assert told(drafts.life(name), found, row) == row


@pytest.mark.parametrize("name", NAMES)
def test_some_case_opens_some_does_not_go_on_and_some_comes_to_its_end(name: str) -> None:
    rows = drafts.life(name).table("expect")
    assert {row["status"] for row in rows} & {"completed"}
    assert {row["status"] for row in rows} & {"open"}
    assert [row for row in rows if row["status"] not in ("completed", "open")]


@pytest.mark.parametrize("name", NAMES)
def test_each_stage_says_whose_it_is_what_to_do_and_who_says_so(name: str) -> None:
    for stage in expanded(name).stages:
        assert {"runbook", "source"} <= set(stage), stage["stage"]
        assert stage["source"].strip()
        assert "due" in stage or stage["proof"] == "trigger", stage["stage"]
        if "task" in stage:
            assert stage["task"]["kind"] in TASK_KIND.words
    assert expanded(name).owner
    assert expanded(name).source


@pytest.mark.parametrize("name", NAMES)
def test_each_reason_is_a_word(name: str) -> None:
    words = thawed([expanded(name).stages, expanded(name).ends])
    assert {*values(words, "reason"), *values(words, "close")} <= REASONS
    assert {*values(words, "exception")} <= set(EXCEPTION_REASON.words)


@pytest.mark.parametrize("name", NAMES)
def test_each_fact_of_the_file_is_used(name: str) -> None:
    words = drafts.words(name)
    used = set(said({key: value for key, value in words.items() if key != "facts"}))
    used |= set(values(words["facts"], "corrects"))
    assert set(words["facts"]) <= used


@pytest.mark.parametrize("place", FACTS)
def test_a_fact_says_only_what_its_kind_can(place: str) -> None:
    fact = FACTS[place]
    of = kinds(fact)
    assert set(fact.get("status", ())) <= {word for kind in of for word in kind.status}
    assert not fact.get("codes") or any(kind.codes for kind in of)
    assert fact.get("time", "occurred") in {time for kind in of for time in kind.times}
    for key, wanted in fact.get("where", {}).items():
        assert key in {word for kind in of for word in kind.where}
        closed = DETAILS[key].words
        listed = wanted if isinstance(wanted, list) else [wanted]
        assert not closed or {each for each in listed if isinstance(each, str)} <= {
            *closed,
            "absent",
        }
    if isinstance(fact.get("codes"), list):
        for code in fact["codes"]:
            assert any(_has(kind, code) for kind in of), code


def _has(kind: Kind, code: str) -> bool:
    codes = kind.codes
    if codes is None:
        return False
    return (
        code in codes.words or bool(codes.of) or any(is_code(each, code) for each in codes.systems)
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_link_is_one_that_the_fact_has(name: str) -> None:
    workflow = expanded(name)
    seasons = tuple(drafts.words("calendars")["seasons"])
    for condition in every(workflow):
        fact = workflow.fact(condition.fact or "")
        if fact is None:
            continue
        slots = set(_slots(thawed(condition.words.get("same"))))
        assert slots <= {*periods(seasons), *(each for k in kinds(fact) for each in k.links)}, (
            condition.place
        )


@pytest.mark.parametrize("name", NAMES)
def test_each_moment_counts_from_something_that_is_there(name: str) -> None:
    workflow = expanded(name)
    stages = {stage["stage"] for stage in workflow.stages}
    there = {*anchors(tuple(drafts.words("calendars")["seasons"])), *stages, *workflow.facts}
    assert {anchor for m in moments(workflow) for anchor, _ in m.anchors()} <= there
    shared = {each for same in values(thawed(workflow.stages), "same") for each in _stages(same)}
    assert shared <= {*stages, "trigger"}


def _stages(same: Any) -> Iterator[str]:
    if isinstance(same, Mapping):
        yield from same.values()
    elif isinstance(same, list):
        for each in same:
            yield from _stages(each)


def _slots(same: Any) -> Iterator[str]:
    if isinstance(same, str):
        yield same
    elif isinstance(same, Mapping):
        yield from same
    else:
        for each in same or ():
            yield from _slots(each)


def test_the_value_sets_are_those_that_are_named_and_their_codes_can_be() -> None:
    named = {each for fact in FACTS.values() for each in values(fact, "value_set")}
    assert set(drafts.value_sets()) == named
    for name, codes in drafts.value_sets().items():
        assert codes
        assert [code for system, code in codes if not is_code(system, code)] == [], name


def test_codes_that_bills_name_can_be() -> None:
    for name in NAMES:
        assert [code for code in expanded(name).own_codes if not is_code("HCPCS", code)] == [], name
