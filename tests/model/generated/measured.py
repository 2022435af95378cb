"""How much of the language and of the world generated histories reach: what has to be so is bounded from below.

`python -m tests.model.generated.measured DEFINITIONS PERSONS` prints it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tests.model.generated.drawn import definition
from tests.model.generated.histories import CHANGES, world
from tests.model.nights import evaluate
from tests.model.seen import PersonSeen
from tests.model.world import World

Nights = Mapping[int, Mapping[str, PersonSeen]]


@dataclass
class Measured:
    """Counts over all definitions. `together` counts histories by (key of the language, change)."""

    definitions: int = 0
    histories: int = 0
    opened: int = 0
    to_the_last: int = 0
    taken_back: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    together: Counter[tuple[str, str]] = field(default_factory=Counter)
    truths: Counter[str] = field(default_factory=Counter)

    def add(self, words: Mapping[str, Any], keys: Counter[str], persons: int, seed: int) -> None:
        """Let the model live through a world of one definition, and count what it saw."""
        made, changes = world(words, persons, seed)
        self.count(keys, changes, made, evaluate(made))

    def count(self, keys: Counter[str], changes: Counter[str], made: World, nights: Nights) -> None:
        """Count what the nights of a world of one definition say; `changes` is how often each befell it."""
        self.definitions += 1
        self.keys += keys
        self.changes += changes
        for key in keys:
            for change in CHANGES:
                self.together[key, change] += changes[change]
        for person in made.persons:
            self._person([nights[night.number][person.name] for night in made.nights])

    def _person(self, seen: list[PersonSeen]) -> None:
        self.histories += 1
        cases = [case for night in seen for case in night.cases]
        self.opened += bool(cases)
        self.to_the_last += any(case.stages[-1].state == "proven" for case in cases)
        fell = any(
            "fell back" in event or "by another" in event for case in cases for event in case.events
        )
        self.taken_back += fell or any(case.reason == "trigger withdrawn" for case in cases)
        for case in cases:
            self.truths.update(truth.word for truth in case.conditions.values())

    def __iadd__(self, other: Measured) -> Measured:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        return self

    def told(self) -> str:
        """Return the counts as text."""
        per = {
            "opens a case": self.opened, "reaches the last stage": self.to_the_last, "is taken back": self.taken_back,
        }  # fmt: skip
        lines = [f"{self.definitions} definitions, {self.histories} histories of five nights"]
        lines += [f"{name}: {count / max(self.histories, 1):.1%}" for name, count in per.items()]
        lines += [f"changes: {dict(self.changes)}", f"answers: {dict(self.truths)}"]
        (least, count) = min(self.together.items(), key=lambda each: each[1], default=(("", ""), 0))
        lines += [f"seldomest: {least[0]} with {least[1]}, {count} times"]
        return "\n".join(lines)


def measure(definitions: int, persons: int, first: int = 0) -> Measured:
    """Return what so many definitions, from a seed on, and so many persons for each reach."""
    found = Measured()
    for seed in range(first, first + definitions):
        words, keys = definition(seed)
        found.add(words, keys, persons, seed)
    return found


if __name__ == "__main__":
    begun = time.monotonic()
    print(measure(*(int(each) for each in sys.argv[1:3])).told())
    print(f"{time.monotonic() - begun:.1f} s")
