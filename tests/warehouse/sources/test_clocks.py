"""Servers whose clock is ahead of ours: what changes meanwhile is asked for all the same."""

from __future__ import annotations

import email.utils
import json
import logging
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.throughline.sources.searching import Searched
from tests.unit.throughline.sources.servers import Answer
from tests.warehouse.sources.by_search import Fetch as Search
from tests.warehouse.sources.by_search import complete
from tests.warehouse.sources.exporter import FEEDS, TUESDAY, Exporter, Fetch
from throughline import warehouse
from throughline.sources.fhir.client import believed

CUT_OFF = datetime(2026, 9, 4, 7, tzinfo=UTC)
ASKED, NOW = CUT_OFF + timedelta(hours=1), CUT_OFF + timedelta(hours=2)


def test_a_time_that_has_passed_is_believed() -> None:
    for said in (CUT_OFF - timedelta(days=1), ASKED, NOW):
        assert believed("ehr", said, ASKED, NOW, CUT_OFF) == said


def test_a_time_to_come_counts_up_to_when_it_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert believed("ehr", NOW + timedelta(seconds=2), ASKED, NOW, CUT_OFF) == ASKED
        assert not caplog.messages
        assert believed("ehr", NOW + timedelta(days=40), ASKED, NOW, CUT_OFF) == ASKED
    assert caplog.messages == [
        "ehr: its clock is 3456000 s ahead of ours; its answer counts up to when it was asked"
    ]


def test_a_night_that_is_ahead_of_this_machine_is_believed_up_to_its_cut_off() -> None:
    asked = CUT_OFF - timedelta(days=9)
    for hours, counted in ((-1, -1), (0, 0), (1, 0)):
        said = CUT_OFF + timedelta(hours=hours)
        assert believed("ehr", said, asked, asked, CUT_OFF) == CUT_OFF + timedelta(hours=counted)


def test_the_next_export_asks_from_when_this_one_was_asked_for(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    begun = datetime.now(UTC)
    exporting.time = (begun + timedelta(hours=3)).isoformat()
    fetch_export()
    (mark,) = conn.execute("select distinct watermark from landing.batch").fetchone() or (None,)
    assert mark is not None
    assert begun - timedelta(minutes=1) < mark < datetime.now(UTC) + timedelta(minutes=1)
    for feed in FEEDS:
        conn.execute("insert into landing.watermark values ('ehr', %s, 1, %s)", (feed, mark))
    exporting.time = (begun + timedelta(hours=27)).isoformat()
    fetch_export(TUESDAY)
    [since] = {one["_since"][0] for one in exporting.asked[1:]}
    assert datetime.fromisoformat(since) == mark


def test_a_time_to_come_that_was_believed_before_does_not_count(
    conn: warehouse.Connection, fetch_export: Fetch, exporting: Exporter
) -> None:
    for feed in FEEDS:
        for seq, at in ((1, "2026-09-03T05:00:00Z"), (2, "2099-01-01T05:00:00Z")):
            conn.execute(
                "insert into landing.watermark values ('ehr', %s, %s, %s)", (feed, seq, at)
            )
    fetch_export(TUESDAY)
    assert {one["_since"][0] for one in exporting.asked} == {"2026-09-03T05:00:00.000000Z"}


def test_a_search_of_a_server_that_is_ahead_does_not_run_ahead(
    conn: warehouse.Connection, fetch: Search, server: Searched
) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=3)
    statement = json.dumps(server._statement()).encode()
    dated = Answer(200, statement, {"Date": email.utils.format_datetime(ahead, usegmt=True)})
    server.answers["metadata"] = deque([dated])
    fetch()
    assert all(complete(conn).values())
    rows = conn.execute(
        "select watermark from landing.batch union select complete_to from landing.searched_subject"
    ).fetchall()
    assert rows
    assert max(mark for (mark,) in rows) < ahead - timedelta(hours=2)
