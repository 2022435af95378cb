"""Whether a rejected claim can be seen: where it cannot, silence must not be read as acceptance."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.definitions.test_check import own
from throughline.definitions import examined
from throughline.definitions.readiness import Need, needs
from throughline.practice import said_now
from throughline.sources.source import Feed, SourceDefinition
from throughline.vocabulary import OURS

__all__ = ["own"]
REJECTED, UNANSWERED = ("notices", "rejected claim"), ("notices", "claim that nobody answers")


def found(*more: SourceDefinition, workflow: str = "charge_capture") -> dict[Any, Need]:
    checked = examined()
    every = needs(checked.workflows, [*checked.sources, *more], said_now())
    return {(one.part, one.name): one for one in every if one.workflow == workflow}


def without(folder: Path, *feeds: str) -> None:
    """Take feeds out of the clearinghouse's definition."""
    text = (OURS / "sources" / "clearinghouse.yaml").read_text(encoding="utf-8")
    for feed in feeds:
        left = re.sub(rf"(?m)^  {feed}:.*\n", "", text)
        assert left != text
        text = left
    (folder / "sources" / "clearinghouse.yaml").write_text(text, encoding="utf-8")


def report(columns: dict[str, Any]) -> SourceDefinition:
    """Return the report of a billing system about its claims."""
    record = {"feed": "claim_response", "key": "Claim", "columns": columns}
    feeds = {"claim_response": Feed("claim_response", "billing", time(3))}
    tables = {"claims": {"records": [record]}}
    return SourceDefinition(
        "billing_office", "Billing office", "tabular", "folder", "office", "billing", "UTC", feeds,
        conventions={"tables": tables},
    )  # fmt: skip


@pytest.mark.parametrize("workflow", ["charge_capture", "transitional_care", "annual_wellness"])
def test_who_brings_claim_responses_sees_both(own: Path, workflow: str) -> None:
    by = found(workflow=workflow)
    assert by[REJECTED].by == by[UNANSWERED].by == ("clearinghouse/claim_response",)
    assert by[REJECTED].mark == "ok"


def test_without_them_silence_is_no_acceptance(own: Path) -> None:
    without(own, "claim_response")
    for name in (REJECTED, UNANSWERED):
        one = found()[name]
        assert (one.mark, one.matters) == ("unseen", False)
        assert "feed claim_response would: the 277CA of the clearinghouse (x12)" in one.told
        assert "clearinghouse/functional_acknowledgement does not: a 999 refuses only" in one.told
        assert "clearinghouse/payment does not: a payment (835) tells only of claims" in one.told
        assert one.told.endswith("counts as billed, and silence is no acceptance")


def test_only_feeds_that_are_there_are_said_not_to_tell(own: Path) -> None:
    without(own, "claim_response", "functional_acknowledgement")
    assert "999" not in found()[REJECTED].told


@pytest.mark.parametrize(
    ("column", "is_seen"),
    [
        ("Status", True),
        ({"from": "Status", "lookup": {"OK": "A2", "Rejected": "A3"}, "otherwise": "refuse"}, True),
        ({"from": "Status", "lookup": {"OK": "A2"}, "otherwise": "empty"}, False),
        ({"constant": "A2"}, False),
        # another word of the file would be a code that nobody has mapped, and no rejection
        ({"from": "Status", "lookup": {"OK": "A2"}}, False),
        ({"from": "Status", "lookup": {"OK": "A2", "No": "A7"}}, True),
    ],
)
def test_a_report_shows_what_its_status_can_say(own: Path, column: Any, is_seen: bool) -> None:
    without(own, "claim_response")
    columns = {"category_code": column, "is_from_payer": {"constant": True}}
    by = found(report(columns))
    assert bool(by[REJECTED].by) is is_seen
    assert by[UNANSWERED].by == ("billing_office/claim_response",)
    if not is_seen:
        assert (
            "as it is defined, billing_office/claim_response does not say it" in by[REJECTED].told
        )
