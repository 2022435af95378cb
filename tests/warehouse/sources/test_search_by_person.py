"""A search person by person, within a budget: whom it reaches, and whom it does not."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.throughline.sources.searching import Searched
from tests.unit.throughline.sources.servers import Answer
from tests.warehouse.sources.by_search import (
    ALL,
    BY_SEARCH,
    OUTCOME,
    TASKS,
    Fetch,
    complete,
    marked,
    persons,
    rows,
    told,
    unknown,
)
from tests.warehouse.sources.exporter import MONDAY, TUESDAY, small
from throughline import warehouse
from throughline.sources.fhir.search.harvest import search
from throughline.sources.landing import Landing
from throughline.transports.patience import Clock
from throughline.warehouse.nights import Night


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
        assert told(conn)["ehr/task"][3] == 1
        # of whoever was left out it is not known; the feed itself is complete
        assert complete(conn)["task"]
        left = {"p1", "p2", "p3"} - set(persons(server))
        assert unknown(conn) == {*left, "p4"}
    assert asked == [["p1", "p2"], ["p3", "p1"], ["p2", "p1"]]
    assert [unknown(conn, seq) for seq in (1, 2, 3)] == [{"p3", "p4"}, {"p2", "p4"}, {"p3", "p4"}]
    # one exception for each search that left somebody out
    conn.execute("set role throughline_loop")
    keys = conn.execute("select distinct exception_id from evidence.search_not_known").fetchall()
    assert len(keys) == 1


@pytest.mark.usefixtures("patients")
@pytest.mark.parametrize(
    "answer",
    [
        # some servers refuse the id of a patient whom they have deleted
        Answer(404),
        Answer(403),
        Answer(200, b"{}"),
        Answer(
            200, json.dumps({"resourceType": "Bundle", "entry": [{"resource": OUTCOME}]}).encode()
        ),
    ],
    ids=["refused", "forbidden", "no bundle", "error among it"],
)
def test_a_person_whose_search_fails_costs_no_other(
    conn: warehouse.Connection,
    fetch: Fetch,
    server: Searched,
    answer: Answer,
) -> None:
    server.params["Task"] = ["patient"]
    server.answers["Task"] = deque([answer])
    fetch()
    assert unknown(conn) == {"p1", "p4"}
    assert complete(conn)["task"]
    server.asked.clear()
    fetch(TUESDAY)
    assert unknown(conn) == {"p4"}


@pytest.mark.usefixtures("patients")
@pytest.mark.parametrize(
    ("asked_s", "left_out"), [(60, set()), (61, {"p2", "p3"})], ids=["short", "long"]
)
def test_a_server_that_asks_for_a_wait_between_two_persons(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    server: Searched,
    tmp_path: Path,
    asked_s: int,
    left_out: set[str],
) -> None:
    server.params["Task"] = ["patient"]
    first = {"resourceType": "Bundle", "link": [], "entry": []}
    busy = Answer(429, headers={"Retry-After": str(asked_s)})
    server.answers["Task"] = deque([Answer(200, json.dumps(first).encode()), busy])
    slept: list[float] = []
    landing = Landing(conn, "ehr", open_night(MONDAY), tmp_path)
    clock = Clock(sleep=slept.append)
    search(TASKS, ["task"], server.web.address(), conn, landing, clock=clock)
    conn.commit()
    assert unknown(conn) == {*left_out, "p4"}
    assert slept == ([] if left_out else [60])


@pytest.mark.usefixtures("patients")
def test_who_fails_every_night_is_not_in_the_way_of_the_others(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    server.params["Task"] = ["patient"]
    server.interactions["Task"] = ["read"]
    few = small(feeds=dict.fromkeys(ALL.feeds, BY_SEARCH), search={"requests": 1})
    for day, answers in ((MONDAY, [Answer(404)]), (TUESDAY, [Answer(404)])):
        server.answers["Task"] = deque(answers)
        assert "task" not in rows(fetch(day, source=few))
    assert persons(server) == ["p1", "p2"]
    fetch("2026-09-05", source=few)
    assert persons(server)[-1] == "p3"
    assert unknown(conn) == {"p1", "p2", "p4"}


@pytest.mark.usefixtures("patients")
def test_another_way_of_reading_reaches_everybody(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    server.params["Task"] = ["patient"]
    fetch(source=small(feeds=dict.fromkeys(ALL.feeds, BY_SEARCH), search={"requests": 1}))
    assert unknown(conn) == {"p2", "p3", "p4"}
    server.params["Task"] = ["_lastUpdated"]
    fetch(TUESDAY)
    assert unknown(conn) == set()
    assert unknown(conn, 1) == {"p2", "p3", "p4"}


@pytest.mark.usefixtures("patients")
def test_a_person_who_is_new_is_asked_about_from_the_beginning(
    conn: warehouse.Connection, fetch: Fetch, server: Searched
) -> None:
    by_person = small(feeds={feed: {**BY_SEARCH, "search_by": "patient"} for feed in ALL.feeds})
    server.params["Task"] = ["patient", "_lastUpdated"]
    marked(conn)
    conn.execute(
        "insert into landing.searched_subject values ('ehr', 'task', 'p1', 0, '2026-09-05T05:00:00Z'),"
        " ('ehr', 'task', 'p2', 0, '2026-09-01T05:00:00Z')"
    )
    fetch(source=by_person)
    since = {q["patient"][0]: q.get("_lastUpdated") for p, q in server.asked if p == "Task"}
    # from where both the person and what is loaded are complete: a delivery may have been rejected
    assert since == {"p1": ["ge2026-09-03T04:00:00Z"], "p2": ["ge2026-09-01T04:00:00Z"], "p3": None}


@pytest.mark.usefixtures("patients")
def test_a_server_that_ignores_the_person_is_not_asked_for_everything_each_time(
    fetch: Fetch, server: Searched
) -> None:
    server.params["Task"] = ["patient"]
    server.ignored = {"patient"}
    server.interactions["Task"] = ["read"]
    assert "task" not in rows(fetch())
    assert len(persons(server)) == 1
