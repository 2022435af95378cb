"""How shares, keys and codes are told."""

from __future__ import annotations

import pytest

from throughline.profiling import words
from throughline.profiling.shapes import Codes, Key, Value


@pytest.mark.parametrize(
    ("some", "of", "told"),
    [(0, 10, "0%"), (10, 10, "100%"), (1, 100_000, "0.1%"), (99_999, 100_000, "99.9%")],
)
def test_a_share_is_all_or_nothing_only_when_it_is(some: int, of: int, told: str) -> None:
    assert words.share(some, of) == told


def test_a_key_is_told_with_its_columns() -> None:
    assert words.shared(Key(("payer_id", "member_id"), 2, 5)) == (
        "payer_id + member_id is not unique: 2 values shared, in 5 rows"
    )


def test_codes_without_a_meaning_are_named_as_far_as_they_may_be() -> None:
    known = Value("A", 9, "home")
    shown = tuple(Value(str(number), 1) for number in range(10))
    codes = Codes((known, *shown), hidden=1, hidden_rows=1, is_for_all=True, hidden_unmapped=1)
    told = words.unmapped(codes)
    assert told.startswith("11 codes without a meaning here: 0 (1), 1 (1)")
    assert told.endswith("7 (1) and 3 more")
    assert "A" not in told


def test_of_maps_that_pick_a_few_nothing_is_missing() -> None:
    assert Codes((Value("A", 1),), hidden_unmapped=1).unmapped_count == 0
