"""What the SMART bulk-data-server can simulate, and what is right then: the export comes, or is late.

The names are those of its options (github.com/smart-on-fhir/bulk-data-server, `static/index.html`,
`ExportManager.ts`).
"""

from __future__ import annotations

import gzip
import json
from collections import deque

import pytest

from tests.unit.throughline.sources.servers import Answer, Seen
from tests.warehouse.sources.exporter import TYPES, WHOLE, Exporter, Fetch, rows
from throughline import warehouse
from throughline.transports.address import SourceUnavailable


def outcome(code: str, text: str) -> bytes:
    """An OperationOutcome."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()


def at_token(exporting: Exporter, answers: list[Answer]) -> None:
    """Let the token endpoint give these answers first."""
    exporting.wants_token = True
    before, left = exporting.web.respond, deque(answers)

    def respond(seen: Seen) -> Answer:
        return left.popleft() if seen.path == "/token" and left else before(seen)

    exporting.web.respond = respond


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("token_invalid_token", Answer(401, b'{"error": "invalid_client"}')),
        ("token_expired_registration_token", Answer(400, b'{"error": "invalid_request"}')),
        ("token_invalid_scope", Answer(400, b'{"error": "invalid_scope"}')),
        ("invalid_jti", Answer(401, b'{"error": "invalid_client"}')),
    ],
)
def test_no_token_is_given(
    fetch_export: Fetch, exporting: Exporter, condition: str, answer: Answer
) -> None:
    at_token(exporting, [answer])
    with pytest.raises(SourceUnavailable, match=f"token: http_{answer.status}"):
        fetch_export()
    assert exporting.asked == [], condition


@pytest.mark.parametrize("condition", ["request_invalid_token", "request_expired_token"])
@pytest.mark.parametrize("where", ["kick-off", "status", "file"])
def test_a_token_that_the_server_does_not_take_is_renewed(
    fetch_export: Fetch, exporting: Exporter, condition: str, where: str
) -> None:
    refused = Answer(401, outcome("login", condition))
    queues = {
        "kick-off": exporting.kick_offs,
        "status": exporting.statuses,
        "file": exporting.files.setdefault("Patient", deque()),
    }
    queues[where].append(refused)
    exporting.wants_token = True
    assert rows(fetch_export()) == WHOLE
    assert [one.path for one in exporting.web.seen].count("/token") >= 2


def test_request_with_a_token_that_is_never_taken(fetch_export: Fetch, exporting: Exporter) -> None:
    exporting.kick_offs += [Answer(401)] * 9
    exporting.wants_token = True
    with pytest.raises(SourceUnavailable, match="export: http_401"):
        fetch_export()


def test_transient_error(fetch_export: Fetch, exporting: Exporter) -> None:
    text = "An unknown error occurred (transient_error). Please try again."
    exporting.statuses.append(Answer(500, outcome("transient", text)))
    assert rows(fetch_export()) == WHOLE


def test_file_generation_failed(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.kick_offs += [Answer(500, outcome("exception", "File generation failed"))] * 99
    with pytest.raises(SourceUnavailable, match="http_500"):
        fetch_export()
    assert conn.execute("select count(*) from landing.batch").fetchone() == (0,)


def test_some_file_generation_failed(
    conn: warehouse.Connection,
    fetch_export: Fetch,
    exporting: Exporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its errors name a file, not a type: nothing counts as complete, and nothing is lost."""
    manifest = exporting.manifest
    errors = [{"type": "OperationOutcome", "url": exporting.web.url("/file/error")}]
    monkeypatch.setattr(exporting, "manifest", lambda *a: {**manifest(*a), "error": errors})
    exporting.lines["error"] = outcome("exception", "Failed to export 1.Encounter.ndjson")
    assert set(rows(fetch_export())) == {"patient", "encounter", "task"}
    marks = conn.execute("select distinct watermark from landing.batch").fetchall()
    assert marks == [(None,)]


def test_file_expired(fetch_export: Fetch, exporting: Exporter) -> None:
    exporting.files = {kind: deque([Answer(410)] * 9) for kind in ("Encounter",)}
    assert set(rows(fetch_export())) == {"patient", "task"}


@pytest.mark.parametrize("share", [10, 100])
def test_some_were_deleted(
    fetch_export: Fetch, exporting: Exporter, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    manifest = exporting.manifest
    deleted = [{"type": "Bundle", "url": exporting.web.url("/file/deleted"), "count": 1}]
    monkeypatch.setattr(exporting, "manifest", lambda *a: {**manifest(*a), "deleted": deleted})
    entry = [{"request": {"method": "DELETE", "url": f"Patient/d{n}"}} for n in range(share)]
    exporting.lines["deleted"] = (
        json.dumps({"resourceType": "Bundle", "entry": entry}).encode() + b"\n"
    )
    found = {batch.feed: batch.files for batch in fetch_export()}
    assert found == {"patient": 2, "encounter": 1, "task": 1}


def test_an_export_that_takes_its_time(fetch_export: Fetch, exporting: Exporter) -> None:
    progress = {"X-Progress": "50% complete, Generating files", "Retry-After": "1"}
    exporting.statuses += [Answer(202, headers=progress)] * 2
    assert rows(fetch_export()) == WHOLE


@pytest.mark.parametrize("per_page", [1, 2, 10])
def test_allow_partial_manifests(fetch_export: Fetch, exporting: Exporter, per_page: int) -> None:
    exporting.page_size = per_page
    first = Answer(202, json.dumps({"transactionTime": exporting.time, "output": []}).encode())
    exporting.statuses.append(first)
    assert rows(fetch_export()) == WHOLE


def test_too_many_files(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses += [Answer(413, b"Too many files")] * 9
    with pytest.raises(SourceUnavailable):
        fetch_export()
    ended = conn.execute("select distinct status from landing.export_job").fetchall()
    assert ended == [("lost",)]


def test_polled_too_often(fetch_export: Fetch, exporting: Exporter) -> None:
    exporting.statuses += [Answer(429, headers={"Retry-After": "1"})] * 1
    assert rows(fetch_export()) == WHOLE


def test_files_are_packed_on_the_way(fetch_export: Fetch, exporting: Exporter) -> None:
    packed = gzip.compress(exporting.lines["Patient"])
    exporting.files = {"Patient": deque([Answer(200, packed, {"Content-Encoding": "gzip"})])}
    assert rows(fetch_export()) == WHOLE


def test_not_secure_needs_no_token(fetch_export: Fetch, exporting: Exporter) -> None:
    exporting.has_store = True
    assert rows(fetch_export()) == WHOLE
    assert {len(exporting.store.seen), len(TYPES)} == {3}


def test_cancelled_by_somebody_else(fetch_export: Fetch, exporting: Exporter) -> None:
    """After a DELETE the status is 404."""
    exporting.deleted.append("/job/1")
    assert rows(fetch_export()) == WHOLE
