"""How far back each feed is wanted follows from the workflows, from attribution and from what stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.throughline.definitions.test_check import own, take
from throughline.definitions import examined
from throughline.definitions.readiness.__main__ import reach
from throughline.definitions.readiness.back import Back, wanted
from throughline.practice import said_now

__all__ = ["own"]


def back() -> dict[str, Back]:
    checked = examined()
    assert checked.faults == ()
    found = wanted(checked.workflows, checked.sources, said_now())
    return {f"{one.source}/{one.feed}": one for one in found}


def test_it_follows_from_the_windows(own: Path) -> None:
    found = back()
    # the wellness visit before, which another may follow after twelve months
    assert found["ehr/charge_item"].days == 403
    assert found["ehr/encounter"].told.startswith("403 days and ")
    assert "stays that still go on" in found["ehr/encounter"].also
    assert any(
        "transitional_care: a discharge learned of within 30 days" in why
        for why in found["ehr/encounter"].why
    )
    assert found["scheduling/appointment"].also == ("all that is ahead",)
    assert found["ehr/patient"].days is None
    assert found["clearinghouse/eligibility_response"].days == 0
    assert found["clearinghouse/payment"].days == 403


def test_a_shorter_window_and_attribution_move_it(own: Path) -> None:
    said = "attribution: {visit_days: 730}\nleave_out: {workflows: [annual_wellness]}"
    take(own, "practice.yaml", "bill_hold_days: 1", f"bill_hold_days: 1\n{said}")
    found = back()
    assert (found["ehr/encounter"].days, found["ehr/charge_item"].days) == (730, 120)
    assert (found["ehr/document_reference"].days, found["ehr/communication"].days) == (120, 30)
    assert found["ehr/encounter"].why[0].startswith("attribution: a visit within 730 days")


@pytest.mark.parametrize(("days", "short"), [(500, False), (90, True)])
def test_what_is_fetched_is_told_beside_it(own: Path, days: int, short: bool) -> None:
    line = 'charge_item: {expected_by: "03:00"'
    take(own, "sources/ehr.yaml", line, f"{line}, history_days: {days}")
    found = back()
    assert (found["ehr/charge_item"].fetched, found["ehr/charge_item"].is_short) == (days, short)
    lines = "\n".join(reach(list(found.values())))
    assert f"fetched: {days} days (history_days)" in lines
    assert ("TOO LITTLE" in lines) is short


def test_a_feed_of_files_has_no_reach_of_its_own(own: Path) -> None:
    line = 'appointment: {expected_by: "03:00"'
    take(own, "sources/scheduling.yaml", line, f"{line}, history_days: 30")
    (fault,) = examined().faults
    assert (
        "feeds/appointment/history_days: a file may be of several feeds; write it beside feeds"
        in fault
    )
