"""Two claims of one batch that waits, and its page in the browsers of users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from psycopg.conninfo import conninfo_to_dict
from starlette.testclient import TestClient

from stack import airflow, postgres
from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import FIRST, Desk, member, seen
from throughline.pages import access, claims, routes
from throughline.pages.runs import answers
from throughline.warehouse import Connection, connect

AT = "2026-07-01 10:00"


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who


@pytest.fixture
def batch(desk: Desk) -> UUID:
    desk.know(
        member("p1"),
        seen("p1"),
        charge("p1", AT, modifiers=["25"]),
        member("p2"),
        seen("p2"),
        charge("p2", AT),
    )
    desk.open(FIRST)
    desk.bills("p1")
    desk.bills("p2")
    desk.plan()
    (made,) = desk.prepare()
    return made


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The answers that Airflow was given to its questions: who, about which batch, what."""
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        answers, "answer", lambda user, about, act: told.append((user.get_id(), about, act))
    )
    return told


@pytest.fixture
def browser(
    answered: list[tuple[object, ...]],
    desk: Desk,
    desk_dsn: str,
    warehouse_server: postgres.Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], TestClient]:
    """Return a function that opens the pages as a user, each step of a page in its own role."""

    @contextmanager
    def open_warehouse(connection_id: str) -> Iterator[Connection]:
        database = str(conninfo_to_dict(desk_dsn)["dbname"])
        with connect(warehouse_server.dsn(airflow.CONNECTIONS[connection_id], database)) as conn:
            yield conn

    monkeypatch.setattr(access, "open_warehouse", open_warehouse)
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "secret")
    app = FastAPI()
    routes.install(app)
    app.include_router(claims.router)

    def as_user(who: str) -> TestClient:
        app.dependency_overrides[get_user] = lambda: User(who)
        return TestClient(app)

    return as_user
