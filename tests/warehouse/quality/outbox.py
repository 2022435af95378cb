"""The outbox of a clearinghouse in a folder, read night by night."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.unit.throughline.sources import wire
from throughline import quality, sources, warehouse
from throughline.exceptions.resolve import resolve
from throughline.sources.definitions import definition
from throughline.sources.fetch import extract
from throughline.transports.address import Address
from throughline.vocabulary import OURS
from throughline.warehouse import nights
from throughline.warehouse.nights import Night

DEFINITIONS = OURS / "sources"

ZONE = "America/New_York"
CLEARINGHOUSE = replace(definition("clearinghouse"), transport="folder")


def claims(number: int, at: str = "260903*1201") -> bytes:
    """A file with one claim."""
    body = wire.claims(wire.claim(f"A{number}"))
    groups = wire.group(wire.CLAIMS, wire.transaction(wire.CLAIMS, body))
    return wire.file_of(wire.interchange(groups, number=number, header=wire.isa(number, at=at)))


class Outbox:
    """The outbox of a clearinghouse, read night by night."""

    def __init__(self, conn: warehouse.Connection, root: Path) -> None:
        self.conn = conn
        self.root = root
        self.box = root / "there" / "outbox"
        self.box.mkdir(parents=True)
        self.sources = root / "sources"
        self.night: Night | None = None
        self._drops = 0

    def drop(self, name: str, content: bytes) -> None:
        self._drops += 1
        (self.box / name).write_bytes(content)
        os.utime(self.box / name, (1_780_000_000 + self._drops,) * 2)

    def read(self, day: str) -> list[str]:
        """Read the outbox for the night of a day; returns the feeds that came."""
        self.conn.execute("update operations.night set status = 'finished'")
        self.night = nights.open_night(self.conn, date.fromisoformat(day), ZONE)
        address = Address("clearinghouse_main", extra={"path": str(self.box.parent)})
        batches = extract(CLEARINGHOUSE, address, self.conn, self.night, self.root / "landing")
        for batch in batches:
            sources.stage(self.conn, batch.batch_id, self.root / "landing")
        self.notice()
        return [batch.feed for batch in batches]

    def notice(self, definitions: Path = DEFINITIONS) -> dict[str, int]:
        assert self.night is not None
        done = quality.notice_files(self.conn, self.night.seq, definitions)
        self.conn.commit()
        return done

    def rows(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        return self.conn.execute(query.encode(), params).fetchall()

    @property
    def open(self) -> dict[str, str]:
        """The reason of each open exception, by the name of its file."""
        return dict(
            self.rows(
                "select detail ->> 'name', detail ->> 'why' from operations.exception"
                " where reason = 'file_refused' and status = 'open'"
            )
        )

    def undecided(self, seq: int | None = None) -> set[str]:
        """The files whose content nobody knew on a night."""
        assert self.night is not None
        at = seq or self.night.seq
        return {
            name
            for (name,) in self.rows(
                "select f.original_name from landing.undecided_file as u"
                " inner join landing.file as f on f.file_id = u.file_id where u.known_seq <= %s"
                " and (u.closed_seq is null or u.closed_seq > %s)",
                at,
                at,
            )
        }

    def exception(self, name: str) -> str:
        ((key,),) = self.rows(
            "select exception_id from operations.exception where detail ->> 'name' = %s", name
        )
        return str(key)

    def decide(self, name: str, action: str = "resolve", **said: Any) -> None:
        resolve(self.conn, self.exception(name), "Ann Lee", action, "looked at it", **said)
        self.conn.commit()

    def carries_nothing(self, *names: str) -> Path:
        """A folder of definitions in which the clearinghouse's names these files."""
        self.sources.mkdir(exist_ok=True)
        for file in DEFINITIONS.glob("*"):
            (self.sources / file.name).write_bytes(file.read_bytes())
        raw = yaml.safe_load((DEFINITIONS / "clearinghouse.yaml").read_text())
        said = {"names": list(names), "decided_by": "Ann Lee", "decided_on": "2026-09-02"}
        raw["carries_nothing"] = [said]
        (self.sources / "clearinghouse.yaml").write_text(yaml.safe_dump(raw))
        return self.sources
