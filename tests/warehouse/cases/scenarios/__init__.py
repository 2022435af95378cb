"""The rules at their boundaries: one patient each, all of them on one morning."""

from tests.warehouse.cases.scenarios import (
    annual_wellness,
    charge_capture,
    clocks,
    settlement,
    transitional_care,
)
from tests.warehouse.cases.scenarios.base import ALL, AWV, CHARGE, TCM, TODAY, Scenario, back

__all__ = [
    "ALL",
    "AWV",
    "CHARGE",
    "TCM",
    "TODAY",
    "Scenario",
    "annual_wellness",
    "back",
    "charge_capture",
    "clocks",
    "settlement",
    "transitional_care",
]  # fmt: skip
