"""Landed files to rows of staging and quarantine, by COPY, in a real PostgreSQL."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.unit.throughline.sources import wire
from throughline import sources, warehouse
from throughline.sources import catalogue, staging
from throughline.sources.definitions import definition
from throughline.sources.entry import CatalogueError
from throughline.sources.landing import Delivery, Landing
from throughline.sources.staging import Staged, stage
from throughline.sources.table import array
from throughline.warehouse.nights import Night

AT = datetime(2026, 9, 4, 5, tzinfo=UTC)


@dataclass
class Desk:
    """Lands files as one night's delivery of a source."""

    conn: warehouse.Connection
    night: Night
    root: Path

    def land(
        self, source: str, feeds: list[str], *contents: bytes, suffix: str = "ndjson"
    ) -> list[UUID]:
        """Land files that belong to these feeds, and return their batches."""
        landing = Landing(self.conn, source, self.night, self.root)
        kept = []
        for number, content in enumerate(contents):
            incoming = landing.incoming()
            incoming.write_bytes(content)
            kept.append(landing.keep(incoming, f"file{number}", suffix, modified_at=AT))
        zone = definition(source).zone
        batches = [landing.batch(Delivery(feed, files=kept, made_at=AT), zone) for feed in feeds]
        self.conn.commit()
        return [batch.batch_id for batch in batches]

    def stage(self, batch: UUID) -> Staged:
        """Parse a batch."""
        return stage(self.conn, batch, self.root)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        return self.conn.execute(query.encode(), values).fetchall()

    def counts(self, batch: UUID) -> tuple[str, int, int, int]:
        """Status, and rows received, quarantined and pending."""
        [row] = self.rows(
            "select status, rows_received, rows_quarantined, rows_pending from landing.batch where batch_id = %s",
            batch,
        )
        return row


@pytest.fixture
def desk(conn: warehouse.Connection, open_night: Callable[[str], Night], tmp_path: Path) -> Desk:
    """A desk for the night of 3 September."""
    return Desk(conn, open_night("2026-09-03"), tmp_path)


def patients(*numbers: int, **more: Any) -> bytes:
    """Patients, a line each."""
    body = {
        "resourceType": "Patient",
        "name": [{"family": "Quirk", "given": ["Zebulon"]}],
        "birthDate": "1950-02-03",
    }
    return b"".join(json.dumps({**body, "id": f"p{n}", **more}).encode() + b"\n" for n in numbers)


def test_rows_faults_and_counts(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    bad = b'{"resourceType":"Patient","id":"p9","birthDate":"Quirkday"}\n'
    [batch] = desk.land("ehr", ["patient"], patients(1, 2) + bad + patients(3), patients(4))
    with caplog.at_level(logging.DEBUG):
        assert desk.stage(batch) == Staged("patient", 4, {"date_unreadable": 1})
    assert desk.counts(batch) == ("staged", 5, 1, 4)
    assert desk.rows("select source_id, row_no from staging.patient order by file_id, row_no") != []
    assert desk.rows(
        "select row_no, source_id, reason, status, payload is not null from quality.quarantine"
    ) == [(3, "p9", "date_unreadable", "open", True)]
    assert sorted(desk.rows("select row_count from landing.batch_file")) == [(1,), (4,)]
    assert "row 3, position 3: date_unreadable" in caplog.text
    assert "Quirk" not in caplog.text


def test_again_gives_the_same(desk: Desk) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1, 2) + b"{\n")
    rows = "select source_id, source_version, row_no, file_id from staging.patient order by 1"
    held = "select quarantine_id from quality.quarantine"
    desk.stage(batch)
    first = desk.rows(rows), desk.rows(held), desk.counts(batch)
    desk.stage(batch)
    assert (desk.rows(rows), desk.rows(held), desk.counts(batch)) == first


@pytest.mark.parametrize("point", ["stage.before_commit", "stage.after_commit"])
def test_a_process_that_dies_leaves_nothing_half(
    desk: Desk, stop_at: Callable[[str], type[BaseException]], point: str
) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1, 2) + b"{\n")
    with pytest.raises(stop_at(point)):
        desk.stage(batch)
    desk.conn.rollback()
    done = point == "stage.after_commit"
    assert desk.rows("select count(*) from staging.patient") == [(2 if done else 0,)]
    desk.stage(batch)
    assert desk.counts(batch) == ("staged", 3, 1, 2)
    assert desk.rows("select count(*) from staging.patient") == [(2,)]


def test_rows_that_the_database_refuses_are_found_among_thousands(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "CHUNK_ROWS", 700)
    loops = [wire.claim(f"A{n}") for n in range(2000)]
    loops[5] = [s.replace("11:B:1", "1\x001:B:1") for s in loops[5]]
    loops[1234] = [s.replace("*UN*1*", "*UN*1e999999*") for s in loops[1234]]
    loops[1999] = [s.replace("HC:99213:25", "HC:99213:2\x005") for s in loops[1999]]
    [batch] = desk.land(
        "clearinghouse", ["claim"], wire.simple(wire.CLAIMS, wire.claims(*loops)), suffix="x12"
    )
    found = desk.stage(batch)
    assert found.faults == {"value_refused": 2}
    assert desk.counts(batch) == ("staged", 2000, 2, 1998)
    held = desk.rows(
        "select row_no, reason, payload::jsonb ->> 'patient_control_number' from quality.quarantine order by 1"
    )
    assert held == [(6, "value_refused", "A5"), (2000, "value_refused", "A1999")]
    assert desk.rows("select count(*), sum(charge) from staging.claim_line")[0][0] == 1998
    assert desk.rows(
        "select units from staging.claim_line where patient_control_number = 'A1234'"
    ) == [(None,)]


def test_an_identifier_that_no_index_takes(desk: Desk) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1) + patients(2, id="x" * 600))
    assert desk.stage(batch).faults == {"identifier_too_long": 1}
    assert desk.counts(batch) == ("staged", 2, 1, 1)


def test_a_file_that_cannot_be_read_is_refused_and_the_others_are_read(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    [batch] = desk.land(
        "clearinghouse",
        ["payment"],
        wire.simple(wire.REMITTANCE, wire.remittance(wire.payment("A1"))),
        b"hello",
        suffix="x12",
    )
    assert desk.stage(batch).faults == {"no_interchange_header": 1}
    assert desk.counts(batch) == ("staged", 1, 0, 1)
    assert sorted(desk.rows("select status, refused_reason from landing.file"), key=str) == [
        ("landed", None),
        ("refused", "no_interchange_header"),
    ]
    assert "file1: refused at 0: no_interchange_header" in caplog.text
    desk.stage(batch)
    assert desk.counts(batch) == ("staged", 1, 0, 1)


@pytest.mark.parametrize("status", ["rejected", "refused", "duplicate"])
def test_a_batch_that_was_decided_stays_as_it_is(desk: Desk, status: str) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1))
    desk.conn.execute("update landing.batch set status = %s", (status,))
    assert desk.stage(batch) == Staged("patient", 0, {})
    assert desk.rows("select count(*) from staging.patient") == [(0,)]


@pytest.mark.parametrize("status", ["stopped", "loaded"])
def test_staged_rows_that_were_lost_are_made_again_without_touching_the_counts(
    desk: Desk, status: str
) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1, 2))
    desk.stage(batch)
    desk.conn.execute(
        "update landing.batch set status = %s, rows_pending = 0, rows_loaded = 2", (status,)
    )
    desk.conn.execute("delete from staging.patient")
    desk.stage(batch)
    assert desk.counts(batch) == (status, 2, 0, 0)
    assert desk.rows("select count(*) from staging.patient") == [(2,)]


def test_an_unknown_batch(conn: warehouse.Connection, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="there is no batch"):
        stage(conn, uuid4(), tmp_path)


def test_one_file_of_two_feeds_is_accounted_for_once(desk: Desk) -> None:
    foreign = ["ST*834*0009*005010X220A1", "SE*2*0009"]
    data = wire.file_of(
        wire.interchange(
            wire.group(
                wire.CLAIMS, wire.transaction(wire.CLAIMS, wire.claims(wire.claim("A1"))), foreign
            ),
            wire.group(
                wire.REMITTANCE,
                wire.transaction(
                    wire.REMITTANCE,
                    wire.remittance(
                        wire.payment("A1"),
                        wire.payment("A1", "22", "-100", "-80", share="-20"),
                        after=["PLB*1*20261231*WO:1*-5"],
                    ),
                ),
            ),
        )
    )
    claim, payment = desk.land("clearinghouse", ["claim", "payment"], data, suffix="x12")
    assert desk.stage(claim) == Staged("claim", 1, {"transaction_set_not_used_here": 1})
    assert desk.stage(payment) == Staged("payment", 3, {})
    assert desk.counts(claim) == ("staged", 2, 1, 1)
    assert desk.counts(payment) == ("staged", 3, 0, 3)
    assert desk.rows(
        "select row_no, status_code, is_reversal, paid_amount from staging.payment order by 1"
    ) == [
        (3, "1", False, 80),
        (4, "22", True, -80),
    ]
    assert desk.rows("select row_no, reason_code, amount from staging.provider_adjustment") == [
        (5, "WO", -5)
    ]
    assert desk.rows(
        "select patient_responsibility, adjustments from staging.payment_line order by row_no"
    )[0] == (
        20,
        [{"group": "PR", "reason": "1", "amount": 20, "quantity": None}],
    )


@pytest.mark.parametrize(
    ("feed", "table", "version", "body"),
    [
        ("claim", "claim_line", wire.CLAIMS, wire.claims(wire.claim("A1"))),
        ("payment", "payment_line", wire.REMITTANCE, wire.remittance(wire.payment("A1"))),
        (
            "payment",
            "provider_adjustment",
            wire.REMITTANCE,
            wire.remittance(wire.payment("A1"), after=["PLB*1*20261231*WO:1*-5"]),
        ),
    ],
)
def test_what_an_entry_counts_otherwise_than_its_reader_is_refused(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    feed: str,
    table: str,
    version: str,
    body: list[str],
) -> None:
    [batch] = desk.land("clearinghouse", [feed], wire.simple(version, body), suffix="x12")
    entry = catalogue.entry(feed)
    tables = tuple(
        replace(one, is_counted=not one.is_counted) if one.name == table else one
        for one in entry.tables
    )
    others = (one for one in catalogue.FEEDS if one is not entry)
    monkeypatch.setattr(catalogue, "FEEDS", (*others, replace(entry, tables=tables)))
    with pytest.raises(CatalogueError, match=f"^{feed}: tables: a record of {table} is "):
        desk.stage(batch)
    desk.conn.rollback()
    assert desk.counts(batch)[0] == "received"


def test_claim_number_and_payers_number_are_the_same_in_all_three(desk: Desk) -> None:
    said = wire.statuses(wire.status("A1", "A2:20:PR", more=["REF*1K*ICNA1"]))
    data = wire.file_of(
        wire.interchange(
            wire.group(wire.CLAIMS, wire.transaction(wire.CLAIMS, wire.claims(wire.claim("A1")))),
            wire.group(wire.STATUS, wire.transaction(wire.STATUS, said)),
            wire.group(
                wire.REMITTANCE,
                wire.transaction(wire.REMITTANCE, wire.remittance(wire.payment("A1"))),
            ),
        )
    )
    for batch in desk.land(
        "clearinghouse", ["claim", "claim_response", "payment"], data, suffix="x12"
    ):
        desk.stage(batch)
    assert desk.rows(
        "select c.patient_control_number, r.payer_claim_number, r.category_code, r.is_from_payer, p.payer_claim_number"
        " from staging.claim as c join staging.claim_response as r using (patient_control_number)"
        " join staging.payment as p using (patient_control_number)"
    ) == [("A1", "ICNA1", "A2", True, "ICNA1")]


def test_every_kind_of_x12_row_has_a_table_that_takes_it(desk: Desk) -> None:
    bodies = [
        (
            "functional_acknowledgement",
            wire.SYNTAX,
            ["AK1*HC*7*X", "AK2*837*0001", "IK5*R*5", "AK9*R*1*1*0"],
        ),
        (
            "eligibility_response",
            wire.ELIGIBILITY,
            wire.answer(
                "EB*1**30*MB",
                "DTP*291*D8*20150301",
                "EB*D**98**********HC:G0439",
                "DTP*348*D8*20261001",
            ),
        ),
    ]
    for number, (feed, version, body) in enumerate(bodies):
        [batch] = desk.land(
            "clearinghouse", [feed], wire.simple(version, body, number=number + 1), suffix="x12"
        )
        assert desk.stage(batch) == Staged(feed, 1, {})
    assert desk.rows("select status_code, error_codes from staging.functional_acknowledgement") == [
        ("R", ["IK5:5"])
    ]
    assert desk.rows(
        "select part_b_from::text, next_g0439_on::text, subject_id from staging.eligibility_response"
    ) == [
        ("2015-03-01", "2026-10-01", "MEDB1|1EG4TE5MK73"),
    ]


def test_appointments(desk: Desk) -> None:
    data = (
        wire.siu()
        + wire.siu("S15", "M2", reason="PATIENT")
        + wire.siu().replace("SIU^S12", "ADT^A01")
    ).encode()
    [batch] = desk.land("scheduling", ["appointment"], gzip.compress(data), suffix="hl7")
    assert desk.stage(batch).faults == {"message_type_not_used_here": 1}
    assert desk.counts(batch) == ("staged", 3, 1, 2)
    assert desk.rows(
        "select source_id, status, cancelled_by, mrn, identifiers -> 0 ->> 'value'"
        " from staging.appointment order by row_no"
    ) == [
        ("FI1", "booked", None, "77", "77"),
        ("FI1", "cancelled", "patient", "77", "77"),
    ]


def test_deletions_and_merges(desk: Desk) -> None:
    gone = {
        "resourceType": "Bundle",
        "entry": [{"request": {"method": "DELETE", "url": u}} for u in ("Patient/p2", "Task/t1")],
    }
    merged = patients(
        3, active=False, link=[{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    )
    landing = Landing(desk.conn, "ehr", desk.night, desk.root)
    kept = []
    for content, suffix in (
        (patients(1) + merged, "ndjson"),
        (json.dumps(gone).encode() + b"\n{\n", "deleted.ndjson"),
    ):
        incoming = landing.incoming()
        incoming.write_bytes(content)
        kept.append(landing.keep(incoming, "f", suffix, modified_at=AT))
    zone = definition("ehr").zone
    people, tasks = (
        landing.batch(Delivery(feed, files=files, made_at=AT), zone).batch_id
        for feed, files in (("patient", kept), ("task", kept[1:]))
    )
    assert desk.stage(people) == Staged("patient", 3, {"deletion_unreadable": 1})
    assert desk.stage(tasks) == Staged("task", 1, {})
    assert desk.rows(
        "select source_id, is_deleted, replaced_by, source_version > '2026-09-04' from staging.patient order by 1"
    ) == [
        ("p1", False, None, True),
        ("p2", True, None, True),
        ("p3", False, "p1", True),
    ]
    assert desk.rows("select source_id, is_deleted from staging.task") == [("t1", True)]


def test_a_broken_archive_gives_what_could_be_unpacked(desk: Desk) -> None:
    packed = gzip.compress(patients(*range(4000)))
    [batch] = desk.land("ehr", ["patient"], packed[: len(packed) // 2])
    found = desk.stage(batch)
    assert found.faults == {"truncated": 1}
    assert 0 < found.rows < 4000


def test_many_faults_are_counted_and_only_some_are_logged(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    [batch] = desk.land("ehr", ["patient"], b"{\n" * 100)
    assert desk.stage(batch).faults == {"json_unreadable": 100}
    assert caplog.text.count("json_unreadable") == staging.LOGGED_FAULTS


def test_what_rows_set_aside_hold_does_not_fill_the_memory(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LONGEST_PAYLOAD", 100)
    monkeypatch.setattr(staging, "KEPT_PAYLOADS", 250)
    most = []
    writing = staging._Writer._set_aside

    def counted(self: Any, file: Any, faults: Any) -> None:
        most.append(sum(len(fault.payload) for fault in faults))
        writing(self, file, faults)

    monkeypatch.setattr(staging._Writer, "_set_aside", counted)
    [batch] = desk.land("ehr", ["patient"], b"\n".join([b"{" + b"x" * 200] * 10))
    assert desk.stage(batch).rows == 0
    assert max(most) == 300
    assert desk.rows("select count(*), max(length(payload)) from quality.quarantine") == [(10, 100)]


def test_feeds_are_registered_as_their_definitions_say(conn: warehouse.Connection) -> None:
    """What stood there before is changed, and what is no more is gone."""
    query = "select * from operations.feed order by source, feed"
    conn.execute("set role throughline_loop")
    count = sources.register(conn, 1)
    registered = conn.execute(query).fetchall()
    assert {row[-1] for row in conn.execute("select source, feed, volume from operations.feed")} == {
        "usual", "asked"
    }  # fmt: skip
    conn.execute(
        "insert into operations.feed (source, feed, owner_team, expected_by) values ('old', 'x', 't', '03:00')"
    )
    conn.execute(
        "update operations.feed set owner_team = 'nobody', expected_by = '23:59', allowed_lag_days = 99,"
        " volume = case volume when 'usual' then 'asked' else 'usual' end"
    )
    assert sources.register(conn, 2) == count == 21
    assert conn.execute(query).fetchall() == registered


def test_a_night_knows_its_systems_whatever_a_later_one_knew(conn: warehouse.Connection) -> None:
    """A later night may have the same systems: the earlier one still needs to say so itself."""
    conn.execute("set role throughline_loop")
    sources.register(conn, 5)
    sources.register(conn, 3)
    known = conn.execute("select known_seq from operations.routing order by known_seq").fetchall()
    assert [seq for (seq,) in known] == [3, 5]
    sources.register(conn, 4)
    assert conn.execute("select count(*) from operations.routing").fetchone() == (2,), "as night 3"


def test_the_package_itself_stages_and_extracts(desk: Desk) -> None:
    [batch] = desk.land("ehr", ["patient"], patients(1))
    assert sources.stage(desk.conn, str(batch), desk.root).rows == 1
    ehr = definition("ehr")
    got = sources.extract(ehr, sources.Address("ehr"), desk.conn, desk.night, desk.root)
    assert [(b.feed, b.rows, b.files) for b in got] == [("patient", 1, 1)]


LISTS = [[], ["25"], ["25", "GT"], ['a"b', "c\\d"], ["x,y", "{z}", " "], ["NULL", ""], ["é"]]


def test_lists_are_read_back_as_they_were(conn: warehouse.Connection) -> None:
    for values in LISTS:
        assert conn.execute("select %s::text[]", (array(values),)).fetchone() == (values,)
