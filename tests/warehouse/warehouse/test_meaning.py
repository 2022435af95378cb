"""Every table and column of the warehouse says what it means, in the words that the others use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "contracts"))  # the kit beside the tests

import meaning
from meaning import Warehouse
from uses import uses

from stack import postgres
from throughline import warehouse


@pytest.fixture(scope="module")
def said(warehouse_server: postgres.Server) -> Warehouse:
    with warehouse.connect(warehouse_server.dsn()) as conn:
        return meaning.look(conn)


def test_nothing_is_left_unsaid(said: Warehouse) -> None:
    assert meaning.unsaid(said) == [], "say what it means in a migration: comment on … is '…'"


def test_a_meaning_names_only_what_is_there(said: Warehouse) -> None:
    assert meaning.strangers(said) == []


def test_columns_of_one_name_begin_with_the_same_words(said: Warehouse) -> None:
    assert meaning.other_words(said) == [], "the words are in tests/contracts/meaning.py"


def test_staging_says_what_core_says(said: Warehouse) -> None:
    of = {each.name: {one.name: one.meaning for one in each.columns} for each in said.relations}
    staged = [name for name in of if name.startswith("staging.")]
    assert staged
    assert [name for name in staged if not of[name].items() <= of[f"core.{name[8:]}"].items()] == []


def test_the_page_has_not_drifted(said: Warehouse) -> None:
    wanted = meaning.render(said, uses(said.columns, said.bodies))
    assert meaning.TARGET.read_text(encoding="utf-8") == wanted, "make docs writes it"


def test_what_is_unsaid_or_said_of_nothing_is_found(new_warehouse: Callable[[], str]) -> None:
    with warehouse.connect(new_warehouse()) as conn:
        conn.execute("create table cases.planted (known_seq bigint, about text, other text)")
        conn.execute("create function cases.planted_too() returns int language sql as 'select 1'")
        conn.execute("comment on column cases.planted.known_seq is 'When it came (cases.nowhere).'")
        conn.execute(
            "comment on column cases.planted.about is 'As cases.stage.nothing and gone_seq.'"
        )
        found = meaning.look(conn)
        conn.rollback()
    assert meaning.unsaid(found) == ["cases.planted", "cases.planted.other", "cases.planted_too()"]
    assert meaning.strangers(found) == [
        "cases.planted.known_seq: cases.nowhere",
        "cases.planted.about: cases.stage.nothing",
        "cases.planted.about: gone_seq",
    ]
    assert meaning.other_words(found) == ["cases.planted.known_seq"]
