"""A separate warehouse for each test, and a helper that delivers feeds to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack import postgres
from tests.warehouse.deliveries import Hand
from tests.warehouse.quality.outbox import Outbox
from throughline import sources, warehouse, workflows


@pytest.fixture
def hand(
    new_warehouse: Callable[[], str], warehouse_server: postgres.Server, tmp_path: Path
) -> Iterator[Hand]:
    """Return a hand that delivers to a new warehouse on the night of Monday, 2 March 2026."""
    dsn = new_warehouse()
    database = urlsplit(dsn).path.lstrip("/")
    loader = warehouse_server.dsn("throughline_loader", database)
    loop = warehouse_server.dsn("throughline_loop", database)
    decider = warehouse_server.dsn("throughline_decider", database)
    made = Hand(dsn, loader, loop, tmp_path, decider)
    yield made
    made.close()


@pytest.fixture
def long_value() -> str:
    """Return a value that PostgreSQL can store but not index: too long, and incompressible."""
    letters = random.Random(7)
    return "".join(letters.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(9000))


@pytest.fixture
def outbox(new_warehouse: Callable[[], str], tmp_path: Path) -> Iterator[Outbox]:
    """An empty outbox, and a warehouse that knows the definitions."""
    with warehouse.connect(new_warehouse()) as conn:
        sources.register(conn, 0)
        workflows.register(conn, 0)
        conn.commit()
        yield Outbox(conn, tmp_path)
