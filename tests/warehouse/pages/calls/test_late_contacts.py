"""What came after its clock had ended: the pages say what it was, when, and by how much it was late."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from psycopg.types.json import Jsonb
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.told.today import today

Browser = Callable[[str], TestClient]
DEFINITION = {
    "title": "Transitional care",
    "stages": [
        {"stage": "contacted", "proof": "contact", "window": {"days": 5}, "feeds": ["ehr.communication"],
         "clock": {"from": "trigger", "days": 2}},
        {"stage": "scheduled", "proof": "booking", "window": {"days": 14}, "feeds": ["scheduling.appointment"],
         "clock": {"from": "contacted", "days": 1}},
        {"stage": "seen", "proof": "visit", "window": {"days": 7}, "feeds": ["ehr.encounter"],
         "clock": {"from": "trigger", "days": 7}},
        {"stage": "documented", "proof": "note", "feeds": ["ehr.document_reference"],
         "clock": {"from": "seen", "days": 1}},
        {"stage": "billed", "proof": "claim", "feeds": ["clearinghouse.claim"],
         "clock": {"from": "documented", "days": 9}},
        {"stage": "settled", "proof": "settlement", "feeds": ["clearinghouse.payment"],
         "clock": {"from": "billed", "days": 45}},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def defined(conn: warehouse.Connection) -> None:
    """A definition with clocks and windows."""
    conn.execute(
        "update cases.workflow_version set definition = %s where workflow = 'transitional_care'",
        (Jsonb(DEFINITION),),
    )


def one(conn: warehouse.Connection, where: str) -> tuple[str, str, datetime]:
    """Return a case of transitional care with its patient in the EHR, and the moment at which its day began."""
    found = conn.execute(
        "select c.case_id::text, l.source_id, evidence.day_start(c.trigger_on) from cases.case_record as c"
        " inner join identity.link as l on l.person_id = c.person_id and l.source = 'ehr'"
        f" where c.workflow = 'transitional_care' and {where} order by c.case_id limit 1".encode()
    ).fetchone()
    assert found is not None
    return found[0], found[1], found[2]


def fact(
    conn: warehouse.Connection, kind: str, patient: str, at: datetime, code: str | None = None
) -> None:
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) select gen_random_uuid(), 'ehr', %s, %s, %s, %s, 3, 'ehr',"
        " 'communication/' || gen_random_uuid(), '1', batch_id from landing.batch limit 1",
        (patient, kind, code, at),
    )


def text(browser: TestClient, place: str) -> str:
    told = browser.get(place)
    assert told.status_code == 200
    return unescape(told.text)


def test_a_talk_after_the_last_day_is_told_with_the_day_and_how_late_it_was(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    case_id, patient, began = one(
        conn,
        "c.stage = 'contacted' and c.next_step = 'task' and exists (select from tasks.call as k"
        " where k.case_id = c.case_id and k.closed_seq is null and k.due_at <= '2026-09-05 04:00Z')",
    )
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where case_id = %s on conflict do nothing",
        (case_id,),
    )
    at = began + timedelta(days=7, hours=11)
    for kind in ("attempt", "contact"):
        fact(conn, kind, patient, at, "reached")
    conn.execute(
        "update tasks.task set status = 'failed', status_reason = 'reached', stage = 'contacted'"
        " where case_id = %s",
        (case_id,),
    )
    ends, last = began + timedelta(days=2), began + timedelta(days=5)
    said = (
        f"poke with the patient on {at.astimezone(ends.tzinfo):%a %d %b %Y 11:00}, 4 days after the clock ended on"
        f" {ends:%a %d %b %Y}. What happens after {last:%a %d %b %Y} no longer proves contacted"
    )
    page = text(opened_as("lead"), f"/case/{case_id}")
    stages, story = page.split('id="story"')
    assert f"S{said}." in stages
    assert f": did not count: s{said}" in story
    assert "failed (spoke" not in page
    assert (
        f"(spoke with the patient, or somebody who may speak for the patient), 4 days after the clock ended on"
        f" {ends:%a %d %b %Y}"
    ) in story
    for place in ("/calls", "/work?kind=outreach"):
        listed = text(opened_as("lead"), place)
        assert f"S{said}." in listed, place
        assert "Spoke with" not in text(opened_as("viewer"), place)
    unseen = text(opened_as("viewer"), f"/case/{case_id}")
    assert "after the clock ended" not in unseen


def test_what_was_proven_late_says_so_and_what_was_in_time_does_not(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    case_id, patient, began = one(
        conn,
        "c.status = 'completed' and exists (select from cases.stage as s where s.case_id = c.case_id)",
    )
    for stage, days in (("contacted", 1), ("seen", 9), ("documented", 20)):
        conn.execute(
            "update cases.stage set proven_at = %s where case_id = %s and stage = %s",
            (began + timedelta(days=days, hours=9), case_id, stage),
        )
    conn.execute(
        "insert into cases.event (event_id, case_id, kind, stage, to_state, occurred_at, known_seq, fact_id)"
        " select gen_random_uuid(), case_id, 'proven', stage, 'complete', proven_at, 2, fact_id"
        " from cases.stage where case_id = %s",
        (case_id,),
    )
    page = text(opened_as("lead"), f"/case/{case_id}")
    stages, story = page.split('id="story"')
    seen, noted = began + timedelta(days=7), began + timedelta(days=10)
    for part in (stages, story):
        assert f"33 hours after the clock ended on {seen:%a %d %b %Y}" in part
        assert f"9 days after the clock ended on {noted:%a %d %b %Y}" in part
    told = re.escape(f", 33 hours after the clock ended on {seen:%a %d %b %Y}")
    assert re.search(rf"seen is proven( by \w+)?{told}", story)
    contacted = began + timedelta(days=2)
    assert f"after the clock ended on {contacted:%a %d %b %Y}" not in page
    # a call after a contact in time is not late
    fact(conn, "attempt", patient, began + timedelta(days=4), "reached")
    assert f"ended on {contacted:%a %d %b %Y}" not in text(opened_as("lead"), f"/case/{case_id}")
    assert "after the clock ended" not in text(opened_as("viewer"), f"/case/{case_id}")


def test_a_visit_after_its_last_day_is_told(conn: warehouse.Connection, opened_as: Browser) -> None:
    case_id, patient, began = one(conn, "c.stage = 'seen' and c.status = 'open'")
    fact(conn, "visit", patient, began + timedelta(days=7, hours=12))
    assert "Seen on" not in text(opened_as("lead"), f"/case/{case_id}"), "the last day still counts"
    fact(conn, "visit", patient, began + timedelta(days=8, hours=12))
    last = began + timedelta(days=7)
    assert (
        f"12 hours after the clock ended on {last:%a %d %b %Y}. What happens after {last:%a %d %b %Y} no longer"
        " proves seen."
    ) in text(opened_as("lead"), f"/case/{case_id}")


def test_a_stage_whose_clock_has_ended_is_late_on_the_page_of_the_person_too(
    conn: warehouse.Connection, opened_as: Callable[[str], TestClient]
) -> None:
    row = conn.execute(
        "select c.case_id::text, c.person_id::text, c.stage from cases.case_record as c"
        " where c.status = 'open' and c.stage_state = 'pending' order by c.case_id limit 1"
    ).fetchone()
    assert row is not None
    case_id, person_id, stage = row
    now = today(conn)
    for ends, said in ((now.cut_off - timedelta(hours=1), "late"), (now.ends, "in time")):
        conn.execute(
            "update cases.stage set due_at = %s where case_id = %s and stage = %s",
            (ends, case_id, stage),
        )
        page = opened_as("lead").get(f"/person/{person_id}").text
        (told,) = re.findall(rf"/case/{case_id}.*?</tr>", page, re.S)
        assert f">{stage}, {said}<" in told
