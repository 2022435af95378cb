"""In which order the parts of a workflow can be evaluated.

A night evaluates level after level, and within a level its kinds of parts in the order of `PHASES`; conditions by their
depth. A part's level is the least at which all that it needs has been evaluated before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Part = tuple[str, int]
"""What is evaluated: its kind, and its id (a condition or a moment), or its number in the workflow."""

PHASES = (
    "moment", "soonest", "condition", "due_day", "proof", "end", "skip", "clock", "late", "time", "bills",
)  # fmt: skip
"""The kinds of parts in the order in which a level evaluates them."""


class Circle(ValueError):
    """A workflow whose parts need each other in a circle; the message names the parts."""


@dataclass
class Levels:
    """What each part needs; depth tells a list of conditions from those that it is made of."""

    needs: dict[Part, list[Part]] = field(default_factory=dict)
    depth: dict[Part, int] = field(default_factory=dict)
    _found: dict[Part, int] = field(default_factory=dict)
    _open: list[Part] = field(default_factory=list)

    def add(self, part: Part, needs: Iterable[Part], depth: int = 0) -> None:
        """Add a part with what it needs."""
        self.needs[part] = list(needs)
        self.depth[part] = depth

    def level(self, part: Part) -> int:
        """Return the level of a part, from 1. Raises `Circle`."""
        if part not in self._found:
            if part in self._open:
                circle = [*self._open[self._open.index(part) :], part]
                raise Circle(" needs ".join(f"{kind} {number}" for kind, number in circle))
            self._open.append(part)
            needed = (
                self.level(each) + (not self._is_before(each, part)) for each in self.needs[part]
            )
            self._found[part] = max(needed, default=1)
            self._open.pop()
        return self._found[part]

    def _is_before(self, one: Part, other: Part) -> bool:
        """Tell whether a level evaluates one part before the other."""
        first, second = PHASES.index(one[0]), PHASES.index(other[0])
        return first < second or (
            one[0] == "condition" == other[0] and self.depth[one] < self.depth[other]
        )
