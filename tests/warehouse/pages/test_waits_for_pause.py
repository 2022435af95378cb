"""While sending is paused, pages say which planned tasks wait for it to go on."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

from starlette.testclient import TestClient

from throughline import warehouse

Browser = Callable[[str], TestClient]
SAID = "Sending is paused: what it asks for has not gone out."


def test_the_planned_tasks_that_wait_are_listed(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    (case_id, task_id) = conn.execute(
        "select case_id::text, task_id from tasks.task where kind = 'outreach' and closed_seq is null limit 1"
    ).fetchone() or ("", "")
    conn.execute("delete from tasks.transmission_task where task_id = %s", (task_id,))
    browser = opened_as("viewer")

    def shown(place: str) -> str:
        told = browser.get(place)
        assert told.status_code == 200
        return unescape(told.text)

    assert SAID not in shown(f"/case/{case_id}")
    assert 'id="waits"' not in shown("/sending")
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'ann', 'pause_sending', 'sending', 'sending', 'x')"
    )
    assert SAID in shown(f"/case/{case_id}")
    waits = shown("/sending").split('id="waits"')[1]
    assert waits.count(f"/case/{case_id}") == 1
    assert waits.count("<tr") == 2, "what has gone out does not wait"
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) values (%s, 'ehr', 3)", (task_id,)
    )
    assert SAID not in shown(f"/case/{case_id}")


def test_a_call_that_waits_is_marked_in_its_row(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    found = conn.execute(
        "select case_id::text, task_id from tasks.call where closed_seq is null order by due_at limit 2"
    ).fetchall()
    (case_id, task_id), (other, _) = found
    marked = "Sending is paused: nobody has been asked for this call"
    viewer = opened_as("viewer")

    def row(case_id: str, place: str = "/calls") -> str:
        rows = [each for each in viewer.get(place).text.split("<tr") if case_id in each]
        assert len(rows) == 1
        return unescape(rows[0])

    conn.execute("delete from tasks.transmission_task where task_id = %s", (task_id,))
    assert marked not in row(case_id), "sending is not paused"
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'ann', 'pause_sending', 'sending', 'sending', 'x')"
    )
    assert marked in row(case_id)
    assert marked not in row(other), "what has gone out does not wait"
    # what stays inside goes to nobody, so it does not wait either
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) values (%s, 'ehr', 3)", (task_id,)
    )
    assert marked not in row(case_id)
    assert "nobody has been asked" not in row(case_id, "/work?kind=outreach")
