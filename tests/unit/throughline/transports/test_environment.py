"""What a client takes from the environment (proxies, authorities), and what it does not (`.netrc`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Web
from tests.unit.throughline.transports import rough
from tests.unit.throughline.transports.rough import OK, Authority, Connection
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import HttpClient
from throughline.transports.patience import Clock

QUICK = Clock(sleep=lambda _: None)


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers everything."""
    with servers.web(lambda _: Answer()) as server:
        yield server


# --- .netrc


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with a login for the very host that is asked."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login someone password secret\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))


def login_sent(web: Web) -> str | None:
    return web.seen[-1].headers.get("authorization")


def always(answer: Answer) -> servers.Respond:
    """Answer whatever is asked."""
    return lambda _: answer


@pytest.mark.usefixtures("netrc")
def test_a_login_of_netrc_is_sent_by_requests_and_not_by_us(web: Web, tmp_path: Path) -> None:
    requests.get(web.url("/"), timeout=5)
    assert login_sent(web) is not None, "the file is right: requests itself uses it"
    with HttpClient(web.address(), clock=QUICK) as client:
        client.get("x")
        assert login_sent(web) is None
        client.write("x", b"{}")
        assert login_sent(web) is None
        client.download("x", tmp_path / "file")
        assert login_sent(web) is None
        client.post_form("x", lambda: {"a": "b"})
        assert login_sent(web) is None


@pytest.mark.usefixtures("netrc")
def test_a_login_of_netrc_does_not_replace_ours(web: Web) -> None:
    with HttpClient(web.address(password="token"), clock=QUICK) as client:
        client.get("x")
        assert login_sent(web) == "Bearer token"
        client.write("x", b"{}")
        assert login_sent(web) == "Bearer token"


def test_a_login_in_the_address_is_sent(web: Web) -> None:
    stated = {"base_url": f"http://me:pw@127.0.0.1:{web.port}"}
    with HttpClient(Address("web", extra=stated), clock=QUICK) as client:
        client.get("x")
    assert login_sent(web) == "Basic bWU6cHc="


# --- proxies


def test_a_proxy_of_the_environment_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        with monkeypatch.context() as patch:
            patch.setenv(name, f"http://127.0.0.1:{web.port}")
            with HttpClient(Address("far", host="far.example"), clock=QUICK) as client:
                assert client.get("x").status == 200
                assert client.write("x", b"{}").certainty == "accepted"
        assert [one.path for one in web.seen] == ["http://far.example/x"] * 2, name
        web.seen.clear()


def test_a_proxy_tunnels_what_is_secure(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: Connection) -> None:
        connection.head()
        connection.send(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with rough.rough(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:pw@127.0.0.1:{proxy.port}")
        there = Address("far", scheme="https", host="far.example", password="token")
        with (
            HttpClient(there, clock=QUICK) as client,
            pytest.raises(SourceUnavailable, match=r"^far: "),
        ):
            client.get("x")
    asked = proxy.connections[0].received
    assert asked.startswith(b"CONNECT far.example:443 ")
    assert b"Proxy-Authorization: Basic bWU6cHc=" in asked
    assert b"token" not in asked


@pytest.mark.parametrize("excepted", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_no_proxy_is_honoured(web: Web, monkeypatch: pytest.MonkeyPatch, excepted: str) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{rough.nowhere()}")
    with HttpClient(web.address(), clock=QUICK) as client:
        with pytest.raises(SourceUnavailable, match=r"^web: ConnectError$"):
            client.get("x")
        monkeypatch.setenv("no_proxy", excepted)
        assert client.get("x").status == 200
    assert web.seen[-1].path == "/x"


# --- authorities


def answer(connection: Connection) -> None:
    connection.request()
    connection.send(OK)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_authorities_of_the_environment_are_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with rough.rough(answer, authority.context()) as server:
        with (
            HttpClient(server.address(), clock=QUICK) as client,
            pytest.raises(SourceUnavailable, match=r"^rough: HandshakeFailed$"),
        ):
            client.get("x")
        monkeypatch.setenv(variable, str(authority.pem))
        with HttpClient(server.address(), clock=QUICK) as client:
            assert client.get("x").status == 201
            assert client.write("x", b"{}").certainty == "accepted"


def test_requests_own_variable_goes_before_that_of_openssl(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path).pem))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.pem))
    with (
        rough.rough(answer, authority.context()) as server,
        HttpClient(server.address(), clock=QUICK) as client,
    ):
        assert client.get("x").status == 201


def test_authorities_that_are_not_there_let_nothing_leave(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    with (
        rough.rough(answer, authority.context()) as server,
        HttpClient(server.address(), clock=QUICK) as client,
    ):
        with pytest.raises(SourceUnavailable, match=r"^rough: OSError$"):
            client.get("x")
        assert client.write("x", b"{}").certainty == "not_sent"
    assert server.connections == []


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_no_login_goes_to_another_host(
    web: Web, tmp_path: Path, status: int
) -> None:
    for there in (web.url("/there"), "http://h:port/", "//", ""):
        with (
            servers.web(always(Answer(status, headers={"Location": there}))) as first,
            HttpClient(first.address(password="token"), clock=QUICK) as client,
        ):
            assert client.get("x").status == status
            outcome = client.write("x", b"{}")
            assert (outcome.certainty, outcome.reason) == ("rejected", f"http_{status}")
            with pytest.raises(SourceUnavailable, match=f"http_{status}"):
                client.download("x", tmp_path / "file")
            assert client.post_form("x", lambda: {"a": "b"}).status == status
    assert web.seen == []


# --- one session for each thread


def test_sessions_are_not_shared_between_threads_and_keep_their_connections() -> None:
    from concurrent.futures import ThreadPoolExecutor

    def serve(connection: Connection) -> None:
        while connection.next_request():
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with rough.rough(serve) as server:
        with HttpClient(server.address(), clock=QUICK) as client, ThreadPoolExecutor(1) as other:
            for _ in range(3):
                client.get("x")
                other.submit(client.get, "x").result()
                client.write("x", b"{}")
        assert server.met() == 2
