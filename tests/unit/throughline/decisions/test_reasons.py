"""A reason says something that one can see, and can be kept."""

from __future__ import annotations

import pytest

from throughline.decisions.reasons import LONGEST, says_something, why_not_kept

NOTHING = {
    "empty": "",
    "blanks": " \t\r\n\v\f",
    "no-break space": "\u00a0\u202f\u2007",
    "wide spaces": "\u3000\u2003\u1680\u2028",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff",
    "soft hyphen": "\u00ad",
    "marks of direction": "\u200e\u200f\u202e\u2066",
    "fillers": "\u115f\u1160\u3164\uffa0",
    "blank braille": "\u2800",
    "a mark without a letter": "\u0301\ufe0f",
    "tags": "\U000e0041",
    "punctuation": "...-?!_",
    "control": "\x00\x1b",
}
"""Reasons that say nothing, by what they are made of."""


@pytest.mark.parametrize("note", NOTHING.values(), ids=NOTHING)
def test_what_shows_nothing_says_nothing(note: str) -> None:
    assert not says_something(note)
    assert not says_something(note * 3)


@pytest.mark.parametrize("note", ["ok", "7", "\u200bé", "理由", "  denied: 97 "])
def test_a_letter_or_a_digit_says_something(note: str) -> None:
    assert says_something(note)
    assert why_not_kept(note) is None


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("a" * (LONGEST + 1), "may have 2,000 characters"),
        ("a\0b", "cannot be kept"),
        ("a\ud800", "cannot be kept"),
    ],
)
def test_what_cannot_be_kept_is_told(note: str, why: str) -> None:
    assert why in str(why_not_kept(note))
    assert why_not_kept("a" * LONGEST) is None
