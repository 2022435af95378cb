"""Rows of a clock: one whose moment may not exist hides none after it (rule 25)."""

from __future__ import annotations

import pytest

from tests.unit.language.loading.base import changed, told

DUE = "due: {trigger: 14 days}"


@pytest.mark.parametrize(
    ("rows", "hides"),
    [
        ("[{to: {spoke: 3 days}}, {to: {trigger: 14 days}}]", False),
        ("[{to: {called: 3 days}}, {to: {trigger: 14 days}}]", False),
        ("[{to: {soonest: [{spoke: 3 days}, {called: 3 days}]}}, {to: {trigger: 14 days}}]", False),
        ("[{to: {soonest: [{spoke: 3 days}, {trigger: 9 days}]}}, {to: {trigger: 14 days}}]", True),
        ("[{to: {trigger: 3 days}}, {to: {trigger: 14 days}}]", True),
        ("[{to: month_end}, {to: {trigger: 14 days}}]", True),
        ("[{when: {exists: spoke}, to: {called: 3 days}}, {when: {exists: spoke}, to: {trigger: 9 days}}]", False),
        ("[{when: {exists: spoke}, to: {trigger: 3 days}}, {when: {exists: spoke}, to: {trigger: 9 days}}]", True),
    ],
)  # fmt: skip
def test_rows_of_a_clock(rows: str, hides: bool) -> None:
    found = [each for each in told(changed((DUE, f"due: {rows}"))) if "/due/1" in each]
    assert len(found) == hides
    assert all("row 1 " in each for each in found)
