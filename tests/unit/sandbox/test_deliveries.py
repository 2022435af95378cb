"""What is delivered at the end of a day, and what the truth says of it when a feed misbehaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.hub import Hub
from sandbox.server import FIRST_NIGHT as FIRST
from sandbox.world.engine import at

KINDS = {"appointment": "schedule_messages", "claim": "claims"}


@pytest.mark.parametrize("feed", KINDS)
@pytest.mark.parametrize("kind", ["missing", "late", "truncated"])
def test_what_befalls_the_first_night_leaves_the_files_of_sixty_days(
    make: Callable[..., Hub],
    truth: Callable[[Hub, str], list[dict[str, Any]]],
    feed: str,
    kind: str,
) -> None:
    good, bad = make("good"), make("bad")
    bad.world.misbehaviour.ask(feed, FIRST, kind)
    for hub in (good, bad):
        hub._advance(FIRST + timedelta(days=1))
        hub.truth.flush()
    first, after = at(FIRST, 26.5).isoformat(), at(FIRST + timedelta(days=1), 26.5).isoformat()
    whole, left = (
        Counter(row["observable_from"] for row in truth(hub, KINDS[feed])) for hub in (good, bad)
    )
    day = whole[first] - left[first]
    assert 0 < day < whole[first] / 10
    moved = None if kind == "missing" else after
    assert left == whole - Counter({first: day}) + Counter({moved: day})
