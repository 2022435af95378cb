"""Numbers with their nouns, for every text that people read."""

from __future__ import annotations

from decimal import Decimal


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, or noun and verb: `1 case`, `2 cases`, `1 feed is`, `2 feeds are`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cents(amount: Decimal) -> str:
    """Return an amount in US dollars and cents: `$1,204.50`, `-$1.37`."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def dollars(amount: object) -> str:
    """Return an amount in words; None is one that cannot be read."""
    return "an amount that cannot be read" if amount is None else cents(Decimal(str(amount)))
