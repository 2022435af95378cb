"""The pages behind login over HTTP: nobody, and a warehouse that does not answer."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from starlette.testclient import TestClient

from throughline.pages.render import PLACES

ROOT = Path(__file__).resolve().parents[3]


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who


def loaded(path: str) -> ModuleType:
    """Return a file of the tree as a module of its own."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def plugin() -> ModuleType:
    """The app that the plugin serves."""
    return loaded("include/throughline/pages/site/__init__.py")


@pytest.fixture
def nobody(plugin: ModuleType) -> Iterator[TestClient]:
    """A browser without a login."""
    with TestClient(plugin.app, raise_server_exceptions=False) as opened:
        yield opened


def as_user(plugin: ModuleType, who: str) -> None:
    from airflow.api_fastapi.core_api.security import get_user

    plugin.app.dependency_overrides[get_user] = lambda: User(who)


def test_every_page_of_the_navigation_is_in_airflows_too() -> None:
    views = loaded("plugins/operations_pages.py").OperationsPages.external_views
    found = {one["href"] for one in views if one["destination"] == "nav"}
    assert found == {f"throughline/{path}" for path, _ in PLACES}


def test_the_plugin_makes_its_pages_only_where_they_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every task loads the plugins: what it does not serve must not cost it anything."""
    made = "throughline.pages.site"
    monkeypatch.delitem(sys.modules, made, raising=False)
    (entry,) = loaded("plugins/operations_pages.py").OperationsPages.fastapi_apps
    assert made not in sys.modules
    with TestClient(entry["app"]) as opened:
        assert opened.get("/health").status_code in {200, 503}
    assert made in sys.modules


def test_nobody_sees_any_page_but_the_health_route(plugin: ModuleType, nobody: TestClient) -> None:
    asked = []
    for route in plugin.app.routes:
        if route.path == "/health":
            continue
        for method in route.methods:
            path = (
                route.path.replace("{path:path}", "x.html")
                .replace("{number}", "12345678")
                .replace("{person_id}", "x")
                .replace("{act}", "retry")
                .replace("{seq}", "1")
            )
            asked.append((method, path, nobody.request(method, path).status_code))
    assert len(asked) >= 4
    assert {status for _, _, status in asked} == {401}


def test_nobody_is_led_to_the_login_by_a_page(plugin: ModuleType, nobody: TestClient) -> None:
    told = nobody.get("/exceptions", headers={"Accept": "text/html"})
    assert told.status_code == 401
    assert 'href="/auth/login?next=/exceptions" target="_top"' in told.text
    assert "You are" not in told.text
    assert "style-src 'self' 'sha256-" in told.headers["content-security-policy"]
    assert told.headers["cache-control"] == "no-store"


def test_no_script_but_ours_may_run(plugin: ModuleType, nobody: TestClient) -> None:
    as_user(plugin, "operator")
    told = nobody.get("/search")
    (own,) = re.findall(r"<script>(.*?)</script>", told.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    policy = told.headers["content-security-policy"]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # a form with a field that is too long, and a method that no page has
    assert "Nothing was changed" in nobody.post("/search", data={"said": "x" * 2000}).text
    assert nobody.put("/exceptions").status_code == 405


def test_a_page_that_fails_says_so_without_what_it_read(
    plugin: ModuleType, nobody: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user(plugin, "operator")

    def fails(*_: object) -> None:
        raise psycopg.DataError("Ada Long, 716-555-0142")

    monkeypatch.setattr("throughline.pages.routes.reading", fails)
    told = nobody.get("/exceptions")
    assert told.status_code == 500
    assert "This page failed" in told.text
    assert "Ada" not in told.text
    assert "frame-ancestors 'self'" in told.headers["content-security-policy"]


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


def test_a_search_needs_our_own_form(plugin: ModuleType, nobody: TestClient) -> None:
    as_user(plugin, "operator")
    shown = nobody.get("/search")
    token = re.findall(r'name="token" value="([^"]+)"', shown.text)[0]
    cookie = shown.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    said = {"said": "Long", "token": token}
    # a good form is taken: only then is the warehouse asked, and here is none
    assert nobody.post("/search", data=said).status_code == 503
    elsewhere = nobody.post("/search", data=said, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403
    for bad in ({"said": "Long"}, {**said, "token": "x"}):
        refused = nobody.post("/search", data=bad)
        assert refused.status_code == 403
        assert "Nothing was changed" in refused.text
    as_user(plugin, "biller")
    assert nobody.post("/search", data=said).status_code == 403
    as_user(plugin, "operator")
    nobody.cookies.clear()
    assert nobody.post("/search", data=said).status_code == 403


def test_a_person_is_not_for_everybody(plugin: ModuleType, nobody: TestClient) -> None:
    as_user(plugin, "viewer")
    told = nobody.get("/person/00000000-0000-0000-0000-000000000000")
    assert told.status_code == 403
    assert "for those who may see patients" in told.text


def test_no_body_is_read_that_is_longer_than_a_form(nobody: TestClient) -> None:
    told = nobody.post("/search", content=b"said=" + b"x" * 1_000_000)
    assert told.status_code == 413
    assert "longer than any form" in told.text
    for length in ("-1", "1e9", "²", "9" * 5000):
        headers = {"content-length": length.encode()}
        assert nobody.post("/search", headers=headers, content=b"x").status_code == 413
    assert nobody.post("/search", content=iter([b"x"])).status_code == 413
    # the longest note, each character escaped, is still asked for a login
    assert nobody.post("/search", content=b"x" * 300_000).status_code == 401
