"""A definition with its standard stages and standing rules taken over (rule 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.model.world import Definition, Words, World

CONDITIONS = ("exists", "none", "count", "sum", "latest")
MOMENTS = frozenset({"from", "to", "at", "due", "wait", "until", "dated", "by"})
UNNAMED = frozenset({"ordinary", "unknown", "as_documented"})
"""Lines of `bills` that name no code (32)."""


@dataclass(frozen=True)
class Workflow:
    """A definition in which every name is known: nothing else is looked up in the library."""

    name: str
    activated: datetime | None
    facts: Mapping[str, Words]
    opens: Words
    once_per: Any
    population: Words | None
    stages: tuple[Words, ...]
    bills: Words | None
    ends: tuple[Words, ...]
    standing_ends: tuple[Words, ...]
    blocks: tuple[Words, ...]
    charges: str
    """Name of the standard fact that says what is charged."""

    @cached_property
    def by_name(self) -> Mapping[str, Words]:
        return {stage["stage"]: stage for stage in self.stages}

    def stage(self, name: str) -> Words | None:
        return self.by_name.get(name)

    @cached_property
    def own_codes(self) -> frozenset[str]:
        """`own_codes`: the codes that `bills` names."""
        named = {each["code"] for line in lines(self.bills) for each in line}
        added = {
            each["add"]["code"] for line in lines(self.bills) for each in line if "add" in each
        }
        return frozenset((named | added) - UNNAMED)


def lines(bills: Words | None) -> list[list[Words]]:
    """Return the lines of `bills`; one `first_of` is one line."""
    if bills is None:
        return []
    return (
        [line["first_of"] for line in bills["lines"]] if "lines" in bills else [bills["first_of"]]
    )


def workflow(world: World, definition: Definition) -> Workflow:
    """(13) Take over the stages that are `like` a standard one, key by key; a written key wins."""
    words = definition.words
    own = dict(words.get("facts") or {})
    called = {stage["like"]: stage["stage"] for stage in words["stages"] if "like" in stage}
    named = frozenset(stage["stage"] for stage in words["stages"])
    facts, standard = _taken_over(own, world.library, called, named)
    facts, standing = _taken_over(facts, world.standing, called, named)
    likes = {s["stage"]: renamed(s, standard) for s in world.library.get("stages", [])}
    stages = tuple(
        {**likes[stage["like"]], **stage} if "like" in stage else stage for stage in words["stages"]
    )
    return Workflow(
        name=words["workflow"],
        activated=definition.activated,
        facts=facts,
        opens=words["opens"],
        once_per=words.get("once_per", "event"),
        population=words.get("population"),
        stages=stages,
        bills=words.get("bills"),
        ends=tuple(words.get("ends") or ()),
        standing_ends=tuple(renamed(end, standing) for end in world.standing.get("ends", [])),
        blocks=tuple(renamed(block, standing) for block in world.standing.get("blocks", [])),
        charges=standard.get("charges", "charges"),
    )


def _taken_over(
    facts: Words, library: Words, called: Mapping[str, str], stages_named: frozenset[str]
) -> tuple[dict[str, Words], dict[str, str]]:
    """Return the facts with those of a library, and what the library's names are called here."""
    names = {
        name: f"standard {name}" if name in facts or name in stages_named else name
        for name in library.get("facts", {})
    }
    known = {stage["stage"] for stage in library.get("stages", [])} | set(called) | {"visit"}
    stages = {name: called.get(name, f"standard {name}") for name in known}
    taken = {names[name]: renamed(fact, names) for name, fact in library.get("facts", {}).items()}
    return {**facts, **taken}, {**names, **stages}


def renamed(words: Any, names: Mapping[str, str]) -> Any:
    """Return a part of a library with the names of its facts and stages as this workflow calls them."""
    if isinstance(words, list):
        return [renamed(each, names) for each in words]
    if not isinstance(words, dict):
        return words
    return {key: _renamed(key, value, names) for key, value in words.items()}


def _renamed(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if key in (*CONDITIONS, "stage", "corrects") and isinstance(value, str):
        return names.get(value, value)
    if key in MOMENTS:
        return _moment(value, names)
    if key == "same":
        return _same(value, names)
    return renamed(value, names)


def _moment(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):  # rows of when and to
        return [{key: _renamed(key, each, names) for key, each in row.items()} for row in value]
    if "soonest" in value:
        return {"soonest": [_moment(each, names) for each in value["soonest"]]}
    return {names.get(anchor, anchor): length for anchor, length in value.items()}


def _same(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_same(each, names) for each in value]
    if isinstance(value, dict):
        return {slot: names.get(anchor, anchor) for slot, anchor in value.items()}
    return value
