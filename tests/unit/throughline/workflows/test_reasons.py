"""The reasons of exceptions say what they mean: a comma in a title without quotes would end it."""

from __future__ import annotations

import yaml

from throughline.vocabulary import OURS


def test_a_reason_has_an_owner_days_and_a_title_and_nothing_else() -> None:
    text = (OURS / "exceptions.yaml").read_text(encoding="utf-8")
    stray = {
        reason: sorted(set(said) - {"owner_team", "due_days", "title"})
        for reason, said in yaml.safe_load(text).items()
        if set(said) != {"owner_team", "due_days", "title"}
    }
    assert stray == {}
