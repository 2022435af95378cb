"""The client of Bulk Data exports against a real server that fails in every way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.exports import ASKED, TIME, manifest, started
from tests.unit.throughline.sources.servers import Answer, Web
from throughline.sources.fhir.bulk.client import (
    BulkClient,
    JobLost,
    Refused,
    Request,
    Running,
)
from throughline.sources.fhir.bulk.manifest import Manifest, ManifestFile
from throughline.transports import https
from throughline.transports.address import NotYet, SourceUnavailable
from throughline.transports.patience import Clock


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers from its queue."""
    with servers.web() as server:
        yield server


@pytest.fixture
def slept() -> list[float]:
    """The seconds that a client waited, without waiting."""
    return []


@pytest.fixture
def clock(slept: list[float]) -> Clock:
    """A clock on which only waiting takes time."""
    return Clock(now=lambda: sum(slept), sleep=slept.append)


QUICK = Clock(sleep=lambda _: None)


def outcome(code: str) -> bytes:
    """An OperationOutcome with one error."""
    issue = {"severity": "error", "code": code, "diagnostics": "no"}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()


FAILED, PASSES = outcome("processing"), outcome("transient")


@pytest.fixture
def client(web: Web, clock: Clock) -> Iterator[BulkClient]:
    """A client of the server's export."""
    with BulkClient(web.address(), clock=clock) as one:
        yield one


def test_an_export_from_kick_off_to_manifest(web: Web, client: BulkClient) -> None:
    web.answers += [
        started(web),
        Answer(202, headers={"Retry-After": "120", "X-Progress": "half"}),
        Answer(202),
        manifest(web, deleted=[{"type": "Bundle", "url": "u", "count": "x"}], error=[{"url": "e"}]),
        Answer(404),
    ]
    job = client.kick_off(Request(("Patient", "Task"), "2026-09-03T05:00:00Z"))
    assert client.status(job) == Running(120, "half")
    assert client.status(job) == Running(None, "")
    found = client.status(job)
    client.finish(job)
    assert isinstance(found, Manifest)
    assert found.transaction_time == TIME
    assert found.output == [ManifestFile("Patient", web.url("/files/1"), 2)]
    assert (found.deleted, found.error) == (
        [ManifestFile("Bundle", web.url("/job/u"))],
        [ManifestFile("", web.url("/job/e"))],
    )
    kick_off = urlsplit(web.seen[0].path)
    assert parse_qs(kick_off.query) == {
        "_type": ["Patient,Task"],
        "_outputFormat": ["application/fhir+ndjson"],
        "_since": ["2026-09-03T05:00:00Z"],
    }
    assert web.seen[0].headers["prefer"] == "respond-async"
    assert web.seen[0].headers["accept"] == "application/fhir+json"
    assert {s.headers["accept"] for s in web.seen[1:4]} == {"application/json"}
    assert [(s.method, s.path) for s in web.seen[1:]] == [("GET", "/job/1")] * 3 + [
        ("DELETE", "/job/1")
    ]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (Request(("Patient",)), "/fhir/$export"),
        (Request(("Patient",), level="patient"), "/fhir/Patient/$export"),
        (Request(("Patient",), level="group", group="a b/c"), "/fhir/Group/a%20b%2Fc/$export"),
    ],
)
def test_the_level_of_an_export(web: Web, asked: Request, path: str) -> None:
    web.answers.append(Answer(202, headers={"Content-Location": "../job/1"}))
    with BulkClient(web.address(path="fhir"), clock=QUICK) as client:
        assert client.kick_off(asked).startswith(web.url("/"))
    assert web.seen[0].path.partition("?")[0] == path


def test_filters_are_repeated_and_leniency_is_a_preference(web: Web, client: BulkClient) -> None:
    web.answers.append(started(web))
    filters = ("Task?status=active", "Patient?active=true&birthdate=gt2000-01-01")
    client.kick_off(Request(("Patient", "Task"), filters=filters, is_lenient=True))
    query = parse_qs(urlsplit(web.seen[0].path).query)
    assert query["_typeFilter"] == list(filters)
    assert web.seen[0].headers["prefer"] == "respond-async, handling=lenient"


def test_a_server_that_is_busy_while_it_exports(web: Web, client: BulkClient) -> None:
    web.answers += [Answer(429), started(web), Answer(503), Answer(500), Answer(429), manifest(web)]
    assert isinstance(client.status(client.kick_off(ASKED)), Manifest)


def test_a_busy_server_is_left_alone_at_once_if_we_have_a_job_there(
    web: Web, client: BulkClient, slept: list[float]
) -> None:
    web.answers += [Answer(429)] * 20
    with pytest.raises(NotYet) as problem:
        client.kick_off(ASKED, is_first=False)
    assert (problem.value.wait_s, sum(slept) <= 5) == (https.BUSY_S, True)


@pytest.mark.parametrize(
    ("answers", "error", "reason"),
    [
        ([Answer(400)], Refused, "web: export: http_400"),
        ([Answer(202)], SourceUnavailable, "web: export: http_202"),
        ([Answer(200)], SourceUnavailable, "web: export: http_200"),
        (["started", Answer(404)], JobLost, "web: export status: http_404"),
        (["started", Answer(403)], SourceUnavailable, "web: export status: http_403"),
        (["started", *[Answer(503)] * 99], SourceUnavailable, "web: http_503"),
        (["started", *[Answer(500, FAILED)] * 99], JobLost, "web: export status: failed"),
        (["started", *[Answer(500, PASSES)] * 99], SourceUnavailable, "web: http_500"),
        (
            ["started", Answer(200, FAILED, {"X-Export-Status": "500 Internal Server Error"})],
            JobLost,
            "web: export status: http_500",
        ),
        (["started", Answer(200, b"{}")], SourceUnavailable, "web: export: the manifest cannot"),
        (["started", Answer(200, b"[1]")], SourceUnavailable, "web: export: the manifest cannot"),
        (["started", Answer(200, b"<x/>")], SourceUnavailable, "web: export: the manifest cannot"),
        (
            ["started", Answer(200, b'{"transactionTime": "t", "output": [{"url": "u"}]}')],
            SourceUnavailable,
            "web: export: the manifest does not say which types its files hold",
        ),
    ],
)
def test_an_export_that_fails(
    web: Web, client: BulkClient, answers: list[Answer | str], error: type[Exception], reason: str
) -> None:
    web.answers += [one if isinstance(one, Answer) else started(web) for one in answers]
    with pytest.raises(error, match=f"^{reason}"):
        client.status(client.kick_off(ASKED))


def test_a_status_of_its_own_for_the_export(web: Web, client: BulkClient) -> None:
    """Some servers always answer as with `Prefer: separate-export-status`."""
    web.answers += [
        Answer(200, headers={"X-Export-Status": "202 Accepted", "Retry-After": "9"}),
        manifest(web),
    ]
    web.answers[1].headers["X-Export-Status"] = "200 OK"
    assert client.status(web.url("/job/1")) == Running(9, "")
    assert isinstance(client.status(web.url("/job/1")), Manifest)


def test_a_partial_manifest_of_a_running_export_is_not_the_whole(
    web: Web, client: BulkClient
) -> None:
    partial = manifest(web)
    partial.status = 202
    web.answers.append(partial)
    assert client.status(web.url("/job/1")) == Running(None, "")


# --- pages of a manifest


def page(web: Web, name: str, following: Any = None, **more: Any) -> Answer:
    """A page with one file of each list."""
    body = {
        "transactionTime": TIME,
        "requiresAccessToken": True,
        "output": [{"type": "Patient", "url": f"/files/{name}"}],
        "deleted": [{"type": "Bundle", "url": f"/deleted/{name}"}],
        "error": [{"type": "OperationOutcome", "url": f"/error/{name}"}],
        **more,
    }
    if following is not None:
        body["link"] = following
    return Answer(200, json.dumps(body).encode())


@pytest.mark.parametrize(
    "link",
    [
        [{"relation": "self", "url": "x"}, {"relation": "next", "url": "1?page=2"}],
        {"relation": "next", "url": "/job/1?page=2"},
        [{"rel": "next", "url": "?page=2"}],
    ],
)
def test_a_manifest_is_read_to_its_last_page(web: Web, client: BulkClient, link: Any) -> None:
    web.answers += [
        page(web, "a", link),
        page(web, "b", [{"relation": "next", "url": "/job/1?page=3"}]),
        page(web, "c", []),
    ]
    found = client.status(web.url("/job/1"))
    assert isinstance(found, Manifest)
    for name, listed in (
        ("files", found.output),
        ("deleted", found.deleted),
        ("error", found.error),
    ):
        assert [file.url for file in listed] == [web.url(f"/{name}/{at}") for at in "abc"]
    assert [s.path for s in web.seen] == ["/job/1", "/job/1?page=2", "/job/1?page=3"]


def test_a_page_that_is_not_ready_makes_the_export_not_ready(web: Web, client: BulkClient) -> None:
    following = [{"relation": "next", "url": "/2"}]
    web.answers += [page(web, "a", following), Answer(202, headers={"Retry-After": "60"})]
    assert client.status(web.url("/job/1")) == Running(60, "")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(400), "http_400"),
        (Answer(200, b"no"), "the manifest cannot be read"),
        ({"transactionTime": "2027"}, "a page of the manifest contradicts the first"),
        ({"requiresAccessToken": False}, "a page of the manifest contradicts the first"),
    ],
)
def test_without_one_of_its_pages_there_is_no_manifest(
    web: Web, client: BulkClient, answer: Any, reason: str
) -> None:
    second = page(web, "b", **answer) if isinstance(answer, dict) else answer
    web.answers += [page(web, "a", [{"relation": "next", "url": "/2"}]), second]
    with pytest.raises(SourceUnavailable, match=reason):
        client.status(web.url("/job/1"))


@pytest.mark.parametrize("link", [[{"relation": "next"}], "next", [1]])
def test_a_next_page_without_address_is_not_the_end(
    web: Web, client: BulkClient, link: Any
) -> None:
    web.answers.append(page(web, "a", link))
    with pytest.raises(SourceUnavailable, match="the manifest cannot be read"):
        client.status(web.url("/job/1"))


def test_pages_in_a_circle(web: Web, client: BulkClient) -> None:
    web.respond = lambda _: page(web, "a", [{"relation": "next", "url": "/job/1"}])
    with pytest.raises(SourceUnavailable, match="the manifest has no end"):
        client.status(web.url("/job/1"))
