"""A definition with its standard stages taken over: whole, frozen, and known by its checksum (rule 13)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Words = Mapping[str, Any]
"""A part of a definition."""

LEAVES = ("exists", "none", "count", "sum", "latest")
"""The keys of a condition that name a fact."""
MOMENTS = frozenset({"from", "to", "at", "due", "wait", "until", "dated", "by"})
"""The keys whose value is a moment, or rows of moments."""
NO_CODE = frozenset({"ordinary", "unknown", "as_documented"})
"""Lines of `bills` that name no code (rule 32)."""
STANDARD = "standard "
"""Before the name of a standard fact that a fact or stage of the workflow has, and of a standard stage that it lacks.

No name in a file has a space, so these are never a file's own.
"""
NOTHING: Words = MappingProxyType({})


@dataclass(frozen=True)
class Workflow:
    """A version of a workflow in which every name is known; its parts cannot be changed.

    `facts` are by name: those of the file, then those of the standard stages that it uses. `standing` are the facts,
    ends and blocks that hold for every case: they are never pinned, and are no part of `sha256`.
    """

    workflow: str
    version: int
    title: str
    owner: str
    source: str
    facts: Words
    opens: Words
    once_per: Any
    population: Words | None
    stages: tuple[Words, ...]
    bills: Words | None
    ends: tuple[Words, ...]
    standing: Words
    sha256: str

    def stage(self, name: str) -> Words | None:
        """Return a stage by its name; None if there is none of it."""
        return next((stage for stage in self.stages if stage.get("stage") == name), None)

    def fact(self, name: str) -> Words | None:
        """Return a named fact: the file's, a standard stage's, or a standing rule's."""
        found: Words | None = self.facts.get(name) or self.standing["facts"].get(name)
        return found

    @property
    def own_codes(self) -> tuple[str, ...]:
        """`own_codes`: the codes that `bills` names, in its order."""
        rows = [row for line in lines(self.bills) for row in line]
        named = [row.get("code") for row in rows] + [
            row["add"].get("code") for row in rows if "add" in row
        ]
        return tuple(dict.fromkeys(str(code) for code in named if code and code not in NO_CODE))


def lines(bills: Words | None) -> list[tuple[Words, ...]]:
    """Return the lines of `bills`, each with its rows; one `first_of` is one line."""
    if bills is None:
        return []
    several = bills.get("lines")
    if several is None:
        return [tuple(bills.get("first_of", ()))]
    return [tuple(line.get("first_of", ())) for line in several]


def expand(
    words: Words,
    library: Words = NOTHING,
    standing: Words = NOTHING,
    value_sets: Mapping[str, str] = NOTHING,
    calendars: Mapping[str, Any] = NOTHING,
) -> Workflow:
    """Take over the stages that are `like` a standard one, key by key; a written key wins (13).

    `library` are the standard stages with their facts, `standing` the facts, blocks and ends of every case;
    `value_sets` are the checksums of those that are there, by name, and `calendars` the seasons: what this workflow
    names of them is pinned with it. Parts that are missing are left out: what must be there is checked elsewhere.
    """
    own = dict(words.get("facts") or {})
    written = [stage for stage in words.get("stages") or () if isinstance(stage, Mapping)]
    called = {s["like"]: s["stage"] for s in written if "like" in s and "stage" in s}
    taken = own.keys() | {s["stage"] for s in written if isinstance(s.get("stage"), str)}
    standard = _names(taken, library, called)
    likes = {s["stage"]: renamed(s, standard) for s in library.get("stages") or ()}
    stages = [{**likes.get(s.get("like", ""), {}), **s} for s in written]
    parts = {key: words.get(key) for key in ("opens", "population", "bills", "ends")}
    of_library = {
        standard[name]: renamed(fact, standard)
        for name, fact in (library.get("facts") or {}).items()
    }
    facts = own | _used(of_library, [stages, parts, own])
    ruled = _names(taken | of_library.keys(), standing, called)
    whole: dict[str, Any] = {
        "workflow": str(words.get("workflow", "")),
        "version": words.get("version") if isinstance(words.get("version"), int) else 0,
        **{key: str(words.get(key, "")) for key in ("title", "owner", "source")},
        "facts": facts,
        "opens": words.get("opens") or {},
        "once_per": words.get("once_per", "event"),
        "population": words.get("population"),
        "stages": stages,
        "bills": words.get("bills"),
        "ends": words.get("ends") or [],
    }
    pinned = {
        "value_sets": {n: value_sets[n] for n in sorted(_value_sets(facts)) if n in value_sets},
        "calendars": {n: calendars[n] for n in sorted(calendars) if n in _strings(whole)},
    }
    rules = {
        "facts": {ruled[n]: renamed(f, ruled) for n, f in (standing.get("facts") or {}).items()},
        "blocks": [renamed(each, ruled) for each in standing.get("blocks") or ()],
        "ends": [renamed(each, ruled) for each in standing.get("ends") or ()],
    }
    frozen = {key: _frozen(value) for key, value in whole.items()}
    return Workflow(**frozen, standing=_frozen(rules), sha256=checksum(whole | pinned))


def checksum(words: Any) -> str:
    """Return the SHA-256 of a part in canonical JSON: keys sorted, no blanks, UTF-8."""
    text = json.dumps(thawed(words), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def thawed(words: Any) -> Any:
    """Return a part as plain dicts and lists."""
    if isinstance(words, Mapping):
        return {key: thawed(value) for key, value in words.items()}
    return [thawed(each) for each in words] if isinstance(words, list | tuple) else words


def _frozen(words: Any) -> Any:
    if isinstance(words, Mapping):
        return MappingProxyType({key: _frozen(value) for key, value in words.items()})
    return tuple(_frozen(each) for each in words) if isinstance(words, list | tuple) else words


def _names(taken: Collection[str], library: Words, called: Mapping[str, str]) -> dict[str, str]:
    """Return what the names of a library are called in this workflow, of which some names are taken."""
    known = {s["stage"] for s in library.get("stages") or ()} | set(called) | {"visit"}
    return {
        name: f"{STANDARD}{name}" if name in taken else name for name in library.get("facts") or {}
    } | {name: called.get(name, f"{STANDARD}{name}") for name in known}


def _used(facts: Words, parts: Any) -> dict[str, Words]:
    """Return those of some facts that parts of a definition name, and what these name."""
    used: dict[str, Words] = {}
    while True:
        said = _strings([parts, list(used.values())])
        more = {name: fact for name, fact in facts.items() if name in said and name not in used}
        if not more:
            return used
        used |= more


def _strings(words: Any) -> set[str]:
    """Return every word of a part, keys included: a moment names its anchor by a key."""
    if isinstance(words, Mapping):
        return set(words) | {said for each in words.values() for said in _strings(each)}
    if isinstance(words, list | tuple):
        return {said for each in words for said in _strings(each)}
    return {words} if isinstance(words, str) else set()


def _value_sets(words: Any) -> Iterator[str]:
    """Yield the names of the value sets that a part uses."""
    each: Iterable[Any] = words.values() if isinstance(words, Mapping) else words
    if isinstance(words, Mapping) and isinstance(words.get("value_set"), str):
        yield words["value_set"]
    for part in each:
        if isinstance(part, Mapping | list | tuple):
            yield from _value_sets(part)


def renamed(words: Any, names: Mapping[str, str]) -> Any:
    """Return a part of a library with its facts and stages by the names that a workflow calls them."""
    if isinstance(words, list | tuple):
        return [renamed(each, names) for each in words]
    if not isinstance(words, Mapping):
        return words
    return {key: _renamed(key, value, names) for key, value in words.items()}


def _renamed(key: str, value: Any, names: Mapping[str, str]) -> Any:
    if key in (*LEAVES, "stage", "corrects") and isinstance(value, str):
        return names.get(value, value)
    if key in MOMENTS:
        return _moment(value, names)
    return _same(value, names) if key == "same" else renamed(value, names)


def _moment(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list | tuple):
        return [renamed(row, names) for row in value]
    if not isinstance(value, Mapping):
        return value
    if "soonest" in value:
        return {"soonest": [_moment(each, names) for each in value["soonest"]]}
    return {names.get(anchor, anchor): length for anchor, length in value.items()}


def _same(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_same(each, names) for each in value]
    if isinstance(value, Mapping):
        return {slot: names.get(anchor, anchor) for slot, anchor in value.items()}
    return value
