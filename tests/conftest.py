"""How the tests share their workers: a file, and with it the world it looks at, stays with one of them."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.worlds import (
    LIVED_WORLD,
    TIERS,
    is_left_to_the_night,
    is_long,
    is_nightly,
    is_slow,
    is_thinned,
    world,
)

# The tests know what ours say: whoever runs them may have definitions of their own. And what `make test` was given
# (`make test ARGS=-x`) is not said to the `make` that a test runs.
for name in (
    "DEFINITIONS",
    "THROUGHLINE_DEFINITIONS",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "MAKEOVERRIDES",
    "ARGS",
):
    os.environ.pop(name, None)

STACK_SECONDS = 1800
"""A test that waits for Airflow's processes: three such worlds at once take four times as long as one alone."""
LIVED_SECONDS = 3000
"""The first test of that world waits for its ten nights."""

KEPT = {
    "throughline.practice": ("practice", "teams"),
    "throughline.practice.permissions": ("permissions",),
}
"""What a process reads of the practice's files once."""
LISTS = {"throughline.pages.calls.order": "_kept", "throughline.pages.calls.work": "_counts"}
"""What a process keeps of a warehouse until a step of a night ends."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the files that are slow as a whole, before anything is chosen by its mark.

    Begin with the longest when there are several workers, so that none ends with one alone.

    In one process the order stays as collected: the quick tiers say first what is wrong.
    """
    cases: Counter[str] = Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        file = item.nodeid.partition("::")[0]
        if is_long(item.nodeid, cases[file]) or is_thinned(item.nodeid, cases[test]):
            item.add_marker(pytest.mark.long)
        if is_slow(item.nodeid):
            item.add_marker(pytest.mark.slow)
        if is_nightly(item.nodeid) or is_left_to_the_night(item.nodeid, cases[file]):
            item.add_marker(pytest.mark.nights)
        cases[test] += 1
        cases[file] += 1
        if world(item.nodeid) == LIVED_WORLD:
            item.add_marker(pytest.mark.timeout(LIVED_SECONDS))
        elif item.get_closest_marker("timeout") is None and _is_long(item):
            item.add_marker(pytest.mark.timeout(STACK_SECONDS))
    if hasattr(config, "workerinput"):
        items.sort(key=_length)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Forget the practice that a test read: the next one of its process may have another, or none of its own.

    And the lists of its warehouse: that of the next test may have come as far.
    """
    yield
    for module, name in LISTS.items():
        if module in sys.modules:
            getattr(sys.modules[module], name).forget()
    for module, names in KEPT.items():
        for name in names if module in sys.modules else ():
            getattr(sys.modules[module], name).cache_clear()


def _is_long(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("night", "nights"))


def _length(item: pytest.Item) -> tuple[int, bool]:
    of = world(item.nodeid)
    tier = of.partition("/")[0]
    return TIERS.index(tier) if tier in TIERS else len(TIERS), of != LIVED_WORLD


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Hand out whole groups with `--dist loadscope` (xdist's own marks of groups do nothing under pytest 9.2)."""
    return ByWorld(config, log) if config.getoption("dist") == "loadscope" else None


class ByWorld(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """Scopes are worlds."""

    def _split_scope(self, nodeid: str) -> str:
        return world(nodeid)
