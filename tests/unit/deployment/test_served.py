"""The folder of pages as a browser gets it: nothing outside it, and nothing that runs."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from tests.unit.throughline.told.test_told_words import morning
from throughline.deployment import served
from throughline.quality import docs
from throughline.told import page

PAGE = b"<!doctype html><style>\nb { color: red }\n</style><p>1</p>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of pages, with a secret beside it."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "latest.html").write_bytes(PAGE)
    (pages / "notes.txt").write_text("not served")
    (tmp_path / "secret.html").write_text("secret")
    (pages / "loop.html").symlink_to("loop.html")
    (pages / "out.html").symlink_to(tmp_path / "secret.html")
    return pages.resolve()


def test_a_page_is_served_with_its_type(root: Path) -> None:
    assert served.find(root, "latest.html") == (PAGE, "text/html")


@pytest.mark.parametrize(
    "path",
    [
        "nothing.html", "", ".", "..", "../secret.html", "%2e%2e/secret.html", "/etc/passwd.html",
        "out.html", "loop.html", "notes.txt", "latest.html/x.html",
        "a\0.html", "a\n.html", "a\r\nSet-Cookie: x.html", "\x1b[2J.html", "\x7f.html", "\ud800.html",
        "\u202elmth.html", "x" * 300 + ".html", "x/" * 5000 + "y.html", "../" * 5000 + "y.html",
    ],
)  # fmt: skip
def test_what_cannot_be_a_page_is_not_found(root: Path, path: str) -> None:
    assert served.find(root, path) is None


def test_the_style_of_a_page_is_allowed_by_its_hash_and_nothing_else(tmp_path: Path) -> None:
    docs.write(tmp_path, "ehr", "task", "c0ffee00", 1, 3, [("e", "critical", "1", True)])
    gates = [file.read_text(encoding="utf-8") for file in tmp_path.rglob("*.html")]
    assert len(gates) == 2
    for html in (page.render(morning()), *gates):
        (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        hash_ = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = served.headers(html.encode())["Content-Security-Policy"]
        assert f"style-src 'self' 'sha256-{hash_}'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        # what such a policy would stop: the pages need none of it
        assert not re.search(r"<script|\sstyle=|\son\w+=|javascript:|<link|<base|<img|src=", html)


def test_every_answer_says_who_may_frame_it_and_what_it_is() -> None:
    told = served.headers()
    assert "frame-ancestors 'self'" in told["Content-Security-Policy"]
    assert (told["X-Content-Type-Options"], told["X-Frame-Options"]) == ("nosniff", "SAMEORIGIN")
    assert (told["Referrer-Policy"], told["Cache-Control"]) == ("same-origin", "no-store")
