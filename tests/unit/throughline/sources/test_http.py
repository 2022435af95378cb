"""HTTP against a real server that fails in every way: what is asked again, what is sure."""

from __future__ import annotations

import email.utils
import socket
import time

import httpx
import pytest
import servers
from servers import Answer

from throughline.sources import http
from throughline.sources.http import HttpClient, Outcome, retry_after
from throughline.transports.address import Address, SourceUnavailable


@pytest.fixture
def web():
    """A server that answers from its queue."""
    with servers.web() as server:
        yield server


@pytest.fixture
def slept():
    """The seconds that a client waited, without waiting."""
    return []


@pytest.fixture
def client(web, slept):
    """A client of that server."""
    with HttpClient(web.address(), sleep=slept.append) as one:
        yield one


def nowhere() -> Address:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("gone", port=probe.getsockname()[1])


# --- reads


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_asked_again_after_what_may_pass(web, client, slept, status):
    web.answers += [Answer(status), Answer(status), Answer(200, b'{"a":1}')]
    assert client.get("x", {"q": "1 2"}).json() == {"a": 1}
    assert [one.path for one in web.seen] == ["/x?q=1+2"] * 3
    assert slept == [0.25, 0.5]


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 410, 501])
def test_a_read_with_a_clear_answer_is_asked_once(web, client, status):
    web.answers.append(Answer(status))
    assert client.get("x").status_code == status
    assert len(web.seen) == 1


def test_a_server_that_stays_away_is_unavailable_after_a_few_attempts(web, client, slept):
    web.answers += [Answer(503)] * 10
    with pytest.raises(SourceUnavailable, match=r"^web: http_503$"):
        client.get("x")
    assert len(web.seen) == http.ATTEMPTS
    assert len(slept) == http.ATTEMPTS - 1


def test_a_read_whose_answer_was_lost_is_asked_again(web, client):
    web.answers += [Answer(hang=True), Answer(200, b"0123456789", cut=3), Answer(200, b"[]")]
    assert client.get("x").json() == []


def test_retry_after_is_obeyed_up_to_a_limit(web, client, slept):
    soon = email.utils.formatdate(time.time() + 9, usegmt=True)
    waits = ["7", soon, "86400", "soon", "²".encode().decode("latin-1")]
    web.answers += [Answer(429, headers={"Retry-After": wait}) for wait in waits]
    with pytest.raises(SourceUnavailable):
        client.get("x")
    assert slept[0] == 7
    assert 6 < slept[1] <= 9
    assert slept[2:] == [http.LONGEST_WAIT_S, 2.0]


def test_retry_after_in_its_forms():
    def asked(text: str) -> float | None:
        return retry_after(httpx.Response(503, headers={"Retry-After": text}))

    assert [asked(text) for text in ("0", "12", "", "soon", "-3")] == [0, 12, None, None, None]
    assert asked("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after(None) is None


def test_nobody_listens(slept):
    with (
        HttpClient(nowhere(), sleep=slept.append) as client,
        pytest.raises(SourceUnavailable, match=r"^gone: ConnectError$"),
    ):
        client.get("x")


@pytest.mark.parametrize("url", ["http://h:port", "ftp://127.0.0.1"])
def test_an_address_that_is_none(url):
    with HttpClient(Address("odd", extra={"base_url": url}), sleep=lambda _: None) as client:
        with pytest.raises(SourceUnavailable, match=r"^odd: "):
            client.get("x")
        assert client.write("x", b"{}").certainty == "not_sent"


def test_a_server_that_says_nothing_is_given_up(monkeypatch, slept):
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("silent", port=silent.getsockname()[1])
        with HttpClient(address, sleep=slept.append) as client:
            with pytest.raises(SourceUnavailable, match=r"^silent: ReadTimeout$"):
                client.get("x")
            assert client.write("x", b"{}") == Outcome("uncertain", reason="ReadTimeout")


# --- writes


@pytest.mark.parametrize(
    ("status", "certainty", "reason"),
    [
        (200, "accepted", ""),
        (201, "accepted", ""),
        (202, "accepted", ""),
        (302, "rejected", "http_302"),
        (400, "rejected", "http_400"),
        (401, "rejected", "http_401"),
        (404, "rejected", "http_404"),
        (409, "rejected", "http_409"),
        (422, "rejected", "http_422"),
        (501, "rejected", "http_501"),
        (408, "uncertain", "http_408"),
        (412, "uncertain", "http_412"),
        (425, "uncertain", "http_425"),
        (500, "uncertain", "http_500"),
        (502, "uncertain", "http_502"),
        (503, "uncertain", "http_503"),
        (504, "uncertain", "http_504"),
    ],
)
def test_what_an_answer_to_a_write_proves(web, client, status, certainty, reason):
    web.answers.append(Answer(status, b'{"id":"1"}', {"Location": "/x/1"}))
    outcome = client.write("x", b"{}", idempotency_key="k1")
    assert (outcome.certainty, outcome.status, outcome.reason) == (certainty, status, reason)
    assert (outcome.body, outcome.location) == ({"id": "1"}, "/x/1")
    assert outcome.is_certain == (certainty != "uncertain")
    # whatever it was, it was sent once
    [seen] = web.seen
    assert (seen.method, seen.body, seen.headers["idempotency-key"]) == ("POST", b"{}", "k1")


def test_a_write_whose_answer_was_lost_is_uncertain_and_not_sent_again(web, client):
    web.answers += [Answer(hang=True), Answer(201, b"0123456789", cut=2)]
    for _ in range(2):
        outcome = client.write("x", b"{}")
        assert (outcome.certainty, outcome.status) == ("uncertain", None)
    assert len(web.seen) == 2


def test_a_write_turned_away_at_the_door_is_sent_again(web, client, slept):
    web.answers += [Answer(429, headers={"Retry-After": "3"}), Answer(201)]
    assert client.write("x", b"{}").certainty == "accepted"
    assert slept == [3]


def test_a_write_that_never_gets_in_was_not_sent(web, client, slept):
    web.answers += [Answer(429)] * http.ATTEMPTS
    assert client.write("x", b"{}") == Outcome("not_sent", 429, reason="too_many_requests")
    with HttpClient(nowhere(), sleep=slept.append) as other:
        assert other.write("x", b"{}") == Outcome("not_sent", reason="ConnectError")


def test_a_write_without_a_token_was_not_sent(web):
    def refuse() -> dict[str, str]:
        raise SourceUnavailable("web: token: http_400")

    with HttpClient(web.address(), authorize=refuse) as client:
        assert client.write("x", b"{}") == Outcome("not_sent", reason="web: token: http_400")
    assert web.seen == []


def test_an_answer_that_is_no_json(web, client):
    web.answers.append(Answer(200, b"<ok/>"))
    assert client.write("x", b"{}").body is None


# --- who asks


@pytest.mark.parametrize(
    ("login", "password", "header"),
    [
        ("me", "pw", "Basic bWU6cHc="),
        ("", "token", "Bearer token"),
        ("", "", None),
        ("me", "", None),
    ],
)
def test_login_and_password(web, login, password, header):
    web.answers.append(Answer())
    with HttpClient(web.address(login=login, password=password)) as client:
        client.get("x")
    assert web.seen[0].headers.get("authorization") == header


def test_paths_and_whole_addresses(web, client):
    assert client.url("/a/b") == web.url("/a/b")
    assert client.url("https://else.example/x") == "https://else.example/x"
