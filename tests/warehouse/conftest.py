"""A throw-away server with a migrated warehouse, and a fixture that copies it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from psycopg import sql

from stack import postgres
from tests.permitted import let_the_staff_decide, let_them_use_commands
from tests.warehouse.clinic import Clinic
from throughline import evidence, sources, warehouse, workflows

TEMPLATE = "throughline"


@pytest.fixture(autouse=True)
def staff(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let the people of the tests decide, also by commands."""
    let_the_staff_decide(monkeypatch)
    let_them_use_commands(monkeypatch, tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def warehouse_server() -> Iterator[postgres.Server]:
    """Return a server whose database `throughline` has the newest schema and nothing in it."""
    with postgres.throwaway() as running:
        warehouse.migrate(running.dsn())
        yield running


@pytest.fixture(scope="session")
def kept_warehouse(warehouse_server: postgres.Server) -> Callable[[], str]:
    """Return a function that copies the empty warehouse and gives the copy's superuser DSN; the copy stays."""
    numbers = itertools.count(1)

    def make() -> str:
        name = f"copy_{next(numbers)}"
        admin = warehouse_server.dsn(postgres.SUPERUSER, "postgres")
        with warehouse.connect(admin, autocommit=True) as conn:
            conn.execute(
                sql.SQL("create database {} template {} strategy file_copy").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE)
                )
            )
        return warehouse_server.dsn(postgres.SUPERUSER, name)

    return make


@pytest.fixture
def new_warehouse(
    kept_warehouse: Callable[[], str], warehouse_server: postgres.Server
) -> Iterator[Callable[[], str]]:
    """Return a function as `kept_warehouse`, whose copies are gone after the test.

    A copy has 1,300 files. Dropped at once they never reach the disk.
    """
    made: list[str] = []

    def make() -> str:
        made.append(kept_warehouse())
        return made[-1]

    yield make
    admin = warehouse_server.dsn(postgres.SUPERUSER, "postgres")
    with warehouse.connect(admin, autocommit=True) as conn:
        for dsn in made:
            name = urlsplit(dsn).path.lstrip("/")
            conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def defined_warehouse(kept_warehouse: Callable[[], str]) -> str:
    """Return the DSN of a warehouse that knows the definitions of this tree, committed as night 0."""
    return defined(kept_warehouse())


def defined(dsn: str) -> str:
    """Let a warehouse know the definitions of this tree, committed as night 0; returns its DSN."""
    with warehouse.connect(dsn) as conn:
        sources.register(conn, 0)
        evidence.register_codes(conn)
        workflows.register(conn, 0)
    return dsn


@pytest.fixture
def clinic(defined_warehouse: str) -> Iterator[Clinic]:
    """Return an empty practice in a transaction that is rolled back after the test."""
    connection = warehouse.connect(defined_warehouse)
    try:
        yield Clinic(connection)
    finally:
        connection.rollback()
        connection.close()
