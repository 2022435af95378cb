"""Nights on which the systems of record misbehave: contained, repaired the next day, never guessed over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.night import truth as t
from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

PATIENTS = 120
NIGHTS = (
    ("appointment:garbage_rows", "claim:wrong_encoding", "encounter:http_500", "ehr_create:lost_answer"),
    ("payment:truncated", "appointment:late", "charge_item:schema_drift", "patient:slow"),
    ("claim_response:duplicate", "claim:out_of_order", "appointment:missing", "payment:unbalanced"),
    ("patient:paged", "encounter:redirected", "condition:expired", "encounter:http_500",
     "claim_response:unreadable", "functional_acknowledgement:odd_name"),
    (),
)  # fmt: skip
"""What goes wrong on each night after a first good one; what was damaged or late comes again the day after."""
LOST = "appointment:missing"
UNBALANCED = "payment:unbalanced"
UNREAD = "claim_response:unreadable"


@pytest.fixture(scope="module")
def misled(make_practice: Callable[..., Practice]) -> Practice:
    made = make_practice(PATIENTS, seed=3)
    made.up()
    made.nights(1)
    return made


@pytest.mark.parametrize(
    "number", range(len(NIGHTS)), ids=lambda n: " ".join(NIGHTS[n]) or "repaired"
)
def test_a_night_does_its_work_whatever_is_delivered(misled: Practice, number: int) -> None:
    misled.nights(1, MISBEHAVE=",".join(NIGHTS[number]))
    assert t.doubles(t.Truth(misled.world / "sandbox" / "truth")) == []
    if LOST in NIGHTS[number]:
        waiting = misled.rows(
            "select stage, stage_state, count(*) from cases.case_record"
            " where status = 'open' and stage in ('scheduled', 'seen') group by 1, 2"
        )
        assert {state for _, state, _ in waiting} >= {"unknown"}, waiting
        assert "missed" not in {state for _, state, _ in waiting}, waiting
    if UNBALANCED in NIGHTS[number]:
        held = misled.rows("select distinct reason from quality.quarantine where feed = 'payment'")
        assert ("remittance does not balance",) in held
    if UNREAD in NIGHTS[number]:
        refused = "select count(*) from operations.exception where reason = 'file_refused'"
        assert misled.value(refused) == 1
        odd = "select count(*) from landing.file where status = 'landed' and original_name like %s"
        assert misled.value(odd, "re\\\\xe7u\\\\n%") == 1


def test_afterwards_the_account_agrees_with_what_was_served(misled: Practice) -> None:
    truth, account = t.Truth(misled.world / "sandbox" / "truth"), t.Account(misled.dsn())
    assert t.found(truth, account, [account.nights[-1]["seq"]]) == []
    assert t.false_completions(truth, account) == []
    assert t.unreleased(truth, account) == []
    lost = [row for row in truth.rows("schedule_messages") if row["observable_from"] is None]
    assert lost, "nothing was lost that night"
    held = misled.rows(
        "select 1 from quality.quarantine where feed = 'payment' and status = 'open'"
    )
    assert held == []


def test_no_row_was_lost_and_every_invariant_holds(misled: Practice) -> None:
    ended = misled.run("check")
    assert ended.returncode == 0, ended.stdout
    for (day,) in misled.rows("select distinct business_date from operations.night order by 1"):
        replayed = misled.run("replay", NIGHT=day)
        assert replayed.returncode == 0, replayed.stdout
