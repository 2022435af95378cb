"""A telephone number that is known to be somebody else's says so wherever it stands, until the record has another."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.told import words
from throughline.told.today import today

Browser = Callable[[str], TestClient]
WRONG = "wrong number: found to be somebody else’s in a call of "


@pytest.fixture
def due(conn: warehouse.Connection) -> tuple[str, str, str]:
    """Case, patient and person of a call that is due and stays inside."""
    conn.execute(
        "insert into operations.source (source, title, is_chart) values ('ehr', 'EHR', true) on conflict do nothing"
    )
    found = conn.execute(
        "select k.case_id::text, l.source_id, k.person_id::text from tasks.call as k inner join identity.link as l"
        " on l.person_id = k.person_id and l.source = 'ehr' where k.closed_seq is null and not k.on_hold"
        " order by k.due_at, k.workflow, k.case_id limit 1"
    ).fetchone()
    assert found is not None
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where kind = 'outreach' and closed_seq is null on conflict do nothing"
    )
    conn.execute(
        "delete from evidence.fact where kind = 'attempt' and subject_id = %s", (found[1],)
    )
    return found[0], found[1], found[2]


def called(conn: warehouse.Connection, patient: str, code: str, seq: int, hours_ago: int) -> str:
    """Let a system tell of a call; return when it was, as pages tell it."""
    now = today(conn)
    at = now.cut_off - timedelta(hours=hours_ago)
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) select gen_random_uuid(), 'ehr', %s, 'attempt', %s, %s, %s, 'ehr',"
        " 'communication/' || gen_random_uuid(), '1', batch_id from landing.batch limit 1",
        (patient, code, at, seq),
    )
    return words.clock(now, at)


def renumber(conn: warehouse.Connection, patient: str, phone: str, seq: int) -> None:
    """Let the record have another number from a night on."""
    conn.execute(
        "update core.patient set retracted_seq = %s where source_id = %s and retracted_seq is null",
        (seq, patient),
    )
    conn.execute(
        "insert into core.patient (source, source_id, source_version, subject_source, subject_id, batch_id, file_id,"
        " row_no, known_seq, content_hash, mrn, family, given, birth_date, sex, phone) select source, source_id,"
        " gen_random_uuid()::text, subject_source, subject_id, batch_id, file_id, row_no, %s, content_hash, mrn,"
        " family, given, birth_date, sex, %s from core.patient where source_id = %s order by known_seq desc limit 1",
        (seq, phone, patient),
    )


def shown(browser: TestClient, due: tuple[str, str, str]) -> dict[str, str]:
    case_id, _, person_id = due
    places = {
        "calls": "/calls",
        "work": "/work?kind=outreach",
        "case": f"/case/{case_id}",
        "form": f"/case/{case_id}/call",
        "person": f"/person/{person_id}",
    }
    told = {}
    for name, place in places.items():
        answer = browser.get(place)
        assert answer.status_code == 200, place
        told[name] = unescape(answer.text)
    return told


def test_each_page_warns_beside_the_number(
    conn: warehouse.Connection, opened_as: Browser, due: tuple[str, str, str]
) -> None:
    assert not [name for name, page in shown(opened_as("lead"), due).items() if WRONG in page]
    at = called(conn, due[1], "wrong_number", 3, hours_ago=5)
    warned = shown(opened_as("lead"), due)
    assert [name for name, page in warned.items() if f"{WRONG}{at}" not in page] == []
    assert WRONG not in unescape(opened_as("viewer").get("/calls").text)


def test_a_new_number_and_one_that_was_reached_later_are_not_the_wrong_one(
    conn: warehouse.Connection, opened_as: Browser, due: tuple[str, str, str]
) -> None:
    called(conn, due[1], "wrong_number", 3, hours_ago=9)
    # the same number in another form is no new one; the record was corrected in the night that learned of the call
    renumber(conn, due[1], "(555) 01" + due[1][1:].rjust(3, "0"), 2)
    assert WRONG in shown(opened_as("lead"), due)["calls"]
    renumber(conn, due[1], "7165550142", 3)
    assert not [name for name, page in shown(opened_as("lead"), due).items() if WRONG in page]
    called(conn, due[1], "wrong_number", 4, hours_ago=3)
    assert WRONG in shown(opened_as("lead"), due)["calls"], "the new one is wrong, too"
    called(conn, due[1], "reached", 4, hours_ago=1)
    assert WRONG not in shown(opened_as("lead"), due)["calls"]


def test_a_call_recorded_by_hand_warns_before_the_night_knows_it(
    conn: warehouse.Connection, opened_as: Browser, due: tuple[str, str, str]
) -> None:
    (made,) = conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, detail)"
        " values (gen_random_uuid(), 'ann', 'record_call', 'case', %s, %s) returning decision_id::text",
        (due[0], json.dumps({"at": today(conn).cut_off.isoformat(), "outcome": "wrong_number"})),
    ).fetchone() or ("",)
    assert WRONG in shown(opened_as("lead"), due)["form"]
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
        " values (gen_random_uuid(), 'ann', 'take_back_call', 'recorded_call', %s)",
        (made,),
    )
    assert WRONG not in shown(opened_as("lead"), due)["form"]
