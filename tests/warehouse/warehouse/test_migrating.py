"""Migrating one warehouse from several sides, and after a migration that was killed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest

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
