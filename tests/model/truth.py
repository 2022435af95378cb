"""True, false, unknown, and not yet (rules 15 and 16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_NO, _NEITHER, _YES = 0, 1, 2


@dataclass(frozen=True)
class Truth:
    """What a condition is at least and at most, in the order no, not yet, yes.

    Unknown is "at least no, at most yes": what is not known may turn out either way. Not yet is neither, for sure. So a
    list of both keeps apart what may still turn out true from what cannot hold tonight.
    """

    at_least: int
    at_most: int

    @property
    def word(self) -> str:
        """Return what a reader is told: true, false, unknown or not yet."""
        if self.at_least == _YES:
            return "true"
        if self.at_most == _YES:
            return "unknown"
        return "not yet" if self.at_most == _NEITHER else "false"

    @property
    def holds(self) -> bool:
        return self.word == "true"

    @property
    def is_unknown(self) -> bool:
        return self.word == "unknown"


TRUE, FALSE = Truth(_YES, _YES), Truth(_NO, _NO)
UNKNOWN, NOT_YET = Truth(_NO, _YES), Truth(_NEITHER, _NEITHER)


def of(value: bool) -> Truth:
    """Return the truth of something that is known."""
    return TRUE if value else FALSE


def every(parts: Iterable[Truth]) -> Truth:
    """`all`: as good as the worst of its parts."""
    parts = list(parts)
    return Truth(min(p.at_least for p in parts), min(p.at_most for p in parts))


def either(parts: Iterable[Truth]) -> Truth:
    """`any` and `first_of`: as good as the best of their parts."""
    parts = list(parts)
    return Truth(max(p.at_least for p in parts), max(p.at_most for p in parts))


def negated(part: Truth) -> Truth:
    """`not` and `none`: yes and no change places, not yet stays what it is."""
    return Truth(_YES - part.at_most, _YES - part.at_least)
