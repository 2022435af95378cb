"""Every version of every resource, in SQLite: what the FHIR server serves.

A day's writes are buffered in memory, so that a resource that changes five times in a day gets one new version, as
a nightly export would see it. ``updated`` is in microseconds since 1970.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

SCHEMA = """
create table if not exists resource (
    seq integer primary key,
    type text not null,
    id text not null,
    version integer not null,
    updated integer not null,
    ended integer,
    ended_by integer,
    deleted integer not null default 0,
    body blob not null
);
create unique index if not exists resource_version on resource (type, id, version);
create index if not exists resource_updated on resource (type, updated);
create table if not exists identifier (
    type text not null, system text not null, value text not null, id text not null, seq integer not null,
    primary key (type, system, value, id)
) without rowid;
"""

FILL = 5000
STANDING = "type = ? and id = ? and ended is null"


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return int(moment.timestamp() * 1_000_000)


def instant(moment: datetime) -> str:
    """A FHIR instant in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def moment(value: int) -> datetime:
    """The opposite of :func:`micros`."""
    return datetime.fromtimestamp(value / 1_000_000, UTC)


class Store:
    """One database file. Writes come from one thread at a time; readers open their own connections."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript("pragma journal_mode = wal; pragma synchronous = off;")
        self._db.executescript(SCHEMA)
        self._next = (
            1 + (self._db.execute("select coalesce(max(seq), 0) from resource").fetchone()[0])
        )
        self.is_filling = False
        """Before the first reader, write out the buffer whenever it grows large."""
        self._waiting: dict[tuple[str, str], tuple[int, bool, dict[str, Any] | None]] = {}

    # ---- writing -------------------------------------------------------------------------------------
    def put(self, resource: dict[str, Any], updated: datetime, is_new: bool = False) -> None:
        """Keep a new version, written with the next :meth:`flush`. ``is_new``: no version of it is on disk."""
        key = (resource["resourceType"], resource["id"])
        before = self._waiting.get(key)
        self._waiting[key] = (micros(updated), before[1] if before else is_new, resource)
        if self.is_filling and len(self._waiting) >= FILL:
            self.flush()

    def delete(self, kind: str, identifier: str, updated: datetime) -> None:
        """Delete a resource; an export reports it as deleted."""
        before = self._waiting.get((kind, identifier))
        if before and before[1]:
            del self._waiting[(kind, identifier)]
            return
        self._waiting[(kind, identifier)] = (micros(updated), False, None)

    def flush(self) -> int:
        """Write what waits; returns how many versions."""
        with self.lock:
            if not self._waiting:
                return 0
            rows, ended, numbers = [], [], []
            for (kind, identifier), (updated, is_new, resource) in self._waiting.items():
                version = 1
                if not is_new:
                    found = self._db.execute(
                        f"select seq, version from resource where {STANDING}",
                        (kind, identifier),
                    ).fetchone()
                    if found:
                        version = found[1] + 1
                        ended.append((updated, self._next, found[0]))
                    elif resource is None:
                        continue
                body = b"" if resource is None else _render(resource, version, updated)
                rows.append(
                    (self._next, kind, identifier, version, updated, int(resource is None), body)
                )
                for entry in (resource or {}).get("identifier") or ():
                    if kind in SEARCHED:
                        numbers.append(
                            (
                                kind,
                                entry.get("system", ""),
                                entry.get("value", ""),
                                identifier,
                                self._next,
                            )
                        )
                self._next += 1
            self._db.execute("begin")
            self._db.executemany("update resource set ended = ?, ended_by = ? where seq = ?", ended)
            self._db.executemany(
                "insert into resource (seq, type, id, version, updated, deleted, body) values (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._db.executemany("insert or ignore into identifier values (?, ?, ?, ?, ?)", numbers)
            self._db.execute("commit")
            self._waiting.clear()
            return len(rows)

    def bulk_insert(self, kind: str, rows: Iterator[tuple[str, int, bytes]]) -> int:
        """Write foreign resources as they are: (id, updated, body)."""
        count = 0
        with self.lock:
            self._db.execute("begin")
            for identifier, updated, body in rows:
                self._db.execute(
                    "insert or ignore into resource (seq, type, id, version, updated, deleted, body)"
                    " values (?, ?, ?, 1, ?, 0, ?)",
                    (self._next, kind, identifier, updated, body),
                )
                self._next += 1
                count += 1
            self._db.execute("commit")
        return count

    # ---- going back ----------------------------------------------------------------------------------
    def mark(self) -> int:
        """The current position of the store, for :meth:`go_back`."""
        return int(self._next)

    def go_back(self, mark: int) -> None:
        """Discard everything written since ``mark``."""
        with self.lock:
            self._waiting.clear()
            self._db.execute("begin")
            self._db.execute("delete from resource where seq >= ?", (mark,))
            self._db.execute("delete from identifier where seq >= ?", (mark,))
            self._db.execute(
                "update resource set ended = null, ended_by = null where ended_by >= ?", (mark,)
            )
            self._db.execute("commit")
            self._next = mark

    # ---- reading -------------------------------------------------------------------------------------
    def read(self, kind: str, identifier: str) -> dict[str, Any] | None:
        """The standing version, or None when there is none or it was deleted."""
        with self.lock:
            waiting = self._waiting.get((kind, identifier))
            if waiting is not None:
                return waiting[2]
            found = self._db.execute(
                f"select body, deleted from resource where {STANDING}",
                (kind, identifier),
            ).fetchone()
        return None if found is None or found[1] else orjson.loads(found[0])

    def by_identifier(self, kind: str, system: str, value: str) -> list[dict[str, Any]]:
        """Standing resources that carry an identifier; an empty system matches any."""
        with self.lock:
            found = self._db.execute(
                "select distinct id from identifier where type = ? and value = ? and (? = '' or system = ?)"
                " order by id",
                (kind, value, system, system),
            ).fetchall()
        return [resource for (identifier,) in found if (resource := self.read(kind, identifier))]

    def changed(self, kind: str, since: int, until: int, limit: int) -> list[dict[str, Any]]:
        """Standing resources with ``since`` < lastUpdated <= ``until``, oldest first."""
        with self.lock:
            found = self._db.execute(
                "select body from resource where type = ? and updated > ? and updated <= ? and ended is null"
                " and deleted = 0 order by updated, seq limit ?",
                (kind, since, until, limit),
            ).fetchall()
        return [orjson.loads(body) for (body,) in found]

    def reader(self) -> sqlite3.Connection:
        """A connection of its own for a reader in another thread."""
        return sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, check_same_thread=False)


SEARCHED = {"Task", "CommunicationRequest", "Communication", "Patient"}


def _render(resource: dict[str, Any], version: int, updated: int) -> bytes:
    meta = dict(resource.get("meta") or {})
    meta["versionId"] = str(version)
    meta["lastUpdated"] = instant(moment(updated))
    return orjson.dumps({**resource, "meta": meta})
