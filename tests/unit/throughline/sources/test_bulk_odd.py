"""Odd servers of Bulk Data: what they say, send and leave out (docs/foreign-inputs.md names who reported them)."""

from __future__ import annotations

import email.utils
import gzip
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.exports import ASKED, TIME, manifest
from tests.unit.throughline.sources.servers import Answer, Web
from throughline.sources.fhir.bulk.client import BulkClient, Download, JobLost, Running
from throughline.sources.fhir.bulk.manifest import Manifest, ManifestFile
from throughline.transports.address import NotYet, SourceUnavailable
from throughline.transports.patience import Clock

PATIENTS = b'{"resourceType":"Patient","id":"p1"}\n{"resourceType":"Patient","id":"p2"}\n'
HTML = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"


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
def client(web: Web, slept: list[float]) -> Iterator[BulkClient]:
    """A client of the server's export."""
    clock = Clock(now=lambda: sum(slept), sleep=slept.append)
    with BulkClient(web.address(), clock=clock) as one:
        yield one


def outcome(severity: str = "error", code: str = "processing") -> bytes:
    """An OperationOutcome."""
    issue = {"severity": severity, "code": code, "diagnostics": "no"}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()


def stated(web: Web, client: BulkClient, **more: Any) -> Manifest:
    """A manifest, as it is read."""
    web.answers.append(manifest(web, **more))
    found = client.status(web.url("/job/1"))
    assert isinstance(found, Manifest)
    return found


# --- manifests


@pytest.mark.parametrize("nothing", [[], None])
def test_an_export_of_nothing(web: Web, client: BulkClient, nothing: Any) -> None:
    found = stated(web, client, output=nothing, deleted=nothing, error=nothing)
    assert (found.output, found.deleted, found.error) == ([], [], [])


def test_an_export_of_nothing_that_does_not_even_say_so(web: Web, client: BulkClient) -> None:
    web.answers.append(Answer(200, json.dumps({"transactionTime": TIME}).encode()))
    assert client.status(web.url("/job/1")) == Manifest(TIME)


@pytest.mark.parametrize(
    ("said", "needs"),
    [
        ("true", True),
        ("false", False),
        ("False", False),
        ("FALSE", False),
        (0, False),
        (1, True),
        (None, True),
        ("", True),
    ],
)
def test_whether_files_need_a_token(web: Web, client: BulkClient, said: Any, needs: bool) -> None:
    assert stated(web, client, requiresAccessToken=said).needs_token == needs


@pytest.mark.parametrize(
    ("said", "count"),
    [
        (2, 2),
        ("2", 2),
        (2.0, 2),
        ("2.0", 2),
        (True, None),
        (-1, None),
        ("many", None),
        (None, None),
    ],
)
def test_numbers_of_lines(web: Web, client: BulkClient, said: Any, count: int | None) -> None:
    output = [{"type": "Patient", "url": "u", "count": said}]
    assert stated(web, client, output=output).output[0].count == count


@pytest.mark.parametrize(
    ("said", "kind"), [("patient", "Patient"), ("ENCOUNTER", "Encounter"), ("Goal", "Goal")]
)
def test_types_in_other_letters(web: Web, client: BulkClient, said: str, kind: str) -> None:
    """A type that we do not know is left out: one that we do know was, too."""
    assert stated(web, client, output=[{"type": said, "url": "u"}]).output[0].type == kind


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("u", "/job/u"),
        ("./u", "/job/u"),
        ("/files/u", "/files/u"),
        ("?file=u", "/job/1?file=u"),
        ("aB3_x/Coverage_1.ndjson", "/job/aB3_x/Coverage_1.ndjson"),
    ],
)
def test_relative_addresses(web: Web, client: BulkClient, url: str, path: str) -> None:
    output = [{"type": "Patient", "url": url}]
    assert stated(web, client, output=output).output[0].url == web.url(path)


@pytest.mark.parametrize("url", ["", None, "ftp://x/y", "s3://bucket/y", "file:///etc/passwd"])
def test_addresses_that_are_none(web: Web, client: BulkClient, tmp_path: Path, url: Any) -> None:
    """One of them was asked of the server itself: an empty answer counted as an empty file."""
    [file] = stated(web, client, output=[{"type": "Patient", "url": url}]).output
    seen = len(web.seen)
    with pytest.raises(SourceUnavailable, match="no address that can be read"):
        client.download(file, tmp_path / "f")
    assert len(web.seen) == seen


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, HTML, {"Content-Type": "text/html"}),
        Answer(200, b""),
        Answer(200, outcome("information", "informational")),
        Answer(200, outcome("error", "transient")),
        Answer(200, b'{"output": []}'),
        Answer(200, gzip.compress(b"{}")),
        Answer(200, b'{"transactionTime": "t", "output": {"type": "Patient", "url": "u"}}'),
        Answer(200, b'{"transactionTime": "t", "output": ["u"]}'),
        Answer(204, b""),
        Answer(304, b""),
        Answer(401, b""),
        Answer(403, outcome()),
    ],
)
def test_a_status_that_says_nothing(web: Web, client: BulkClient, answer: Answer) -> None:
    web.answers.append(answer)
    with pytest.raises(SourceUnavailable) as problem:
        client.status(web.url("/job/1"))
    assert not isinstance(problem.value, JobLost)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, outcome()),
        Answer(200, outcome("fatal", "exception")),
        Answer(404, outcome(code="not-found")),
        Answer(404, HTML),
        Answer(410, b""),
        Answer(400, outcome(code="invalid")),
        Answer(200, b"", {"X-Export-Status": "410 Gone"}),
    ],
)
def test_a_job_that_failed_or_was_cancelled(web: Web, client: BulkClient, answer: Answer) -> None:
    """An error that comes with 200 is one as well: the next export is asked for at once."""
    web.answers.append(answer)
    with pytest.raises(JobLost):
        client.status(web.url("/job/1"))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: b"\r\n  " + body,
        lambda body: body.replace(b"{", b'{"extension": {"x": [1]}, ', 1),
    ],
)
def test_a_manifest_with_something_around_it(
    web: Web, client: BulkClient, change: Callable[[bytes], bytes]
) -> None:
    web.answers.append(Answer(200, change(manifest(web).body), {"Content-Type": "text/plain"}))
    assert isinstance(client.status(web.url("/job/1")), Manifest)


# --- waiting


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("120, 60", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
@pytest.mark.parametrize("body", [b"", b'{"progress": 1}', HTML, outcome()])
def test_when_a_server_is_not_ready(
    web: Web, client: BulkClient, said: str, asked: float | None, body: bytes
) -> None:
    web.answers.append(Answer(202, body, {"Retry-After": said}))
    assert client.status(web.url("/job/1")) == Running(asked, "")


def test_429_with_a_date(web: Web, client: BulkClient, slept: list[float]) -> None:
    until = email.utils.formatdate(time.time() + 30, usegmt=True)
    web.answers += [Answer(429, HTML, {"Retry-After": until}), manifest(web)]
    assert isinstance(client.status(web.url("/job/1")), Manifest)
    assert 20 < sum(slept) <= 30


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_of_hours_is_nobodys_in_place(
    web: Web, client: BulkClient, slept: list[float], status: int
) -> None:
    web.answers.append(Answer(status, HTML, {"Retry-After": "7200"}))
    with pytest.raises(NotYet) as problem:
        client.kick_off(ASKED)
    assert (problem.value.wait_s, slept) == (7200.0, [])


# --- kick-offs


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("where", ["/job/9", "job/9", "http"])
def test_where_a_job_is(web: Web, client: BulkClient, status: int, where: str) -> None:
    said = web.url("/job/9") if where == "http" else where
    web.answers.append(Answer(status, HTML, {"content-location": said}))
    assert client.kick_off(ASKED) == web.url("/job/9")


@pytest.mark.parametrize("status", [403, 406, 409, 413, 415])
def test_a_kick_off_that_is_refused(web: Web, client: BulkClient, status: int) -> None:
    web.answers.append(Answer(status, outcome()))
    with pytest.raises(SourceUnavailable, match=f"http_{status}"):
        client.kick_off(ASKED)


# --- files


def fetched(web: Web, client: BulkClient, path: Path, count: int | None = None) -> Download:
    """The file of a manifest."""
    return client.download(ManifestFile("Patient", web.url("/f"), count), path / "f")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, PATIENTS),
        Answer(200, PATIENTS, {"Content-Type": "application/octet-stream"}),
        Answer(200, PATIENTS, {"Content-Type": "text/html"}),
        Answer(200, b"\xef\xbb\xbf" + PATIENTS),
        Answer(200, PATIENTS.replace(b"\n", b"\r\n")),
        Answer(200, b"\n" + PATIENTS),
        Answer(200, PATIENTS.decode().encode("utf-16")),
        Answer(200, gzip.compress(PATIENTS)),
        Answer(200, gzip.compress(PATIENTS), {"Content-Encoding": "gzip"}),
        Answer(200, gzip.compress(PATIENTS), {"Content-Encoding": "x-gzip"}),
        Answer(200, gzip.compress(gzip.compress(PATIENTS)), {"Content-Encoding": "gzip"}),
        Answer(200, outcome("information", "informational") + b"\n" + PATIENTS),
    ],
)
def test_a_file_of_records(web: Web, client: BulkClient, tmp_path: Path, answer: Answer) -> None:
    web.answers.append(answer)
    assert fetched(web, client, tmp_path).lines >= 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, HTML, {"Content-Type": "text/html"}),
        Answer(200, HTML),
        Answer(200, b"\n\n" + HTML),
        Answer(200, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
        Answer(200, b"Please try again later\n"),
        Answer(200, outcome()),
        Answer(200, outcome() + b"\r\n"),
        Answer(200, gzip.compress(HTML), {"Content-Encoding": "gzip"}),
        Answer(200, b"PK\x03\x04" + bytes(80)),
    ],
)
def test_something_else_in_the_place_of_a_file(
    web: Web, client: BulkClient, tmp_path: Path, answer: Answer
) -> None:
    """It was landed as a row that cannot be read, and the feed went on past what was in the file."""
    web.answers.append(answer)
    with pytest.raises(SourceUnavailable, match="something else came in its place"):
        fetched(web, client, tmp_path)


def test_a_redirect_to_a_page_to_log_in(web: Web, client: BulkClient, tmp_path: Path) -> None:
    web.answers += [Answer(302, b"", {"Location": web.url("/login")}), Answer(200, HTML)]
    with pytest.raises(SourceUnavailable, match="something else came in its place"):
        fetched(web, client, tmp_path)


def test_an_empty_file_is_one(web: Web, client: BulkClient, tmp_path: Path) -> None:
    for body in (b"", b"\n", b"\xef\xbb\xbf"):
        web.answers.append(Answer(200, body))
        assert fetched(web, client, tmp_path).is_complete


@pytest.mark.parametrize("status", [202, 204, 302, 406, 416])
def test_a_file_that_does_not_come(
    web: Web, client: BulkClient, tmp_path: Path, status: int
) -> None:
    web.answers.append(Answer(status, b""))
    with pytest.raises(SourceUnavailable, match=f"http_{status}"):
        fetched(web, client, tmp_path)


@pytest.mark.parametrize(
    ("count", "fetches", "is_complete"),
    [(2, 1, True), (3, 2, False), (1, 1, True), (0, 1, True), (None, 1, True)],
)
def test_counts(
    web: Web,
    client: BulkClient,
    tmp_path: Path,
    count: int | None,
    fetches: int,
    is_complete: bool,
) -> None:
    web.answers += [Answer(200, PATIENTS)] * 2
    assert fetched(web, client, tmp_path, count).is_complete == is_complete
    assert len(web.seen) == fetches


def test_a_body_that_breaks_off(web: Web, client: BulkClient, tmp_path: Path) -> None:
    tag = {"Accept-Ranges": "bytes", "ETag": '"a"'}
    wrong = {"Content-Range": f"bytes 20-{len(PATIENTS) - 1}/{len(PATIENTS)}"}
    web.answers += [
        Answer(200, PATIENTS, tag, cut=10),
        Answer(206, PATIENTS[20:], wrong),
        Answer(200, PATIENTS),
    ]
    assert fetched(web, client, tmp_path, 2).lines == 2
    assert (tmp_path / "f").read_bytes() == PATIENTS


def test_downloads_that_a_server_finds_too_many(
    web: Web, client: BulkClient, slept: list[float], tmp_path: Path
) -> None:
    web.answers += [Answer(429), Answer(502, HTML), Answer(200, PATIENTS)]
    assert fetched(web, client, tmp_path).lines == 2
    assert slept
