"""Pages tell days in one style, `Wed 02 Sep 2026`, also in texts that commands tell as `2026-09-02`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.told import exceptions

Browser = Callable[[str], TestClient]
STYLE = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d [A-Z][a-z]{2} 20\d\d\b")
OTHERS = re.compile(r"\b20\d\d-\d\d-\d\d|\b\d{1,2}[/.]\d{1,2}[/.](20)?\d\d\b|\b20\d\d/\d")
LISTS = (
    "/calls",
    "/work?kind=outreach",
    "/exceptions",
    "/exceptions/closed",
    "/claims",
    "/sending",
    "/nights",
    "/decisions",
)
"""The lists; those with days on this morning are `WITH_DAYS`."""
WITH_DAYS = {"/exceptions", "/exceptions/closed", "/claims", "/sending", "/nights", "/decisions"}


def text_of(browser: TestClient, place: str) -> str:
    """Return what a page says, without what machines read: style, script, code, and what a form would send."""
    told = browser.get(place)
    assert told.status_code == 200, place
    bare = re.sub(r"(?s)<(style|script|code|select|textarea)\b.*?</\1>", "", told.text)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).split())


@pytest.fixture
def lead(conn: warehouse.Connection, opened_as: Browser) -> TestClient:
    """Return the pages of a morning with a pause, work inside, a closed exception and a batch that was sent."""
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'ann', 'pause_sending', 'sending', 'sending', 'x')"
    )
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where kind = 'outreach' and closed_seq is null on conflict do nothing"
    )
    conn.execute(
        "update operations.exception set status = 'cleared', closed_seq = 2 where exception_id in"
        " (select exception_id from operations.exception where status = 'open' order by 1 limit 1)"
    )
    conn.execute("update tasks.claim_batch set status = 'sent'")
    return opened_as("lead")


def test_lists_tell_days_in_one_style(lead: TestClient) -> None:
    told = {place: text_of(lead, place) for place in LISTS}
    assert {place: found[0] for place, text in told.items() if (found := OTHERS.search(text))} == {}
    assert {place for place, text in told.items() if STYLE.search(text)} >= {*WITH_DAYS}


def test_the_texts_of_an_exception_are_in_the_style_of_the_page(
    conn: warehouse.Connection, lead: TestClient
) -> None:
    (number,) = conn.execute(
        "select exception_id::text from operations.exception where reason = 'verify_by_hand' and status = 'open'"
        " limit 1"
    ).fetchone() or ("",)
    conn.execute(
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, note)"
        " values (gen_random_uuid(), 'ann', 'retry', 'exception', %s, 'as on 2026-09-02')",
        (number,),
    )
    (stuck,) = exceptions.rows(conn, [number])
    told = text_of(lead, f"/exception/{number}")
    assert OTHERS.search(told.replace("as on 2026-09-02", "")) is None
    assert "as on 2026-09-02" in told, "what somebody wrote stays as it was written"
    for said in (exceptions.since, exceptions.why, exceptions.decided):
        assert re.search(r"20\d\d-\d\d-\d\d", said(stuck, "America/New_York")), "at a terminal"
    assert len(STYLE.findall(told)) >= 3
    conn.execute(
        "update operations.exception set reason = 'claim_unanswered', detail = %s where exception_id = %s",
        (json.dumps({"payer_id": "P", "due_on": "2026-09-01"}), number),
    )
    assert "an answer was due on Tue 01 Sep 2026." in text_of(lead, f"/exception/{number}")


def test_pages_of_cases_and_persons_tell_days_in_one_style(
    conn: warehouse.Connection, lead: TestClient
) -> None:
    cases = conn.execute(
        "select case_id::text, person_id::text from cases.case_record order by case_id limit 6"
    ).fetchall()
    places = [f"/case/{case_id}" for case_id, _ in cases] + [f"/person/{who}" for _, who in cases]
    told = {place: text_of(lead, place) for place in places}
    assert {place: found[0] for place, text in told.items() if (found := OTHERS.search(text))} == {}
