"""Each rule of the three workflows on both sides of its boundary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.cases.scenarios import ALL, Scenario
from tests.warehouse.cases.stage import outcomes, play
from tests.warehouse.clinic import Clinic


@pytest.fixture(scope="module")
def morning(defined_warehouse: str) -> Any:
    """Return how all scenarios stand, after one night."""
    from throughline import warehouse

    with warehouse.connect(defined_warehouse) as conn:
        clinic = Clinic(conn)
        play(clinic)
        yield dict(zip((s.name for s in ALL), outcomes(clinic), strict=True))
        conn.rollback()


@pytest.mark.parametrize("scenario", ALL, ids=lambda s: f"{s.workflow}-{s.name}".replace(" ", "_"))
def test_scenario(morning: dict[str, Any], scenario: Scenario) -> None:
    assert morning[scenario.name] == scenario.expected


def test_names_are_unique() -> None:
    assert len({s.name for s in ALL}) == len(ALL)
