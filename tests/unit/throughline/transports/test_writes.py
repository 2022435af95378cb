"""What is certain of a write: against servers that drop it at every moment of a call."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import connection

from tests.unit.throughline.transports import rough
from tests.unit.throughline.transports.rough import OK, Authority, Connection
from throughline.transports import https
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.https import HttpClient, Outcome
from throughline.transports.patience import Clock
from throughline.transports.session import REPEATS

# more than the buffers of both ends hold, so that it cannot be on its way as a whole
LARGE = b"x" * (16 << 20)
QUICK = Clock(sleep=lambda _: None)


@pytest.fixture(params=["http", "https"])
def context(
    request: pytest.FixtureRequest, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext | None:
    """Plain and TLS, with a client that trusts the server."""
    if request.param == "http":
        return None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.pem))
    return authority.context()


def send(address: Address, content: bytes = b"{}") -> Outcome:
    with HttpClient(address, clock=QUICK) as client:
        return client.write("x", content, idempotency_key="k1")


# --- what was on its way


def before_the_body(connection: Connection) -> None:
    connection.head()


def during_the_body(connection: Connection) -> None:
    connection.head()
    connection.more()


def after_the_request(connection: Connection) -> None:
    connection.request()


def within_the_head_of_the_answer(connection: Connection) -> None:
    connection.request()
    connection.send(OK[:30])


def before_the_body_of_the_answer(connection: Connection) -> None:
    connection.request()
    connection.send(OK[:-2])


def within_the_body_of_the_answer(connection: Connection) -> None:
    connection.request()
    connection.send(OK[:-1])


def within_a_chunk_of_the_answer(connection: Connection) -> None:
    connection.request()
    connection.send(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")


def says_nothing(connection: Connection) -> None:
    while connection.more():
        pass


def with_something_else_than_http(connection: Connection) -> None:
    connection.request()
    connection.send(b"220 mail ready\r\n")


@pytest.mark.parametrize(
    "drops",
    [
        before_the_body,
        during_the_body,
        after_the_request,
        within_the_head_of_the_answer,
        before_the_body_of_the_answer,
        within_the_body_of_the_answer,
        within_a_chunk_of_the_answer,
        with_something_else_than_http,
    ],
)
def test_a_write_that_was_on_its_way_is_uncertain_and_sent_once(
    context: ssl.SSLContext | None, drops: rough.Act
) -> None:
    is_in_sending = drops in (before_the_body, during_the_body)
    with rough.rough(drops, context) as server:
        outcome = send(server.address(), LARGE if is_in_sending else b"{}")
    assert outcome.certainty == "uncertain"
    assert outcome.status is None
    # the words by which the sender knows that the other side is done with it
    assert outcome.reason in {"RemoteProtocolError", "ReadError"}
    [seen] = server.connections
    assert b"\r\n\r\n" in seen.received


def test_a_connection_that_is_taken_and_dropped_proves_nothing() -> None:
    with rough.rough(lambda _: None) as server:
        assert send(server.address()).certainty == "uncertain"
    assert len(server.connections) == 1


def test_no_answer_in_time_is_uncertain(
    context: ssl.SSLContext | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "READ_S", 0.2)
    with rough.rough(says_nothing, context) as server:
        assert send(server.address()) == Outcome("uncertain", reason="ReadTimeout")
    assert len(server.connections) == 1


def test_a_server_that_answers_before_it_has_read_all_is_heard(
    context: ssl.SSLContext | None,
) -> None:
    def refuse(connection: Connection) -> None:
        connection.head()
        connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        says_nothing(connection)

    with rough.rough(refuse, context) as server:
        assert send(server.address(), b"x" * 4096) == Outcome("rejected", 413, reason="http_413")


def test_a_client_that_is_refused_after_the_handshake_is_uncertain(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In TLS 1.3 the refusal of a client comes when it has sent its request, as one with an answer."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.pem))
    with rough.rough(after_the_request, authority.context(asks_for_client=True)) as server:
        outcome = send(server.address())
    assert outcome.certainty == "uncertain"
    assert server.failed_handshakes == 1


# --- what never left


def certainly_not_sent(outcome: Outcome, reason: str) -> None:
    assert (outcome.certainty, outcome.status, outcome.reason) == ("not_sent", None, reason)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_listens(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To urllib3 a failed connection is one of any method, so that its `Retry` would repeat a write."""
    tried = []
    connect = connection.create_connection

    def counting(*where: Any, **how: Any) -> socket.socket:
        tried.append(where)
        return connect(*where, **how)

    monkeypatch.setattr(connection, "create_connection", counting)
    address = Address("gone", scheme=scheme, port=rough.nowhere())
    certainly_not_sent(send(address), "ConnectError")
    assert len(tried) == https.PATIENCE.attempts
    with HttpClient(address, clock=QUICK) as client, pytest.raises(SourceUnavailable):
        client.get("x")
    assert len(tried) == 2 * https.PATIENCE.attempts + REPEATS


def test_nobody_of_that_name() -> None:
    certainly_not_sent(send(Address("gone", host="no-such-host.invalid")), "ConnectError")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_connection_in_time(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "CONNECT_S", 0.1)
    with rough.full() as port:
        certainly_not_sent(send(Address("full", scheme=scheme, port=port)), "ConnectTimeout")


@pytest.fixture(params=["stranger", "other name", "plain", "dropped", "silent"])
def broken_tls(
    request: pytest.FixtureRequest,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[rough.Rough]:
    """A server with which TLS never comes to stand."""
    monkeypatch.setattr(https, "CONNECT_S", 0.3)
    trusted = Authority(tmp_path) if request.param == "stranger" else authority
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted.pem))
    acts: dict[str, rough.Act] = {
        "plain": lambda c: c.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "dropped": lambda c: c.more(),
        "silent": says_nothing,
    }
    contexts = {
        "stranger": authority.context(),
        "other name": authority.context("another.example"),
    }
    act = acts.get(request.param, after_the_request)
    with rough.rough(act, contexts.get(request.param)) as server:
        yield server


def test_a_failed_handshake_sends_nothing(broken_tls: rough.Rough) -> None:
    address = Address("rough", scheme="https", port=broken_tls.port)
    certainly_not_sent(send(address), "HandshakeFailed")
    # our loop's attempts and not one more: urllib3 repeats no write
    assert broken_tls.met() == https.PATIENCE.attempts
    assert not any(b"POST" in one.received for one in broken_tls.connections)
    # a certificate will not be another one at once, and so a read is not repeated for it, either
    with HttpClient(address, clock=QUICK) as client, pytest.raises(SourceUnavailable):
        client.get("x")
    assert broken_tls.met() == 2 * https.PATIENCE.attempts


def test_what_certainly_never_left_is_sent_when_the_server_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = rough.nowhere()
    started: list[socket.socket] = []

    def start(_: float) -> None:
        if not started:
            listener = socket.create_server(("127.0.0.1", port))
            started.append(listener)

            def answer() -> None:
                accepted, _ = listener.accept()
                with accepted:
                    accepted.recv(1 << 16)
                    accepted.sendall(OK)

            threading.Thread(target=answer, daemon=True).start()

    with HttpClient(Address("back", port=port), clock=Clock(sleep=start)) as client:
        assert client.write("x", b"{}").certainty == "accepted"
    started[0].close()


@pytest.mark.parametrize(
    "headers", [{"X-Name": "a\r\nX-Other: b"}, {"X-Name": "Zo\u00eb \u2014"}, {"X\r\nY": "a"}]
)
def test_a_header_that_is_none_never_leaves(headers: dict[str, str]) -> None:
    with (
        rough.rough(after_the_request) as server,
        HttpClient(server.address(), clock=QUICK) as client,
    ):
        outcome = client.write("x", b"{}", headers=headers)
    assert outcome.certainty == "not_sent"
    assert server.connections == []


# --- through a proxy


def test_a_proxy_that_is_not_there_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{rough.nowhere()}")
        there = Address("far", scheme=scheme, host="far.example")
        certainly_not_sent(send(there), "ConnectError")


def test_a_proxy_that_breaks_off_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with rough.rough(after_the_request) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert send(Address("far", host="far.example")).certainty == "uncertain"
    [seen] = proxy.connections
    assert seen.received.startswith(b"POST http://far.example/x ")


def test_a_proxy_that_gives_no_tunnel_is_not_on_the_list_of_what_is_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(connection: Connection) -> None:
        connection.head()
        connection.send(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with rough.rough(refuse) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        assert send(Address("far", scheme="https", host="far.example")).certainty == "uncertain"
    assert [one.received[:8] for one in proxy.connections] == [b"CONNECT "]


def test_a_failed_handshake_behind_a_proxy_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def tunnel(connection: Connection) -> None:
        connection.head()
        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connection.more()

    with rough.rough(tunnel) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        there = Address("far", scheme="https", host="far.example")
        certainly_not_sent(send(there), "HandshakeFailed")
