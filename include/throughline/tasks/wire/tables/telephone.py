"""Telephone numbers as people dial them, and as no spreadsheet takes for a number."""

from __future__ import annotations


def telephone(digits: str | None) -> str:
    """Return a number of digits as it is read: (303) 555-0142 in the North American plan, else in groups of three."""
    found = "".join(c for c in digits or "" if c.isdigit())
    if len(found) == 11 and found[0] == "1":
        found = found[1:]
    if len(found) == 10:
        return f"({found[:3]}) {found[3:6]}-{found[6:]}"
    if len(found) == 7:
        return f"tel. {found[:3]}-{found[3:]}"
    # the last group takes what is left, so that none is a single digit
    groups = [found[n : n + 3] for n in range(0, len(found), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return "tel. " + "-".join(groups) if found else ""
