"""A warehouse with a fictitious morning, and the browsers of users on its pages."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse

ROOT = Path(__file__).resolve().parents[3]
MORNING = ROOT / "tests" / "warehouse" / "morning.sql"
PORTS = {"THROUGHLINE_READER": "throughline_reader", "THROUGHLINE_DECIDER": "throughline_decider"}


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A throw-away PostgreSQL with a fictitious morning."""
    with postgres.throwaway() as running:
        warehouse.migrate(running.dsn())
        with warehouse.connect(running.dsn()) as conn:
            conn.execute(MORNING.read_bytes())
        yield running


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each page ask anew: tests change in a moment what only the steps of a night change."""
    from throughline.pages.calls import order, work
    from throughline.programs.kept import Kept

    monkeypatch.setattr(order, "_kept", Kept(1, -1))
    monkeypatch.setattr(work, "_counts", Kept(1, -1))


@pytest.fixture
def browser(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., TestClient]]:
    """Return a function that gives the browser of a user."""
    from airflow.api_fastapi.core_api.security import get_user

    for name, role in PORTS.items():
        address = server.dsn(role).replace("postgresql://", "postgres://")
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", address)
    spec = importlib.util.spec_from_file_location(
        "pages", ROOT / "include/throughline/pages/site/__init__.py"
    )
    assert spec is not None
    assert spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    with TestClient(plugin.app) as opened:

        def of(who: str) -> TestClient:
            plugin.app.dependency_overrides[get_user] = lambda: User(who)
            return opened

        yield of
