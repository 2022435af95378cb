"""A night of which a gate sets half a feed's rows aside: it is said first, nothing counts as missed, people decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow, pytest.mark.long]

WHO = "operator"
GOOD_NIGHTS = 2
OPEN = "select exception_id::text from operations.exception where reason = 'rows_set_aside' and status = 'open'"


@pytest.fixture(scope="module")
def drifted(make_practice: Callable[..., Practice]) -> Practice:
    """A practice on whose third night half of the encounters lost fields."""
    made = make_practice(200, seed=4)
    made.up()
    made.nights(GOOD_NIGHTS)
    made.said.append(made.nights(1, MISBEHAVE="encounter:schema_drift"))
    return made


def day_of(practice: Practice) -> date:
    day: date = practice.value("select max(business_date) from operations.night")
    return day


def test_the_rows_are_one_exception_and_said_first(drifted: Practice) -> None:
    rows = drifted.value(
        "select count(distinct (file_id, row_no)) from quality.quarantine where feed = 'encounter'"
    )
    assert rows > 1
    assert len(drifted.rows(OPEN)) == 1
    said = f"The night finished normally; {rows} rows of 1 feed are set aside"
    told = " ".join(drifted.said[-1].split())
    assert said in told
    assert f"{rows} rows of ehr/encounter of {day_of(drifted)}" in told
    page = (drifted.world / "pages" / "latest.html").read_text(encoding="utf-8")
    assert said in page
    assert f"{rows} rows of ehr/<wbr>encounter" in page
    assert "every feed is up to date" not in page
    status = drifted.run("status")
    assert f"Set aside: {rows} rows of ehr/encounter" in status.stdout


def test_no_deadline_of_that_day_counts_as_missed(drifted: Practice) -> None:
    missed = drifted.rows(
        "select c.case_id from cases.case_record as c"
        " inner join cases.stage as s on s.case_id = c.case_id and s.stage = c.stage"
        " where c.status = 'open' and c.stage = 'seen' and s.state = 'missed' and s.due_at >= %s",
        day_of(drifted) + timedelta(days=1),
    )
    assert missed == []
    own = drifted.rows(
        "select 1 from operations.exception where reason = 'verify_by_hand' and status = 'open'"
    )
    assert own == []


def test_what_a_person_rejects_is_decided_the_next_night(drifted: Practice) -> None:
    [(exception,)] = drifted.rows(OPEN)
    told = drifted.run("decide", ID=exception[:8], BY=WHO, ACTION="reject", PREVIEW=1)
    assert told.returncode == 0, told.stderr
    assert "for good" in told.stdout
    assert (
        drifted.run("decide", ID=exception[:8], BY=WHO, ACTION="reject", NOTE="no good").returncode
        == 0
    )
    said = drifted.nights(1)
    assert drifted.rows(OPEN) == []
    assert "set aside" not in said.split("FEEDS")[0].split("The night finished")[-1].split(".")[0]


def test_a_delivery_that_was_accepted_is_taken_back(drifted: Practice) -> None:
    batch = drifted.value(
        "select batch_id::text from landing.batch where feed = 'communication' and status = 'loaded'"
        " and rows_loaded > 0 order by known_seq desc limit 1"
    )
    proven = "select count(*) from evidence.fact where batch_id = %s and retracted_seq is null"
    assert drifted.value(proven, batch) > 0
    listed = drifted.run("deliveries")
    assert batch[:8] in listed.stdout
    assert (
        drifted.run("decide", ID=batch[:8], BY=WHO, ACTION="reject", NOTE="no good").returncode == 0
    )
    drifted.nights(1)
    assert drifted.value(proven, batch) == 0
    assert (
        drifted.value("select status from landing.batch where batch_id = %s", batch) == "rejected"
    )


def test_every_invariant_holds_and_each_night_replays(drifted: Practice) -> None:
    ended = drifted.run("check")
    assert ended.returncode == 0, ended.stdout
    for (day,) in drifted.rows("select distinct business_date from operations.night order by 1"):
        replayed = drifted.run("replay", NIGHT=day)
        assert replayed.returncode == 0, replayed.stdout
