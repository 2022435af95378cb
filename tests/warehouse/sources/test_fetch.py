"""What lies at the sources tonight, landed once: from real SFTP and FHIR servers."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml

from tests.unit.throughline.sources import servers, wire
from tests.unit.throughline.sources.servers import Answer, Seen
from throughline import warehouse
from throughline.sources.definitions import SourceDefinition, definition, parse
from throughline.sources.fetch import extract
from throughline.sources.fhir.ndjson import KINDS
from throughline.sources.landing import BatchResult, Landing, business_date_of
from throughline.transports.address import Address, SourceUnavailable
from throughline.vocabulary import OURS
from throughline.warehouse.nights import Night

DEFINITIONS = OURS / "sources"

CLEARINGHOUSE, SCHEDULING, EHR = (definition(n) for n in ("clearinghouse", "scheduling", "ehr"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Sftp]:
    """An SFTP server."""
    root = tmp_path_factory.mktemp("box")
    (root / "outbox").mkdir()
    with servers.sftp_server(root) as running:
        yield running


@pytest.fixture
def outbox(server: servers.Sftp) -> Path:
    """Its outbox, empty."""
    for left in (server.root / "outbox").iterdir():
        left.unlink()
    return server.root / "outbox"


def drop(outbox: Path, name: str, content: bytes, at: int = 0) -> None:
    """Put a file there with a time of its own."""
    (outbox / name).write_bytes(content)
    os.utime(outbox / name, (1_780_000_000 + at,) * 2)


def x12(*numbers: str, isa: int = 1, at: str = "260903*1201") -> bytes:
    """A file with these claims, made at this time."""
    body = wire.claims(*(wire.claim(n) for n in numbers))
    groups = wire.group(wire.CLAIMS, wire.transaction(wire.CLAIMS, body))
    return wire.file_of(wire.interchange(groups, number=isa, header=wire.isa(isa, at=at)))


@pytest.fixture
def fetch(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    server: servers.Sftp,
) -> Callable[..., list[BatchResult]]:
    """Fetch a source for the night of a date."""

    def fetched(
        source: SourceDefinition = CLEARINGHOUSE,
        day: str = "2026-09-03",
        address: Address | None = None,
    ) -> list[BatchResult]:
        return extract(source, address or server.address(), conn, open_night(day), tmp_path)

    return fetched


def told(batches: list[BatchResult]) -> list[tuple[str, str, int, int]]:
    """Feed, business date, rows and files of batches."""
    return [(b.feed, str(b.business_date), b.rows, b.files) for b in batches]


def landed(conn: warehouse.Connection) -> dict[str, str | None]:
    """Status, or reason of refusal, of each file by name."""
    query = "select original_name, coalesce(refused_reason, status) from landing.file order by known_seq"
    return dict(conn.execute(query).fetchall())


# --- folders


def test_files_go_to_the_feeds_that_their_content_names(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    paid = wire.simple(wire.REMITTANCE, wire.remittance(wire.payment("A1")), number=2)
    drop(outbox, "claims.txt", x12("A1", "A2"), 1)
    drop(outbox, "mixed.dat", x12("A3", isa=3) + paid, 2)
    drop(outbox, "packed.gz", gzip.compress(x12("A4", isa=4)), 3)
    drop(outbox, "again.x12", x12("A1", "A2"), 4)
    drop(outbox, "readme.txt", b"Dear customer", 5)
    drop(outbox, "roster.834", x12("A9").replace(b"ST*837", b"ST*834"), 6)
    drop(outbox, "head.x12", (wire.isa() + "~").encode(), 7)
    drop(outbox, "writing.part", b"ISA", 8)
    batches = fetch()
    assert told(batches) == [("claim", "2026-09-03", 3, 3), ("payment", "2026-09-03", 1, 1)]
    assert landed(conn) == {
        "claims.txt": "landed",
        "mixed.dat": "landed",
        "packed.gz": "landed",
        "again.x12": "duplicate",
        "readme.txt": "no_interchange_header",
        "roster.834": "transaction_set_not_used_here",
        "head.x12": "no_transaction_set",
    }
    assert fetch() == [
        BatchResult(b.batch_id, b.feed, b.business_date, 0, b.files) for b in batches
    ]


def test_the_next_night_takes_only_what_is_new(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    drop(outbox, "a", x12("A1"), 1)
    assert told(fetch()) == [("claim", "2026-09-03", 1, 1)]
    drop(outbox, "b", x12("A2", isa=2, at="260905*0100"), 2)
    drop(outbox, "renamed", x12("A1"), 3)
    assert told(fetch(day="2026-09-04")) == [("claim", "2026-09-04", 1, 1)]
    assert landed(conn) == {"a": "landed", "b": "landed", "renamed": "duplicate"}
    assert fetch(day="2026-09-05") == []


def test_a_file_that_grew_since_is_taken_again(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    whole = x12("A1", "A2")
    drop(outbox, "a", whole[: len(whole) // 2], 1)
    [cut] = fetch()
    assert told([cut]) == [("claim", "2026-09-02", 1, 1)]
    drop(outbox, "a", whole, 1)
    assert told(fetch(day="2026-09-04")) == [("claim", "2026-09-03", 1, 1)]


def test_a_file_that_broke_off_holds_its_feed_back_unless_a_newer_one_came(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    drop(outbox, "cut", x12("A1", "A2", at="260903*0900")[:-30], 1)
    drop(outbox, "new", x12("A3", isa=2, at="260903*1900"), 2)
    [batch] = fetch()
    assert told([batch]) == [("claim", "2026-09-03", 2, 2)]
    [(watermark,)] = conn.execute("select watermark from landing.batch").fetchall()
    assert watermark == datetime(2026, 9, 3, 23, tzinfo=UTC)


def test_late_files_belong_to_the_day_they_were_made(
    fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    drop(outbox, "a", x12("A1", at="260901*1200"), 1)
    assert told(fetch()) == [("claim", "2026-09-01", 1, 1)]


def test_a_day_ends_at_three_in_the_morning() -> None:
    zone = CLEARINGHOUSE.zone
    assert business_date_of(datetime(2026, 9, 4, 6, 59, tzinfo=UTC), zone) == date(2026, 9, 3)
    assert business_date_of(datetime(2026, 9, 4, 7, 0, tzinfo=UTC), zone) == date(2026, 9, 4)


def test_appointments(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    head = "BHS|^~\\&|SCHED|L|EHR|L|20260904010000-0400\r"
    drop(outbox, "a.hl7", (head + wire.siu() + wire.siu(control="M2") + "BTS|2\r").encode(), 1)
    drop(outbox, "b.hl7.gz", gzip.compress(wire.siu(control="M3").encode()), 2)
    drop(outbox, "c.txt", b"nothing", 3)
    assert told(fetch(SCHEDULING)) == [("appointment", "2026-09-03", 3, 2)]
    assert landed(conn)["c.txt"] == "no_message_header"


def test_a_batch_of_messages_that_was_not_closed(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    drop(outbox, "a.hl7", ("BHS|^~\\&|S\r" + wire.siu(at="20260903120000-0400")).encode(), 1)
    assert told(fetch(SCHEDULING)) == [("appointment", "2026-09-02", 1, 1)]
    assert conn.execute("select watermark from landing.batch").fetchone() == (None,)


def test_a_night_with_nothing_but_a_refused_file_says_so(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], outbox: Path
) -> None:
    drop(outbox, "c.txt", b"nothing", 1)
    assert fetch(SCHEDULING) == fetch(SCHEDULING) == []
    assert conn.execute("select status from landing.batch").fetchone() == ("refused",)


@pytest.mark.parametrize("point", ["land.before_commit", "land.after_commit"])
def test_a_process_that_dies_lands_once(
    conn: warehouse.Connection,
    fetch: Callable[..., list[BatchResult]],
    outbox: Path,
    stop_at: Callable[[str], type[BaseException]],
    point: str,
    tmp_path: Path,
) -> None:
    drop(outbox, "a", x12("A1"), 1)
    with pytest.raises(stop_at(point)):
        fetch()
    conn.rollback()
    assert [b.files for b in fetch()] == [1]
    assert conn.execute("select count(*) from landing.file").fetchone() == (1,)
    assert conn.execute("select count(*) from landing.batch").fetchone() == (1,)
    [(path,)] = conn.execute("select path from landing.file").fetchall()
    assert (tmp_path / path).read_bytes() == x12("A1")
    assert not list(tmp_path.rglob(".incoming*"))


def test_two_attempts_of_one_night_never_write_to_one_place(
    conn: warehouse.Connection, open_night: Callable[[str], Night], tmp_path: Path
) -> None:
    """The first was ended and is still fetching; it once emptied a file that the second had counted."""
    first, second = (Landing(conn, "ehr", open_night("2026-09-03"), tmp_path) for _ in range(2))
    assert not {first.incoming() for _ in range(9)} & {second.incoming() for _ in range(9)}


def test_a_source_that_is_away(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], server: servers.Sftp
) -> None:
    with pytest.raises(SourceUnavailable):
        fetch(address=server.address(password="wrong"))
    assert conn.execute("select count(*) from landing.file").fetchone() == (0,)


class Growing(asyncssh.SFTPServer):
    """Files grow while they are read."""

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        found = super().stat(path)
        assert isinstance(found, os.stat_result)
        attributes = asyncssh.SFTPAttrs.from_local(found)
        attributes.size = found.st_size + 1
        return attributes


def test_a_file_that_is_still_being_written_is_left_for_later(
    fetch: Callable[..., list[BatchResult]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("growing")
    (root / "outbox").mkdir()
    drop(root / "outbox", "a", x12("A1"), 1)
    with servers.sftp_server(root, Growing) as growing:
        assert fetch(address=growing.address()) == []


# --- Bulk Data


class Ehr:
    """A FHIR server with one export: lines by type, and what else its manifest names."""

    def __init__(self) -> None:
        self.lines: dict[str, bytes] = {}
        # types that are in the manifest with a file of no lines
        self.unchanged = {KINDS[feed].resource_type for feed in EHR.feeds}
        self.more_files: dict[str, str] = {}
        self.deleted: bytes | None = None
        self.error: bytes | None = None
        self.time = "2026-09-04T05:00:00Z"
        self.missing: set[str] = set()
        self.extra_count = 0
        self.asked: list[str] = []
        self.url: Callable[[str], str] = str
        self.address = Address("nowhere")

    def __call__(self, seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        if path == "/$export":
            self.asked.append(seen.path)
            return Answer(202, headers={"Content-Location": self.url("/job")})
        if path == "/job":
            return Answer(200, json.dumps(self.manifest()).encode())
        name = path.removeprefix("/files/")
        if name in self.missing:
            return Answer(404)
        special = {"deleted": self.deleted or b"", "error": self.error or b""}
        return Answer(200, special[name] if name in special else self.lines.get(name, b""))

    def manifest(self) -> dict[str, Any]:
        """The manifest of the job."""
        output = [
            {
                "type": t,
                "url": self.url(f"/files/{t}"),
                "count": body.count(b"\n") + self.extra_count,
            }
            for t, body in self.lines.items()
        ]
        output += [
            {"type": t, "url": self.url(f"/files/{t}"), "count": 0}
            for t in sorted(self.unchanged - set(self.lines))
        ]
        output += [{"type": t, "url": self.url(f"/files/{n}")} for n, t in self.more_files.items()]
        more = {
            name: [{"type": "Bundle", "url": self.url(f"/files/{name}")}]
            for name in ("deleted", "error")
            if getattr(self, name) is not None
        }
        return {"transactionTime": self.time, "output": output, **more}


@pytest.fixture
def ehr() -> Iterator[Ehr]:
    """A FHIR server, and its address."""
    served = Ehr()
    with servers.web(served) as web:
        served.url = web.url
        served.address = web.address()
        yield served


def lines(kind: str, *ids: str) -> bytes:
    """Resources of a type."""
    return b"".join(json.dumps({"resourceType": kind, "id": i}).encode() + b"\n" for i in ids)


def gone(*urls: str) -> bytes:
    """A Bundle of deletions."""
    return (
        json.dumps(
            {"resourceType": "Bundle", "entry": [{"request": {"url": u}} for u in urls]}
        ).encode()
        + b"\n"
    )


def complete(conn: warehouse.Connection) -> dict[str, bool]:
    """Which feeds say how far they are complete."""
    return dict(conn.execute("select feed, watermark is not null from landing.batch").fetchall())


def test_an_export_brings_every_feed_up_to_its_time(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.lines = {
        "Patient": lines("Patient", "p1", "p2"),
        "Encounter": lines("Encounter", "e1"),
        "Slot": b"{}\n",
    }
    batches = {b.feed: b for b in fetch(EHR, address=ehr.address)}
    assert set(batches) == set(EHR.feeds)
    assert (batches["patient"].rows, batches["patient"].files) == (2, 1)
    assert (batches["task"].rows, batches["task"].files) == (0, 1)
    assert {b.business_date for b in batches.values()} == {date(2026, 9, 3)}
    assert set(complete(conn).values()) == {True}
    assert len(ehr.asked) == 1
    assert "_since" not in ehr.asked[0]


def test_each_feed_is_asked_for_from_where_it_is_complete(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.lines = {"Patient": lines("Patient", "p1")}
    for feed in EHR.feeds:
        conn.execute(
            "insert into landing.watermark (source, feed, known_seq, watermark) values ('ehr', %s, 0, %s)",
            (feed, "2026-09-01T05:00:00Z" if feed == "patient" else "2026-09-03T05:00:00Z"),
        )
    fetch(EHR, address=ehr.address)
    since = sorted(query.partition("_since=")[2].replace("%3A", ":") for query in ehr.asked)
    assert since == ["2026-09-01T05:00:00.000000Z", "2026-09-03T05:00:00.000000Z"]
    assert next(q for q in ehr.asked if "2026-09-01" in q).startswith("/$export?_type=Patient&")


def test_an_export_that_is_no_newer_brings_nothing(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    for feed in EHR.feeds:
        conn.execute("insert into landing.watermark values ('ehr', %s, 0, %s)", (feed, ehr.time))
    assert fetch(EHR, address=ehr.address) == []


def test_deletions_belong_to_the_feeds_they_name(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.lines = {"Patient": lines("Patient", "p1")}
    ehr.deleted = gone("Patient/p2", "Encounter/e1", "Slot/s1")
    files = {b.feed: b.files for b in fetch(EHR, address=ehr.address)}
    assert (files["patient"], files["encounter"], files["task"]) == (2, 2, 1)
    assert set(complete(conn).values()) == {True}


def test_the_same_deletion_says_something_new_each_night(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.deleted = gone("Patient/p1")
    fetch(EHR, address=ehr.address)
    ehr.time = "2026-09-05T05:00:00Z"
    files = {b.feed: b.files for b in fetch(EHR, "2026-09-04", ehr.address)}
    assert files["patient"] == 2


@pytest.mark.parametrize(
    "deleted",
    [b"<html>", gone("Patient/p2") + b"{", gzip.compress(gone("Patient/p2"))[:9]],
    ids=["no resource", "cut off", "packed and cut off"],
)
def test_without_all_deletions_no_feed_is_complete(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr, deleted: bytes
) -> None:
    ehr.lines = {"Patient": lines("Patient", "p1")}
    ehr.deleted = deleted
    batches = {b.feed: b for b in fetch(EHR, address=ehr.address)}
    assert set(complete(conn).values()) == {False}
    assert {b.business_date for b in batches.values()} == {date(2026, 9, 2)}
    # somebody accounts for what could not be read
    assert batches["patient"].files == 2


def test_a_type_that_could_not_be_exported_is_late_and_the_others_are_not(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    def issue(**more: Any) -> bytes:
        return (
            json.dumps(
                {"resourceType": "OperationOutcome", "issue": [{"severity": "error", **more}]}
            ).encode()
            + b"\n"
        )

    ehr.lines = {"Patient": lines("Patient", "p1"), "Task": lines("Task", "t1")}
    warning = (
        json.dumps({"issue": [{"severity": "warning", "diagnostics": "Claim: slow"}]}).encode()
        + b"\n"
    )
    ehr.error = (
        issue(expression=["Task"])
        + issue(diagnostics="Consent could not be read")
        + issue(details={"text": "Coverage: no"})
        + warning
        + b"{\n"
        + b"[]\n"
    )
    feeds = {b.feed for b in fetch(EHR, address=ehr.address)}
    assert set(EHR.feeds) - feeds == {"task", "consent", "coverage"}
    assert landed(conn)["error.ndjson"] == "export_error_report"


def without_a_file(conn: warehouse.Connection) -> list[str]:
    """Landed files that no delivery holds."""
    query = (
        "select original_name from landing.file as f where status = 'landed'"
        " and not exists (select from landing.batch_file as b where b.file_id = f.file_id)"
    )
    return [name for (name,) in conn.execute(query).fetchall()]


def test_a_type_that_was_asked_for_and_is_not_in_the_manifest_is_late(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    """A server may leave out what has not changed; one that failed to export it looks the same."""
    ehr.unchanged -= {"Communication", "Task"}
    ehr.deleted = gone("Task/t9")
    feeds = {b.feed for b in fetch(EHR, address=ehr.address)}
    assert set(EHR.feeds) - feeds == {"communication", "task"}
    assert without_a_file(conn) == []
    # asked for again from where it was complete, beside the others
    for feed in feeds:
        conn.execute("insert into landing.watermark values ('ehr', %s, 1, %s)", (feed, ehr.time))
    ehr.asked.clear()
    ehr.time, ehr.deleted = "2026-09-05T05:00:00Z", None
    ehr.lines = {"Communication": lines("Communication", "c1")}
    fetch(EHR, "2026-09-04", ehr.address)
    [again] = [query for query in ehr.asked if "_since" not in query]
    assert again.startswith("/$export?_type=Communication%2CTask&")


@pytest.mark.parametrize("scope", ["source", "feed"])
def test_a_server_that_leaves_out_what_has_not_changed(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr, scope: str
) -> None:
    said = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text())
    if scope == "source":
        said["omitted_types"] = "unchanged"
        said["feeds"]["communication"]["omitted_types"] = "late"
    else:
        said["feeds"]["task"]["omitted_types"] = "unchanged"
    ehr.unchanged -= {"Communication", "Task"}
    batches = {b.feed: b for b in fetch(parse(said, "ehr.yaml"), address=ehr.address)}
    assert set(EHR.feeds) - set(batches) == {"communication"}
    assert (batches["task"].rows, batches["task"].files) == (0, 0)
    assert complete(conn)["task"]


def test_files_without_lines_are_deliveries_night_after_night(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    first = fetch(EHR, address=ehr.address)
    ehr.time = "2026-09-05T05:00:00Z"
    second = fetch(EHR, "2026-09-04", ehr.address)
    assert {(b.rows, b.files) for b in first + second} == {(0, 1)}
    assert {b.business_date for b in second} == {date(2026, 9, 4)}
    assert set(landed(conn).values()) == {"landed"}


def test_an_error_that_does_not_say_what_it_is_about_holds_every_feed_back(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    for number, error in enumerate(
        (
            b'{"issue": [{"severity": "fatal", "diagnostics": "Internal error"}]}\n',
            b"<html>\n",
            b"[]\n",
        )
    ):
        ehr.error, ehr.time = error, f"2026-09-0{4 + number}T05:00:00Z"
        day = f"2026-09-0{3 + number}"
        assert {b.feed for b in fetch(EHR, day=day, address=ehr.address)} == set(EHR.feeds)
        assert set(complete(conn).values()) == {False}


def test_an_error_about_a_type_that_nobody_asked_for_changes_nothing(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.error = b'{"issue": [{"severity": "error", "expression": ["Slot"]}]}\n\n'
    fetch(EHR, address=ehr.address)
    assert set(complete(conn).values()) == {True}


def test_a_type_of_which_one_file_cannot_be_fetched_waits_with_all_of_them(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.lines = {"Patient": lines("Patient", "p1")}
    ehr.more_files = {"Patient2": "Patient"}
    ehr.missing = {"Patient2"}
    assert "patient" not in {b.feed for b in fetch(EHR, address=ehr.address)}
    assert without_a_file(conn) == []
    ehr.missing, ehr.time = set(), "2026-09-05T05:00:00Z"
    rows = {b.feed: b.rows for b in fetch(EHR, "2026-09-04", ehr.address)}
    assert rows["patient"] == 1


def test_a_file_that_cannot_be_fetched_makes_its_feed_late(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.lines = {"Patient": lines("Patient", "p1"), "Task": lines("Task", "t1")}
    ehr.missing = {"Task"}
    ehr.deleted = gone("Task/t9")
    feeds = {b.feed for b in fetch(EHR, address=ehr.address)}
    assert set(EHR.feeds) - feeds == {"task"}


def test_fewer_lines_than_announced_hold_the_feed_back(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.lines = {"Patient": lines("Patient", "p1")}
    ehr.extra_count = 1
    fetch(EHR, address=ehr.address)
    assert complete(conn) == {feed: feed != "patient" for feed in EHR.feeds}


@pytest.mark.parametrize("time", ["soon", ""])
def test_an_export_without_time_is_none(
    fetch: Callable[..., list[BatchResult]], ehr: Ehr, time: str
) -> None:
    ehr.time = time
    with pytest.raises(SourceUnavailable, match="no readable transactionTime"):
        fetch(EHR, address=ehr.address)


def test_the_deletions_themselves_cannot_be_fetched(
    conn: warehouse.Connection, fetch: Callable[..., list[BatchResult]], ehr: Ehr
) -> None:
    ehr.deleted, ehr.missing = gone("Patient/p1"), {"deleted"}
    with pytest.raises(SourceUnavailable, match="http_404"):
        fetch(EHR, address=ehr.address)
    conn.rollback()
    assert conn.execute("select count(*) from landing.batch").fetchone() == (0,)
