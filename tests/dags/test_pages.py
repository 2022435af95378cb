"""The plugin's pages over HTTP: as Airflow mounts them, but for its own login."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Somebody who has logged in, and a folder with one page."""
    (tmp_path / "latest.html").write_text("<style>b {}</style><p>Call by 17:00</p>")
    monkeypatch.setenv("THROUGHLINE_PAGES", str(tmp_path))
    spec = importlib.util.spec_from_file_location(
        "pages", ROOT / "include/throughline/pages/site/__init__.py"
    )
    assert spec is not None
    assert spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    (login,) = plugin.pages.dependencies
    plugin.app.dependency_overrides[login.dependency] = lambda: None
    with TestClient(plugin.app, raise_server_exceptions=False) as opened:
        yield opened


def test_pages_and_refusals_tell_the_browser_what_it_may_do(client: TestClient) -> None:
    odd = ["a\0.html", "a\n.html", "x" * 300 + ".html", "x/" * 4000 + "y.html", "%ff.html"]
    told = {path: client.get("/" + quote(path, safe="/%")) for path in ("", "nothing.html", *odd)}
    assert [answer.status_code for answer in told.values()] == [200, *[404] * (1 + len(odd))]
    assert "Call by 17:00" in told[""].text
    assert "style-src 'self' 'sha256-" in told[""].headers["content-security-policy"]
    for answer in told.values():
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
