"""A warehouse with one patient, into which clinical records come."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.warehouse.deliveries import Hand, patient
from tests.warehouse.quality.clinical.records import facts


@pytest.fixture
def told(hand: Hand) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that takes in records of a feed and returns the facts of some of them."""
    hand.register()
    hand.take_in("patient", [patient(1)])
    return partial(facts, hand)
