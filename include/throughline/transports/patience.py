"""Retries requests that may yet succeed, in one loop, with limits on attempts and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Clock:
    """A monotonic clock in seconds, and a sleep."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


REAL = Clock()


@dataclass(frozen=True)
class Patience:
    """How often to retry, and how long to wait, in seconds.

    After a failure, the wait is what the server asks for, or else `first_wait_s`, doubling each time
    up to `longest_wait_s`. Work in progress is not a failure: it is polled after `first_pause_s`, then
    less and less often, or whenever the server says.
    """

    attempts: int = 5
    total_s: float = 300.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 30.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    # A server that is working on a request may ask for a longer wait than one that is overloaded.
    longest_asked_s: float = 300.0


class Again(Exception):
    """A retry may help.

    `asked_s` is the wait that the server asked for, `answer` its answer, if any. `tries` is the
    number of attempts made so far, because a library may have retried by itself.
    """

    def __init__(
        self, reason: str, asked_s: float | None = None, answer: Any = None, tries: int = 1
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.asked_s = asked_s
        self.answer = answer
        self.tries = tries


class NotReady(Again):
    """The server is still working on the request."""


class NotLetIn(Again):
    """Our credentials were rejected: try once more with new ones."""


def keep_asking(
    ask: Callable[[float], Result],
    patience: Patience,
    clock: Clock,
    renew: Callable[[], bool] = lambda: False,
) -> Result:
    """Return what `ask` returns, and call it again after an `Again` for as long as patience allows.

    `ask` is given its deadline. `renew` returns whether there are new credentials. Raises the last
    `Again`.
    """
    time_is_up = clock.now() + patience.total_s
    failures, was_renewed, pause = 0, False, patience.first_pause_s
    while True:
        try:
            return ask(time_is_up)
        except NotLetIn:
            if was_renewed or not renew():
                raise
            was_renewed, wait = True, 0.0
        except NotReady as again:
            failures, was_renewed = 0, False
            wait = pause if again.asked_s is None else min(again.asked_s, patience.longest_asked_s)
            pause = min(pause * 1.5, patience.longest_pause_s)
            if clock.now() + wait > time_is_up:
                raise
        except Again as again:
            before, failures = failures, failures + again.tries
            # retries by the library had no wait in between; add those waits now
            wait = patience.first_wait_s * (2**failures - 2**before)
            wait = min(wait if again.asked_s is None else again.asked_s, patience.longest_wait_s)
            if failures >= patience.attempts or clock.now() + wait > time_is_up:
                raise
        if wait:
            clock.sleep(wait)
