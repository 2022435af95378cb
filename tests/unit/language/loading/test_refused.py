"""Each thing that a workflow must not say, with the line and the words in which it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.unit.language.loading.base import SOUND, changed, told

CASES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(
    Path(__file__).with_name("refused.yaml")
)


def test_the_sound_one_is_sound() -> None:
    assert told(SOUND) == []


@pytest.mark.parametrize("case", CASES, ids=[each["told"][0][:60] for each in CASES])
def test_it_is_refused_where_it_stands_and_nothing_else_is(case: dict[str, Any]) -> None:
    edits = [(was, now) for was, now in case["write"]]
    assert told(changed(*edits)) == [f"call_back.yaml:{each}" for each in case["told"]]
