"""Feeds that a server's export leaves out, read by search, and what each way of it can see."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.searching import Searched, task
from tests.unit.throughline.sources.servers import Answer
from tests.warehouse.sources.exporter import MONDAY, TUESDAY, small
from throughline import sources, warehouse
from throughline.sources.definitions import SourceDefinition
from throughline.sources.fetch import extract
from throughline.sources.landing import BatchResult
from throughline.transports.address import NotYet, SourceUnavailable
from throughline.warehouse import sql
from throughline.warehouse.nights import Night

Fetch = Callable[..., list[BatchResult]]
BY_SEARCH = {"read_by": "search"}
ALL = small(feeds=dict.fromkeys(("patient", "encounter", "task"), BY_SEARCH))
TASKS = small(feeds={"task": BY_SEARCH})


@pytest.fixture
def server() -> Iterator[Searched]:
    """A server with three tasks of two patients, a patient and a visit."""
    with servers.web() as web:
        one = Searched(web)
        one.params = {"Task": ["_lastUpdated"], "Patient": ["_lastUpdated"], "Encounter": []}
        one.resources = [
            task("t1", "2026-09-01T00:00:00Z"),
            task("t2", "2026-09-02T00:00:00Z", "p2"),
            task("t3", "2026-09-04T04:30:00Z"),
            {
                "resourceType": "Patient",
                "id": "p1",
                "meta": {"lastUpdated": "2026-09-01T00:00:00Z"},
            },
            {"resourceType": "Encounter", "id": "e1", "meta": {}},
        ]
        yield one


@pytest.fixture
def fetch(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    server: Searched,
) -> Fetch:
    """Fetch a source for the night of a date."""

    def fetched(
        day: str = MONDAY, source: SourceDefinition = ALL, deadline: datetime | None = None
    ) -> list[BatchResult]:
        address = server.web.address(extra={"patience_s": 2})
        return extract(source, address, conn, open_night(day), tmp_path, deadline)

    return fetched


def rows(batches: list[BatchResult]) -> dict[str, int]:
    """Rows of batches by feed."""
    return {batch.feed: batch.rows for batch in batches}


def marked(conn: warehouse.Connection, at: str = "2026-09-03T05:00:00Z") -> None:
    """Every feed is complete up to a moment."""
    for feed in ALL.feeds:
        conn.execute("insert into landing.watermark values ('ehr', %s, 0, %s)", (feed, at))


def told(conn: warehouse.Connection) -> dict[str, list[Any]]:
    """How each feed was last searched: way, parameter, what it does not see, who was left out."""
    found = sql.run(conn, "told/numbers/searches.sql", seq=99).rows
    return {f"{row[0]}/{row[1]}": list(row[2:]) for row in found}


def complete(conn: warehouse.Connection) -> dict[str, bool]:
    """Which feeds of the newest night say how far they are complete."""
    query = "select feed, watermark is not null from landing.batch order by known_seq"
    return dict(conn.execute(query).fetchall())


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
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    server.extra = [{"resource": outcome, "search": {"mode": "outcome"}}]
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


# --- person by person


@pytest.fixture
def patients(conn: warehouse.Connection) -> None:
    """Three patients with open cases, p1 due first, and one without."""
    conn.execute("reset role")
    conn.execute(
        "insert into cases.workflow_version (workflow, version, status, definition, sha256)"
        " values ('w', '1', 'active', '{}', 'x')"
    )
    for number, status in enumerate(("open", "open", "open", "completed"), 1):
        person = f"00000000-0000-0000-0000-00000000000{number}"
        conn.execute(
            "insert into identity.person values (%s, 'ehr', %s, 0)", (person, f"p{number}")
        )
        conn.execute(
            "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
            " values ('ehr', %s, %s, 'x', 1, 'active', 0)",
            (f"p{number}", person),
        )
        conn.execute(
            "insert into cases.case_record (case_id, workflow, version, person_id, trigger_ref,"
            " trigger_on, opened_seq, stage, stage_state, status, next_due_at, owner_team, derived_seq)"
            " values (%s, 'w', '1', %s, 'x', '2026-09-01', 0, 's', 'pending', %s,"
            " timestamptz '2026-09-01' + %s * interval '1 day', 'x', 0)",
            (person, person, status, number),
        )
    conn.execute("set role throughline_loader")
    conn.commit()


def persons(server: Searched) -> list[str]:
    """Whom the server was asked about."""
    return [query["patient"][0] for path, query in server.asked if "patient" in query]


@pytest.mark.usefixtures("patients")
def test_persons_with_open_cases_are_asked_about(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    server.params["Task"] = ["patient"]
    assert rows(fetch())["task"] == 3
    assert persons(server) == ["p1", "p2", "p3"]
    assert told(conn)["ehr/task"][2:] == [["records of persons without an open case"], 0]
    assert complete(conn)["task"]


@pytest.mark.usefixtures("patients")
def test_within_a_budget_those_come_first_who_were_not_asked_about_for_longest(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    server.params["Task"] = ["patient"]
    few = small(feeds=dict.fromkeys(ALL.feeds, BY_SEARCH), search={"requests": 2})
    asked = []
    for day in (MONDAY, TUESDAY, "2026-09-05"):
        server.asked.clear()
        fetch(day, source=few)
        asked.append(persons(server))
        # whoever was left out is not known, so the feed is not complete
        assert told(conn)["ehr/task"][3] == 1
        assert not complete(conn)["task"]
    assert asked == [["p1", "p2"], ["p3", "p1"], ["p2", "p1"]]


@pytest.mark.usefixtures("patients")
def test_a_person_who_is_new_is_asked_about_from_the_beginning(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    by_person = small(feeds={feed: {**BY_SEARCH, "search_by": "patient"} for feed in ALL.feeds})
    server.params["Task"] = ["patient", "_lastUpdated"]
    marked(conn)
    conn.execute("insert into landing.searched_subject values ('ehr', 'task', 'p1', 0)")
    fetch(source=by_person)
    since = {q["patient"][0]: q.get("_lastUpdated") for p, q in server.asked if p == "Task"}
    assert since == {"p1": ["ge2026-09-03T04:00:00Z"], "p2": None, "p3": None}


@pytest.mark.usefixtures("patients")
def test_a_server_that_ignores_the_person_is_not_asked_for_everything_each_time(
    fetch: Fetch, server: Searched
) -> None:
    server.params["Task"] = ["patient"]
    server.ignored = {"patient"}
    server.interactions["Task"] = ["read"]
    assert "task" not in rows(fetch())
    assert len(persons(server)) == 1
