"""Files that wait in a folder: every standard over every transport that carries files, up to staging."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources import servers, wire
from tests.warehouse.sources.reports import TABLE
from throughline import warehouse
from throughline.sources import registry, stage
from throughline.sources.definitions import SourceDefinition, file_of, parse
from throughline.sources.fetch import extract
from throughline.sources.landing import BatchResult
from throughline.transports import Address
from throughline.warehouse.nights import Night

NIGHT = "2026-09-03"
# 22:00 in New York of the night's business date
EVENING = datetime(2026, 9, 4, 2, tzinfo=UTC)


def over(transport: str, source: str, **changes: Any) -> SourceDefinition:
    """A definition of the tree, read as files over a transport."""
    said = yaml.safe_load(file_of(source).read_text())
    said.pop("omitted_types", None)
    said |= {"transport": transport, "folder": "outbox", **changes}
    return parse(said, f"{source}.yaml")


@dataclass
class Box:
    """A folder that a system drops files into, and how it is reached."""

    transport: str
    outbox: Path
    address: Address

    def drop(self, name: str, content: bytes, at: datetime = EVENING) -> None:
        """Put a file there that bears a time."""
        (self.outbox / name).write_bytes(content)
        os.utime(self.outbox / name, (at.timestamp(),) * 2)


@pytest.fixture
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """An empty folder, over the transport of the parameter."""
    root = tmp_path_factory.mktemp("box")
    (root / "outbox").mkdir()
    transport = getattr(request, "param", "folder")
    if transport == "folder":
        yield Box(transport, root / "outbox", Address("box", extra={"path": str(root)}))
    elif transport == "https":
        with servers.file_server(root) as address:
            yield Box(transport, root / "outbox", address)
    else:
        with servers.sftp_server(root) as server:
            yield Box(transport, root / "outbox", server.address())


@pytest.fixture
def fetch(
    conn: warehouse.Connection, open_night: Callable[[str], Night], tmp_path: Path, box: Box
) -> Callable[..., dict[str, BatchResult]]:
    """Land what the box holds for the night of a date; returns the batches by feed."""

    def fetched(source: str, day: str = NIGHT, **changes: Any) -> dict[str, BatchResult]:
        about = over(box.transport, source, **changes)
        batches = extract(about, box.address, conn, open_night(day), tmp_path)
        return {batch.feed: batch for batch in batches}

    return fetched


def landed(conn: warehouse.Connection) -> dict[str, str]:
    """Status, or reason of refusal, of each file by name."""
    query = "select original_name, coalesce(refused_reason, status) from landing.file order by known_seq"
    return dict(conn.execute(query).fetchall())


def complete(conn: warehouse.Connection) -> dict[str, bool]:
    """Which feeds say how far they are complete."""
    return dict(conn.execute("select feed, watermark is not null from landing.batch").fetchall())


def resources(kind: str, *ids: str, **more: Any) -> bytes:
    """Resources of a type, a line each."""
    return b"".join(
        json.dumps({"resourceType": kind, "id": i, **more}).encode() + b"\n" for i in ids
    )


def gone(*urls: str) -> bytes:
    """A Bundle of deletions."""
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode() + b"\n"


CLAIM = wire.simple(wire.CLAIMS, wire.claims(wire.claim("A1")))
SIU = wire.siu().encode()
PATIENT = resources("Patient", "p1")


SENT = {
    "x12": ("clearinghouse", CLAIM, "claim"),
    "hl7v2": ("scheduling", SIU, "appointment"),
    "fhir": ("ehr", PATIENT, "patient"),
    "tabular": ("reports", TABLE, "patient"),
}
WAYS = [
    (transport, name)
    for name in registry.names()
    for transport in registry.standard(name).transports
    if transport not in registry.standard(name).exports
]


def numbered(content: bytes, number: bytes) -> bytes:
    """The same, of another claim, message or patient."""
    for name in (b"A1", b"M1", b"p1"):
        content = content.replace(name, name[:1] + number)
    return content


@pytest.mark.parametrize(("box", "standard"), WAYS, indirect=["box"], ids=map("-".join, WAYS))
@pytest.mark.usefixtures("reports")
def test_every_standard_comes_over_every_transport(
    conn: warehouse.Connection,
    fetch: Callable[..., dict[str, BatchResult]],
    box: Box,
    tmp_path: Path,
    standard: str,
) -> None:
    source, content, feed = SENT[standard]
    box.drop("a file", content)
    box.drop("packed.gz", gzip.compress(numbered(content, b"2")))
    box.drop("again", content, datetime(2026, 9, 4, 3, tzinfo=UTC))
    box.drop("readme.txt", b"Dear customer")
    box.drop("writing.part", content)
    batches = fetch(source)
    assert {name: batch.files for name, batch in batches.items()} == {feed: 2}
    assert stage(conn, batches[feed].batch_id, tmp_path).rows == 2
    assert conn.execute(
        "select modified_at from landing.file where original_name = 'a file'"
    ).fetchall() == [(EVENING,)]
    assert landed(conn).keys() == {"a file", "packed.gz", "again", "readme.txt"}
    assert landed(conn)["again"] == "duplicate"
    # the next night takes only what is new
    box.drop("new", numbered(content, b"3"), datetime(2026, 9, 5, 2, tzinfo=UTC))
    batches = fetch(source, day="2026-09-04")
    assert {name: batch.files for name, batch in batches.items()} == {feed: 1}
    assert conn.execute("select count(*) from landing.file").fetchone() == (5,)


def test_every_way_is_there() -> None:
    """Files over HTTPS are what a FHIR source has no need of: it is asked for an export."""
    assert set(WAYS) == {
        (transport, name)
        for name in ("fhir", "hl7v2", "tabular", "x12")
        for transport in ("folder", "sftp", "https")
        if (transport, name) != ("https", "fhir")
    }


# --- NDJSON of FHIR


def test_files_belong_to_the_types_that_their_names_say(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    box.drop("Patient.ndjson", resources("Patient", "p1", "p2"))
    box.drop("Patient.0002.ndjson.gz", gzip.compress(resources("Patient", "p3")))
    box.drop("1.Encounter.ndjson", resources("Encounter", "e1"))
    box.drop("Task.ndjson", b"")
    box.drop("Observation.ndjson", resources("Observation", "o1"))
    box.drop("log.ndjson", b"")
    box.drop("readme.txt", b"Dear customer\n")
    batches = fetch("ehr")
    assert {feed: (b.rows, b.files) for feed, b in batches.items()} == {
        "encounter": (1, 1),
        "patient": (3, 2),
        "task": (0, 1),
    }
    assert {b.business_date for b in batches.values()} == {date(2026, 9, 3)}
    assert set(complete(conn).values()) == {True}
    assert conn.execute("select distinct watermark from landing.batch").fetchall() == [(EVENING,)]
    refused = {name: why for name, why in landed(conn).items() if why != "landed"}
    assert refused == {
        "Observation.ndjson": "resource_type_not_used_here",
        "log.ndjson": "empty_file",
        "readme.txt": "no_resource",
    }


def test_a_name_that_says_no_type_leaves_it_to_the_lines(
    conn: warehouse.Connection,
    fetch: Callable[..., dict[str, BatchResult]],
    box: Box,
    tmp_path: Path,
) -> None:
    """A file of several types is of several feeds, and each line is accounted for once."""
    bad = b'{"resourceType": "Patient", "id": "p9", "birthDate": "Quirkday"}\n'
    other = resources("Observation", "o1")
    box.drop(
        "export-17.json",
        PATIENT + other + resources("Encounter", "e1", status="finished") + b"{\n" + bad + PATIENT,
    )
    box.drop("Patient_Encounter.ndjson", resources("Encounter", "e2", status="finished"))
    batches = fetch("ehr")
    assert {feed: (b.rows, b.files) for feed, b in batches.items()} == {
        "encounter": (2, 2),
        "patient": (3, 1),
    }
    encounters = stage(conn, batches["encounter"].batch_id, tmp_path)
    patients = stage(conn, batches["patient"].batch_id, tmp_path)
    assert encounters.rows == 2
    assert encounters.faults == {"wrong_resource_type": 1, "json_unreadable": 1}
    assert patients.rows == 2
    assert patients.faults == {"date_unreadable": 1}


def test_a_line_of_another_type_in_a_file_that_is_named_after_one(
    conn: warehouse.Connection,
    fetch: Callable[..., dict[str, BatchResult]],
    box: Box,
    tmp_path: Path,
) -> None:
    """It makes no other feed fresh, and is set aside."""
    box.drop("Patient.ndjson", PATIENT + resources("Encounter", "e1"))
    batches = fetch("ehr")
    assert set(batches) == {"patient"}
    staged = stage(conn, batches["patient"].batch_id, tmp_path)
    assert (staged.rows, staged.faults) == (1, {"wrong_resource_type": 1})


@pytest.mark.parametrize(
    "content",
    [
        resources("Patient", "p1", "p2")[:-9],
        gzip.compress(resources("Patient", *(f"p{n}" for n in range(999))))[:-400],
    ],
    ids=["cut off", "packed and cut off"],
)
def test_a_file_that_broke_off_holds_its_feed_back(
    conn: warehouse.Connection,
    fetch: Callable[..., dict[str, BatchResult]],
    box: Box,
    content: bytes,
) -> None:
    box.drop("Patient.ndjson", content)
    box.drop("Encounter.ndjson", resources("Encounter", "e1")[:-1])
    batches = fetch("ehr")
    assert batches["patient"].business_date == date(2026, 9, 2)
    assert complete(conn) == {"patient": False, "encounter": True}


def test_a_file_is_complete_up_to_the_time_that_it_bears(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    box.drop("Patient.ndjson", PATIENT, datetime(2026, 9, 2, 12, tzinfo=UTC))
    assert fetch("ehr")["patient"].business_date == date(2026, 9, 2)


def test_nothing_new_is_said_by_a_file_without_lines_night_after_night(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    for night in (3, 4):
        box.drop("Patient.ndjson", b"", datetime(2026, 9, night + 1, 2, tzinfo=UTC))
        batches = fetch("ehr", day=f"2026-09-0{night}")
        assert batches["patient"].business_date == date(2026, 9, night)


def test_the_same_resources_again_are_no_news(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    box.drop("Patient.ndjson", PATIENT)
    fetch("ehr")
    box.drop("Patient.ndjson", PATIENT, datetime(2026, 9, 5, 2, tzinfo=UTC))
    assert fetch("ehr", day="2026-09-04") == {}
    assert landed(conn)["Patient.ndjson"] == "duplicate"


def test_deletions_belong_to_the_feeds_that_they_name(
    conn: warehouse.Connection,
    fetch: Callable[..., dict[str, BatchResult]],
    box: Box,
    tmp_path: Path,
) -> None:
    later = datetime(2026, 9, 4, 3, tzinfo=UTC)
    box.drop("Patient.ndjson", PATIENT)
    box.drop("1.Bundle.ndjson", gone("Patient/p2", "Encounter/e1", "Slot/s1"), later)
    batches = fetch("ehr")
    assert {feed: b.files for feed, b in batches.items()} == {"encounter": 1, "patient": 2}
    # deletions are no delivery of encounters
    assert complete(conn) == {"encounter": False, "patient": True}
    assert batches["encounter"].business_date == date(2026, 9, 2)
    for feed in batches:
        assert stage(conn, batches[feed].batch_id, tmp_path).faults == {}
    query = "select source_id, is_deleted from staging.{} order by 1"
    assert conn.execute(query.format("patient")).fetchall() == [("p1", False), ("p2", True)]
    assert conn.execute(query.format("encounter")).fetchall() == [("e1", True)]


def test_the_same_deletion_says_something_new_each_night(
    fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    for night in (3, 4):
        box.drop("deleted.ndjson", gone("Patient/p1"), datetime(2026, 9, night + 1, 2, tzinfo=UTC))
        assert fetch("ehr", day=f"2026-09-0{night}")["patient"].files == 1


def test_deletions_of_no_feed_are_refused(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    box.drop("deleted.ndjson", gone("Slot/s1"))
    assert fetch("ehr") == {}
    assert landed(conn) == {"deleted.ndjson": "resource_type_not_used_here"}


@pytest.mark.parametrize(
    "content",
    [
        b"<html>\n",
        gone("Patient/p2") + b"{",
        gone("Patient/p2") + gone(""),
        gzip.compress(gone("Patient/p2"))[:9],
    ],
    ids=["no resource", "cut off", "of no type", "packed and cut off"],
)
def test_without_all_deletions_no_feed_is_complete(
    conn: warehouse.Connection,
    fetch: Callable[..., dict[str, BatchResult]],
    box: Box,
    content: bytes,
) -> None:
    box.drop("Encounter.ndjson", resources("Encounter", "e1"))
    box.drop("Patient.ndjson", PATIENT)
    box.drop("deleted.ndjson", content)
    batches = fetch("ehr")
    assert complete(conn) == {"encounter": False, "patient": False}
    # somebody accounts for what could not be read
    assert sum(batch.files for batch in batches.values()) == 3


def test_bundles_that_delete_nothing_are_no_deletions(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}
    box.drop("search.ndjson", json.dumps(bundle).encode() + b"\n")
    box.drop("Patient.ndjson", PATIENT)
    fetch("ehr")
    assert landed(conn)["search.ndjson"] == "resource_type_not_used_here"
    assert complete(conn) == {"patient": True}


# --- files that nobody can read


def test_of_a_source_with_one_feed_it_is_known_what_could_not_be_read(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    box.drop("readme.txt", b"Dear customer")
    feeds = {"patient": {"expected_by": "03:00"}}
    assert fetch("ehr", feeds=feeds) == {}
    assert conn.execute("select feed, status from landing.batch").fetchall() == [
        ("patient", "refused")
    ]


def test_what_a_source_with_one_feed_does_not_use_is_no_failed_delivery(
    conn: warehouse.Connection, fetch: Callable[..., dict[str, BatchResult]], box: Box
) -> None:
    box.drop("a.x12", CLAIM)
    assert fetch("clearinghouse", feeds={"payment": {"expected_by": "03:00"}}) == {}
    assert landed(conn) == {"a.x12": "transaction_set_not_used_here"}
    assert conn.execute("select count(*) from landing.batch").fetchone() == (0,)
