"""Numbers and names of others that a definition may hold: whether there can be such a one."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo


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


def is_time_zone(name: str) -> bool:
    """Return whether the tz database has a zone of this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
