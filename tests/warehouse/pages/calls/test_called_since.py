"""A call that somebody recorded since the last night is told where the next person would call again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.pages.calls.since import made_since
from throughline.told import words
from throughline.told.today import today

Browser = Callable[[str], TestClient]


@pytest.fixture
def due(conn: warehouse.Connection) -> str:
    """A case with a call that is due, the first on the list."""
    (found,) = conn.execute(
        "select case_id::text from tasks.call where closed_seq is null and not on_hold"
        " order by due_at, workflow, case_id limit 1"
    ).fetchone() or ("",)
    return str(found)


def recorded(
    conn: warehouse.Connection, case_id: str, *, hours_ago: int, by: str = "<i>ann</i>"
) -> str:
    """Record a call of a case, made so many hours before the night's cut-off; return the decision."""
    at = today(conn).cut_off - timedelta(hours=hours_ago)
    (made,) = conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, detail)"
        " values (gen_random_uuid(), %s, 'record_call', 'case', %s, %s) returning decision_id::text",
        (by, case_id, json.dumps({"at": at.isoformat(), "outcome": "left_message"})),
    ).fetchone() or ("",)
    return str(made)


def said(conn: warehouse.Connection, hours_ago: int) -> str:
    now = today(conn)
    at = words.clock(now, now.cut_off - timedelta(hours=hours_ago))
    return f"called {at}, recorded by &lt;i&gt;ann&lt;/i&gt;, counts from tonight"


def test_the_lists_and_the_case_say_who_called_and_when(
    conn: warehouse.Connection, opened_as: Browser, due: str
) -> None:
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where kind = 'outreach' and closed_seq is null on conflict do nothing"
    )
    places = ("/calls", "/work?kind=outreach", f"/case/{due}")
    for place in places:
        assert "recorded by" not in opened_as("lead").get(place).text
    recorded(conn, due, hours_ago=3)
    recorded(conn, due, hours_ago=1)
    for who in ("lead", "viewer"):
        for place in places:
            told = opened_as(who).get(place).text
            assert said(conn, 1) in told, (who, place)
            assert said(conn, 3) not in told, "the newest alone"
    assert "left message" not in unescape(opened_as("viewer").get("/calls").text).lower()
    page = opened_as("lead").get(f"/case/{due}").text
    waits = page.split('id="now"')[1].split("</p>")[0]
    assert said(conn, 1) in waits, "beside when it is due"


def test_what_the_night_knows_or_was_taken_back_is_not_told(
    conn: warehouse.Connection, due: str
) -> None:
    made = recorded(conn, due, hours_ago=1)
    assert made_since(conn, [due])[due].by == "<i>ann</i>"
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
        " values (gen_random_uuid(), 'ann', 'take_back_call', 'recorded_call', %s)",
        (made,),
    )
    assert made_since(conn, [due]) == {}
    known = recorded(conn, due, hours_ago=1)
    assert due in made_since(conn, [due])
    conn.execute("update operations.decision set known_seq = 3 where decision_id = %s", (known,))
    assert made_since(conn, [due]) == {}


def test_a_call_counts_for_each_case_of_the_patient_that_had_begun(
    conn: warehouse.Connection, due: str
) -> None:
    (other,) = conn.execute(
        "select case_id::text from cases.case_record where case_id <> %s limit 1", (due,)
    ).fetchone() or ("",)
    recorded(conn, due, hours_ago=1)
    assert list(made_since(conn, [due, other])) == [due]
    conn.execute(
        "update cases.case_record set trigger_on = '2026-08-01', person_id = (select person_id"
        " from cases.case_record where case_id = %s) where case_id = %s",
        (due, other),
    )
    assert set(made_since(conn, [due, other])) == {due, other}
    conn.execute(
        "update cases.case_record set trigger_on = '2026-09-10' where case_id = %s", (other,)
    )
    assert list(made_since(conn, [due, other])) == [due]
