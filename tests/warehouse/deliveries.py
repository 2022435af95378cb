"""Delivers feeds to a warehouse as the EHR would, and processes them up to `core` and the facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql

from throughline import evidence, quality, sources, warehouse
from throughline.quality.load import Counts
from throughline.sources.definitions import definition
from throughline.sources.landing import Delivery, Landing
from throughline.warehouse import nights

MRN_SYSTEM = "urn:oid:2.16.840.1.113883.19.5.99999.1"
MONDAY = date(2026, 3, 2)


def patient(number: int, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return one patient as the EHR exports them; `more` replaces or, with None, removes elements."""
    record = {
        "resourceType": "Patient",
        "id": f"p{number}",
        "meta": {"versionId": str(version), "lastUpdated": f"2026-02-01T10:00:{version:02}Z"},
        "identifier": [{"system": MRN_SYSTEM, "value": f"MRN{number:06}"}],
        "name": [{"family": f"Family{number}", "given": [f"Given{number}"]}],
        "telecom": [{"system": "phone", "value": f"555-01{number:04}"}],
        "birthDate": (date(1950, 1, 1) + timedelta(days=number)).isoformat(),
        "gender": "female",
        **more,
    }
    return {name: value for name, value in record.items() if value is not None}


def visit(number: int, of: int, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return one finished visit."""
    record = {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "meta": {"versionId": str(version), "lastUpdated": f"2026-02-01T10:00:{version:02}Z"},
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/p{of}"},
        "period": {"start": "2026-02-01T09:00:00Z", "end": "2026-02-01T09:30:00Z"},
        **more,
    }
    return {name: value for name, value in record.items() if value is not None}


def ndjson(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


class Hand:
    """Delivers, stages, gates and loads as the role that loads; states facts as the role that derives."""

    def __init__(
        self, dsn: str, loader: str, loop: str, folder: Path, decider: str | None = None
    ) -> None:
        self._dsn = dsn
        self._loop = loop
        self.conn = warehouse.connect(loader, loading=True)
        self.admin = warehouse.connect(dsn, autocommit=True)
        # the login under which decisions come in
        self.people = warehouse.connect(decider or dsn, autocommit=True)
        self.landing_root = folder / "landing"
        self.docs_root = folder / "data-docs"
        self.day = MONDAY - timedelta(days=1)
        self.seq = 0
        self.new_night()

    def close(self) -> None:
        self.conn.close()
        self.admin.close()
        self.people.close()

    def new_night(self, day: date | None = None) -> int:
        """Begin the night of the next day, or of this one."""
        self.day = day or self.day + timedelta(days=1)
        with warehouse.connect(self._dsn) as conn:
            night = nights.open_night(conn, self.day, "America/New_York")
        self.admin.execute(
            "update operations.night set status = 'finished' where seq < %s", (night.seq,)
        )
        self.seq = night.seq
        return night.seq

    def deliver(
        self,
        feed: str,
        *files: bytes | list[dict[str, Any]],
        behind: int = 0,
        watermark: datetime | None = None,
        suffix: str = "ndjson",
        source: str = "ehr",
    ) -> UUID:
        """Land the files of one delivery; returns its batch."""
        night = nights.by_seq(self.conn, self.seq)
        landing = Landing(self.conn, source, night, self.landing_root)
        made = datetime.combine(self.day - timedelta(days=behind), datetime.min.time(), UTC)
        made += timedelta(hours=20)
        kept = []
        for number, content in enumerate(files):
            path = landing.incoming()
            path.write_bytes(content if isinstance(content, bytes) else ndjson(content))
            kept.append(landing.keep(path, f"{feed}.{number}.{suffix}", suffix, modified_at=made))
        batch = landing.batch(
            Delivery(feed, kept, made_at=made, watermark=watermark), definition(source).zone
        )
        self.conn.commit()
        return batch.batch_id

    def stage(self, batch: UUID) -> None:
        sources.stage(self.conn, batch, self.landing_root)

    def gate(self, batch: UUID) -> quality.Verdict:
        return quality.gate(self.conn, batch, docs_root=self.docs_root)

    def load(self, batch: UUID) -> Counts:
        return quality.load(self.conn, batch, self.seq)

    def judge(
        self, feed: str, *files: bytes | list[dict[str, Any]], **more: Any
    ) -> quality.Verdict:
        """Deliver, stage and gate; the batch is `self.batch`."""
        self.batch = self.deliver(feed, *files, **more)
        self.stage(self.batch)
        return self.gate(self.batch)

    def take_in(self, feed: str, *files: bytes | list[dict[str, Any]], **more: Any) -> Counts:
        """Deliver, stage, gate and load."""
        self.judge(feed, *files, **more)
        return self.load(self.batch)

    def register(self) -> None:
        """Register the sources, feeds and code maps of this tree, as `open_night` does."""
        with warehouse.connect(self._dsn) as conn:
            sources.register(conn, self.seq)
            evidence.register_codes(conn)

    def facts(self, table: str) -> list[tuple[Any, ...]]:
        """State the facts of the night; return those that records of a table state or stated.

        Each is its record, kind, code, day, identifiers, the night in which it became known and the
        one in which it ceased to stand.
        """
        self.register()
        with warehouse.connect(self._loop) as conn:
            evidence.assert_facts(conn, self.seq)
        return self.rows(
            "select source_ref, kind, code, occurred_at::date::text, identifiers, known_seq, retracted_seq"
            " from evidence.fact where split_part(source_ref, '/', 1) = %s"
            " order by source_ref, known_seq, kind",
            table,
        )

    def put(self, feed: str, rows: dict[str, list[dict[str, Any]]], received: int) -> UUID:
        """Put rows into staging as a reader would have: per table, each with its columns."""
        batch = self.deliver(feed)
        with self.conn.cursor() as cursor:
            for table, each in rows.items():
                for row in each:
                    full = {"source": "ehr", "source_version": "1", "batch_id": batch, **row}
                    cursor.execute(
                        sql.SQL("insert into staging.{} ({}) values ({})").format(
                            sql.Identifier(table),
                            sql.SQL(", ").join(map(sql.Identifier, full)),
                            sql.SQL(", ").join(map(sql.Placeholder, full)),
                        ),
                        full,
                    )
        self.conn.execute(
            "update landing.batch set status = 'staged', rows_received = %s, rows_pending = %s"
            " where batch_id = %s",
            (received, received, batch),
        )
        self.conn.commit()
        self.batch = batch
        return batch

    def past(
        self, feed: str, record: Callable[[int], dict[str, Any]], nights: int = 4, rows: int = 40
    ) -> None:
        """Run nights on which the feed delivers its usual rows."""
        for night in range(nights):
            first = 10_000 * (night + 1)
            counts = self.take_in(feed, [record(first + number) for number in range(rows)])
            assert counts.received == rows
            self.new_night()

    def rows(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        return self.admin.execute(query.encode(), params).fetchall()

    def failed(self) -> dict[str, str]:
        """Return what the gate said of the batch: expectation and what was observed."""
        found = self.rows("select detail from quality.verdict where batch_id = %s", self.batch)
        return {one["expectation"]: one["observed"] for one in found[0][0]}

    def counts(self, batch: UUID | None = None) -> Counts:
        found = self.rows(
            "select rows_received, rows_loaded, rows_superseded, rows_quarantined, rows_rejected,"
            " rows_pending from landing.batch where batch_id = %s",
            batch or self.batch,
        )
        counts = Counts(*found[0])
        assert min(asdict(counts).values()) >= 0, counts
        return counts

    def quarantined(self, batch: UUID | None = None) -> list[tuple[int, str, str]]:
        return self.rows(
            "select row_no, reason, status from quality.quarantine where batch_id = %s"
            " order by row_no, reason",
            batch or self.batch,
        )

    def standing(self, kind: str) -> dict[str, str]:
        """Return the standing records of a type: id and version."""
        found = self.admin.execute(
            sql.SQL(
                "select source_id, source_version from core.{} where retracted_seq is null"
                " and not is_deleted"
            ).format(sql.Identifier(kind))
        ).fetchall()
        return dict(found)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what gate and load wrote, except times."""
        return {
            "batch": self.rows(
                "select to_jsonb(b) - 'received_at' from landing.batch b order by batch_id"
            ),
            "verdict": self.rows(
                "select to_jsonb(v) - 'decided_at' from quality.verdict v order by batch_id"
            ),
            "quarantine": self.rows(
                "select to_jsonb(q) from quality.quarantine q order by quarantine_id"
            ),
            **{
                kind: self.rows(
                    f"select to_jsonb(p) from core.{kind} p order by source_id, source_version, known_seq"
                )
                for kind in ("patient", "encounter", "claim", "claim_line")
            },
            "watermark": self.rows(
                "select * from landing.watermark order by source, feed, known_seq"
            ),
        }
