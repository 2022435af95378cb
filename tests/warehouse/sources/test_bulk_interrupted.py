"""Exports that are interrupted: nights that are killed, jobs that are lost, files that expire."""

from __future__ import annotations

import json
from collections import deque
from datetime import date
from pathlib import Path
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
    rows,
    small,
)
from throughline import warehouse
from throughline.transports.address import NotYet, SourceUnavailable
from throughline.warehouse import failpoints

# --- interrupted


@pytest.mark.parametrize(
    "point", ["export.after_kick_off", "land.before_commit", "land.after_commit"]
)
def test_a_night_that_is_killed_takes_its_export_up_again(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter, point: str
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    failpoints.install(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            fetch_export()
    finally:
        failpoints.install(None)
    conn.rollback()
    found = rows(fetch_export())
    assert {feed: files for feed, (_, _, files) in found.items()} == dict.fromkeys(FEEDS, 1)
    # the server deletes the files only after they are kept
    assert (len(exporting.asked), exporting.deleted) == (1, ["/job/1"])
    assert jobs(conn) == [("landed", True)]


def test_an_answer_that_is_lost_after_the_job_began(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    """The server works on two jobs then; what is landed is landed once."""
    exporting.kick_offs.append(Answer(hang=True))
    assert rows(fetch_export()) == WHOLE
    assert (len(exporting.asked), exporting.deleted) == (2, ["/job/2"])


def test_a_job_that_the_server_forgot_is_asked_for_again(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses.append(Answer(404))
    assert rows(fetch_export()) == WHOLE
    assert jobs(conn) == [("lost", True), ("landed", True)]


def test_an_export_that_fails_twice_is_not_asked_for_all_night(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses += [Answer(413, b"Too many files"), Answer(410)] + [Answer(410)] * 9
    with pytest.raises(SourceUnavailable, match="no export was ready in time"):
        fetch_export()
    assert jobs(conn) == [("lost", True), ("lost", True)]
    exporting.statuses.clear()
    assert set(rows(fetch_export(TUESDAY))) == set(FEEDS)


def test_what_nobody_wants_any_more_is_cancelled(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses.append(Answer(202, headers={"Retry-After": "600"}))
    with pytest.raises(SourceUnavailable):
        fetch_export(deadline=in_hours(0))
    found = fetch_export(TUESDAY, source=small(export={"level": "patient"}))
    assert {b.feed for b in found} == set(FEEDS)
    assert exporting.deleted == ["/job/1", "/job/2"]
    assert jobs(conn) == [("given_up", True), ("landed", True)]


def test_a_job_that_never_gets_ready_is_cancelled(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.statuses.append(Answer(202, headers={"Retry-After": "600"}))
    with pytest.raises(SourceUnavailable):
        fetch_export(deadline=in_hours(0))
    conn.execute("reset role")
    conn.execute("update landing.export_job set asked_at = asked_at - interval '2 days'")
    conn.execute("set role throughline_loader")
    assert {b.feed for b in fetch_export("2026-09-05")} == set(FEEDS)
    assert jobs(conn) == [("given_up", True), ("landed", True)]


# --- expired files


def test_addresses_that_have_expired_are_read_from_the_manifest_again(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.has_store = True
    exporting.statuses.append(Answer(200, json.dumps(_renewed(exporting)).encode()))
    assert rows(fetch_export()) == WHOLE
    assert len(exporting.asked) == 1
    assert [one.path for one in exporting.store.seen] == ["/Patient?generation=0"] + [
        f"/{kind}?generation=1" for kind in TYPES
    ]


def _renewed(exporting: Exporter) -> dict[str, Any]:
    """A manifest of before, whose addresses have expired by now."""
    exporting.asked.append({"_type": [",".join(TYPES)]})
    exporting.store_generation = 0
    old = exporting.manifest("/job/1")
    exporting.store_generation = 1
    exporting.asked.clear()
    return old


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_files_that_are_gone_are_exported_again(
    conn: warehouse.Connection,
    fetch_export: Fetch,
    exporting: Exporter,
    tmp_path: Path,
    status: int,
) -> None:
    exporting.files = {"Encounter": deque([Answer(status)])}
    assert rows(fetch_export()) == WHOLE
    assert jobs(conn) == [("expired", True), ("landed", True)]
    assert list(tmp_path.rglob(".incoming*")) == []


def test_a_file_that_is_gone_each_time_loses_its_type_and_no_other(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    exporting.files = {"Encounter": deque([Answer(410)] * 99)}
    assert rows(fetch_export()) == {feed: WHOLE[feed] for feed in ("patient", "task")}
    assert jobs(conn) == [("expired", True), ("landed", True)]
    assert len(exporting.asked) == 2


def test_a_file_store_that_is_busy_for_long_gives_the_turn_back(
    fetch_export: Fetch, exporting: Exporter
) -> None:
    busy = Answer(503, headers={"Retry-After": "1200"})
    exporting.files = {"Encounter": deque([busy, busy])}
    with pytest.raises(NotYet) as problem:
        fetch_export(deadline=in_hours(1))
    assert problem.value.wait_s == 1200
    assert set(rows(fetch_export(deadline=in_hours(0)))) == {"patient", "task"}


def test_the_business_date_is_that_of_the_content(fetch_export: Fetch, exporting: Exporter) -> None:
    exporting.time = "2026-09-03T05:00:00Z"
    assert {b.business_date for b in fetch_export()} == {date(2026, 9, 2)}
