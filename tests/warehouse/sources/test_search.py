"""Feeds that a server's export leaves out, read by search, and what each way of it can see."""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.throughline.sources.searching import Searched
from tests.unit.throughline.sources.servers import Answer
from tests.warehouse.sources.by_search import (
    ALL,
    OUTCOME,
    TASKS,
    Fetch,
    complete,
    marked,
    rows,
    told,
)
from tests.warehouse.sources.exporter import TUESDAY
from throughline import sources, warehouse
from throughline.transports.address import NotYet, SourceUnavailable


def test_each_feed_is_searched_in_the_best_way_that_is_offered(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    assert rows(fetch()) == {"patient": 1, "encounter": 1, "task": 3}
    assert {about: how[:2] for about, how in told(conn).items()} == {
        "ehr/encounter": ["all", ""],
        "ehr/patient": ["last_updated", "_lastUpdated"],
        "ehr/task": ["last_updated", "_lastUpdated"],
    }
    assert complete(conn) == dict.fromkeys(ALL.feeds, True)
    marks = conn.execute("select distinct watermark from landing.batch").fetchall()
    # the server's own time, by its header
    assert marks == [(datetime(2026, 9, 4, 5, tzinfo=UTC),)]


def test_what_was_found_is_read_like_an_export(
    conn: warehouse.Connection, fetch: Fetch, tmp_path: Path
) -> None:
    [batch] = [batch for batch in fetch() if batch.feed == "task"]
    staged = sources.stage(conn, batch.batch_id, tmp_path)
    assert (staged.rows, staged.faults) == (3, {})


def test_only_what_changed_is_asked_for_with_an_overlap(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    marked(conn, "2026-09-04T05:00:00Z")
    assert rows(fetch(TUESDAY))["task"] == 1
    [asked] = [query for path, query in server.asked if path == "Task"]
    assert asked["_lastUpdated"] == ["ge2026-09-04T04:00:00Z", "le2026-09-04T05:00:00Z"]


def test_an_overlap_that_brings_nothing_new_is_a_delivery_without_rows(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    fetch()
    assert rows(fetch(TUESDAY)) == {"patient": 0, "encounter": 0, "task": 0}
    assert complete(conn) == dict.fromkeys(ALL.feeds, True)


def test_beside_an_export(conn: warehouse.Connection, fetch: Fetch, server: Searched) -> None:
    started = Answer(202, headers={"Content-Location": server.web.url("/job/1")})
    output = [
        {"type": kind, "url": server.web.url(f"/file/{kind}")} for kind in ("Patient", "Encounter")
    ]
    body = json.dumps({"transactionTime": "2026-09-04T05:00:00Z", "output": output}).encode()
    server.answers |= {
        "$export": deque([started]),
        "job": deque([Answer(200, body), Answer(202)]),
        "file": deque(
            [Answer(200, b'{"resourceType": "Patient", "id": "p1"}\n'), Answer(200, b"")]
        ),
    }
    assert rows(fetch(source=TASKS)) == {"patient": 1, "encounter": 0, "task": 3}
    [asked] = [query for path, query in server.asked if path == "$export"]
    assert asked["_type"] == ["Patient,Encounter"]


def test_what_is_searched_for_comes_although_the_export_fails(
    fetch: Fetch, server: Searched
) -> None:
    server.answers["$export"] = deque([Answer(403)])
    assert rows(fetch(source=TASKS)) == {"task": 3}
    server.answers["$export"] = deque([Answer(403)])
    server.answers["Task"] = deque([Answer(403)])
    with pytest.raises(SourceUnavailable, match="export: http_403"):
        fetch(TUESDAY, source=TASKS)


def test_a_way_that_is_refused_is_not_the_last(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    """Some servers take `_lastUpdated` only together with a patient."""
    server.params["Task"] = ["_lastUpdated", "modified"]
    server.answers["Task"] = deque([Answer(400, b"{}")])
    # in every window the same three, which count once
    assert rows(fetch())["task"] == 3
    method, param, cannot_see, _ = told(conn)["ehr/task"]
    assert (method, param) == ("date", "modified")
    assert cannot_see == ["changes to records dated more than 30 days back or 365 days ahead"]


def test_a_type_that_cannot_be_searched_is_late_and_the_others_are_not(
    fetch: Fetch, server: Searched
) -> None:
    server.params.pop("Task")
    server.interactions["Encounter"] = []
    assert set(rows(fetch())) == {"patient"}


def test_an_error_among_what_was_found_holds_the_feed_back(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    server.extra = [{"resource": OUTCOME, "search": {"mode": "outcome"}}]
    fetch()
    assert complete(conn) == dict.fromkeys(ALL.feeds, False)


def test_an_answer_that_is_lost_is_asked_for_again(fetch: Fetch, server: Searched) -> None:
    server.answers["Task"] = deque([Answer(hang=True), Answer(502)])
    assert rows(fetch())["task"] == 3


def test_a_long_wait_gives_the_turn_back_until_the_deadline(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    busy = Answer(429, headers={"Retry-After": "900"})
    server.answers["Task"] = deque([busy, busy])
    with pytest.raises(NotYet):
        fetch(deadline=datetime.now(UTC) + timedelta(hours=1))
    conn.rollback()
    assert set(rows(fetch(deadline=datetime.now(UTC)))) == {"patient", "encounter"}


# --- deletions


def test_deletions_come_from_the_history(
    conn: warehouse.Connection, fetch: Fetch, server: Searched, tmp_path: Path
) -> None:
    marked(conn)
    server.interactions["Task"] = ["search-type", "history-type"]
    server.deleted = [("Task", "t9", "2026-09-03T12:00:00Z")]
    [batch] = [batch for batch in fetch() if batch.feed == "task"]
    assert batch.files == 2
    sources.stage(conn, batch.batch_id, tmp_path)
    gone = conn.execute("select source_id from staging.task where is_deleted").fetchall()
    assert gone == [("t9",)]
    assert told(conn)["ehr/task"][2] == []
    [asked] = [query for path, query in server.asked if path == "Task/_history"]
    assert asked["_since"] == ["2026-09-03T04:00:00Z"]


@pytest.mark.parametrize("offers", [False, True])
def test_without_a_history_deletions_are_not_seen_and_that_is_said(
    conn: warehouse.Connection, fetch: Fetch, server: Searched, offers: bool
) -> None:
    marked(conn)
    if offers:
        server.interactions["Task"] = ["search-type", "history-type"]
        server.answers["Task/_history"] = deque([Answer(501)])
    fetch()
    assert told(conn)["ehr/task"][2] == ["deletions"]
