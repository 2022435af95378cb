"""What a person writes beside a decision: whether it says anything, and whether it can be kept as it was written."""

from __future__ import annotations

LONGEST = 2000
"""Characters of a reason."""

BLANK = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters of Unicode that show nothing (the Hangul fillers): a reason of these alone says nothing."""


def says_something(note: str) -> bool:
    """Return whether a reason holds a letter or a digit that one can see.

    White space of any kind, characters without width, and punctuation alone give no reason.
    """
    return any(sign.isalnum() and sign not in BLANK for sign in note)


def why_not_kept(note: str) -> str | None:
    """Return why a reason cannot be kept as it is; None if it can."""
    if len(note) > LONGEST:
        return f"the reason may have {LONGEST:,} characters"
    if "\0" in note or not is_text(note):
        return "the reason holds characters that cannot be kept: type it anew"
    return None


def is_text(given: str) -> bool:
    """Return whether this is text that can be stored: bytes of another encoding than UTF-8 are not."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True
