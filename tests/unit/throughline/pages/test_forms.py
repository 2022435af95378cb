"""The token of a form is good for one user, one browser and one thing, for a working day."""

from __future__ import annotations

import time

import pytest

from throughline.pages import forms
from throughline.pages.forms import Forms, RefusedForm

HERE = Forms("secret", "nurse", "browser")


def test_a_token_tells_what_was_shown() -> None:
    assert HERE.check(HERE.token("exception|1", "as of now"), "exception|1") == "as of now"


@pytest.mark.parametrize(
    "other",
    [
        Forms("secret", "biller", "browser"),
        Forms("secret", "nurse", "another"),
        Forms("guessed", "nurse", "browser"),
    ],
)
def test_a_token_of_another_user_browser_or_secret_is_refused(other: Forms) -> None:
    with pytest.raises(RefusedForm):
        HERE.check(other.token("exception|1"), "exception|1")


def test_a_token_is_for_one_thing() -> None:
    with pytest.raises(RefusedForm, match="another user, browser or page"):
        HERE.check(HERE.token("exception|1"), "exception|2")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u00e9", "x" * 5000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(RefusedForm, match="not made here"):
        HERE.check(token, "exception|1")


def test_a_changed_token_is_refused() -> None:
    token = HERE.token("exception|1", "as of now")
    for at in range(0, len(token), 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(RefusedForm):
            HERE.check(changed, "exception|1")


def test_a_token_ends_with_the_working_day(monkeypatch: pytest.MonkeyPatch) -> None:
    token = HERE.token("exception|1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + forms.SECONDS + 2)
    with pytest.raises(RefusedForm, match="too old"):
        HERE.check(token, "exception|1")


def test_without_a_cookie_or_a_secret_there_is_no_token() -> None:
    for lacking in (Forms("", "nurse", "browser"), Forms("secret", "nurse", "")):
        with pytest.raises(RefusedForm, match="cookie"):
            lacking.token("exception|1")
    assert len({forms.new_session() for _ in range(100)}) == 100
