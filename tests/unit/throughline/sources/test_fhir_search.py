"""Searches of a FHIR server: what it offers, pages, what is no match, deletions."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.searching import Searched, task
from tests.unit.throughline.sources.servers import Answer
from tests.unit.throughline.sources.smart import smart, token
from throughline.sources.fhir.search.capability import Capability
from throughline.sources.fhir.search.client import NotSearchable, Searcher
from throughline.sources.fhir.search.methods import Method, ladder, windows
from throughline.sources.source import Search
from throughline.transports.address import NotYet, SourceUnavailable
from throughline.transports.patience import Clock

QUICK = Clock(sleep=lambda _: None)
AT = datetime(2026, 9, 4, 5, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Searched]:
    """A server with five tasks, two on a page."""
    with servers.web() as web:
        one = Searched(web)
        one.params = {"Task": ["_lastUpdated", "patient", "modified"]}
        one.resources = [task(str(n), f"2026-09-0{n}T00:00:00Z") for n in range(1, 6)]
        one.size = 2
        yield one


@pytest.fixture
def client(server: Searched) -> Iterator[Searcher]:
    """A client of it."""
    address = server.web.address(extra={"patience_s": 10})
    with Searcher(address, clock=QUICK) as one:
        yield one


def ids(client: Searcher, **params: Any) -> list[str]:
    """The ids of the tasks that a search finds."""
    return [
        json.loads(line)["id"] for page in client.search("Task", params) for line in page.matches
    ]


def test_what_a_server_offers(client: Searcher, server: Searched) -> None:
    server.interactions = {"Task": ["search-type", "history-type"]}
    found = client.capability()
    assert found.at == AT
    assert found.searches("Task", "patient")
    assert not found.searches("Claim", "patient")
    assert found.does("Task", "history-type")


def test_pages_are_read_to_the_end_as_one_line_per_match(
    client: Searcher, server: Searched
) -> None:
    server.resources[0]["note"] = [{"text": "a\nb"}]
    pages = list(client.search("Task", {}))
    assert [len(page.matches) for page in pages] == [2, 2, 1]
    assert b"\n" not in pages[0].matches[0]
    assert json.loads(pages[0].matches[0]) == server.resources[0]


def test_numbers_stay_as_they_were_written(client: Searcher, server: Searched) -> None:
    body = (
        b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Task", "a": 1.10}}]}'
    )
    server.answers["Task"] = deque([Answer(200, body)])
    [page] = client.search("Task", {})
    assert page.matches == [b'{"resourceType":"Task","a":1.10}']


@pytest.mark.parametrize(
    "rename",
    [
        lambda url: url.replace("http://127.0.0.1", "https://127.0.0.1"),
        lambda url: url.replace("127.0.0.1", "internal.example"),
        lambda url: url.replace("/Task", ":443/Task"),
        lambda url: "/Task" + url.partition("/Task")[2],
        lambda url: "Task" + url.partition("/Task")[2],
    ],
    ids=["https", "inner name", "port twice", "absolute path", "relative"],
)
def test_a_next_page_that_is_named_wrongly_is_asked_of_the_server_we_know(
    client: Searcher, server: Searched, rename: Callable[[str], str]
) -> None:
    server.rename = rename
    assert ids(client) == ["1", "2", "3", "4", "5"]


def test_a_next_page_at_another_server_is_no_end(server: Searched) -> None:
    """Our token is not for it, and what it has would be left out in silence."""
    link = [{"relation": "next", "url": "http://elsewhere.example/other/2"}]
    body = json.dumps({"resourceType": "Bundle", "link": link})
    server.answers["fhir/Task"] = deque([Answer(200, body.encode())])
    address = server.web.address(path="fhir")
    with (
        Searcher(address, clock=QUICK) as client,
        pytest.raises(SourceUnavailable, match="another"),
    ):
        list(client.search("Task", {}))


def test_pages_in_a_circle(client: Searcher, server: Searched) -> None:
    body = {"resourceType": "Bundle", "link": [{"relation": "next", "url": "/Task?page=1"}]}
    server.answers["Task"] = deque([Answer(200, json.dumps(body).encode())] * 9)
    with pytest.raises(SourceUnavailable, match="no end"):
        list(client.search("Task", {}))


def test_what_is_included_is_no_match_and_an_error_makes_it_incomplete(
    client: Searcher, server: Searched
) -> None:
    server.extra = [
        {"resource": {"resourceType": "Patient", "id": "p1"}, "search": {"mode": "include"}},
        {"resource": task("9", "2026-09-01T00:00:00Z"), "search": {"mode": "include"}},
        {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}},
        {},
    ]
    assert ids(client) == ["1", "2", "3", "4", "5"]
    assert all(page.is_complete for page in client.search("Task", {}))
    server.extra[2]["resource"]["issue"].append({"severity": "error"})
    server.extra[2]["search"] = {"mode": "outcome"}
    assert not any(page.is_complete for page in client.search("Task", {}))


def test_a_parameter_that_is_ignored_is_not_offered(client: Searcher, server: Searched) -> None:
    """A search for one person would bring everybody, once for each person."""
    server.ignored = {"patient"}
    with pytest.raises(NotSearchable, match="patient was ignored"):
        list(client.search("Task", {"patient": "p1"}, must_use="patient"))
    server.ignored = set()
    [page] = client.search("Task", {"patient": "p2"}, must_use="patient")
    assert page.matches == []
    assert server.web.seen[-1].headers["prefer"] == "handling=strict"


@pytest.mark.parametrize("status", [400, 404, 405, 422, 501])
def test_a_search_that_is_not_offered(client: Searcher, server: Searched, status: int) -> None:
    server.answers["Task"] = deque([Answer(status)])
    with pytest.raises(NotSearchable, match=f"http_{status}"):
        list(client.search("Task", {}))


@pytest.mark.parametrize(
    "answer", [Answer(403), Answer(200, b"<html>"), Answer(200, b'{"resourceType": "Patient"}')]
)
def test_a_search_that_fails(client: Searcher, server: Searched, answer: Answer) -> None:
    server.answers["Task"] = deque([answer])
    with pytest.raises(SourceUnavailable) as problem:
        list(client.search("Task", {}))
    assert not isinstance(problem.value, NotSearchable)


def test_trouble_in_passing_and_a_token_that_ends(server: Searched) -> None:
    server.answers["token"] = deque([token("a"), token("b")])
    server.answers["Task"] = deque([Answer(504), Answer(429), Answer(401)])
    with Searcher(smart(server.web, patience_s=10), clock=QUICK) as client:
        assert ids(client) == ["1", "2", "3", "4", "5"]
    assert server.web.seen[-1].headers["authorization"] == "Bearer b"


def test_a_long_wait_is_left_to_the_caller(client: Searcher, server: Searched) -> None:
    server.answers["Task"] = deque([Answer(429, headers={"Retry-After": "900"})])
    with pytest.raises(NotYet):
        list(client.search("Task", {}))


def test_deletions_are_what_a_history_ends_with(client: Searcher, server: Searched) -> None:
    server.deleted = [
        ("Task", "9", "2026-09-03T00:00:00Z"),
        # deleted, and created again
        ("Task", "5", "2026-09-01T00:00:00Z"),
        ("Claim", "c", "2026-09-03T00:00:00Z"),
    ]
    assert client.deleted("Task", "2026-09-02T00:00:00Z") == ["9"]


# --- ways to search


def capability(kind: str, *params: str, does: str = "search-type") -> Capability:
    """What a server offers of one type."""
    return Capability(AT, {kind: frozenset(params)}, {kind: frozenset({does})})


@pytest.mark.parametrize(
    ("kind", "params", "wanted", "names"),
    [
        ("Task", ("_lastUpdated", "modified", "patient"), "", ["last_updated", "date", "patient", "all"]),
        ("Task", ("authored-on", "subject"), "", ["date", "patient", "all"]),
        ("Coverage", ("beneficiary",), "", ["patient", "all"]),
        ("Location", (), "", ["all"]),
        ("Task", ("_lastUpdated", "patient"), "patient", ["patient"]),
        # statements are often incomplete
        ("Appointment", (), "last_updated", ["last_updated"]),
        ("Appointment", (), "date", ["date"]),
        ("Location", (), "date", []),
    ],
)  # fmt: skip
def test_the_best_way_that_a_server_offers(
    kind: str, params: tuple[str, ...], wanted: str, names: list[str]
) -> None:
    found = ladder(kind, capability(kind, *params), wanted)
    assert [one.name for one in found] == names


def test_a_type_that_is_not_served_has_no_way() -> None:
    assert ladder("Claim", capability("Task", "patient")) == []


def test_windows_overlap_what_is_complete() -> None:
    said = Search(overlap_minutes=90, lookback_days=30, ahead_days=40)
    changed = Method("last_updated", "_lastUpdated")
    mark = datetime(2026, 9, 3, 5, tzinfo=UTC)
    [one] = windows(changed, mark, AT, said)
    assert one == {"_lastUpdated": ["ge2026-09-03T03:30:00Z", "le2026-09-04T05:00:00Z"]}
    assert list(windows(changed, None, AT, said)) == [{"_lastUpdated": ["le2026-09-04T05:00:00Z"]}]
    days = list(windows(Method("date", "date"), mark, AT, said))
    assert [one["date"] for one in days] == [
        ["ge2026-08-04", "lt2026-09-04"],
        ["ge2026-09-04", "lt2026-10-05"],
        ["ge2026-10-05", "lt2026-10-14"],
    ]
    first = list(windows(Method("date", "date"), None, AT, said))
    assert first[0]["date"][0] == "ge2025-09-04"
    assert list(windows(Method("all"), mark, AT, said)) == [{}]


def test_what_a_way_does_not_see() -> None:
    said = Search(lookback_days=30, ahead_days=365)
    assert "30 days back" in Method("date", "date").cannot_see(said)
    assert "without an open case" in Method("patient", "patient").cannot_see(said)
    assert Method("last_updated").cannot_see(said) == ""
