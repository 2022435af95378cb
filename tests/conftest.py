"""How the tests share two workers: a file, and with it the world it looks at, stays with one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LIVED = ("agreement", "kills", "page", "privacy", "rerun")
"""Files of `tests/night` that look at the one practice that lived ten nights, or are held against it."""
TIERS = ("night", "dags", "warehouse", "unit")


def world(path: Path) -> str:
    """Name of the group of a test file: files of one group run in one process, one after the other."""
    name = path.relative_to(TESTS).with_suffix("").as_posix()
    lived = {f"night/test_{file}" for file in LIVED}
    return "night/lived" if name in lived else name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Group the tests for xdist's workers, longest groups first, so that neither ends with one alone.

    In one process the order stays as collected: the quick tiers say first what is wrong.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(world(item.path)))
    if hasattr(config, "workerinput"):
        items.sort(key=_length)


def _length(item: pytest.Item) -> tuple[int, bool]:
    tier = item.path.relative_to(TESTS).parts[0]
    return TIERS.index(tier) if tier in TIERS else len(TIERS), world(item.path) != "night/lived"
