"""Definitions and histories that nobody wrote: the loader takes them, and they reach what they must reach."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.model.generated.drawn import LANGUAGE, definition
from tests.model.generated.histories import CHANGES
from tests.model.generated.kinds import SETS
from tests.model.generated.measured import measure
from tests.unit.language.loading.base import known
from throughline.vocabulary import Document
from throughline.workflows.language.loading import of_document

pytestmark = pytest.mark.nights

OF_FILES = {
    "like",
    "blocks",
    "tasks",
    "priority",
    "visit_type",
    "not_with",
    "meaning",
    "own_codes",
    "workflow",
    "owner",
}
"""Keys that name what only a practice's files have; drawn definitions stand alone."""
REFUSED = (
    "before the proof can be there",
    "holds whenever this",
    "too: nobody would ever be asked",
    "goes in a circle",
)
"""What is drawn now and then, and rightly refused."""


def test_the_loader_takes_what_is_drawn() -> None:
    sets = {name: ("0" * 64, codes) for name, codes in SETS.items()}
    told = Counter(
        each
        for seed in range(200)
        for each in of_document(
            Document(f"{seed}.yaml", definition(seed)[0]), [], replace(known(), value_sets=sets)
        ).problems
    )
    assert not [each for each in told if not any(text in each for text in REFUSED)]
    assert len(told) <= 15


def test_every_key_is_drawn_and_every_world_reached() -> None:
    drawn = sum((definition(seed)[1] for seed in range(400)), Counter())
    assert LANGUAGE - OF_FILES - set(drawn) == set()
    found = measure(60, 8)
    assert found.opened >= 0.6 * found.histories
    assert found.to_the_last >= 0.15 * found.histories
    assert found.taken_back >= 0.1 * found.histories
    assert set(found.truths) == {"true", "false", "unknown", "not yet"}
    assert all(found.changes[change] for change in CHANGES)


def test_a_seed_gives_the_same_again() -> None:
    assert definition(7) == definition(7)
    assert measure(2, 3, first=7).told() == measure(2, 3, first=7).told()
