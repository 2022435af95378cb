"""A late feed that a list rests on is said on the list: it is not complete, and being empty means nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.definitions.readiness import OF_TRIGGER
from throughline.tasks.late import OPENS

Browser = Callable[[str], TestClient]
SAID = "What carries {what} is late ({feed} of {title}) since Wed 02 Sep 2026, the last day that is there."
EMPTY = "This list is not complete, and an empty one does not mean that nothing is to be done."
PROOFS = ("contact", "booking", "visit", "note", "claim", "settlement")


@pytest.fixture(autouse=True)
def defined(conn: warehouse.Connection) -> None:
    """Definitions whose stages name their proofs; the charges wait at a gate, which is another matter."""
    for stage, proof in zip(
        ("contacted", "scheduled", "seen", "documented", "billed", "settled"), PROOFS, strict=True
    ):
        conn.execute(
            "update cases.workflow_version set definition = jsonb_set(definition, '{stages}', (select jsonb_agg("
            "case when s ->> 'stage' = %s then s || jsonb_build_object('proof', %s::text) else s end)"
            " from jsonb_array_elements(definition -> 'stages') as s))",
            (stage, proof),
        )
    conn.execute(
        "insert into operations.source (source, title) values ('ehr', 'Chart'), ('scheduling', 'Schedule'),"
        " ('clearinghouse', 'Clearinghouse') on conflict (source) do update set title = excluded.title"
    )


def late(conn: warehouse.Connection, feed: str) -> None:
    conn.execute(
        "update landing.batch set status = 'stopped' where feed = %s and known_seq = 3", (feed,)
    )


def page(browser: TestClient, place: str) -> str:
    told = browser.get(place)
    assert told.status_code == 200
    return unescape(told.text)


@pytest.mark.parametrize(
    ("feed", "what", "source", "title", "places"),
    [
        ("communication", "calls", "ehr", "Chart", {"/calls", "/work", "/work?kind=outreach", "/work?kind=scheduling"}),
        ("appointment", "appointments", "scheduling", "Schedule", {"/work", "/work?kind=scheduling"}),
        ("document_reference", "notes", "ehr", "Chart", {"/work", "/claims"}),
    ],
)  # fmt: skip
def test_the_lists_that_rest_on_a_late_feed_say_so(
    conn: warehouse.Connection,
    opened_as: Browser,
    feed: str,
    what: str,
    source: str,
    title: str,
    places: set[str],
) -> None:
    conn.execute("delete from tasks.inside")
    asked = {"/calls", "/work", "/work?kind=outreach", "/work?kind=scheduling", "/claims"}
    said = SAID.format(what=what, feed=f"{source}/{feed}", title=title)
    assert {
        place for place in asked if f"({source}/{feed} of" in page(opened_as("lead"), place)
    } == set()
    late(conn, feed)
    # what waits stays inside only for calls and bookings
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where kind in ('outreach', 'scheduling') and closed_seq is null"
    )
    told = {place: page(opened_as("viewer"), place) for place in asked}
    found = {place for place, text in told.items() if said in text and EMPTY in text}
    # without a kind, the page shows the first that there is: calls
    assert found == {place for place in places if place != "/work" or feed == "communication"}
    conn.execute("delete from tasks.inside")
    assert (said in page(opened_as("viewer"), "/work")) == ("/work" in places)


def test_an_empty_list_of_calls_says_that_it_may_not_be_empty(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    conn.execute("update tasks.task set closed_seq = 3 where kind = 'outreach'")
    late(conn, "communication")
    conn.execute(
        "update cases.case_record set stage_state = 'unknown', waits_on_feeds = array['ehr.communication']"
        " where case_id in (select case_id from cases.case_record where status = 'open'"
        " and stage = 'contacted' limit 2)"
    )
    told = page(opened_as("lead"), "/calls")
    assert "No call is due today" in told
    assert EMPTY in told
    assert "Of 2 open cases it is not known what is to be done next." in told
    # only the nights before: a lag that the feed is allowed is no lateness
    conn.execute("update operations.feed set allowed_lag_days = 1 where feed = 'communication'")
    assert EMPTY not in page(opened_as("lead"), "/calls")


def test_a_late_feed_that_opens_cases_says_what_the_list_may_lack(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    opens = {
        "transitional_care": {"fact": "discharge"},
        "annual_wellness": {"due": "wellness"},
        "charge_capture": {"unbilled": "visit"},
    }
    for workflow, trigger in opens.items():
        conn.execute(
            "update cases.workflow_version set definition = definition || jsonb_build_object('trigger', %s::jsonb)"
            " where workflow = %s",
            (json.dumps(trigger), workflow),
        )
    discharged = "This list may lack patients who were discharged since then, and an empty one"
    covered = "This list may lack patients whose coverage began since then, and an empty one"
    seen = "may lack visits that took place since then"
    lead = opened_as("lead")
    assert "may lack" not in page(lead, "/calls") + page(lead, "/work") + page(lead, "/claims")
    late(conn, "encounter")
    told = page(lead, "/calls")
    assert SAID.format(what="visits and discharges", feed="ehr/encounter", title="Chart") in told
    assert discharged in told
    assert "not complete" not in told, "what proves a call is there"
    assert discharged in page(lead, "/work?kind=outreach")
    assert discharged not in page(lead, "/claims"), "a discharge is billed weeks later"
    assert seen in page(lead, "/claims")
    assert "lack" not in page(lead, "/work?kind=documentation")
    late(conn, "coverage")
    assert covered in page(lead, "/calls")
    conn.execute(
        "update cases.workflow_version set status = 'retired' where workflow = 'transitional_care'"
    )
    assert discharged not in page(lead, "/calls"), "a workflow that is switched off opens none"
    assert covered in page(lead, "/calls")


def test_what_opens_cases_is_what_readiness_says() -> None:
    assert {name: ((each.kind,),) for name, each in OPENS.items()} == OF_TRIGGER
