"""National Provider Identifiers: which of several numbers is one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=65536)
def is_npi(number: str) -> bool:
    """Return whether a number has an NPI's form and check digit.

    The check digit is that of ISO/IEC 7812-1 (Luhn) over the prefix 80840 and the number: CMS,
    "Requirements for National Provider Identifier (NPI) and NPI check digit". An NPI begins with
    1 or 2 (45 CFR 162.406).
    """
    if len(number) != 10 or not number.isascii() or not number.isdigit() or number[0] not in "12":
        return False
    total = 0
    for place, digit in enumerate(reversed("80840" + number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def best(numbers: Iterable[str]) -> str | None:
    """Return the first of the numbers said to be NPIs whose check digit is right, else the first."""
    found = list(numbers)
    return next((n for n in found if is_npi(n)), found[0] if found else None)
