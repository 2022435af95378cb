"""A warehouse with the data of a fictitious morning; every test uses it in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import postgres
from throughline import warehouse

MORNING = (Path(__file__).parent / "morning.sql").read_bytes()
CLAIMS = (Path(__file__).parent / "proven" / "claims.sql").read_bytes()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Return a throw-away PostgreSQL with the schema and the morning."""
    with postgres.throwaway() as running:
        warehouse.migrate(running.dsn())
        with warehouse.connect(running.dsn()) as conn:
            conn.execute(MORNING)
        yield running


@pytest.fixture
def conn(server: postgres.Server) -> Iterator[warehouse.Connection]:
    """Return a superuser's connection in a transaction that is rolled back after the test."""
    connection = warehouse.connect(server.dsn(postgres.SUPERUSER))
    try:
        yield connection
    finally:
        connection.rollback()
        connection.close()
