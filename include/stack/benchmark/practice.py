"""The benchmark's practice: its payers, and the NPIs of its practitioners."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]
BILLING_NPI = "1999999984"
PAYERS = (
    ("MEDB1", "MEDICARE PART B", "121", "MB"),
    ("SUNADV", "SUNRISE ADVANTAGE", "112", "16"),
    ("MCAID", "STATE MEDICAID", "2", "MC"),
    ("COMM1", "COMMERCIAL MUTUAL", "5", "CI"),
)


def npi(number: int) -> str:
    """Return a valid NPI (Luhn check digit over the prefix 80840) for a small number."""
    body = f"1{number:08d}"
    digits = [int(c) for c in "80840" + body]
    total = sum(
        sum(divmod(digit * 2, 10)) if index % 2 == 0 else digit
        for index, digit in enumerate(reversed(digits))
    )
    return body + str(-total % 10)
