"""A server that is searched, the patients whom a search asks about, and what became of its searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.searching import Searched, task
from tests.warehouse.sources.exporter import MONDAY, small
from throughline import warehouse
from throughline.sources.definitions import SourceDefinition
from throughline.sources.fetch import extract
from throughline.sources.landing import BatchResult
from throughline.warehouse import sql
from throughline.warehouse.nights import Night

Fetch = Callable[..., list[BatchResult]]
BY_SEARCH = {"read_by": "search"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
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


def unknown(conn: warehouse.Connection, seq: int | None = None) -> set[str]:
    """The patients of whom the search of tasks has told nothing, as of a night."""
    conn.execute("set role throughline_loop")
    conn.execute("select set_config('throughline.seq', %s, true)", (str(seq or ""),))
    found = conn.execute(
        "select p.source_id from evidence.search_not_known as n inner join identity.person as p"
        " on p.person_id = n.person_id where n.feed = 'task'"
    ).fetchall()
    conn.execute("set role throughline_loader")
    conn.commit()
    return {row[0] for row in found}


def persons(server: Searched) -> list[str]:
    """Whom the server was asked about."""
    return [query["patient"][0] for path, query in server.asked if "patient" in query]
