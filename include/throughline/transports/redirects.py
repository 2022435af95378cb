"""Where a redirected read goes on, and with which credentials.

File stores and gateways answer a read with the address of another host (Oracle Health: 307). The read
goes on there without login or token, which belong to the first origin only (RFC 9110, 15.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 10


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL (RFC 6454). Raises `ValueError`."""
    parts = urlsplit(url)
    return (
        parts.scheme,
        parts.hostname or "",
        parts.port or {"https": 443, "http": 80}.get(parts.scheme),
    )


def is_same_origin(one: str, other: str) -> bool:
    """Return whether two URLs have the same origin; an invalid one has none."""
    try:
        return origin(one) == origin(other)
    except ValueError:
        return False


def is_downgrade(base: str, url: str) -> bool:
    """Return whether a server that is reached by TLS names an address without it."""
    return base.lower().startswith("https:") and url.lower().startswith("http:")


def next_url(url: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Return the address to which an answer redirects; None if it is no redirect, or names no address."""
    location = headers.get("Location", "")
    if status not in REDIRECTS or not location:
        return None
    try:
        there = urljoin(url, location.strip())
        scheme, host, _ = origin(there)
    except ValueError:
        return None
    return there if scheme in ("http", "https") and host and there != url else None
