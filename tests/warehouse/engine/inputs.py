"""Writes a world of the model into the tables that a night of the engine reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from tests.model.world import ACROSS_SYSTEMS, PERIODS, Calendar, Fact, Night, Time, World
from throughline.warehouse import sql
from throughline.warehouse.connection import Connection

TIMES = ("occurred", "starts", "ends", "issued", "collected", "value")
DAYS = (date(1990, 1, 1), date(2101, 1, 1))


def person_id(name: str) -> UUID:
    """Return the id of a person of the model."""
    return uuid5(NAMESPACE_OID, name)


def copy(
    conn: Connection, table: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]
) -> None:
    """Copy rows into a table, and let the planner know of them."""
    with conn.cursor() as cursor:
        said = f"copy {table} ({', '.join(columns)}) from stdin"
        with cursor.copy(said.encode()) as into:
            for row in rows:
                into.write_row(list(row))
    conn.execute(f"analyze {table}".encode())


def write(
    conn: Connection, world: World, versions: Mapping[str, int], only: Mapping[str, Iterable[str]]
) -> None:
    """Make the tables of inputs and fill in what does not change from night to night.

    `versions` are the ids of the compiled workflows, by name; `only` names the persons for whom a workflow is that is
    not for all. A sex is a record like any other.
    """
    sql.run(conn, "engine/inputs.sql")
    copy(
        conn, "e_only", ("version_id", "person_id"),
        ((versions[workflow], person_id(name)) for workflow, names in only.items() for name in names),
    )  # fmt: skip
    copy(
        conn, "e_person", ("person_id", "born"), ((person_id(p.name), p.born) for p in world.persons)
    )  # fmt: skip
    _calendar(conn, world.calendar)
    _facts(conn, world)
    copy(
        conn,
        "e_site",
        ("slot", "id", "zone"),
        ((slot, id_, str(zone)) for (slot, id_), zone in world.sites.items()),
    )
    copy(
        conn, "e_decision",
        (
            "decision_no", "person_id", "version_id", "act", "known_seq", "known_at", "stage", "reason", "until_on",
            "trigger_key",
        ),
        (
            (
                n, person_id(d.person), versions[d.workflow], d.act, d.known_seq, _now(world, d.known_seq), d.stage,
                d.reason, d.until, d.trigger,
            )
            for n, d in enumerate(world.decisions)
            if d.workflow in versions
        ),
    )  # fmt: skip
    copy(
        conn, "e_task", ("person_id", "version_id", "stage", "kind", "begun_at", "ended_at", "trigger_key"),
        (
            (person_id(t.person), versions[t.workflow], t.stage, t.kind, t.begun, t.ended, t.trigger)
            for t in world.tasks
            if t.workflow in versions
        ),
    )  # fmt: skip


def at_night(conn: Connection, world: World, night: Night) -> None:
    """Fill in what is so on one night: the nights up to it, feeds that are behind, rows set aside."""
    for table in ("e_night", "e_open", "e_aside"):
        conn.execute(f"truncate {table}".encode())
    copy(
        conn,
        "e_night",
        ("seq", "now"),
        ((n.number, n.now) for n in world.nights if n.number <= night.number),
    )
    copy(
        conn, "e_open", ("person_id", "kind", "complete_at"),
        (
            (person_id(person.name), kind, feed.complete[night.number])
            for feed in world.feeds
            if night.number in feed.complete
            for person in world.persons
            if feed.system in person.systems or feed.is_first_to_know
            for kind in feed.kinds
        ),
    )  # fmt: skip
    carries = {feed.name: feed.kinds for feed in world.feeds}
    copy(
        conn, "e_aside", ("person_id", "aside_no", "kind"),
        (
            (person_id(aside.person), number, kind)
            for number, aside in enumerate(world.asides)
            if aside.known_seq <= night.number
            and (aside.solved_seq is None or aside.solved_seq > night.number)
            for kind in carries[aside.feed]
        ),
    )  # fmt: skip


def _now(world: World, seq: int) -> datetime | None:
    """Return the night that first knew what became known with a number."""
    return next((night.now for night in world.nights if night.number >= seq), None)


def _calendar(conn: Connection, calendar: Calendar) -> None:
    upto, days, business = 0, [], []
    for number in range((DAYS[1] - DAYS[0]).days):
        on = DAYS[0] + timedelta(days=number)
        is_business = calendar.is_business(on)
        upto += is_business
        days.append((on, is_business, upto))
        if is_business:
            business.append((upto, on))
    copy(conn, "e_day", ("day", "is_business", "upto"), days)
    copy(conn, "e_business", ("number", "day"), business)


def _facts(conn: Connection, world: World) -> None:
    facts = [*world.facts, *(_sex(p.name, p.sex) for p in world.persons if p.sex)]
    times = [f"{time}_{unit}" for time in TIMES for unit in ("at", "on")]
    copy(
        conn, "e_version",
        (
            "version_no", "person_id", "kind", "source", "reference", "version", "status", "value", "unit", "detail",
            "is_unclear", "is_lasting", "known_seq", "known_at", "retracted_seq", *times,
        ),
        (
            (
                n, person_id(f.person), f.kind, f.source, f.reference, f.version, f.status,
                f.value if isinstance(f.value, Decimal) else None, f.unit, json.dumps(dict(f.detail), default=_json),
                f.is_unclear, f.kind in PERIODS, f.known_seq, _now(world, f.known_seq), f.retracted_seq,
                *(part for time in TIMES for part in _time(getattr(f, time))),
            )
            for n, f in enumerate(facts)
        ),
    )  # fmt: skip
    copy(
        conn, "e_version_coding", ("version_no", "system", "code"),
        ((n, *coding) for n, f in enumerate(facts) for coding in sorted(f.codings)),
    )  # fmt: skip
    copy(
        conn, "e_version_link", ("version_no", "slot", "namespace", "id", "link_key"),
        (
            (n, slot, *link, link[1] if slot in ACROSS_SYSTEMS else "|".join(link))
            for n, f in enumerate(facts)
            for slot, links in f.links.items()
            for link in sorted(links)
        ),
    )  # fmt: skip


def _sex(person: str, sex: str) -> Fact:
    return Fact(person, "sex", "sex", codings=frozenset({("sex", sex)}), known_seq=0)


def _time(said: object) -> tuple[datetime | None, date | None]:
    return (said.instant, said.day) if isinstance(said, Time) else (None, None)


def _json(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    raise TypeError(f"{value!r} has no form in JSON")
