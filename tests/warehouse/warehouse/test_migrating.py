"""Migrating one warehouse from several sides, and after a migration that was killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from yoyo.exceptions import BadMigration

from stack import postgres
from throughline import warehouse
from throughline.warehouse import migrations
from throughline.warehouse.sql import ROOT


@pytest.fixture
def dsn(kept_warehouse: Callable[[], str]) -> str:
    return kept_warehouse()


def test_a_migration_that_was_killed_holds_up_no_later_one(dsn: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute("insert into public.yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
    assert warehouse.migrate(dsn) == []
    with psycopg.connect(dsn) as conn:
        assert conn.execute("select from public.yoyo_lock").fetchall() == []


def test_who_migrates_waits_for_another_who_does(dsn: str) -> None:
    done = threading.Event()

    def migrate() -> None:
        warehouse.migrate(dsn)
        done.set()

    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", (migrations.LOCK,))
        threading.Thread(target=migrate).start()
        assert not done.wait(3)
    assert done.wait(60)


def test_a_new_database_is_migrated(warehouse_server: postgres.Server) -> None:
    with psycopg.connect(warehouse_server.dsn()) as conn:
        row = conn.execute("select count(*) from public._yoyo_migration").fetchone()
    assert row == (len(list((ROOT / "schema").glob("*.sql"))),)


@pytest.fixture
def schema(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of migrations of a warehouse that has its own already."""
    monkeypatch.setattr(migrations, "ROOT", tmp_path)
    monkeypatch.setattr(migrations, "check_words", lambda conn: None)
    (tmp_path / "schema").mkdir()
    return tmp_path / "schema"


def test_they_are_applied_after_what_they_depend_on_and_each_whole_or_not(
    dsn: str, schema: Path
) -> None:
    (schema / "a.sql").write_text("-- depends: b\ninsert into public.x values ('50 % of; it');\n")
    (schema / "b.sql").write_text(
        "create table public.x (y text);\ncomment on table public.x is 'x';\n"
    )
    assert warehouse.migrate(dsn) == ["b", "a"]
    (schema / "c.sql").write_text("insert into public.x values ('more');\nselect 1 / 0;\n")
    with pytest.raises(psycopg.errors.DivisionByZero):
        warehouse.migrate(dsn)
    with psycopg.connect(dsn) as conn:
        assert conn.execute("select y from public.x").fetchall() == [("50 % of; it",)]
    (schema / "c.sql").write_text("insert into public.x values ('more');\n")
    assert warehouse.migrate(dsn) == ["c"]


def test_a_migration_that_depends_on_one_that_is_not_there_is_refused(
    dsn: str, schema: Path
) -> None:
    (schema / "a.sql").write_text("-- depends: b\nselect 1;\n")
    with pytest.raises(BadMigration, match=r"a\.sql: depends on b, which is not there"):
        warehouse.migrate(dsn)
