"""How the tests share two workers: a file, and with it the world it looks at, stays with one of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).parent))  # the kits beside this file are imported by name

LIVED = ("agreement", "kills", "page", "privacy", "rerun", "told")
"""Files of `tests/night` that look at the one practice that lived ten nights, or are held against it."""
TIERS = ("night", "dags", "warehouse", "unit")


def world(nodeid: str) -> str:
    """Name of the group of a test: tests of one group run in one process, one after the other."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    lived = {f"night/test_{name}.py" for name in LIVED}
    return "night/lived" if file in lived else file


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest when there are several workers, so that none ends with one alone.

    In one process the order stays as collected: the quick tiers say first what is wrong.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=_length)


def _length(item: pytest.Item) -> tuple[int, bool]:
    of = world(item.nodeid)
    tier = of.partition("/")[0]
    return TIERS.index(tier) if tier in TIERS else len(TIERS), of != "night/lived"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Hand out whole groups with `--dist loadscope` (xdist's own marks of groups do nothing under pytest 9.2)."""
    return ByWorld(config, log) if config.getoption("dist") == "loadscope" else None


class ByWorld(LoadScopeScheduling):
    """Scopes are worlds."""

    def _split_scope(self, nodeid: str) -> str:
        return world(nodeid)
