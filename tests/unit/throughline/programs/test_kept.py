"""What is kept for those who ask again: a few things, and for a short time."""

from __future__ import annotations

import pytest

from throughline.programs.kept import Kept


class Maker:
    """Makes numbers, each a new one."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> int:
        self.made += 1
        return self.made


def test_what_is_kept_is_made_once() -> None:
    make, some = Maker(), Kept[str, int](most=2, seconds=60)
    assert [some.get("one", make), some.get("two", make), some.get("one", make)] == [1, 2, 1]


def test_the_oldest_makes_room() -> None:
    make, some = Maker(), Kept[str, int](most=2, seconds=60)
    assert [some.get(key, make) for key in ("one", "two", "three")] == [1, 2, 3]
    assert len(some) == 2
    assert (some.get("three", make), some.get("one", make)) == (3, 4)


def test_what_is_too_old_is_let_go_whatever_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    make, some = Maker(), Kept[str, int](most=2, seconds=60)
    now = 1000.0
    monkeypatch.setattr("throughline.programs.kept.time.monotonic", lambda: now)
    some.get("one", make)
    now += 60
    assert some.get("one", make) == 1
    now += 1
    some.get("two", make)
    assert len(some) == 1
    assert some.get("one", make) == 3


def test_a_failure_keeps_nothing() -> None:
    some = Kept[str, int](most=2, seconds=60)

    def fails() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        some.get("one", fails)
    assert len(some) == 0
    some.get("one", Maker())
    some.forget()
    assert len(some) == 0
