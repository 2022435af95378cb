"""What a case waits for when nobody is asked, and how its story tells of a proof that was taken back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.pages import case
from throughline.told import words
from throughline.told.shapes import Money
from throughline.told.today import today

Browser = Callable[[str], TestClient]


def row(conn: warehouse.Connection, text: str, *given: Any) -> Any:
    found = conn.execute(text.encode(), given).fetchone()
    assert found is not None
    return found


def page(browser: TestClient, place: str) -> str:
    told = browser.get(place)
    assert told.status_code == 200
    return unescape(told.text)


@pytest.fixture
def held(conn: warehouse.Connection) -> tuple[str, str]:
    """A case that is blocked while nobody is asked anything, and its person."""
    case_id, person_id = row(
        conn,
        "select case_id::text, person_id::text from cases.case_record where status = 'open' and stage_state = 'blocked'"
        " and next_step = 'exception' order by case_id limit 1",
    )
    conn.execute(
        "update cases.case_record set next_step = 'wait', next_step_ref = null where case_id = %s",
        (case_id,),
    )
    return case_id, person_id


def test_only_where_somebody_is_asked_a_decision_is_needed(
    conn: warehouse.Connection, opened_as: Browser, held: tuple[str, str]
) -> None:
    case_id, person_id = held
    person = page(opened_as("lead"), f"/person/{person_id}")
    assert "waits, and nobody is asked" in person
    assert "needs a decision" not in person
    shown = page(opened_as("viewer"), f"/case/{case_id}")
    assert "Nothing may be done for it now, and nobody is asked to decide anything." in shown
    conn.execute(
        "update cases.case_record set next_step = 'exception' where case_id = %s", (case_id,)
    )
    assert "needs a decision" in page(opened_as("lead"), f"/person/{person_id}")


def test_a_stay_in_a_facility_and_who_put_it_off_are_said(
    conn: warehouse.Connection, opened_as: Browser, held: tuple[str, str]
) -> None:
    case_id, person_id = held
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, known_seq)"
        " select gen_random_uuid(), 'ann', 'acknowledge', 'exception', exception_id::text, 'x', 3"
        " from operations.exception where case_id = %s",
        (case_id,),
    )
    (at,) = row(conn, "select max(decided_at) from operations.decision where kind = 'acknowledge'")
    said = f"ann put it off on {today(conn).local(at):%a %d %b %Y %H:%M}. Until then nobody is asked. It is looked at"
    assert said in page(opened_as("viewer"), f"/case/{case_id}")
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id, detail) select gen_random_uuid(), l.source, l.source_id, 'admission',"
        " '2026-09-01', 3, 'ehr', 'encounter/stay', '1', b.batch_id, '{\"status\": \"in-progress\"}'"
        " from identity.link as l,"
        " landing.batch as b where l.person_id = %s and l.source = 'ehr' limit 1",
        (person_id,),
    )
    shown = page(opened_as("lead"), f"/case/{case_id}")
    assert (
        "The patient is in a facility, so nobody calls. Nobody is asked to decide anything. It is looked"
        in shown
    )
    assert "waits: the patient is in a facility" in page(opened_as("lead"), f"/person/{person_id}")
    assert "The patient is in a facility" not in page(opened_as("viewer"), f"/case/{case_id}")


def test_money_that_waits_for_nobody_needs_no_decision() -> None:
    money = Money("contacted: blocked", "care_management", 1, 1, Decimal(0), 0, None, "12345678")
    assert words.obstacle(money) == "patient not reached (waits, and nobody is asked)"


def test_the_story_tells_of_a_proof_that_was_taken_back_and_of_the_new_one(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    case_id, fact = row(
        conn,
        "select s.case_id::text, s.fact_id from cases.stage as s inner join cases.case_record as c"
        " on c.case_id = s.case_id where s.stage = 'contacted' and s.state = 'complete' and c.status = 'open' limit 1",
    )
    event = (
        "insert into cases.event (event_id, case_id, kind, stage, to_state, occurred_at, known_seq, fact_id)"
        " values (gen_random_uuid(), %s, %s, 'contacted', 'complete', '2026-08-21', %s, %s)"
    )
    conn.execute(event, (case_id, "proven", 1, fact))
    proven = "contacted is proven by ehr"
    assert proven in page(opened_as("lead"), f"/case/{case_id}")
    # in one night the source took it back and another fact proves it: no event says so
    (new,) = row(
        conn,
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) select gen_random_uuid(), subject_source, subject_id, kind, code,"
        " occurred_at, 2, 'scheduling', 'communication/new', '1', batch_id from evidence.fact where fact_id = %s"
        " returning fact_id",
        fact,
    )
    conn.execute("update evidence.fact set retracted_seq = 2 where fact_id = %s", (fact,))
    conn.execute(
        "update cases.stage set fact_id = %s where case_id = %s and stage = 'contacted'",
        (new, case_id),
    )
    gone = "contacted is no longer proven: its proof was taken back by ehr"
    anew = "contacted is proven anew by scheduling"
    for who in ("lead", "viewer"):
        story = page(opened_as(who), f"/case/{case_id}").split('id="story"')[1]
        assert [story.count(one) for one in (proven, gone, anew)] == [1, 1, 1]
        assert story.index(proven) < story.index(gone) < story.index(anew)
    # in two nights, events say so, and only they
    conn.execute(event, (case_id, "taken_back", 2, fact))
    conn.execute(event, (case_id, "proven", 3, new))
    story = page(opened_as("lead"), f"/case/{case_id}").split('id="story"')[1]
    assert [story.count(one) for one in (proven, gone, anew)] == [1, 1, 1]


def test_what_happened_at_one_moment_is_told_from_its_cause_to_what_followed(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    (case_id,) = row(
        conn,
        "select case_id::text from tasks.task where kind = 'outreach' and closed_seq is null order by 1 limit 1",
    )
    conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        " opened_at, due_at, case_id) values (gen_random_uuid(), 'case', %s, 'verify_by_hand', 'billing', 3, now(),"
        " now(), %s)",
        (case_id, case_id),
    )
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note, decided_at)"
        " select gen_random_uuid(), 'ann', 'acknowledge', 'exception', exception_id::text, 'x', now()"
        " from operations.exception where case_id = %s and reason = 'verify_by_hand'",
        (case_id,),
    )
    conn.execute(
        "insert into cases.event (event_id, case_id, kind, occurred_at, known_seq)"
        " values (gen_random_uuid(), %s, 'reopened', now(), 3)",
        (case_id,),
    )
    story = case.line(conn, case.case(conn, case_id), evidence=True)
    assert [one.at for one in story] == sorted(one.at for one in story)
    (now,) = row(conn, "select now()")
    assert [one.part for one in story if one.at == now] == ["event", "exception", "decision"]
