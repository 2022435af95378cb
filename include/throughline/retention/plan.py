"""What is past its time, by kind: how much, from before which day, and how old the oldest is that stays."""

from __future__ import annotations

import hashlib
import os
import time as clock
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from psycopg.errors import QueryCanceled

from throughline.practice import Practice
from throughline.retention import folders, metadata
from throughline.warehouse import Connection, sql

LANDED = ("landed_bytes", "claims_bytes")
KINDS = (*LANDED, "logs", "pages", "looked", "airflow_metadata")
"""In the order in which they are removed."""


class PlaceUnknownError(LookupError):
    """A kind has a term, and nobody says where its things are; the message names the variable."""


@dataclass(frozen=True)
class Places:
    """Where things are kept: folders, and the address of Airflow's database. None: not at hand."""

    landing: Path | None = None
    pages: Path | None = None
    logs: Path | None = None
    airflow: str | None = None

    @classmethod
    def of_environment(cls) -> Places:
        """Return the places that the environment names, as every process of Airflow and every command has it."""
        home = os.environ.get("AIRFLOW_HOME")
        logs = os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER") or (home and f"{home}/logs")
        landing, pages = (os.environ.get(f"THROUGHLINE_{name}") for name in ("LANDING", "PAGES"))
        return cls(
            Path(landing) if landing else None,
            Path(pages) if pages else None,
            Path(logs) if logs else None,
            metadata.address(),
        )


@dataclass(frozen=True)
class Part:
    """What goes of one kind: `things` files or rows, older than `before_on`.

    `bytes` and `list_sha256` are None for rows. `oldest_kept_on` is None if nothing stays or it is not known.
    `files` are landed files, each with path, SHA-256 and bytes. `needed` are things that are past their time and
    stay, because something still needs them.
    """

    kind: str
    before_on: date
    things: int
    bytes: int | None = None
    oldest_kept_on: date | None = None
    list_sha256: str | None = None
    files: tuple[tuple[str, str, int], ...] = ()
    needed: int = 0


@dataclass(frozen=True)
class Plan:
    """What is past its time; a kind that has a term is listed even if nothing of it goes.

    `not_counted` are the kinds whose count took longer than it might.
    """

    parts: tuple[Part, ...]
    not_counted: tuple[str, ...] = ()

    @property
    def going(self) -> tuple[Part, ...]:
        """The kinds of which something goes."""
        return tuple(part for part in self.parts if part.things)


def planned(
    conn: Connection,
    about: Practice,
    places: Places,
    today: date,
    *,
    skip_unknown: bool = False,
    within_s: float | None = None,
) -> Plan:
    """Return what is past the terms of a practice on a day; writes nothing.

    With `skip_unknown`, kinds whose place is not at hand are left out. What takes longer than `within_s` in all is
    not counted. Raises `PlaceUnknownError` if a place is not known otherwise, and `psycopg.Error`.
    """
    zone = ZoneInfo(about.time_zone)
    before = {kind: period.before(today) for kind, period in about.retention}
    until = None if within_s is None else clock.monotonic() + within_s
    parts: list[Part] = []
    not_counted: list[str] = []
    try:
        with _bounded(conn, until):
            parts += _landed(conn, before, about.time_zone)
    except QueryCanceled:
        not_counted += [kind for kind in LANDED if kind in before]
    if "looked" in before:
        try:
            with _bounded(conn, until):
                parts.append(_looked(conn, before["looked"], zone))
        except QueryCanceled:
            not_counted.append("looked")
    wanted = {
        "logs": (places.logs, "AIRFLOW__LOGGING__BASE_LOG_FOLDER"),
        "pages": (places.pages, "THROUGHLINE_PAGES"),
        "airflow_metadata": (places.airflow, metadata.URL),
    }
    for kind, (place, variable) in wanted.items():
        if kind not in before:
            continue
        if place is None:
            if skip_unknown:
                continue
            raise PlaceUnknownError(
                f"practice.yaml: retention/{kind} has a term, and where they are is not known: {variable} is not set"
            )
        if isinstance(place, str):
            found = metadata.old(place, before[kind], zone)
            parts.append(Part(kind, before[kind], found.count, oldest_kept_on=found.oldest_kept))
        else:
            running = metadata.running(places.airflow) if places.airflow and kind == "logs" else []
            try:
                old, kept = (
                    folders.logs(place, before[kind], zone, running, until)
                    if kind == "logs"
                    else folders.pages(place, before[kind], zone, until)
                )
            except TimeoutError:
                not_counted.append(kind)
                continue
            size = sum(file.bytes for file in old)
            listed = digest(file.path for file in old)
            parts.append(Part(kind, before[kind], len(old), size, kept, listed))
    return Plan(tuple(sorted(parts, key=lambda part: KINDS.index(part.kind))), tuple(not_counted))


@contextmanager
def _bounded(conn: Connection, until: float | None) -> Iterator[None]:
    """Let the server end what is not done by then. Raises `QueryCanceled`."""
    if until is None:
        yield
        return
    left_ms = max(1, int((until - clock.monotonic()) * 1000))
    with conn.transaction():
        row = conn.execute("select current_setting('statement_timeout')").fetchone()
        assert row is not None
        conn.execute("select set_config('statement_timeout', %s, true)", (str(left_ms),))
        yield
        conn.execute("select set_config('statement_timeout', %s, true)", row)


def digest(lines: Iterable[str]) -> str:
    """Return the SHA-256 over lines, in hexadecimal, as `operations.hashed` of them joined by newlines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _landed(conn: Connection, before: dict[str, date], time_zone: str) -> list[Part]:
    """Return what goes of the landed files; reads them only if they have a term."""
    if not any(kind in before for kind in LANDED):
        return []
    rows: Sequence[tuple[str, str, str, int, date, bool, bool]] = sql.run(
        conn, "retention/past.sql",
        zone=time_zone, landed_before=before.get("landed_bytes"), claims_before=before.get("claims_bytes"),
    ).rows  # fmt: skip
    parts = []
    for kind in LANDED:
        if kind not in before:
            continue
        own = [row[1:] for row in rows if row[0] == kind]
        files = tuple((path, sha256, size) for path, sha256, size, _, _, goes in own if goes)
        stay = [on for _, _, _, on, _, goes in own if not goes]
        parts.append(
            Part(
                kind,
                before[kind],
                len(files),
                sum(size for _, _, size in files),
                min(stay, default=None),
                digest(f"{path} {sha256}" for path, sha256, _ in files),
                files,
                sum(needed and on < before[kind] for _, _, _, on, needed, _ in own),
            )
        )
    return parts


def _looked(conn: Connection, before: date, zone: ZoneInfo) -> Part:
    row = conn.execute(
        "select * from operations.looks_before(%s)", (datetime.combine(before, time(), zone),)
    ).fetchone()
    assert row is not None
    things, kept = row
    return Part(
        "looked", before, things, oldest_kept_on=kept.astimezone(zone).date() if kept else None
    )
