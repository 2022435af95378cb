"""A question that nobody answers: the lead is told, then it is an exception, and it goes on waiting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from throughline.exceptions.resolve import DoesNotFitError, resolve
from throughline.practice import Team
from throughline.silence import questions

SLOW: Mapping[str, Team] = {
    "billing": Team("billing", "Billing office", "Billing manager", lead_after_days=5),
    "data_engineering": Team("data_engineering", "Data", "On call", lead_after_days=5),
}


def claims(watch: Any, *service: str, payer: str = "SUNADV", seq: int | None = None) -> str:
    """Insert a waiting batch with one claim for each day of service; returns its id."""
    made = watch.seq if seq is None else seq
    # a claim without its task: nothing here reads tasks
    watch.conn.execute("set local session_replication_role = replica")
    ((batch,),) = watch.rows(
        "insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count,"
        " total_charge, payload, payload_sha256, interchange_control_number, status)"
        " values (gen_random_uuid(), %s, '1234567893', %s, %s, 220, 'ISA', md5(random()::text),"
        " lpad((random() * 1e8)::int::text, 9, '0'), 'waiting') returning batch_id::text",
        payer,
        watch.seq,
        len(service),
    )
    for on in service:
        watch.conn.execute(
            "insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source,"
            " encounter_id, task_id, payer_id, billing_npi, total_charge, content, planned_seq, status, batch_id)"
            " values (upper(left(md5(random()::text), 20)), md5(random()::text), gen_random_uuid(), 'ehr', 'e1',"
            " gen_random_uuid(), %s, '1234567893', 220, %s, %s, 'batched', %s)",
            (payer, json.dumps({"service_on": on}), made, batch),
        )
    watch.conn.execute("set local session_replication_role = origin")
    return str(batch)


def stopped(watch: Any, feed: str = "encounter", source: str = "ehr") -> str:
    """Insert a delivery of tonight that a gate stopped; returns its id."""
    watch.profile(feed, {}, source)
    ((batch,),) = watch.rows(
        "update landing.batch set status = 'stopped', loaded_seq = null, rows_received = 7,"
        " rows_pending = 7 where known_seq = %s and feed = %s returning batch_id::text",
        watch.seq,
        feed,
    )
    return str(batch)


def night(watch: Any, day: int, known: Mapping[str, Team] | None = None) -> list[str]:
    """Run the night of a day; returns of what leads are told."""
    watch.begin(day)
    return notice(watch, known)


def notice(watch: Any, known: Mapping[str, Team] | None = None) -> list[str]:
    _, told = questions.notice(watch.conn, watch.seq, watch.cut_off, known)
    return [one.about_id for one in told]


def open_now(watch: Any) -> list[tuple[str, str, str]]:
    return [
        (reason, about, team)
        for reason, about, team in watch.rows(
            "select reason, about_id, owner_team from operations.exception where status = 'open'"
        )
    ]


# The first night is of Thursday 2026-01-01, read on Friday.


def test_a_stopped_delivery_is_an_exception_on_the_next_night_and_its_lead_is_told(
    watch: Any,
) -> None:
    watch.begin(1)
    batch = stopped(watch)
    assert notice(watch) == []
    assert open_now(watch) == []
    # the wait of the team is longer than the night: the lead is told with the exception
    assert night(watch, 2, SLOW) == [batch]
    ((reason, about, team),) = open_now(watch)
    assert (reason, about) == ("feed_not_released", batch)
    row = watch.one(batch)
    assert row["detail"] == {
        "about": "ehr/encounter of 2026-01-01",
        "things": 7,
        "asked_on": "2026-01-02",
    }
    assert team == "data_engineering"
    assert row["due_at"].startswith("2026-01-04T05:00")
    # it goes on waiting, and the lead is told once
    assert watch.rows("select status from landing.batch where batch_id = %s", UUID(batch)) == [
        ("stopped",)
    ]
    assert night(watch, 3) == []


@pytest.mark.parametrize("answer", ["loaded", "rejected"])
def test_an_answer_ends_the_exception(watch: Any, answer: str) -> None:
    watch.begin(1)
    batch = stopped(watch)
    night(watch, 2)
    watch.conn.execute(
        "update landing.batch set status = %s, rows_pending = 0, rows_rejected = 7", (answer,)
    )
    assert night(watch, 3) == []
    assert open_now(watch) == []
    assert watch.one(batch)["status"] == "cleared"


@pytest.mark.parametrize(
    ("wait", "told_on"),
    [
        (
            1,
            4,
        ),  # asked on Friday: one business day later is Monday, which the night of Sunday opens
        (2, 5),
        (5, 8),
    ],
)
def test_claims_go_to_the_lead_after_the_teams_business_days(
    watch: Any, wait: int, told_on: int
) -> None:
    known = {"billing": Team("billing", "Billing office", "Billing manager", lead_after_days=wait)}
    watch.begin(1)
    batch = claims(watch, "2025-12-20", "2025-12-30")
    told = {day: night(watch, day, known) for day in range(2, 12)}
    assert {day: of for day, of in told.items() if of} == {told_on: [batch]}
    assert open_now(watch) == []


def test_the_default_wait_is_two_business_days(watch: Any) -> None:
    watch.begin(1)
    batch = claims(watch, "2025-12-20")
    told = [day for day in range(2, 12) if night(watch, day) == [batch]]
    assert told == [5]


@pytest.mark.parametrize(
    ("payer", "service", "first"),
    [
        # a year from 2025-02-08 ends on 2026-02-08, and thirty days before it is 2026-01-09: the night of the 8th
        ("SUNADV", "2025-02-08", 8),
        # 180 days from 2025-08-12 is the same day
        ("COMM1", "2025-08-12", 8),
        # the limit is over already: at once
        ("SUNADV", "2024-05-01", 2),
        # nobody knows the payer's limit: a year
        ("NOBODY", "2025-02-08", 8),
    ],
)
def test_claims_are_an_exception_at_the_reserve_before_the_filing_limit(
    watch: Any, payer: str, service: str, first: int
) -> None:
    watch.begin(1)
    batch = claims(watch, "2025-12-30", service, payer=payer)
    for day in range(2, first):
        night(watch, day)
        assert open_now(watch) == [], day
    night(watch, first)
    assert open_now(watch) == [("claims_not_released", batch, "billing")]
    row = watch.one(batch)
    assert (row["amount"], row["detail"]["things"]) == (220, 2)
    assert watch.rows("select status from tasks.claim_batch") == [("waiting",)]


def test_the_payers_own_reserve_counts(watch: Any) -> None:
    watch.begin(1)
    watch.conn.execute(
        "insert into cases.setting_known (name, key, known_seq, value)"
        " values ('payer_filing_reserve_days', 'SUNADV', 0, '35')"
    )
    batch = claims(watch, "2025-02-08")
    night(watch, 2)
    assert open_now(watch) == []
    night(watch, 3)
    assert open_now(watch) == [("claims_not_released", batch, "billing")]


def test_a_batch_that_is_made_anew_is_as_old_as_its_oldest_claim(watch: Any) -> None:
    watch.begin(1)
    first = watch.seq
    old = claims(watch, "2025-12-20")
    night(watch, 4)
    watch.conn.execute("update tasks.claim_batch set status = 'refused'")
    batch = claims(watch, "2025-12-20", seq=first)
    assert old != batch
    assert night(watch, 5) == [batch]


def test_a_rerun_of_the_night_tells_and_writes_the_same(watch: Any) -> None:
    watch.begin(1)
    batch, other = stopped(watch), claims(watch, "2024-01-01")
    first = sorted(night(watch, 2))
    before = watch.everything(), watch.rows("select * from operations.escalation")
    assert first == sorted([batch, other])
    assert sorted(notice(watch)) == first
    assert (watch.everything(), watch.rows("select * from operations.escalation")) == before


def test_a_second_run_of_the_same_business_date_is_no_next_night(watch: Any) -> None:
    watch.begin(1)
    stopped(watch)
    watch.begin(1, kind="rerun")
    assert notice(watch) == []
    assert open_now(watch) == []


def test_a_night_that_is_not_the_newest_changes_nothing(watch: Any) -> None:
    watch.begin(1)
    stopped(watch)
    seq = watch.begin(2)
    cut_off = watch.cut_off
    watch.begin(3)
    assert questions.notice(watch.conn, seq, cut_off) == ({}, [])
    assert open_now(watch) == []


def test_acknowledging_buys_a_week_and_decides_nothing(watch: Any) -> None:
    watch.begin(1)
    batch = stopped(watch)
    night(watch, 2)
    one = watch.one(batch)["exception_id"]
    with pytest.raises(DoesNotFitError):
        resolve(watch.conn, one, "operator", "continue", "let it go")
    (decision,) = resolve(watch.conn, one, "operator", "acknowledge", "we asked the vendor")
    watch.begin(3)
    watch.conn.execute(
        "update operations.exception set status = 'resolved', closed_seq = %s, decision_id = %s",
        (watch.seq, decision),
    )
    notice(watch)
    for day in range(4, 10):
        night(watch, day)
        assert open_now(watch) == [], day
    night(watch, 10)
    assert [about for _, about, _ in open_now(watch)] == [batch]


def test_a_question_names_the_team_that_is_asked(watch: Any) -> None:
    watch.begin(1)
    batch = claims(watch, "2025-12-20")
    assert questions.team_asked(watch.conn, batch) == "billing"
    assert questions.team_asked(watch.conn, "no such batch") is None
    ((asked, exception),) = watch.rows("select asked_on, exception_from from operations.question")
    assert (asked, exception) == (date(2026, 1, 2), date(2026, 11, 20))


def test_a_question_goes_to_a_team_that_may_answer_it(watch: Any) -> None:
    watch.begin(1)
    batch = stopped(watch, "payment", "clearinghouse")
    ((owner,),) = watch.rows("select owner_team from operations.feed where feed = 'payment'")
    assert owner == "billing"
    # permissions.yaml
    assert questions.team_asked(watch.conn, batch) == "data_engineering"
    night(watch, 2)
    assert open_now(watch) == [("feed_not_released", batch, "data_engineering")]


def test_claims_of_a_provider_go_to_the_team_that_attests_for_it(watch: Any) -> None:
    watch.begin(1)
    batch = claims(watch, "2025-12-20")
    assert questions.team_asked(watch.conn, batch) == "billing"
    watch.conn.execute(
        "insert into operations.asked_team (reason, billing_npi, owner_team) values"
        " ('claims_not_released', '1999999999', 'registration'),"
        " ('claims_not_released', '1234567893', 'compliance')"
    )
    assert questions.team_asked(watch.conn, batch) == "compliance"
    watch.conn.execute("delete from operations.asked_team")
    assert questions.team_asked(watch.conn, batch) == "billing"
