"""The fixtures of a fictitious morning, and its pages in the browsers of users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.warehouse.morning import conn, server
from throughline import warehouse
from throughline.pages import access, claims, routes, sending
from throughline.pages.calls import order, record, work
from throughline.pages.kept import closed, decisions, nights
from throughline.pages.starting import drafts, readiness
from throughline.programs.kept import Kept

__all__ = ["conn", "opened_as", "server"]


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each page ask anew: tests change in a moment what only the steps of a night change."""
    monkeypatch.setattr(order, "_kept", Kept(1, -1))
    monkeypatch.setattr(work, "_counts", Kept(1, -1))


@pytest.fixture
def opened_as(
    conn: warehouse.Connection, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], TestClient]:
    """Return a function that opens the pages as a user, in the test's transaction. The lead may all, others nothing."""

    @contextmanager
    def open_warehouse(connection_id: str) -> Iterator[warehouse.Connection]:
        yield conn

    monkeypatch.setattr(access, "open_warehouse", open_warehouse)
    monkeypatch.setattr(conn, "commit", lambda: None)
    monkeypatch.setattr("throughline.pages.visitor.permitted", lambda who, what: who == "lead")
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "secret")
    app = FastAPI()
    routes.install(app)
    for each in (claims, sending, record, work, nights, decisions, closed, readiness, drafts):
        app.include_router(each.router)

    def as_user(who: str) -> TestClient:
        app.dependency_overrides[get_user] = lambda: User(who)
        return TestClient(app)

    return as_user
