"""A minimal practice with only the data that matters here, night by night."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from throughline import silence, warehouse
from throughline.warehouse import Connection, sql

ZONE = ZoneInfo("America/New_York")
FIRST = date(2026, 1, 1)


def date_of(day: int) -> date:
    """Return the business date of a day; the first is 1."""
    return FIRST + timedelta(days=day - 1)


def cut_off_of(day: int) -> datetime:
    return datetime.combine(date_of(day) + timedelta(days=1), time(3), ZONE)


class Watch:
    """Nights of which each brings a few rows: facts, cases, codes and deliveries."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.seq = 0
        self._serial = itertools.count(1)

    def rows(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        return self.conn.execute(query.encode(), params).fetchall()

    def begin(self, day: int, kind: str = "nightly") -> int:
        """End the night before and open that of a day: the first is 1."""
        self.conn.execute(
            "update operations.night set status = 'finished' where status = 'running'"
        )
        self.seq += 1
        self.day, self.cut_off = date_of(day), cut_off_of(day)
        self.conn.execute(
            "insert into operations.night (seq, business_date, kind, cut_off) values (%s, %s, %s, %s)",
            (self.seq, self.day, kind, self.cut_off),
        )
        return self.seq

    @property
    def last(self) -> int:
        """The day of the newest night."""
        ((day,),) = self.rows("select max(business_date) from operations.night")
        return (day - FIRST).days + 1 if day else 0

    def notice(self) -> dict[str, int]:
        return silence.notice(self.conn, self.seq, self.cut_off)

    def night(self, day: int, *brings: str) -> dict[str, int]:
        """Run the night of a day, and what comes in it (see `bring`)."""
        self.begin(day)
        for name in brings:
            self.bring(name)
        return self.notice()

    def past(self, days: Iterable[int], brings: Mapping[str, Iterable[int]]) -> None:
        """Insert the nights of several days at once, with facts (`source/kind`) or cases on some of them."""
        first = self.seq + 1
        numbers = {day: number for number, day in enumerate(days, first)}
        self.conn.execute(
            "update operations.night set status = 'finished' where status = 'running'"
        )
        with self.conn.cursor() as cursor:
            cursor.executemany(
                "insert into operations.night (seq, business_date, kind, cut_off, status)"
                " values (%s, %s, 'nightly', %s, 'finished')",
                [(number, date_of(day), cut_off_of(day)) for day, number in numbers.items()],
            )
        for name, came in brings.items():
            for day in came:
                if day in numbers:
                    self.seq, self.day, self.cut_off = numbers[day], date_of(day), cut_off_of(day)
                    self.bring(name)
        self.seq = first + len(numbers) - 1
        sql.run(self.conn, "silence/signals.sql", since=0, seq=self.seq)

    # ---- what a night brings

    def bring(self, name: str) -> None:
        """Bring a fact (`source/kind`), or let a workflow open a case."""
        source, _, kind = name.partition("/")
        if kind:
            self.facts(kind, source)
        else:
            self.case(name)

    def facts(self, kind: str = "note", source: str = "ehr", times: int = 1) -> None:
        for _ in range(times):
            ref = f"row/{next(self._serial)}"
            self.conn.execute(
                "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
                " source_ref, source_version, batch_id) values (gen_random_uuid(), %s, 'p1', %s, %s, %s, %s, %s, '1',"
                " gen_random_uuid())",
                (source, kind, self.cut_off, self.seq, source, ref),
            )

    def case(self, workflow: str = "annual_wellness") -> None:
        self.conn.execute(
            "insert into cases.case_record (case_id, workflow, version, person_id, trigger_ref, trigger_on, opened_seq,"
            " stage, stage_state, status, owner_team, derived_seq, next_step)"
            " select gen_random_uuid(), workflow, version, gen_random_uuid(), 'x', %s, %s, 'due', 'pending', 'closed',"
            " 'care_management', %s, null from cases.workflow_version where workflow = %s and status = 'active'",
            (self.day, self.seq, self.seq, workflow),
        )

    def delivery(
        self,
        feed: str = "encounter",
        statuses: dict[str, int] | None = None,
        source: str = "ehr",
        **more: Any,
    ) -> None:
        """A loaded delivery with its profile: how many rows are in which status."""
        counts = statuses or {}
        profile = {
            "rows": sum(counts.values()),
            "filled": {"status": sum(counts.values())},
            "by_status": {},
            "statuses": {"status": min(len(counts), 2)},
        }
        self.profile(feed, {**profile, **more}, source)

    def profile(self, feed: str, profile: dict[str, Any], source: str = "ehr") -> None:
        ((batch,),) = self.conn.execute(
            "insert into landing.batch (batch_id, source, feed, business_date, known_seq, loaded_seq, received_at,"
            " sha256, status) values (gen_random_uuid(), %s, %s, %s, %s, %s, %s, md5(random()::text), 'loaded')"
            " returning batch_id",
            (source, feed, self.day, self.seq, self.seq, self.cut_off),
        ).fetchall()
        self.conn.execute(
            "insert into quality.verdict (verdict_id, batch_id, known_seq, suite, verdict, expectations, failed,"
            " profile) values (gen_random_uuid(), %s, %s, 'x', 'pass', 0, 0, %s)",
            (batch, self.seq, json.dumps(profile)),
        )

    def record(self, table: str = "encounter", source: str = "ehr", **values: Any) -> None:
        key = f"{table}-{next(self._serial)}"
        row = {
            "source": source,
            "source_id": key,
            "source_version": "1",
            "subject_source": source,
            "subject_id": "p1",
            "batch_id": "00000000-0000-0000-0000-000000000000",
            "row_no": 1,
            "known_seq": self.seq,
            "content_hash": key,
            **values,
        }
        self.conn.execute(
            f"insert into core.{table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})".encode(),
            list(row.values()),
        )

    # ---- what is noticed

    def open(self, reason: str | None = None) -> list[str]:
        """Return what open exceptions are about."""
        return [
            about
            for (about,) in self.rows(
                "select about_id from operations.exception where status = 'open'"
                " and (%s::text is null or reason = %s) order by about_id",
                reason,
                reason,
            )
        ]

    def one(self, about: str) -> Any:
        ((row,),) = self.rows(
            "select to_jsonb(e) from operations.exception as e where about_id = %s", about
        )
        return row

    def everything(self) -> list[list[tuple[Any, ...]]]:
        """Return everything that is recorded and reported."""
        return [
            self.rows(f"select to_jsonb(t) from {table} as t order by to_jsonb(t)::text")
            for table in (
                "operations.signal",
                "operations.code_seen",
                "operations.coded_field",
                "operations.exception",
            )
        ]


@pytest.fixture
def watch(defined_warehouse: str) -> Iterator[Watch]:
    """Return a practice without a night, in a transaction that is rolled back after the test."""
    connection = warehouse.connect(defined_warehouse)
    try:
        yield Watch(connection)
    finally:
        connection.rollback()
        connection.close()
