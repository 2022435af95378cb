"""The number of a row of a work list: short enough to read out, and no spreadsheet takes it for a number or a date."""

from __future__ import annotations

from uuid import UUID

# Crockford's base 32: no I, L, O or U.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = 10


def number_of(transmission_id: UUID) -> str:
    """Return the number of a row, such as `W-7K3MQ-9QX2T`: 50 bits of its id, so it is always the same."""
    value = transmission_id.int >> (128 - 5 * _DIGITS)
    digits = "".join(_LETTERS[value >> (5 * n) & 31] for n in reversed(range(_DIGITS)))
    return f"W-{digits[:5]}-{digits[5:]}"
