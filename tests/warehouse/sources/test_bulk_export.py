"""Bulk Data exports as big EHRs serve them: paged, redirected, slow."""

from __future__ import annotations

import email.utils
import json
import time
from collections import deque
from datetime import datetime
from typing import Any

import pytest

from tests.unit.throughline.sources.servers import Answer
from tests.warehouse.sources.exporter import (
    FEEDS,
    TUESDAY,
    TYPES,
    WHOLE,
    Exporter,
    Fetch,
    in_hours,
    jobs,
    lines,
    rows,
    small,
)
from throughline import warehouse
from throughline.transports.address import NotYet, SourceUnavailable

# --- pages, hosts, levels


@pytest.mark.parametrize("size", [1, 2])
def test_a_manifest_of_several_pages_brings_every_type(
    fetch_export: Fetch, exporting: Exporter, size: int
) -> None:
    exporting.page_size = size
    assert rows(fetch_export()) == WHOLE


def test_without_its_last_page_an_export_brings_nothing(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.page_size = 2
    first = Answer(
        200, json.dumps({**_manifest(exporting), "link": _next("/job/1?page=2")}).encode()
    )
    exporting.statuses += [first, Answer(500), Answer(500), Answer(500), Answer(500)] * 2
    with pytest.raises(SourceUnavailable, match="http_500"):
        fetch_export()
    assert conn.execute("select count(*) from landing.batch").fetchone() == (0,)


def _next(url: str) -> list[dict[str, str]]:
    return [{"relation": "next", "url": url}]


def _manifest(exporting: Exporter) -> dict[str, Any]:
    return {"transactionTime": exporting.time, "output": []}


@pytest.mark.parametrize("way", ["signed", "redirected"])
def test_files_at_another_host_are_fetched_without_the_token(
    fetch_export: Fetch, exporting: Exporter, way: str
) -> None:
    exporting.wants_token = True
    if way == "signed":
        exporting.has_store = True
    else:
        exporting.files = {
            kind: deque([Answer(307, headers={"Location": exporting.store.url(f"/{kind}")})])
            for kind in TYPES
        }
    assert rows(fetch_export()) == WHOLE
    assert len(exporting.store.seen) == 3
    assert not any("authorization" in one.headers for one in exporting.store.seen)
    assert {one.headers["authorization"] for one in exporting.web.seen if one.path != "/token"} == {
        "Bearer t1"
    }


@pytest.mark.parametrize(
    ("level", "path"),
    [
        ({}, "/$export"),
        ({"export": {"level": "patient"}}, "/Patient/$export"),
        ({"export": {"level": "group", "group": "g-1"}}, "/Group/g-1/$export"),
    ],
)
def test_the_definition_says_at_which_level(
    fetch_export: Fetch, exporting: Exporter, level: dict[str, Any], path: str
) -> None:
    fetch_export(source=small(**level))
    assert exporting.paths == [path]


def test_filters_of_feeds_go_along(fetch_export: Fetch, exporting: Exporter) -> None:
    query = "Encounter?date=ge2026-01-01"
    fetch_export(source=small(feeds={"encounter": {"type_filter": [query]}}))
    assert exporting.asked[0]["_typeFilter"] == [query]


def test_a_group_is_asked_in_full_again_because_members_join(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    group = small(export={"level": "group", "group": "g", "full_every_days": 3})
    fetch_export(source=group)
    for feed in FEEDS:
        conn.execute(
            "insert into landing.watermark values ('ehr', %s, 1, %s)", (feed, exporting.time)
        )
    exporting.time = "2026-09-05T05:00:00Z"
    fetch_export(TUESDAY, source=group)
    assert "_since" in exporting.asked[-1]
    conn.execute("reset role")
    conn.execute("update landing.export_job set asked_at = asked_at - interval '4 days'")
    conn.execute("set role throughline_loader")
    exporting.time = "2026-09-06T05:00:00Z"
    fetch_export("2026-09-05", source=group)
    assert "_since" not in exporting.asked[-1]


def test_types_that_a_server_refuses_are_late_and_the_others_are_exported(
    fetch_export: Fetch, exporting: Exporter
) -> None:
    text = 'The requested resource type "Task" is not available on this server'
    issue = {"severity": "error", "code": "not-supported", "diagnostics": text}
    exporting.kick_offs.append(Answer(400, json.dumps({"issue": [issue]}).encode()))
    assert rows(fetch_export()) == {feed: WHOLE[feed] for feed in ("patient", "encounter")}
    assert [one["_type"] for one in exporting.asked] == [
        ["Patient,Encounter,Task"],
        ["Patient,Encounter"],
    ]


def test_what_a_server_does_not_export_by_itself_costs_the_others_nothing(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    """Oracle Health exports practitioners and places only together with other types."""
    conn.execute(
        "insert into landing.watermark values ('ehr', 'patient', 0, '2026-09-01T05:00:00Z')"
    )
    exporting.kick_offs.append(Answer(400, b'{"issue": [{"severity": "error"}]}'))
    assert rows(fetch_export()) == {feed: WHOLE[feed] for feed in ("encounter", "task")}


def test_a_manifest_that_lists_a_file_twice_and_says_little_else(
    fetch_export: Fetch, exporting: Exporter
) -> None:
    """HAPI FHIR left out `request` and `requiresAccessToken` (issue 4051), and `error` (4084)."""
    output = [
        {"type": kind, "url": f"../file/{kind}"} for kind in (*TYPES, "Patient", "Observation")
    ]
    body = json.dumps({"transactionTime": exporting.time, "output": output}).encode()
    exporting.statuses.append(Answer(200, body))
    exporting.wants_token = True
    assert rows(fetch_export()) == WHOLE


def outcome(text: str, code: str = "invalid") -> bytes:
    """A refusal in words."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()


def why(conn: warehouse.Connection) -> dict[str, tuple[str, str | None]]:
    """Why feeds did not come, and what the server says about it."""
    rows = conn.execute("select feed, reason, said from landing.not_received").fetchall()
    return {feed: (reason, said) for feed, reason, said in rows}


def test_a_refusal_of_each_type_is_one(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.refuses = frozenset(TYPES)
    with pytest.raises(SourceUnavailable, match="export: http_400"):
        fetch_export()
    # the whole, and each half of it that was refused
    assert [one["_type"] for one in exporting.asked] == [
        ["Patient,Encounter,Task"],
        ["Patient"],
        ["Encounter,Task"],
        ["Encounter"],
        ["Task"],
    ]


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_exports_is_asked_once(
    fetch_export: Fetch, exporting: Exporter, status: int
) -> None:
    exporting.kick_offs += [Answer(status)] * 9
    with pytest.raises(SourceUnavailable, match=f"export: http_{status}"):
        fetch_export()
    assert len(exporting.asked) == 1


@pytest.mark.parametrize("refused", TYPES)
def test_a_type_that_is_refused_without_a_word_costs_that_type_alone(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter, refused: str
) -> None:
    exporting.refuses = frozenset({refused})
    exporting.refusal = outcome("One  or more\nrequested types\x07 cannot be exported")
    assert rows(fetch_export()) == {f: WHOLE[f] for f in WHOLE if f != refused.lower()}
    said = "One or more requested types cannot be exported"
    assert why(conn) == {refused.lower(): ("export: http_400", said)}


def test_a_type_that_the_server_does_not_list_is_left_out_first(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    listed = [{"type": kind} for kind in ("Patient", "Encounter", "Observation")]
    statement = {"rest": [{"mode": "server", "resource": listed}]}
    exporting.files["metadata"] = deque([Answer(200, json.dumps(statement).encode())])
    exporting.refuses = frozenset({"Task"})
    assert rows(fetch_export()) == {feed: WHOLE[feed] for feed in ("patient", "encounter")}
    assert [one["_type"] for one in exporting.asked] == [
        ["Patient,Encounter,Task"],
        ["Patient,Encounter"],
    ]
    assert why(conn) == {"task": ("export: http_400", None)}


def test_why_a_feed_is_late_is_kept_without_the_words_of_a_report_of_errors(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    body = {
        "transactionTime": exporting.time,
        "requiresAccessToken": True,
        "output": [{"type": "Patient", "url": exporting.web.url("/file/Patient")}],
        "error": [{"type": "OperationOutcome", "url": exporting.web.url("/file/Errors")}],
    }
    exporting.statuses.append(Answer(200, json.dumps(body).encode()))
    exporting.files["Errors"] = deque([Answer(200, outcome("Task of Ada Long is broken") + b"\n")])
    assert rows(fetch_export()) == {"patient": WHOLE["patient"]}
    assert why(conn) == {
        "task": ("the server could not export it", None),
        "encounter": ("it was not in the manifest", None),
    }


# --- waiting


@pytest.mark.parametrize("form", ["7200", "date"])
def test_a_wait_of_hours_gives_the_turn_back(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter, form: str
) -> None:
    """One public EHR says 7200; the job is known when its turn comes again."""
    asked = form if form != "date" else email.utils.formatdate(time.time() + 7200, usegmt=True)
    exporting.statuses.append(Answer(202, headers={"Retry-After": asked, "X-Progress": "1 of 9"}))
    began = time.monotonic()
    with pytest.raises(NotYet, match="the export is not ready") as problem:
        fetch_export(deadline=in_hours(3))
    assert 7190 < problem.value.wait_s <= 7200
    assert time.monotonic() - began < 5
    assert jobs(conn) == [("running", False)]
    assert rows(fetch_export(deadline=in_hours(1))) == WHOLE
    assert (len(exporting.asked), exporting.deleted) == (1, ["/job/1"])
    assert jobs(conn) == [("landed", True)]


def test_a_wait_past_the_deadline_is_cut_short_for_a_last_look(
    fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses.append(Answer(202, headers={"Retry-After": "7200"}))
    with pytest.raises(NotYet) as problem:
        fetch_export(deadline=in_hours(1))
    assert 3000 < problem.value.wait_s < 3600


def test_without_a_word_from_the_server_the_wait_grows(
    conn: warehouse.Connection,
    fetch_export: Fetch,
    exporting: Exporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from throughline.sources.fhir.bulk import export

    monkeypatch.setattr(export, "IN_PLACE_S", 1.0)
    exporting.pending_polls = 99
    waits = []
    for minutes in (0, 20, 60):
        conn.execute("reset role")
        conn.execute(
            "update landing.export_job set asked_at = clock_timestamp() - %s * interval '1 minute'",
            (minutes,),
        )
        conn.execute("set role throughline_loader")
        with pytest.raises(NotYet) as problem:
            fetch_export(deadline=in_hours(3))
        waits.append(round(problem.value.wait_s))
    assert waits == [1, 300, 600]


def test_a_night_goes_on_without_an_export_and_the_next_takes_it_up(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses.append(Answer(202, headers={"Retry-After": "600"}))
    with pytest.raises(SourceUnavailable, match="no export was ready in time") as problem:
        fetch_export(deadline=in_hours(0))
    assert not isinstance(problem.value, NotYet)
    assert jobs(conn) == [("running", False)]
    # what changed since the first was made comes with the second, in one delivery per feed
    second = "2026-09-05T05:00:00Z"
    exporting.statuses.append(Answer(200, json.dumps(exporting.manifest("/job/1")).encode()))
    exporting.time = second
    # between the two answers of the server, a patient and a visit have changed
    exporting.files = {"Patient": deque([Answer(200, lines("Patient", "p1", "p2"))])}
    exporting.files["Encounter"] = deque([Answer(200, lines("Encounter", "e1"))])
    exporting.lines = {
        "Patient": lines("Patient", "p2", "p3"),
        "Encounter": lines("Encounter", "e2"),
    }
    found = rows(fetch_export(TUESDAY, deadline=in_hours(1)))
    assert found == {
        "patient": (TUESDAY, 4, 2),
        "encounter": (TUESDAY, 2, 2),
        "task": (TUESDAY, 0, 2),
    }
    assert exporting.asked[1]["_since"] == ["2026-09-04T05:00:00.000000Z"]
    assert jobs(conn) == [("landed", True), ("landed", True)]
    marks = conn.execute("select distinct watermark from landing.batch").fetchall()
    assert marks == [(datetime.fromisoformat(second),)]


def test_what_is_late_in_the_first_of_two_exports_is_late_in_both(
    fetch_export: Fetch, exporting: Exporter
) -> None:
    """Records in between would be missing, and nobody would ask for them again."""
    exporting.statuses.append(Answer(202, headers={"Retry-After": "600"}))
    with pytest.raises(SourceUnavailable):
        fetch_export(deadline=in_hours(0))
    first = exporting.manifest("/job/1")
    first["output"] = [one for one in first["output"] if one["type"] != "Encounter"]
    exporting.statuses.append(Answer(200, json.dumps(first).encode()))
    exporting.time = "2026-09-05T05:00:00Z"
    assert set(rows(fetch_export(TUESDAY))) == {"patient", "task"}


def test_of_two_exports_the_one_that_is_ready_lands_at_the_deadline(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    mark = "2026-09-01T05:00:00Z"
    conn.execute("insert into landing.watermark values ('ehr', 'patient', 0, %s)", (mark,))
    slow = Answer(202, headers={"Retry-After": "900"})
    brought = [
        {"type": kind, "url": exporting.web.url(f"/file/{kind}")} for kind in ("Encounter", "Task")
    ]
    body = json.dumps({"transactionTime": exporting.time, "output": brought})
    ready = Answer(200, body.encode())
    exporting.statuses += [slow, ready]
    assert set(rows(fetch_export(deadline=in_hours(0)))) == {"encounter", "task"}
    assert sorted(jobs(conn)) == [("landed", True), ("running", False)]


def test_a_server_that_takes_one_export_at_a_time(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    conn.execute("insert into landing.watermark values ('ehr', 'task', 0, '2026-09-01T05:00:00Z')")
    first = Answer(202, headers={"Content-Location": exporting.web.url("/job/1")})
    exporting.kick_offs += [first, Answer(429, headers={"Retry-After": "3600"})]
    assert rows(fetch_export(deadline=in_hours(2))) == WHOLE


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_in_passing_loses_nothing(
    fetch_export: Fetch, exporting: Exporter, status: int
) -> None:
    exporting.kick_offs.append(Answer(status))
    exporting.statuses.append(Answer(status))
    exporting.files = {"Patient": deque([Answer(status)])}
    assert rows(fetch_export()) == WHOLE
