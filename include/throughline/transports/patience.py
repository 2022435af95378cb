"""Asking again: what may pass is waited for, in one loop, up to a limit of attempts and of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Clock:
    """Seconds that only go forward, and how to let some of them pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


REAL = Clock()


@dataclass(frozen=True)
class Patience:
    """How often and how long one thing is asked for, in seconds.

    After a failure the wait is what the other side asks for, else `first_wait_s` and then twice as
    long each time, up to `longest_wait_s`. Work in progress is no failure: it is asked
    about after `first_pause_s` and ever less often, or when the other side says.
    """

    attempts: int = 5
    total_s: float = 300.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 30.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    # A server at work may ask to be left alone longer than one that is busy.
    longest_asked_s: float = 300.0


class Again(Exception):
    """Asking again may help.

    `asked_s` is how long the other side wants to be left alone, `answer` what it said, if it did,
    `tries` how many attempts this one was: a library may have repeated it at once.
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
    """The other side is at work on it."""


class NotLetIn(Again):
    """What we showed to be let in is not taken: once more, with something new."""


def keep_asking(
    ask: Callable[[float], Result],
    patience: Patience,
    clock: Clock,
    renew: Callable[[], bool] = lambda: False,
) -> Result:
    """Return what `ask` returns, calling it again after an `Again` for as long as patience allows.

    `ask` is told the moment at which time is up. `renew` says whether there is something new to be
    let in with. Raises the last `Again`.
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
            # the waits that were left out between tries are made up for after them
            wait = patience.first_wait_s * (2**failures - 2**before)
            wait = min(wait if again.asked_s is None else again.asked_s, patience.longest_wait_s)
            if failures >= patience.attempts or clock.now() + wait > time_is_up:
                raise
        if wait:
            clock.sleep(wait)
