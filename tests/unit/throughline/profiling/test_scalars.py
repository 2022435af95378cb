"""A text that goes into a definition is the same text when the definition is read."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from throughline.profiling.guessing.scalars import quoted

ODD = (
    "Claim #", "Pt: Id", "%Paid", "yes", "No", "null", "~", "12", "1_0", "0x1f", "1:20", "2026-03-02", "1e3", "=", "<<",
    "- x", "-", "?", "? x", "#", "*all", "&a", "!x", "|", ">", "@x", "`x`", "[x]", "{x}", "a, b", "a: b", "x:", "",
    " x ", "it's", '"x"', "two\nlines", "a\tb", "\\", "Muñoz", "\x85", "\u2028", "\U0001f600", "...", "---",
)  # fmt: skip


def reads_back(text: str) -> None:
    written = quoted(text)
    assert "\n" not in written
    assert yaml.safe_load(f"x: {written}    # told") == {"x": text}
    assert yaml.safe_load(f"{written}: [{written}, {{{written}: {written}}}]") == {
        text: [text, {text: text}]
    }


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30))
@example("\x00")
def test_any_text_is_the_same_text_when_it_is_read(text: str) -> None:
    reads_back(text)


@pytest.mark.parametrize("text", ODD)
def test_a_text_that_is_more_than_a_word_to_yaml_is_quoted(text: str) -> None:
    reads_back(text)


def test_a_plain_name_needs_no_quotes() -> None:
    assert [quoted(name) for name in ("Chart No", "DOB", "Visit (first)", "yesterday")] == [
        "Chart No", "DOB", "Visit (first)", "yesterday"
    ]  # fmt: skip
