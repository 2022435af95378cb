"""Which tests look at one world, and so run in one process, one after the other."""

from __future__ import annotations

LIVED = ("agreement", "kills", "page", "privacy", "rerun", "told")
"""Files of `tests/night` that look at the one practice that lived ten nights, or are held against it."""
TIERS = ("night", "dags", "warehouse", "unit")


def world(nodeid: str) -> str:
    """Name of the group of a test: tests of one group run in one process, one after the other."""
    file = nodeid.partition("::")[0].removeprefix("tests/")
    lived = {f"night/test_{name}.py" for name in LIVED}
    return "night/lived" if file in lived else file
