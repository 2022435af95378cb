"""The plugin's routes: one is for everybody and says one word, all others are behind a login."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
OPEN = {"/health"}


@pytest.fixture(scope="module")
def plugin() -> Any:
    spec = importlib.util.spec_from_file_location(
        "site_of_pages", ROOT / "include/throughline/pages/site/__init__.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def asked(plugin: Any, method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=plugin.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
        return await client.request(method, path)


def ask(plugin: Any, method: str, path: str) -> httpx.Response:
    import asyncio

    return asyncio.run(asked(plugin, method, path))


def test_every_other_route_asks_for_a_login(
    plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latest.html").write_text("a morning", encoding="utf-8")
    (tmp_path / "mornings.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("THROUGHLINE_PAGES", str(tmp_path))
    found = set()
    for route in plugin.app.routes:
        found.add(route.path)
        if route.path in OPEN:
            continue
        for method in route.methods:
            path = route.path.replace("{path:path}", "latest.html")
            assert ask(plugin, method, path).status_code == 401, (method, route.path)
    assert found > {*OPEN, "/", "/{path:path}", "/claims", "/exceptions", "/person/{person_id}"}
    for path in ("/mornings.json", "/health/", "/health/latest.html", "//health", "/docs"):
        assert ask(plugin, "GET", path).status_code == 401, path


def test_health_says_one_word(plugin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.told import mornings

    monkeypatch.setenv("THROUGHLINE_PAGES", str(tmp_path))
    monkeypatch.delenv("THROUGHLINE_SCHEDULE_FROM", raising=False)
    told = ask(plugin, "GET", "/health")
    assert (told.status_code, told.text) == (503, "missing")
    monkeypatch.setenv("THROUGHLINE_SCHEDULE_FROM", "2100-01-01")
    assert ask(plugin, "GET", "/health").status_code == 200
    monkeypatch.delenv("THROUGHLINE_SCHEDULE_FROM")
    mornings.record(tmp_path, date(2099, 1, 1), "failed")
    assert ask(plugin, "GET", "/health").text == "failed"
    mornings.record(tmp_path, date(2099, 1, 1), "finished")
    told = ask(plugin, "GET", "/health")
    assert (told.status_code, told.text) == (200, "ok")
    assert told.headers["cache-control"] == "no-store"
    assert ask(plugin, "HEAD", "/health").status_code == 200
    assert ask(plugin, "POST", "/health").status_code in (401, 405)
