"""Random draws that depend only on the seed, the subject and the purpose.

No generator state is carried from one draw to the next, so the order of events or requests never changes a
result.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_SPAN = float(1 << 53)


class Chance:
    """Draws of one world. ``entity`` names whom or what it is about, ``purpose`` what is decided."""

    __slots__ = ("_key",)

    def __init__(self, seed: int) -> None:
        self._key = str(seed).encode()[:64]

    def __call__(self, entity: str, purpose: str) -> float:
        """A number in [0, 1)."""
        digest = hashlib.blake2b(
            f"{entity}|{purpose}".encode(), digest_size=8, key=self._key
        ).digest()
        return (int.from_bytes(digest, "big") >> 11) / _SPAN

    def within(self, entity: str, purpose: str, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``, both possible."""
        return least + int(self(entity, purpose) * (most - least + 1))

    def pick(self, entity: str, purpose: str, choices: Sequence[T]) -> T:
        """One of the choices, all equally likely."""
        return choices[int(self(entity, purpose) * len(choices))]

    def weighted(self, entity: str, purpose: str, choices: Sequence[tuple[T, float]]) -> T:
        """One of the choices by weight; the weights need not sum to one."""
        left = self(entity, purpose) * sum(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][0]

    def wait(self, entity: str, purpose: str, rate: float) -> float:
        """Days until the next thing of a process that happens ``rate`` times a day."""
        return -math.log(1.0 - self(entity, purpose)) / rate if rate > 0 else math.inf
