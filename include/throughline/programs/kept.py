"""Keeps what was made for those who ask for it again: a few things, for a short time, in this process alone.

>>> kept: Kept[str, int] = Kept(most=2, seconds=60)
>>> kept.get("one", lambda: 1), kept.get("one", lambda: 2)
(1, 1)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Kept(Generic[Key, Made]):
    """The last few things that were made, by all that they follow from.

    `most` is how many, `seconds` how long after it was made one is returned again. Whatever is too old is let go as
    soon as anything is asked for.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._all: dict[Key, tuple[float, Made]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._all)

    def get(self, key: Key, make: Callable[[], Made]) -> Made:
        """Return what is kept under a key, or make and keep it. What `make` raises is raised, and keeps nothing."""
        with self._lock:
            self._let_go(time.monotonic())
            found = self._all.get(key)
        if found is not None:
            return found[1]
        made = make()
        with self._lock:
            while len(self._all) >= self._most and key not in self._all:
                del self._all[next(iter(self._all))]
            self._all[key] = time.monotonic(), made
        return made

    def forget(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._all.clear()

    def _let_go(self, now: float) -> None:
        for key in [key for key, (since, _) in self._all.items() if now - since > self._seconds]:
            del self._all[key]
