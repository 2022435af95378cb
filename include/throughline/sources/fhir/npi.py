"""National Provider Identifiers: which of several numbers is one."""

from __future__ import annotations

from collections.abc import Iterable

from throughline.vocabulary.numbers import is_npi

__all__ = ["best", "is_npi"]


def best(numbers: Iterable[str]) -> str | None:
    """Return the first of the numbers said to be NPIs whose check digit is right, else the first."""
    found = list(numbers)
    return next((n for n in found if is_npi(n)), found[0] if found else None)
