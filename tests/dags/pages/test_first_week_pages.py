"""The pages of a first week: what is observed and held, and what can be known; without patients."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_what_can_be_known_is_shown_with_what_has_come(
    browser: Callable[..., TestClient], who: str
) -> None:
    shown = browser(who).get("/readiness")
    assert shown.status_code == 200
    assert "Everything that the workflows need can be known" in shown.text
    assert "stage: contacted" in shown.text
    assert "ehr/communication" in shown.text
    assert re.search(r"newest of [A-Z][a-z]{2} \d\d [A-Z][a-z]{2} 2026", shown.text)
    assert "transitional care: a discharge learned of within" in shown.text
    assert "transitional_care" not in shown.text
    assert '<span class="narrow">what it says holds until' in shown.text, (
        "below the feed on a phone"
    )


def test_work_that_stays_inside_is_shown_with_whom_it_is_about_to_who_may_see_it(
    browser: Callable[..., TestClient], server: postgres.Server
) -> None:
    assert "Nothing waits here" in browser("operator").get("/work").text
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "update tasks.task set kind = 'billing' where task_id = ("
            "select task_id from tasks.task where closed_seq is null and kind = 'outreach' order by 1 limit 1)"
        )
        conn.execute(
            "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', planned_seq from tasks.task"
            " where closed_seq is null and kind in ('outreach', 'billing')"
        )
        kinds = dict(
            conn.execute(
                "select kind, count(*) from tasks.inside inner join tasks.task using (task_id) group by kind"
            ).fetchall()
        )
    assert set(kinds) == {"outreach", "billing"}
    shown = browser("operator").get("/work")
    assert shown.status_code == 200
    for kind, told in (("outreach", "call"), ("billing", "visit")):
        assert f"{kinds[kind]} {told}" in shown.text
    assert "Family" in shown.text
    assert "record the call" in shown.text
    assert "record the call" in browser("operator").get("/calls").text
    bills = browser("operator").get("/work?kind=billing")
    assert "Visits to bill" in bills.text
    assert "record the call" not in bills.text
    viewer = browser("viewer").get("/work?kind=billing").text
    assert "Visits to bill" in viewer
    assert "Family" not in viewer, "no patient"
    assert "There is no page 9" in browser("operator").get("/work?kind=outreach&page=9").text
    assert browser("operator").get("/work?kind=nothing").status_code == 200
    with warehouse.connect(server.dsn()) as conn:
        looked = conn.execute(
            "select count(*) from operations.looked where page = 'work'"
        ).fetchone()
    assert looked is not None
    assert looked[0] > 0


def test_what_is_held_is_shown_with_its_number_and_a_form_for_who_may(
    browser: Callable[..., TestClient], server: postgres.Server
) -> None:
    assert "Nothing is only observed" in browser("operator").get("/observed").text
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "insert into tasks.observed (case_id, stage, kind, from_seq, is_held, person_id, workflow, attempt,"
            " owner_team, priority, detail) select case_id, 'contacted', 'outreach', 3, true, person_id, workflow, 1,"
            " owner_team, 'routine', '{}' from cases.case_record where workflow = 'transitional_care' limit 2"
        )
    shown = browser("operator").get("/observed").text
    assert "Transitional care: 2 calls" in shown
    assert "Let out 2 calls</button>" in shown
    assert "Family" not in shown, "no patient"
    assert "Nothing is only observed any more" in shown
    assert shown.count('<td class="flag">held</td>') == 2
    viewer = browser("viewer").get("/observed").text
    assert "2 calls" in viewer
    assert "</button>" not in viewer


def test_a_call_that_cannot_be_recorded_is_shown_again_as_it_was_typed(
    browser: Callable[..., TestClient], server: postgres.Server
) -> None:
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        ((case,),) = conn.execute(
            "select case_id::text from cases.case_record where status = 'open' order by 1 limit 1"
        ).fetchall()
    operator = browser("operator")
    form = operator.get(f"/case/{case}/call").text
    typed = {"at": "2999-01-01T10:30", "outcome": "left_message", "note": "her son answered"}
    token = re.findall(r'name="token" value="([^"]+)"', form)[0]
    said = typed | {"token": token, "act": "record_call"}
    told = operator.post(f"/case/{case}/call", data=said)
    assert told.status_code == 422
    assert "Nothing was recorded: the call lies in the future." in told.text
    assert 'value="2999-01-01T10:30"' in told.text
    assert '<option value="left_message" selected>' in told.text
    assert ">her son answered</textarea>" in told.text


def test_the_calls_lead_who_may_to_where_one_is_recorded(
    browser: Callable[..., TestClient],
) -> None:
    said = "A call that no system has is recorded on the page of its case."
    assert said in browser("operator").get("/calls").text
    assert said not in browser("viewer").get("/calls").text


def test_no_number_of_the_first_load_is_broken_on_a_phone(
    browser: Callable[..., TestClient], server: postgres.Server
) -> None:
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "insert into operations.first_load (known_seq, part, about, name, things, from_on, until_on)"
            " values (1, 'not_opened', 'charge_capture', 'too_old', 12041, '2021-08-01', '2026-04-20')"
        )
    shown = browser("viewer").get("/first-load").text
    assert '<td class="whole">12,041</td>' in shown
    assert ".scroll .whole" in shown


def test_what_is_held_is_listed_by_pages(
    browser: Callable[..., TestClient], server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("throughline.pages.starting.observed.SIZE", 1)
    with warehouse.connect(server.dsn()) as conn:
        conn.execute("delete from tasks.observed")
        conn.execute(
            "insert into tasks.observed (case_id, stage, kind, from_seq, is_held, person_id, workflow, attempt,"
            " owner_team, priority, detail) select case_id, 'contacted', 'outreach', 3, true, person_id, workflow, 1,"
            " owner_team, 'routine', '{}' from cases.case_record where workflow = 'transitional_care' limit 2"
        )
    listed = re.compile(r'<th scope="row"><a href="[^"]*/case/([0-9a-f]{8})"')
    first, second = (browser("operator").get(f"/observed?page={page}").text for page in (1, 2))
    assert "Page 1 of 2, 2 in all" in first
    assert 'href="/observed?page=2">Next</a>' in first
    assert 'href="/observed?page=1">Earlier</a>' in second
    assert "Next</a>" not in second
    assert len({*listed.findall(first), *listed.findall(second)}) == 2
    assert all(len(listed.findall(page)) == 1 for page in (first, second))
    assert "Transitional care: 2 calls" in second, (
        "what is let out is all of it, whatever page is shown"
    )
    assert "There is no page 9" in browser("operator").get("/observed?page=9").text
