"""A workflow or a kind of fact that falls silent is noticed on its day, and not a day before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from throughline import decisions, silence, warehouse
from throughline.decisions import Preview
from throughline.exceptions.resolve import DoesNotFitError, asked, resolve
from throughline.proven import invariants

NOTE = "ehr/note"


def live(watch: Any, days: Collection[int], until: int, about: str = NOTE) -> None:
    """Run the nights up to a day; something comes on some of them. The last night is noticed alone."""
    watch.past(range(watch.last + 1, until), {about: days})
    watch.night(until, *([about] if until in days else []))


# ---- on which day


@pytest.mark.parametrize(
    ("days", "opens"),
    [
        # every day: three times a gap of one day are three, and so seven days decide
        (range(1, 31), 37),
        # a gap of two days: three times are six, and seven days decide
        (range(1, 32, 2), 38),
        # weekends, gaps of three days: longer than nine days
        ([day for day in range(1, 41) if day % 7 not in (6, 0)], 50),
        # once a week: longer than three weeks
        (range(1, 30, 7), 51),
        # a long gap a while ago counts
        ([*range(1, 10), *range(19, 40)], 39 + 31),
        # silent long before there are 28 nights
        (range(1, 5), 28),
        (range(1, 15), 28),
        (range(1, 22), 28),
        (range(1, 23), 29),
        # the nights count from the first signal
        (range(11, 16), 38),
        # the gap of 20 days ended with day 21, and counts in the 90 days that end with the last signal
        ([1, *range(21, 111)], 171),
        ([1, *range(21, 112)], 118),
    ],
)
@pytest.mark.parametrize("about", [NOTE, "annual_wellness"])
def test_silence_is_noticed_on_its_day(
    watch: Any, days: Collection[int], opens: int, about: str
) -> None:
    live(watch, days, opens - 1, about)
    assert watch.open() == []
    watch.night(opens)
    assert watch.open() == [about]


@pytest.mark.parametrize("days", [[1], [1, 3], [1, 3, 5]])
def test_what_came_seldom_has_no_rhythm_to_fall_out_of(watch: Any, days: list[int]) -> None:
    live(watch, days, 90)
    assert watch.open() == []


def test_two_nights_of_one_day_are_no_gap(watch: Any) -> None:
    watch.past(range(1, 28), {NOTE: (1, 3, 5)})
    watch.conn.execute(
        "insert into operations.signal select about_kind, about_id, on_day, seq + 1, 1 from operations.signal"
    )
    watch.night(28)
    assert watch.open() == []


def test_nights_that_did_not_run_are_no_history(watch: Any) -> None:
    watch.past([*range(1, 11), *range(31, 47)], {NOTE: (1, 2, 3, 4)})
    watch.night(47)
    assert watch.open() == []
    watch.night(48)
    assert (watch.seq, watch.open()) == (28, [NOTE])


def test_a_rerun_and_a_reconcile_by_day_are_no_nights(watch: Any) -> None:
    live(watch, range(1, 21), 27)
    for kind in ("rerun", "intraday"):
        watch.begin(27, kind)
        watch.notice()
        assert watch.open() == []
    watch.night(28)
    assert watch.open() == [NOTE]


def test_what_nobody_waits_for_is_not_missed(watch: Any) -> None:
    """An answer comes when something was asked; a kind that no feed of the source brings is of the past."""
    names = ("clearinghouse/eligibility", "ehr/task_update", "closed_ehr/note", NOTE)
    watch.past(range(1, 40), dict.fromkeys(names, range(1, 20)))
    watch.night(40)
    assert watch.open() == [NOTE]


# ---- what is told


def test_the_owner_is_the_team_of_the_feed_or_of_the_workflow(watch: Any) -> None:
    names = ("clearinghouse/remittance", "charge_capture")
    watch.past(range(1, 28), dict.fromkeys(names, range(1, 20)))
    watch.night(28)
    about = {
        row["about_id"]: row
        for (row,) in watch.rows("select to_jsonb(e) from operations.exception as e")
    }
    assert set(about) == {"clearinghouse/remittance", "charge_capture"}
    silent = about["clearinghouse/remittance"]
    assert (silent["owner_team"], silent["reason"], silent["about_kind"]) == (
        "billing",
        "facts_silent",
        "facts",
    )
    assert silent["detail"] == {"last_day": "2026-01-19", "silent_days": 9, "longest_gap_days": 1}
    assert (silent["person_id"], silent["case_id"]) == (None, None)
    assert silent["opened_seq"] == 28
    assert silent["due_at"].startswith("2026-02-01T05:00")
    workflow = about["charge_capture"]
    assert (workflow["reason"], workflow["about_kind"]) == ("workflow_silent", "workflow")
    ((team,),) = watch.rows(
        "select definition ->> 'owner_team' from cases.workflow_version"
        " where workflow = 'charge_capture' and status = 'active'"
    )
    assert workflow["owner_team"] == team


def test_there_is_one_and_it_closes_when_the_signal_returns(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    live(watch, [], 35)
    assert watch.open() == [NOTE]
    watch.night(36, NOTE)
    assert watch.open() == []
    ((row,),) = watch.rows("select to_jsonb(e) from operations.exception as e")
    assert (row["status"], row["opened_seq"], row["closed_seq"]) == ("cleared", 28, 36)
    assert row["resolution"].startswith("such facts come again")


def test_the_next_silence_is_another_exception(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    live(watch, [], 35)
    watch.night(36, NOTE)
    live(watch, [], 36 + 48)
    assert watch.open() == []  # the gap was of 16 days
    watch.night(36 + 49)
    assert watch.rows(
        "select status, opened_seq from operations.exception order by opened_seq"
    ) == [
        ("cleared", 28),
        ("open", 85),
    ]


def test_it_stays_open_for_as_long_as_the_silence(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    for day in (200, 600):
        watch.night(day)
        assert watch.open() == [NOTE]
    assert watch.one(NOTE)["opened_seq"] == 28


def test_a_workflow_that_is_retired_is_not_missed_any_more(watch: Any) -> None:
    live(watch, range(1, 21), 30, "annual_wellness")
    assert watch.open() == ["annual_wellness"]
    watch.conn.execute(
        "update cases.workflow_version set status = 'retired' where workflow = 'annual_wellness'"
    )
    watch.night(31)
    assert watch.open() == []
    assert watch.one("annual_wellness")["resolution"].endswith("is not active any more")


# ---- what a person says


def test_what_a_person_acknowledged_rests_for_a_week(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    exception = watch.one(NOTE)["exception_id"]
    resolve(watch.conn, exception, "Ada Lead", "acknowledge", "the vendor knows")
    watch.conn.execute(
        "update operations.exception set status = 'resolved', closed_seq = 31 where exception_id = %s",
        (exception,),
    )
    live(watch, [], 37)
    assert watch.open() == []
    watch.night(38)
    assert watch.open() == [NOTE]
    assert watch.rows(
        "select status, opened_seq from operations.exception order by opened_seq"
    ) == [
        ("resolved", 28),
        ("open", 38),
    ]


def test_what_is_about_a_case_does_not_fit(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    exception = watch.one(NOTE)["exception_id"]
    for action in ("retry", "continue", "close_case", "write_off"):
        with pytest.raises(DoesNotFitError, match=f"^{action} does not apply"):
            resolve(watch.conn, exception, "Ada Lead", action)
    resolve(watch.conn, exception, "Ada Lead", "assign", owner="data_engineering")
    seen: Preview = decisions.preview(
        watch.conn, asked(watch.conn, exception, "Ada Lead", "resolve")
    )
    assert seen.follows == (
        "The exception closes for a week, and reopens if its cause is still there.",
    )


# ---- again


def test_the_same_night_again_writes_the_same(watch: Any) -> None:
    live(watch, range(1, 21), 27)
    for day in (28, 29):
        watch.night(day)
        before = watch.everything()
        watch.notice()
        assert watch.everything() == before
    assert watch.open() == [NOTE]
    watch.night(30, NOTE)
    before = watch.everything()
    watch.notice()
    assert watch.everything() == before
    assert watch.open() == []


def test_what_a_night_noticed_and_then_was_mended_in_it_is_taken_back(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    assert watch.open() == [NOTE]
    watch.bring(NOTE)
    watch.notice()
    assert watch.rows("select 1 from operations.exception") == []


def test_what_a_night_cleared_is_open_again_when_the_signal_is_taken_back(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    before = watch.one(NOTE)
    watch.night(29, NOTE)
    assert watch.open() == []
    watch.conn.execute("delete from evidence.fact where known_seq = 29")
    watch.notice()
    assert watch.one(NOTE) == before


def test_what_came_in_a_night_that_failed_is_no_silence(watch: Any) -> None:
    live(watch, range(1, 21), 27)
    watch.begin(28)
    watch.bring(NOTE)
    watch.conn.execute("update operations.night set status = 'failed' where seq = 28")
    watch.night(29)
    assert watch.rows("select seq, on_day::text from operations.signal where seq > 20") == [
        (28, "2026-01-28")
    ]
    live(watch, [], 28 + 24)
    assert watch.open() == []


def test_an_older_night_is_written_down_and_judges_nothing(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    before = watch.everything()
    counts = silence.notice(watch.conn, 10, watch.cut_off - timedelta(days=18))
    assert "exceptions_opened" not in counts
    assert watch.everything() == before


def test_the_loop_may_do_it(defined_warehouse: str, warehouse_server: Any) -> None:
    """With the rights of the role that runs it, on a warehouse without a night before."""
    database = urlsplit(defined_warehouse).path.lstrip("/")
    with warehouse.connect(warehouse_server.dsn("throughline_loop", database)) as conn:
        conn.execute(
            "insert into operations.night (seq, business_date, kind, cut_off)"
            " values (1, '2026-01-01', 'nightly', '2026-01-02T08:00Z')"
        )
        assert silence.notice(conn, 1, datetime(2026, 1, 2, 8, tzinfo=UTC)) == {
            "signals": 0, "codes": 0, "exceptions_cleared": 0, "exceptions_opened": 0,
        }  # fmt: skip
        conn.rollback()


def test_an_exception_of_silence_breaks_no_invariant(watch: Any) -> None:
    live(watch, range(1, 21), 28)
    assert watch.open() == [NOTE]
    broken = [each.check.name for each in invariants.check(watch.conn, 28)]
    assert "nobody_owns_it" not in broken
