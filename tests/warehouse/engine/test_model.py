"""The engine says of every night what the model says: of definitions and histories that nobody wrote, and of each
section of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stack import postgres
from tests.model.generated.crowded import crowded
from tests.model.generated.histories import NIGHTS, ZONE
from tests.model.nights import evaluate
from tests.model.world import Definition, Fact, Person, Time, World
from tests.unit.language import drafts
from tests.unit.language.sections import Section, sections, world_of
from tests.warehouse.engine import compared, lived
from tests.warehouse.engine.batches import compare
from throughline import warehouse
from throughline.warehouse.connection import Connection


def _time(hour: int) -> Time:
    return Time(instant=datetime(2026, 3, 3, hour, tzinfo=UTC))


def _fact(kind: str, hour: int) -> Fact:
    """Return a record of the one person, made at an hour of the day after the discharge."""
    return Fact("p", kind, f"{kind} {hour}", occurred=_time(hour))


@pytest.fixture
def conn(warehouse_server: postgres.Server) -> Iterator[Connection]:
    """Return a connection whose transaction is rolled back: the engine needs no table of the warehouse."""
    with warehouse.connect(warehouse_server.dsn()) as connection:
        yield connection
        connection.rollback()


def _difference(conn: Connection, name: str, made: World) -> str:
    found = compared.first(name, evaluate(made), lived.evaluate(conn, made))
    return str(found) if found else ""


def test_the_engine_agrees_with_the_model_on_what_is_drawn(conn: Connection) -> None:
    assert not compare(conn, 0, 3, 10).differences


@pytest.mark.nights
def test_many_definitions_share_a_night(conn: Connection) -> None:
    """A small part of `make model-check`: six hundred histories."""
    assert not compare(conn, 40, 10, 60).differences


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.nights) for n in range(1, 6))]
)
def test_the_engine_agrees_with_the_model_on_whole_practices(conn: Connection, seed: int) -> None:
    assert _difference(conn, f"crowded_{seed}", crowded(seed, 12)) == ""


@pytest.mark.nights
@pytest.mark.parametrize("section", sections(), ids=lambda section: section.title)
def test_the_engine_agrees_with_the_model_on_each_section(
    conn: Connection, section: Section
) -> None:
    assert _difference(conn, section.title, world_of(section)) == ""


MIDNIGHT = Time(instant=datetime(2026, 3, 1, 5, tzinfo=UTC))
TRIGGER = Time(instant=datetime(2026, 3, 2, 15, tzinfo=UTC))
BY_HAND: dict[str, tuple[dict[str, Any], dict[str, Any], list[Fact]]] = {
    # what was reached before is not undone by a value below zero: the stage is proven when it was reached
    "values below zero": (
        {"minutes": {"kind": "care_time"}},
        {"sum": "minutes", "at_least": 20},
        [
            replace(_fact("care_time", n), value=Decimal(value))
            for n, value in enumerate((10, 15, -20, 30))
        ],
    ),
    # an end at the very instant of the start leaves that instant: here the first one of the month
    "a period without length": (
        {"stay": {"kind": "admission"}},
        {
            "exists": "stay",
            "same": "month",
            "from": {"trigger": "-3 days"},
        },
        [replace(_fact("admission", 3), occurred=None, starts=MIDNIGHT, ends=MIDNIGHT)],
    ),
    # the first of the codes that are meant, by system and then by code
    "distinct codes": (
        {"test": {"kind": "result"}},
        {"count": "test", "distinct": "code", "at_least": 2},
        [
            replace(_fact("result", 1), codings=frozenset({("a", "9"), ("a-b", "1")})),
            replace(_fact("result", 2), codings=frozenset({("a", "9")})),
            replace(_fact("result", 4), codings=frozenset({("a-b", "1")})),
        ],
    ),
    # a word that the source writes as nothing is not said, and a number is the same however it is written
    "details": (
        {"test": {"kind": "result", "where": {"category": {"not": "absent"}, "rank": [1]}}},
        {"count": "test", "at_least": 2},
        [
            replace(_fact("result", 1), detail={"category": None, "rank": Decimal(1)}),
            replace(_fact("result", 2), detail={"category": "lab", "rank": Decimal("1.0")}),
            replace(_fact("result", 4), detail={"category": "lab", "rank": Decimal(1)}),
        ],
    ),
}
"""What no drawn history has: named facts, a proof, and records."""
CLOCKS: dict[str, dict[str, Any]] = {
    "a period without length": {
        "due": [
            {
                "when": {"exists": "stay", "same": "month", "from": {"trigger": "-3 days"}},
                "to": {"stay": "9 days"},
            }
        ]
    },
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_engine_agrees_with_the_model_on_what_is_seldom(conn: Connection, name: str) -> None:
    facts, proof, records = BY_HAND[name]
    words = {
        "workflow": "by_hand", "version": 1, "facts": {"left": {"kind": "discharge"}, **facts},
        "opens": {"after": "left"}, "stages": [{"stage": "done", "proof": proof, **CLOCKS.get(name, {})}],
    }  # fmt: skip
    left = replace(_fact("discharge", 0), occurred=TRIGGER)
    made = World(
        (Person("p"),), (left, *records), NIGHTS, ZONE, (Definition(words),), may_be_negative=frozenset({"care_time"})
    )  # fmt: skip
    assert evaluate(made)[NIGHTS[-1].number]["p"].cases[0].stages[0].state == "proven"
    assert _difference(conn, name, made) == ""


@pytest.mark.parametrize(
    "name",
    [
        "transitional_care",
        *(
            pytest.param(path.stem, marks=pytest.mark.nights)
            for path in sorted(drafts.LIVES.glob("*.yaml"))
            if path.stem != "transitional_care"
        ),
    ],
)
def test_the_engine_agrees_with_the_model_on_the_lives_of_each_draft(
    conn: Connection, name: str
) -> None:
    assert _difference(conn, name, world_of(drafts.life(name))) == ""
