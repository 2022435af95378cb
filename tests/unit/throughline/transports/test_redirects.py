"""Redirected reads: they go on at the new address, without credentials on another host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen, Web
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import HttpClient
from throughline.transports.patience import Clock
from throughline.transports.redirects import is_downgrade, is_same_origin, next_url

QUICK = Clock(sleep=lambda _: None)


@pytest.fixture
def other() -> Iterator[Web]:
    """A file store on another origin."""
    with servers.web(lambda _: Answer(200, b"0123456789")) as store:
        yield store


def to(there: str, status: int = 307) -> Callable[[Seen], Answer]:
    """A server that redirects everything."""
    return lambda _: Answer(status, headers={"Location": there})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_read_goes_on_at_another_host_without_our_login(
    other: Web, tmp_path: Path, status: int
) -> None:
    with (
        servers.web(to(other.url("/there?sig=1"), status)) as first,
        HttpClient(first.address(password="token"), clock=QUICK) as client,
    ):
        assert client.get("x", {"a": "b"}, follow=True).body == b"0123456789"
        assert client.download("x", tmp_path / "f", follow=True) == 10
    assert (tmp_path / "f").read_bytes() == b"0123456789"
    assert [one.headers["authorization"] for one in first.seen] == ["Bearer token"] * 2
    assert [(one.path, "authorization" in one.headers) for one in other.seen] == [
        ("/there?sig=1", False)
    ] * 2


def test_on_the_same_origin_our_login_goes_along(tmp_path: Path) -> None:
    def respond(seen: Seen) -> Answer:
        return Answer(200) if seen.path == "/b/c" else Answer(307, headers={"Location": "b/c"})

    with (
        servers.web(respond) as web,
        HttpClient(web.address(password="token"), clock=QUICK) as client,
    ):
        assert client.get("a", follow=True).status == 200
    assert [(s.path, s.headers["authorization"]) for s in web.seen] == [
        ("/a", "Bearer token"),
        ("/b/c", "Bearer token"),
    ]


def test_a_broken_transfer_goes_on_through_the_redirect(tmp_path: Path) -> None:
    def serve(seen: Seen) -> Answer:
        start = int(seen.headers.get("range", "bytes=0-")[6:-1])
        cut = 4 if len(store.seen) == 1 else None
        return Answer(206 if start else 200, b"0123456789"[start:], {"ETag": '"1"'}, cut=cut)

    with (
        servers.web(serve) as store,
        servers.web(to(store.url("/f"))) as first,
        HttpClient(first.address(), clock=QUICK) as client,
    ):
        client.download("x", tmp_path / "f", follow=True)
    assert (tmp_path / "f").read_bytes() == b"0123456789"
    assert [one.headers.get("range") for one in store.seen] == [None, "bytes=4-"]


def test_redirects_without_end(tmp_path: Path) -> None:
    def respond(seen: Seen) -> Answer:
        return Answer(302, headers={"Location": "/b" if seen.path == "/a" else "/a"})

    with servers.web(respond) as web, HttpClient(web.address(), clock=QUICK) as client:
        for ask in (
            lambda: client.get("a", follow=True),
            lambda: client.download("a", tmp_path / "f", follow=True),
        ):
            with pytest.raises(SourceUnavailable, match=r"^web: TooManyRedirects$"):
                ask()


@pytest.mark.parametrize("there", ["//", "http://h:port/", "ftp://h/f", "/x", ""])
def test_a_redirect_to_nowhere_is_an_answer_like_any_other(there: str) -> None:
    with servers.web(to(there)) as web, HttpClient(web.address(), clock=QUICK) as client:
        assert client.get("x", follow=True).status == 307


def test_what_is_read_by_tls_is_not_read_without_it(other: Web, tmp_path: Path) -> None:
    """Its address would show, and what comes back would be anybody's."""
    address = Address("web", extra={"base_url": "https://127.0.0.1:1/fhir"})
    with HttpClient(address, clock=QUICK) as client:
        with pytest.raises(SourceUnavailable, match=r"^web: AddressWithoutTls$"):
            client.get(other.url("/f"))
        with pytest.raises(SourceUnavailable, match=r"^web: AddressWithoutTls$"):
            client.download(other.url("/f"), tmp_path / "f", authorized=False)
    assert other.seen == []


def test_origins() -> None:
    assert is_same_origin("https://h/a", "https://H:443/b?c")
    for one in ("http://h/a", "https://h:8443/a", "https://x/a", "https://h:port/", "https://h.x/"):
        assert not is_same_origin("https://h/a", one)
    assert is_downgrade("https://h/", "HTTP://h/")
    assert not is_downgrade("http://h/", "http://h/")
    assert next_url("https://h/a/b", 307, {"Location": " ../c"}) == "https://h/c"
    assert next_url("https://h/a", 200, {"Location": "/c"}) is None
