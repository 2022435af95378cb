"""The engine says of every night what the model says: of definitions and histories that nobody wrote, and of each
section of the reference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack import postgres
from tests.model.generated.crowded import crowded
from tests.model.nights import evaluate
from tests.model.world import World
from tests.unit.language import drafts
from tests.unit.language.sections import Section, sections, world_of
from tests.warehouse.engine import compared, lived
from tests.warehouse.engine.batches import compare
from throughline import warehouse
from throughline.warehouse.connection import Connection


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
