"""Every table and column of the warehouse says what it means, in the words that the others use."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import psycopg
import pytest

from stack import postgres
from tests.contracts import meaning
from tests.contracts.meaning import Warehouse
from tests.contracts.reach import FURTHER, NEIGHBOURS, WRITES_FURTHER, further, writes_further
from tests.contracts.uses import Uses, uses
from throughline import warehouse


@pytest.fixture(scope="module")
def said(warehouse_server: postgres.Server) -> Warehouse:
    with warehouse.connect(warehouse_server.dsn()) as conn:
        return meaning.look(conn)


@pytest.fixture(scope="module")
def used(said: Warehouse) -> Uses:
    return uses(said.columns, said.bodies)


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
    # what only a gate needs is staged and goes no further
    other = [
        f"{name}.{column}"
        for name in staged
        for column, meaning_of in of[name].items()
        if of[f"core.{name[8:]}"].get(column, meaning_of) != meaning_of
    ]
    assert other == []


def test_the_page_has_not_drifted(said: Warehouse, used: Uses) -> None:
    wanted = meaning.render(said, used)
    assert meaning.TARGET.read_text(encoding="utf-8") == wanted, "run `make docs`"


@pytest.mark.parametrize("step", NEIGHBOURS)
def test_the_modules_of_a_step_reach_no_further_than_its_files(step: str, used: Uses) -> None:
    def by_modules(who: Callable[[str], list[str]], tables: Iterable[str]) -> list[str]:
        mark = f"throughline.{step}"
        return [table for table in tables if any(user.startswith(mark) for user in who(table))]

    read, written = by_modules(used.readers, used.reads), by_modules(used.writers, used.writes)
    assert {*read, *written}
    assert further(step, read) <= set(FURTHER)
    assert writes_further(step, written) <= set(WRITES_FURTHER)


def test_a_published_view_is_read_through_and_not_written_through(
    said: Warehouse, new_warehouse: Callable[[], str]
) -> None:
    views = [
        each.name
        for each in said.relations
        if each.kind == "view"
        and each.name.startswith(("identity.", "evidence."))
        # they gather what several tables leave open, and are no window on one
        and not each.name.endswith("not_known")
        and each.name.partition(".")[2]
        not in ("row_set_aside", "personal_code", "paid_line", "code_exception", "possible_stay")
    ]
    assert len(views) > 5
    with warehouse.connect(new_warehouse()) as conn:
        for view in views:
            plan = conn.execute(
                f"explain (costs off) select * from {view} as v where v.source_id = 'x'".encode()
            ).fetchall()
            assert "Subquery" not in str(plan)
            conn.execute("set local role throughline_loop")
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(f"update {view} set known_seq = 0".encode())
            conn.execute("reset role")


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
