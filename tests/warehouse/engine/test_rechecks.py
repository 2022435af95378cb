"""By time alone nothing changes before the engine says that it may."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from stack import postgres
from tests.model.generated.crowded import crowded
from tests.model.generated.drawn import definition
from tests.model.generated.histories import NIGHTS, world
from tests.model.nights import evaluate
from tests.model.seen import Ask, CaseSeen, PersonSeen
from tests.model.world import Night, World
from tests.warehouse.engine import inputs, lived
from throughline import warehouse
from throughline.warehouse.connection import Connection

LAST = NIGHTS[-1]
RECHECKS = """
select p.person_id,
    nullif(least(
        (select min(r.recheck_at) from e_recheck as r where r.person_id = p.person_id),
        (select min(w.check_at) from e_watch as w where w.person_id = p.person_id)
    ), 'infinity'),
    exists (select from e_waits as w where w.person_id = p.person_id)
from e_person as p
"""


@pytest.fixture
def conn(warehouse_server: postgres.Server) -> Iterator[Connection]:
    """Return a connection whose transaction is rolled back."""
    with warehouse.connect(warehouse_server.dsn()) as connection:
        yield connection
        connection.rollback()


def later(made: World, seed: int) -> World:
    """Return a world with nights after the last, on which nothing new is known; some follow within hours."""
    rng = random.Random(seed)
    now, more = LAST.now, []
    for number in range(1, 15):
        now += timedelta(minutes=rng.choice((30, 400, 1440, 1440, 1440, 4000, 20000)))
        more.append(Night(LAST.number + number, now))
    return replace(
        made,
        nights=(*made.nights, *more),
        facts=tuple(
            replace(f, retracted_seq=None) if (f.retracted_seq or 0) > LAST.number else f
            for f in made.facts
        ),
        asides=tuple(
            replace(a, solved_seq=None) if (a.solved_seq or 0) > LAST.number else a
            for a in made.asides
        ),
    )


def shown(seen: PersonSeen) -> Any:
    """Return what must not change: all but what counts from tonight, the due of exceptions and of the unknown."""
    return (
        [_case(case) for case in seen.cases],
        [(w.workflow, w.key, w.why, w.is_exception, w.conditions) for w in seen.waiting],
    )


def _case(case: CaseSeen) -> dict[str, Any]:
    told = {field.name: getattr(case, field.name) for field in fields(case)}
    del told["events"]
    told["asks"] = [_ask(ask) for ask in case.asks]
    return told


def _ask(ask: Ask) -> tuple[Any, ...]:
    counts = ask.asks != "exception" and ask.kind != "unknown"
    return ask.rank, ask.asks, ask.kind, ask.due if counts else None, ask.reason, ask.by


def rechecks(conn: Connection, made: World) -> dict[str, tuple[datetime | None, bool]]:
    """Return for each person when it may change by time, and whether it waits for a feed, as of the last night."""
    names = {inputs.person_id(person.name): person.name for person in made.persons}
    lived.evaluate(conn, replace(made, nights=NIGHTS))
    return {
        names[person]: (at, waits)
        for person, at, waits in conn.execute(RECHECKS.encode()).fetchall()
    }


def changed_before(conn: Connection, made: World, seed: int) -> tuple[list[str], int]:
    """Return who changed before the engine's time, and how often somebody did not have to be looked at."""
    whole = later(made, seed)
    at = rechecks(conn, whole)
    nights = evaluate(whole)
    wrong, spared = [], 0
    for night in whole.nights[len(NIGHTS) :]:
        for person, (recheck_at, waits) in at.items():
            if waits or (recheck_at is not None and night.now >= recheck_at):
                continue
            spared += 1
            if shown(nights[night.number][person]) != shown(nights[LAST.number][person]):
                wrong.append(f"{person} on {night.now}, to be looked at {recheck_at or 'never'}")
    return wrong, spared


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.nights) for n in range(1, 30))]
)
def test_nothing_drawn_changes_before_its_time(conn: Connection, seed: int) -> None:
    wrong, spared = changed_before(conn, world(definition(seed)[0], 20, seed)[0], seed)
    assert wrong == []
    assert spared > 0


@pytest.mark.nights
@pytest.mark.parametrize("seed", range(12))
def test_nothing_of_a_whole_practice_changes_before_its_time(conn: Connection, seed: int) -> None:
    wrong, spared = changed_before(conn, crowded(seed, 15), seed)
    assert wrong == []
    assert spared > 0
