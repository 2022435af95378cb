"""Numbers with their nouns, for every text that people read."""

from __future__ import annotations


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, or noun and verb: `1 case`, `2 cases`, `1 feed is`, `2 feeds are`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
