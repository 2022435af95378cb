"""A separate warehouse for each test, and a helper that delivers feeds to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack import postgres
from tests.warehouse.deliveries import Hand


@pytest.fixture
def hand(
    new_warehouse: Callable[[], str], warehouse_server: postgres.Server, tmp_path: Path
) -> Iterator[Hand]:
    """Return a hand that delivers to a new warehouse on the night of Monday, 2 March 2026."""
    dsn = new_warehouse()
    database = urlsplit(dsn).path.lstrip("/")
    loader = warehouse_server.dsn("throughline_loader", database)
    loop = warehouse_server.dsn("throughline_loop", database)
    made = Hand(dsn, loader, loop, tmp_path)
    yield made
    made.close()


@pytest.fixture
def long_value() -> str:
    """Return a value that PostgreSQL can store but not index: too long, and incompressible."""
    letters = random.Random(7)
    return "".join(letters.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(9000))
