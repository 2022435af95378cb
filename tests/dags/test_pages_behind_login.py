"""The pages behind login over HTTP: nobody, and a warehouse that does not answer."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[2]


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who


@pytest.fixture
def plugin() -> ModuleType:
    """The plugin, as Airflow loads it."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "plugins/operations_pages.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def nobody(plugin: ModuleType) -> Iterator[TestClient]:
    """A browser without a login."""
    with TestClient(plugin.app, raise_server_exceptions=False) as opened:
        yield opened


def as_user(plugin: ModuleType, who: str) -> None:
    from airflow.api_fastapi.core_api.security import get_user

    plugin.app.dependency_overrides[get_user] = lambda: User(who)


def test_nobody_sees_any_page_but_the_health_route(plugin: ModuleType, nobody: TestClient) -> None:
    asked = []
    for route in plugin.app.routes:
        if route.path == "/health":
            continue
        for method in route.methods:
            path = route.path.replace("{path:path}", "x.html").replace("{number}", "12345678")
            asked.append((method, path, nobody.request(method, path).status_code))
    assert len(asked) >= 4
    assert {status for _, _, status in asked} == {401}


def test_the_static_folder_does_not_hide_a_page(plugin: ModuleType) -> None:
    paths = [route.path for route in plugin.app.routes]
    assert paths.index("/exceptions") < paths.index("/{path:path}")


def test_a_warehouse_that_does_not_answer_is_told_kindly(
    plugin: ModuleType, nobody: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(plugin, "operator")
    told = nobody.get("/exceptions")
    assert told.status_code == 503
    monkeypatch.setenv(
        "AIRFLOW_CONN_THROUGHLINE_READER", "postgres://reader:secret@127.0.0.1:1/throughline"
    )
    told = nobody.get("/exceptions")
    assert told.status_code == 503
    assert "The warehouse does not answer" in told.text
    assert "secret" not in told.text
    assert "style-src 'self' 'sha256-" in told.headers["content-security-policy"]
    assert told.headers["cache-control"] == "no-store"
