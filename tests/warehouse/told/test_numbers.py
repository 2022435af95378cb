"""The numbers of a made-up morning, counted beside the SQL that tells them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from stack import postgres
from throughline import warehouse
from throughline.told import numbers as of
from throughline.warehouse import Connection

ZONE = "America/New_York"


def one(conn: Connection, query: str) -> object:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def told(conn: Connection) -> of.Numbers:
    return of.collect(conn, 3, ZONE)


def test_the_morning_is_the_local_day_after(told: of.Numbers) -> None:
    assert told.business_date == date(2026, 9, 3)
    assert told.morning == date(2026, 9, 4)
    assert told.since == 2


def test_calls_are_the_open_outreach_due_before_the_day_ends(
    conn: Connection, told: of.Numbers
) -> None:
    wanted = one(
        conn,
        "select count(*) from tasks.task as t left join cases.stage as s using (case_id, stage)"
        " where t.kind = 'outreach' and t.closed_seq is null"
        " and least(t.due_at, s.due_at) <= timestamp '2026-09-05 00:00' at time zone 'America/New_York'",
    )
    assert isinstance(wanted, int)
    assert len(told.calls) == wanted > 0
    assert told.calls == sorted(told.calls, key=lambda call: call.due_at)
    assert not any(call.on_hold for call in told.calls)
    first = told.calls[0]
    conn.execute(
        "update tasks.task set status = 'on-hold'"
        " where kind = 'outreach' and left(case_id::text, 8) = %s",
        (first.case_number,),
    )
    last = of.collect(conn, 3, ZONE).calls[-1]
    assert (last.case_number, last.on_hold) == (first.case_number, True)


def test_a_call_due_when_the_day_ends_is_today_and_a_minute_later_is_not(conn: Connection) -> None:
    midnight = "timestamp '2026-09-05 00:00' at time zone 'America/New_York'"
    for table in ("tasks.task", "cases.stage"):
        conn.execute(f"update {table} set due_at = {midnight} + interval '1 minute'".encode())
    assert of.collect(conn, 3, ZONE).calls == []
    conn.execute(f"update tasks.task set due_at = {midnight} where kind = 'outreach'".encode())
    assert len(of.collect(conn, 3, ZONE).calls) == one(
        conn, "select count(*) from tasks.task where kind = 'outreach' and closed_seq is null"
    )


def test_a_clock_that_ends_before_its_task_asks_for_the_call(conn: Connection) -> None:
    midnight = "timestamp '2026-09-05 00:00' at time zone 'America/New_York'"
    conn.execute(f"update tasks.task set due_at = {midnight} + interval '3 days'".encode())
    conn.execute(f"update cases.stage set due_at = {midnight}".encode())
    assert of.collect(conn, 3, ZONE).calls != []


def test_attempts_are_those_the_ehr_shows_and_not_taken_back(conn: Connection) -> None:
    before = sum(call.attempts for call in of.collect(conn, 3, ZONE).calls)
    assert before > 0
    conn.execute("update evidence.fact set retracted_seq = 3 where kind = 'attempt'")
    assert sum(call.attempts for call in of.collect(conn, 3, ZONE).calls) == 0


def test_what_is_not_known_says_why_and_who_verifies(told: of.Numbers) -> None:
    assert {row.reason for row in told.unknown} == {"clearinghouse.claim is late"}
    assert sum(row.by_hand for row in told.unknown) == 13


def test_a_feed_that_has_brought_what_it_should_is_not_late(conn: Connection) -> None:
    """A feed of answers that has brought nothing yet is up to date in the list of feeds, so it is everywhere."""
    conn.execute(
        "update operations.feed set volume = 'asked', known_seq = (select max(seq) from operations.night)"
        " where feed = 'claim'"
    )
    conn.execute("delete from landing.batch where feed = 'claim'")
    told = of.collect(conn, 3, ZONE)
    assert {feed.is_fresh for feed in told.feeds if feed.feed == "claim"} == {True}
    assert {
        row.reason for row in told.unknown if row.waits_on_feeds == ["clearinghouse.claim"]
    } == {"clearinghouse.claim is late"}
    conn.execute("update cases.stage set reason = '' where reason is not null")
    told = of.collect(conn, 3, ZONE)
    assert {row.reason for row in told.unknown} == {
        "clearinghouse.claim not yet here for the day of the clock"
    }
    conn.execute("update operations.feed set volume = 'usual'")
    assert {row.reason for row in of.collect(conn, 3, ZONE).unknown} == {"clearinghouse.claim late"}


def test_feeds_tell_the_late_and_the_stopped_first(told: of.Numbers) -> None:
    assert [(feed.feed, feed.status, feed.is_fresh) for feed in told.feeds[:2]] == [
        ("charge_item", "stopped", False),
        ("claim", "missing", False),
    ]
    assert len(told.feeds) == 19
    payment = next(feed for feed in told.feeds if feed.feed == "payment")
    assert (payment.verdict, payment.rows_quarantined) == ("quarantine", 1)


def test_every_open_dollar_stands_in_one_place(conn: Connection, told: of.Numbers) -> None:
    assert sum(row.expected for row in told.money) == one(
        conn, "select sum(expected_amount) from cases.case_record where status = 'open'"
    )
    assert sum(row.cases for row in told.money) == one(
        conn, "select count(*) from cases.case_record where status = 'open'"
    )


def test_proven_counts_facts_of_this_night_that_still_stand_for_a_stage(
    conn: Connection, told: of.Numbers
) -> None:
    assert sum(row.cases for row in told.proven) == one(
        conn,
        "select count(*) from cases.stage inner join evidence.fact using (fact_id)"
        " where known_seq = 3 and state = 'complete'",
    )


def test_claimed_done_lists_open_tasks_only(conn: Connection, told: of.Numbers) -> None:
    claimed = one(conn, "select count(*) from evidence.fact where kind = 'task_update'")
    assert sum(row.tasks for row in told.claimed_done) == claimed
    conn.execute("update tasks.task set closed_seq = 3 where kind = 'outreach'")
    assert of.collect(conn, 3, ZONE).claimed_done == []


def test_stopped_tells_reasons_and_the_delivery_at_the_gate(told: of.Numbers) -> None:
    assert ("delivery stopped", 7) in {(row.what, row.times) for row in told.stopped}
    assert sum(row.times for row in told.stopped if row.case_numbers) == 5
    assert [(row.what, row.things) for row in told.waiting] == [("delivery", 7)]
    (row,) = told.waiting
    assert (row.asked_on, row.exception_from) == (date(2026, 9, 4), date(2026, 9, 5))
    assert (row.owner_team, row.lead_told_on) == ("integration", None)


def test_tasks_planned_sent_and_closed(conn: Connection, told: of.Numbers) -> None:
    outreach = next(row for row in told.tasks if row.kind == "outreach")
    assert outreach.planned == one(
        conn, "select count(*) from tasks.task where kind = 'outreach' and planned_seq = 3"
    )
    assert outreach.sent == outreach.planned
    assert outreach.completed == one(
        conn, "select count(*) from tasks.task where kind = 'outreach' and closed_seq = 3"
    )


def test_the_funnel_holds_every_case_once(conn: Connection, told: of.Numbers) -> None:
    for workflow in ("transitional_care", "annual_wellness", "charge_capture"):
        here = sum(
            stage.pending + stage.unknown + stage.missed + stage.blocked
            for stage in told.funnel
            if stage.workflow == workflow
        )
        assert here == one(
            conn,
            f"select count(*) from cases.case_record where workflow = '{workflow}' and status = 'open'",
        )


def test_counts_hold_totals_and_no_patient(told: of.Numbers) -> None:
    counts = of.counts(told)
    assert counts["calls_due"] == len(told.calls)
    assert counts["stale_feeds"] == ["ehr/charge_item", "clearinghouse/claim"]
    text = str(counts)
    assert "Family" not in text
    assert "MRN1" not in text


def test_a_feed_that_did_not_come_says_why(conn: Connection, told: of.Numbers) -> None:
    absent = [f for f in told.feeds if f.status == "missing"]
    assert absent
    assert {(f.absent_because, f.source_says) for f in absent} == {(None, None)}
    conn.cursor().executemany(
        "insert into landing.not_received (source, feed, known_seq, reason, said) values (%s, %s, %s, %s, %s)",
        [
            (absent[0].source, absent[0].feed, 3, "export: http_400", "not <supported> here"),
            # of an earlier night, and of a feed that came in the end
            (absent[0].source, absent[0].feed, 2, "export: http_500", None),
            *((f.source, f.feed, 3, "late", None) for f in told.feeds if f.status != "missing"),
        ],
    )
    again = of.collect(conn, 3, ZONE)
    said = {(f.source, f.feed): (f.absent_because, f.source_says) for f in again.feeds}
    assert said.pop((absent[0].source, absent[0].feed)) == (
        "export: http_400",
        "not <supported> here",
    )
    assert set(said.values()) == {(None, None)}


def test_an_earlier_night_is_told_as_it_was(conn: Connection, told: of.Numbers) -> None:
    with conn.cursor() as cursor:
        cursor.execute(
            "update operations.night set status = 'finished', counts = %s where seq = 3",
            (psycopg.types.json.Jsonb(of.counts(told)),),
        )
    conn.execute(
        "insert into operations.night (seq, business_date, kind, cut_off)"
        " values (4, '2026-09-04', 'nightly', '2026-09-05 07:00Z')"
    )
    conn.execute(
        "update cases.case_record set expected_amount = 1, stage_state = 'pending' where status = 'open'"
    )
    again = of.collect(conn, 3, ZONE)
    assert not again.is_newest
    assert again.money == told.money
    assert again.unknown == told.unknown
    assert again.funnel == told.funnel
    assert again.calls == told.calls


def test_yesterday_begins_after_the_last_night_of_an_earlier_date(conn: Connection) -> None:
    conn.execute(
        "insert into operations.night (seq, business_date, kind, cut_off, status) values"
        " (4, '2026-09-03', 'intraday', '2026-09-04 07:00Z', 'finished'),"
        " (5, '2026-09-03', 'rerun', '2026-09-04 07:00Z', 'running')"
    )
    assert of.collect(conn, 5, ZONE).since == 2


def test_amounts_survive_storing(conn: Connection, told: of.Numbers) -> None:
    assert Decimal(str(of.counts(told)["expected_money"])) == sum(
        row.expected for row in told.money
    )


def test_a_night_that_never_was(conn: Connection) -> None:
    with pytest.raises(LookupError):
        of.collect(conn, 77, ZONE)


@pytest.mark.parametrize("role", ["throughline_loop", "throughline_reader"])
def test_who_runs_and_who_reads_may_count(server: postgres.Server, role: str) -> None:
    with warehouse.connect(server.dsn(role)) as conn:
        assert of.collect(conn, 3, ZONE).seq == 3
        conn.rollback()


def test_nothing_is_late_before_its_time(told: of.Numbers) -> None:
    assert not told.is_overdue(told.cut_off)
    assert told.is_overdue(told.cut_off - timedelta(seconds=1))
