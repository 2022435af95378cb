"""Serves the folder of pages: which file a path means, and what a browser may do with it.

The pages load nothing, and bring their style with them; the only script that may run is ours. A browser is told so:
whatever else found its way into one would not run. Airflow's own UI may frame them, and nobody else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

MEDIA = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".woff2": "font/woff2",
}
"""Files that are served, by the end of their name."""
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
"""Content-Security-Policy of every answer, https://www.w3.org/TR/CSP3/ (read 2026-11-28)."""
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    # for browsers that do not know frame-ancestors
    "X-Frame-Options": "SAMEORIGIN",
    # the address of a page may name a case: no other host learns it
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def find(root: Path, path: str) -> tuple[bytes, str] | None:
    """Return the bytes and the media type of a file below `root`; None if there is none to serve.

    That is so of everything outside `root`, and of paths that cannot be one: with control characters, or too long.
    """
    if not path.isprintable():
        return None
    try:
        wanted = (root / path).resolve()
        if not wanted.is_relative_to(root) or wanted.suffix not in MEDIA or not wanted.is_file():
            return None
        return wanted.read_bytes(), MEDIA[wanted.suffix]
    except (OSError, ValueError, RuntimeError):
        # too long a name, a NUL, a loop of links, a file that went away meanwhile
        return None


def headers(page: bytes = b"", script: str = "") -> dict[str, str]:
    """Return the headers of an answer; of a page, its own style is allowed by its hash, and one script that we know."""
    styles = sorted({_hash(each) for each in _STYLE.findall(page)})
    policy = dict(POLICY)
    policy["style-src"] = " ".join([policy["style-src"], *styles])
    if script:
        policy["script-src"] = _hash(script.encode())
    return {
        "Content-Security-Policy": "; ".join(f"{name} {what}" for name, what in policy.items()),
        **HEADERS,
    }


def _hash(allowed: bytes) -> str:
    """Return what a policy calls these bytes of a page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(allowed).digest()).decode()}'"
