"""Retries requests that may yet succeed, in one loop, with limits on attempts and time."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Mapping
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
    up to `longest_wait_s`, and `waits_s` in all. If the server asks for more than that, the wait is cut
    short, or, with `defers`, left to the caller.
    """

    attempts: int = 5
    total_s: float = 300.0
    first_wait_s: float = 0.25
    longest_wait_s: float = 30.0
    waits_s: float = float("inf")
    defers: bool = False


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in a `Retry-After` header (a number or a date), or None without one."""
    text = headers.get("Retry-After", "")
    if not text:
        return None
    if text.isascii() and text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


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
    failures, waited, was_renewed = 0, 0.0, False
    while True:
        try:
            return ask(time_is_up)
        except NotLetIn:
            if was_renewed or not renew():
                raise
            was_renewed, wait = True, 0.0
        except Again as again:
            before, failures = failures, failures + again.tries
            # retries by the library had no wait in between; add those waits now
            wait = patience.first_wait_s * (2.0**failures - 2.0**before)
            if patience.defers and (again.asked_s or 0) > patience.longest_wait_s:
                raise
            wait = min(wait if again.asked_s is None else again.asked_s, patience.longest_wait_s)
            waited += wait
            is_over = waited > patience.waits_s or clock.now() + wait > time_is_up
            if is_over or failures >= patience.attempts:
                raise
        if wait:
            clock.sleep(wait)
