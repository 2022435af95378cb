"""The practice's nights without Airflow: every step of the chain, on its own systems, in a warehouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.practices.denver.systems import Systems
from throughline import (
    cases,
    evidence,
    identity,
    quality,
    silence,
    sources,
    tasks,
    warehouse,
    workflows,
)
from throughline.practice import practice
from throughline.silence import unmatched
from throughline.sources import systems as of_sources
from throughline.sources.fetch import extract
from throughline.sources.source import SourceDefinition
from throughline.transports.address import Address, SourceUnavailable
from throughline.warehouse import nights


def address_of(definition: SourceDefinition, systems: Systems) -> Address:
    """Return where a source is, from the connection that it names."""
    said = systems.connections[definition.connection]
    return Address(
        definition.connection,
        scheme="sftp" if said["conn_type"] == "sftp" else "http",
        host=said.get("host", ""),
        port=said.get("port"),
        login=said.get("login", ""),
        extra=said["extra"],
    )


def clients(systems: Systems) -> dict[str, Address]:
    """Return where work goes: the folder of the lists."""
    return {
        "lists_files": Address("lists_files", extra=systems.connections["lists_files"]["extra"])
    }


class House:
    """The practice with its warehouse, night by night."""

    def __init__(self, conn: warehouse.Connection, root: Path, systems: Systems) -> None:
        self.conn, self.root, self.systems = conn, root, systems
        self.verdicts: dict[str, str] = {}

    def night(self, day: str) -> int:
        """Run the night of a day; returns its number. Keeps the verdict on each feed that came."""
        conn = self.conn
        conn.execute("update operations.night set status = 'finished'")
        night = nights.open_night(conn, date.fromisoformat(day), practice().time_zone)
        sources.register(conn, night.seq)
        evidence.register_codes(conn)
        workflows.register(conn, night.seq)
        conn.commit()
        batches = [one for each in of_sources.systems() for one in self._land(each, night)]
        for one in batches:
            sources.stage(conn, one.batch_id, self.root / "landing")
        self.verdicts = {
            f"{source}/{one.feed}": quality.gate(
                conn, one.batch_id, docs_root=self.root / "pages"
            ).verdict
            for one in batches
            for source in [self._source(one.batch_id)]
        }
        for one in batches:
            quality.load(conn, one.batch_id, night.seq)
        quality.notice_files(conn, night.seq)
        identity.link_persons(conn, night.seq)
        evidence.assert_facts(conn, night.seq)
        cases.build_work_list(conn, night.seq, night.cut_off)
        cases.open_cases(conn, night.seq, night.cut_off)
        cases.reconcile(conn, night.seq, night.cut_off)
        cases.settle(conn, night.seq)
        silence.notice(conn, night.seq, night.cut_off)
        unmatched.notice(conn, night.seq, night.cut_off)
        tasks.plan(conn, night.seq, night.cut_off)
        conn.commit()
        self.send(night.seq)
        return night.seq

    def send(self, seq: int) -> None:
        """Let what a night planned go out."""
        tasks.dispatch(self.conn, seq, clients(self.systems), sleep=lambda _: None)
        cases.settle(self.conn, seq)
        self.conn.commit()

    def _land(self, definition: SourceDefinition, night: nights.Night) -> list[Any]:
        if not definition.feeds:
            return []
        try:
            address = address_of(definition, self.systems)
            return extract(definition, address, self.conn, night, self.root / "landing")
        except SourceUnavailable as error:
            self.conn.rollback()
            sources.note_not_received(
                self.conn, definition.source, night.seq, definition.feeds, error
            )
            self.conn.commit()
            return []

    def _source(self, batch: Any) -> str:
        ((found,),) = self.rows("select source from landing.batch where batch_id = %s", batch)
        return str(found)

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.conn.execute(query.encode(), params).fetchall()
