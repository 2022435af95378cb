"""A question whose run has ended while its batch waits is asked again."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from throughline.orchestration import dag_parts

BATCH = "0f0f0f0f-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("ended", "asks"),
    [
        ([], f"stopped__{BATCH}"),
        ([f"stopped__{BATCH}"], f"stopped__{BATCH}__2"),
        ([f"stopped__{BATCH}", f"stopped__{BATCH}__2"], f"stopped__{BATCH}__3"),
    ],
)
def test_the_next_night_asks_with_a_run_that_has_not_ended(
    monkeypatch: pytest.MonkeyPatch, ended: list[str], asks: str
) -> None:
    asked: list[tuple[str, ...]] = []

    def get_dr_count(dag_id: str, run_ids: list[str], states: list[str]) -> int:
        asked.append((dag_id, *states))
        return len({*run_ids} & {*ended})

    ti = SimpleNamespace(get_dr_count=get_dr_count)
    context: Any = {"ti": ti}
    monkeypatch.setattr(dag_parts, "get_current_context", lambda: context)
    assert dag_parts._run_that_asks("release_feed", f"stopped__{BATCH}") == asks
    assert set(asked) == {("release_feed", "failed", "success")}
    # the run takes an id with a number behind for its own
    assert re.fullmatch(rf"stopped__{BATCH}(__[0-9a-f]{{8}})?(__[1-9][0-9]?)?", asks)
