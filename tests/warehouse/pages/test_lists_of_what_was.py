"""The lists of what was: nights, decisions, closed exceptions, sent batches; each a page at a time, by an index."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.pages.kept import ages, decisions
from throughline.told.today import today
from throughline.warehouse import sql

Browser = Callable[[str], TestClient]


def page(browser: TestClient, place: str) -> str:
    told = browser.get(place)
    assert told.status_code == 200, place
    return unescape(told.text)


def test_the_nights_say_how_they_ended_and_what_came_late(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    conn.execute(
        "update landing.batch set business_date = '2026-08-31' where feed = 'consent' and known_seq = 2"
    )
    conn.execute(
        "insert into landing.not_received (source, feed, known_seq, reason)"
        " values ('clearinghouse', 'claim', 3, 'no_file')"
    )
    conn.execute(
        "update operations.night set status = 'failed', failed_step = 'link_persons' where seq = 1"
    )
    told = page(opened_as("viewer"), "/nights")
    rows = re.findall(r"<tr.*?</tr>", told.split("<tbody>")[1], re.DOTALL)
    assert [re.findall(r"/night/(\d)", row) for row in rows] == [["3"], ["2"], ["1"]]
    assert "has not ended" in rows[0]
    assert "clearinghouse/claim did not come" in rows[0]
    (opened, sent) = conn.execute(
        "select (select count(*) from operations.exception where opened_seq = 3),"
        " (select count(*) from tasks.transmission where planned_seq = 3 and outcome = 'accepted')"
    ).fetchone() or (0, 0)
    assert opened > 0
    assert f"{opened:,} opened, 0 closed, {sent:,} sent" in rows[0]
    assert "Wed 02 Sep 2026" in rows[1]
    assert "finished, 24 seconds" in rows[1]
    assert "ehr/consent of Mon 31 Aug 2026" in rows[1]
    assert "failed at link persons" in rows[2]
    assert "There is no page 7" in page(opened_as("viewer"), "/nights?page=7")


def decide(conn: warehouse.Connection, by: str, kind: str, on: str, note: str = "") -> None:
    conn.execute(
        "insert into operations.decision (decision_id, decided_at, decided_by, kind, about_kind, about_id, note, door)"
        " select gen_random_uuid(), %s, %s, %s, 'exception', exception_id::text, %s, 'page' from operations.exception"
        " order by exception_id limit 1",
        (on, by, kind, note),
    )


def shown(told: str) -> list[tuple[str, str]]:
    return re.findall(r'<span class="kind">([^<]*)</span>, by (\w+)', told)


def test_the_decisions_are_filtered_by_person_kind_and_days(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    decide(conn, "ann", "retry", "2026-09-01 15:00Z", "<b>her son</b>")
    decide(conn, "bob", "assign", "2026-09-02 03:00Z")
    decide(conn, "bob", "retry", "2026-09-02 05:00Z")
    told = page(opened_as("lead"), "/decisions")
    assert shown(told) == [("Try again", "bob"), ("Assign", "bob"), ("Try again", "ann")]
    assert "on its page, counts from tonight" in told
    assert "“<b>her son</b>”" in told
    assert "&lt;b&gt;her son" in opened_as("lead").get("/decisions").text
    assert "her son" not in page(opened_as("viewer"), "/decisions")
    (whole,) = conn.execute(
        "select exception_id::text from operations.exception order by exception_id limit 1"
    ).fetchone() or ("",)
    assert f'href="/exception/{whole}"' in told
    for asked, found in (
        ("by=bob", ["bob", "bob"]), ("kind=retry", ["bob", "ann"]), ("by=bob&kind=retry", ["bob"]),
        # the days are the practice's: three in the morning by UTC is the evening before
        ("from=2026-09-02", ["bob"]), ("until=2026-09-01", ["bob", "ann"]), ("by=nobody", []),
        ("from=x&until=9999-12-31", ["bob", "bob", "ann"]), ("before=x", ["bob", "bob", "ann"]),
    ):  # fmt: skip
        assert [
            who for _, who in shown(page(opened_as("viewer"), f"/decisions?{asked}"))
        ] == found, asked


def test_the_next_page_begins_after_the_last_row(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    for hour in range(decisions.SIZE + 3):
        decide(conn, f"w{hour}", "retry", "2026-09-01 00:00Z")
    seen: list[str] = []
    place = "/decisions?kind=retry"
    for _ in range(5):
        told = page(opened_as("viewer"), place)
        seen += [who for _, who in shown(told)]
        following = re.findall(r'href="(/decisions\?[^"]*before[^"]*)">Older', told)
        if not following:
            break
        place = following[0]
    assert len(seen) == len(set(seen)) == decisions.SIZE + 3


def test_closed_exceptions_say_how_they_ended(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    decide(conn, "ann", "close_case", "2026-09-03")
    conn.execute(
        "update operations.exception as e set status = 'resolved', closed_seq = 3, resolution = 'moved away',"
        " decision_id = d.decision_id from operations.decision as d where d.about_id = e.exception_id::text"
    )
    conn.execute(
        "update operations.exception set status = 'cleared', closed_seq = 2 where exception_id = (select exception_id"
        " from operations.exception where status = 'open' and reason = 'unsigned_note' order by exception_id limit 1)"
    )
    told = page(opened_as("lead"), "/exceptions/closed")
    rows = re.findall(r"<tr.*?</tr>", told.split("<tbody>")[1], re.DOTALL)
    assert len(rows) == 2
    assert "decided by ann: moved away" in rows[0]
    assert "night 3</a>, Thu 03 Sep 2026" in rows[0]
    assert "its cause fell away" in rows[1]
    assert "moved away" not in page(opened_as("viewer"), "/exceptions/closed")
    assert "its cause fell away" in page(
        opened_as("viewer"), "/exceptions/closed?reason=unsigned_note"
    )
    assert "No closed exception fits" in page(opened_as("viewer"), "/exceptions/closed?team=nobody")
    assert "Those that are closed" in page(opened_as("viewer"), "/exceptions")


def test_open_exceptions_are_told_by_age_and_owner(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    now = today(conn)
    conn.execute(
        "update operations.exception set opened_at = %s - interval '40 days', owner = 'ann' where exception_id ="
        " (select exception_id from operations.exception where status = 'open' order by exception_id limit 1)",
        (now.cut_off,),
    )
    found = ages.ages(conn, now)
    (ann,) = [one for one in found if one.owner == "ann"]
    assert (ann.total, ann.days_31) == (1, 1)
    (open_,) = conn.execute(
        "select count(*) from operations.exception where status = 'open'"
    ).fetchone() or (0,)
    assert sum(one.total for one in found) == open_
    told = page(opened_as("viewer"), "/exceptions").split('id="ages"')[1]
    assert ", ann</a>" in told
    assert f"{now.local(ann.oldest_at):%a %d %b %Y %H:%M}" in told


def test_claims_that_were_sent_are_listed_with_their_answers(
    conn: warehouse.Connection, opened_as: Browser
) -> None:
    conn.execute(
        "insert into operations.decision (decision_id, decided_at, decided_by, kind, about_kind, about_id)"
        " values (md5('d')::uuid, '2026-09-03 12:00Z', 'bill', 'release', 'claim_batch', md5('gone')::uuid::text)"
    )
    conn.execute(
        "insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count, total_charge,"
        " payload, payload_sha256, interchange_control_number, status, decision_id) values (md5('gone')::uuid,"
        " 'SUNADV',"
        " '1234567893', 3, 2, 440, 'ISA', encode(sha256('ISA'), 'hex'), '000000009', 'sent', md5('d')::uuid)"
    )
    told = page(opened_as("viewer"), "/claims").split('id="sent"')[1]
    assert "2 claims to SUNADV, $440" in told
    assert "bill, Thu 03 Sep 2026 08:00" in told
    assert "no answer yet" in told
    conn.execute(
        "insert into core.functional_acknowledgement (source, source_id, source_version, batch_id, row_no, known_seq,"
        " content_hash, group_control_number, functional_id, transaction_set, status_code, group_status_code) select"
        " 'clearinghouse', 'a', '1', batch_id, 1, 3, 'x', '9', 'HC', '837', 'A', 'A' from landing.batch limit 1"
    )
    conn.execute(
        "insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source, encounter_id,"
        " task_id, payer_id, billing_npi, total_charge, content, batch_id, planned_seq, status) select 'TL9',"
        " 'claim|9',"
        " person_id, 'ehr', 'v9', task_id, 'SUNADV', '1234567893', 220, '{}', md5('gone')::uuid, 3, 'sent' from"
        " tasks.task limit 1"
    )
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) select gen_random_uuid(), 'pcn', 'TL9', 'claim_rejected',"
        " '2026-09-04', 3,"
        " 'clearinghouse', 'r/9', '1', batch_id from landing.batch limit 1"
    )
    told = page(opened_as("viewer"), "/claims")
    assert "file taken by the receiver; 1 claim rejected" in told
    assert "There is no page 4" in page(opened_as("viewer"), "/claims?page=4")


@pytest.mark.parametrize(
    ("name", "given", "index"),
    [
        ("decisions_made", {"by": None, "kind": None}, "decision_made"),
        ("decisions_made", {"by": "ann", "kind": None}, "decision_made_by"),
        ("decisions_made", {"by": None, "kind": "retry"}, "decision_made_of_kind"),
        ("closed_exceptions", {"team": None, "reason": None}, "exception_ended"),
        ("closed_exceptions", {"team": "billing", "reason": None}, "exception_ended_of_team"),
        ("closed_exceptions", {"team": None, "reason": "unsigned_note"}, "exception_ended_for_reason"),
        ("sent_batches", {}, "claim_batch_sent"),
    ],
)  # fmt: skip
def test_no_list_reads_its_whole_table(
    conn: warehouse.Connection, name: str, given: dict[str, Any], index: str
) -> None:
    conn.execute("set local enable_seqscan = off")
    conn.execute("set local enable_sort = off")
    rest = {
        "from_moment": None,
        "until_moment": None,
        "before_at": None,
        "before_id": None,
        "before_seq": None,
    }
    text = (sql.ROOT / f"told/pages/{name}.sql").read_text(encoding="utf-8")
    asked = {**rest, **given, "size": 26, "skip": 0}
    plan = "\n".join(row[0] for row in conn.execute(f"explain {text}".encode(), asked))
    assert re.search(rf"using {index}\b", plan), plan
