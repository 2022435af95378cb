"""HTTP against a real server that fails in every way: what is asked again, what is sure."""

from __future__ import annotations

import email.utils
import gzip
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Web
from tests.unit.throughline.transports import rough
from tests.unit.throughline.transports.rough import Connection, nowhere
from throughline.transports import https
from throughline.transports.address import Address, NotYet, SourceUnavailable
from throughline.transports.https import HttpClient, Outcome
from throughline.transports.patience import Clock, Patience, retry_after
from throughline.transports.session import REPEATED, REPEATS


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that answers from its queue."""
    with servers.web() as server:
        yield server


@pytest.fixture
def slept() -> list[float]:
    """The seconds that a client waited, without waiting."""
    return []


@pytest.fixture
def clock(slept: list[float]) -> Clock:
    """A clock on which only waiting takes time."""

    def sleep(seconds: float) -> None:
        slept.append(seconds)

    return Clock(now=lambda: sum(slept), sleep=sleep)


@pytest.fixture
def client(web: Web, clock: Clock) -> Iterator[HttpClient]:
    """A client of that server."""
    with HttpClient(web.address(), clock=clock) as one:
        yield one


def gone() -> Address:
    """An address at which nobody listens."""
    return Address("gone", port=nowhere())


# --- reads


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_asked_again_after_what_may_pass(
    web: Web, client: HttpClient, slept: list[float], status: int
) -> None:
    web.answers += [Answer(status), Answer(status), Answer(200, b'{"a":1}')]
    assert client.get("x", {"q": "1 2"}).json() == {"a": 1}
    assert [one.path for one in web.seen] == ["/x?q=1+2"] * 3
    # where the first repeat came at once, its wait is made up for
    assert slept == ([0.75] if status in REPEATED else [0.25, 0.5])


@pytest.mark.parametrize("answer", [Answer(500), Answer(hang=True), Answer(503)])
def test_a_system_in_trouble_is_asked_a_handful_of_times_and_not_more(
    web: Web, client: HttpClient, slept: list[float], answer: Answer
) -> None:
    web.answers += [answer] * 20
    with pytest.raises(SourceUnavailable):
        client.get("x")
    assert len(web.seen) in (https.PATIENCE.attempts, https.PATIENCE.attempts + REPEATS)
    assert sum(slept) == 0.25 + 0.5 + 1 + 2


@pytest.mark.parametrize("status", sorted(REPEATED))
def test_a_moment_of_trouble_is_over_without_a_wait(
    web: Web, client: HttpClient, slept: list[float], status: int
) -> None:
    web.answers += [Answer(status, headers={"Retry-After": "9"}), Answer(200)]
    assert client.get("x").status == 200
    web.answers += [Answer(hang=True), Answer(200)]
    assert client.get("x").status == 200
    assert slept == []


def test_a_write_is_never_repeated_by_the_library(
    web: Web, client: HttpClient, slept: list[float]
) -> None:
    for one in (Answer(502), Answer(hang=True)):
        web.answers.append(one)
        assert client.write("x", b"{}").certainty == "uncertain"
    assert len(web.seen) == 2
    assert slept == []


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 410, 501])
def test_a_read_with_a_clear_answer_is_asked_once(
    web: Web, client: HttpClient, status: int
) -> None:
    web.answers.append(Answer(status))
    assert client.get("x").status == status
    assert len(web.seen) == 1


def test_a_server_that_stays_away_is_unavailable_after_a_few_attempts(
    web: Web, client: HttpClient, slept: list[float]
) -> None:
    web.answers += [Answer(503)] * 10
    with pytest.raises(SourceUnavailable, match=r"^web: http_503$"):
        client.get("x")
    assert len(web.seen) == https.PATIENCE.attempts
    assert len(slept) == https.PATIENCE.attempts - 1


def test_a_read_whose_answer_was_lost_is_asked_again(web: Web, client: HttpClient) -> None:
    web.answers += [Answer(hang=True), Answer(200, b"0123456789", cut=3), Answer(200, b"[]")]
    assert client.get("x").json() == []


def test_retry_after_is_obeyed_up_to_a_limit(
    web: Web, client: HttpClient, slept: list[float]
) -> None:
    soon = email.utils.formatdate(time.time() + 9, usegmt=True)
    waits = ["7", soon, "86400", "soon", "²".encode().decode("latin-1")]
    web.answers += [Answer(429, headers={"Retry-After": wait}) for wait in waits]
    with pytest.raises(SourceUnavailable):
        client.get("x")
    assert slept[0] == 7
    assert 6 < slept[1] <= 9
    assert slept[2:] == [https.PATIENCE.longest_wait_s, 2.0]


def test_retry_after_in_its_forms() -> None:
    def asked(text: str) -> float | None:
        return retry_after({"Retry-After": text})

    assert [asked(text) for text in ("0", "12", "", "soon", "-3")] == [0, 12, None, None, None]
    assert asked("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after({}) is None


def test_nobody_listens(clock: Clock) -> None:
    with (
        HttpClient(gone(), clock=clock) as client,
        pytest.raises(SourceUnavailable, match=r"^gone: ConnectError$"),
    ):
        client.get("x")


@pytest.mark.parametrize("url", ["http://h:port", "ftp://127.0.0.1"])
def test_an_address_that_is_none(clock: Clock, url: str) -> None:
    with HttpClient(Address("odd", extra={"base_url": url}), clock=clock) as client:
        with pytest.raises(SourceUnavailable, match=r"^odd: "):
            client.get("x")
        assert client.write("x", b"{}").certainty == "not_sent"


def test_a_server_that_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(https, "READ_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("silent", port=silent.getsockname()[1])
        with HttpClient(address, clock=clock) as client:
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
def test_what_an_answer_to_a_write_proves(
    web: Web, client: HttpClient, status: int, certainty: str, reason: str
) -> None:
    web.answers.append(Answer(status, b'{"id":"1"}', {"Location": "/x/1"}))
    outcome = client.write("x", b"{}", idempotency_key="k1")
    assert (outcome.certainty, outcome.status, outcome.reason) == (certainty, status, reason)
    assert (outcome.body, outcome.location) == ({"id": "1"}, "/x/1")
    assert outcome.is_certain == (certainty != "uncertain")
    # whatever it was, it was sent once
    [seen] = web.seen
    assert (seen.method, seen.body, seen.headers["idempotency-key"]) == ("POST", b"{}", "k1")


def test_a_write_whose_answer_was_lost_is_uncertain_and_not_sent_again(
    web: Web, client: HttpClient
) -> None:
    web.answers += [Answer(hang=True), Answer(201, b"0123456789", cut=2)]
    for _ in range(2):
        outcome = client.write("x", b"{}")
        assert (outcome.certainty, outcome.status) == ("uncertain", None)
    assert len(web.seen) == 2


def test_a_write_turned_away_at_the_door_is_sent_again(
    web: Web, client: HttpClient, slept: list[float]
) -> None:
    web.answers += [Answer(429, headers={"Retry-After": "3"}), Answer(201)]
    assert client.write("x", b"{}").certainty == "accepted"
    assert slept == [3]


def test_a_write_that_never_gets_in_was_not_sent(
    web: Web, client: HttpClient, clock: Clock
) -> None:
    web.answers += [Answer(429)] * https.PATIENCE.attempts
    assert client.write("x", b"{}") == Outcome("not_sent", 429, reason="too_many_requests")
    with HttpClient(gone(), clock=clock) as other:
        assert other.write("x", b"{}") == Outcome("not_sent", reason="ConnectError")


def test_a_write_without_a_token_was_not_sent(web: Web) -> None:
    def refuse() -> dict[str, str]:
        raise SourceUnavailable("web: token: http_400")

    with HttpClient(web.address(), authorize=refuse) as client:
        assert client.write("x", b"{}") == Outcome("not_sent", reason="web: token: http_400")
    assert web.seen == []


def test_an_answer_that_is_no_json(web: Web, client: HttpClient) -> None:
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
def test_login_and_password(web: Web, login: str, password: str, header: str | None) -> None:
    web.answers.append(Answer())
    with HttpClient(web.address(login=login, password=password)) as client:
        client.get("x")
    assert web.seen[0].headers.get("authorization") == header


def test_paths_and_whole_addresses(web: Web, client: HttpClient) -> None:
    assert client.url("/a/b") == web.url("/a/b")
    assert client.url("https://else.example/x") == "https://else.example/x"


def test_a_token_that_is_refused_is_renewed_once_in_a_call(web: Web, clock: Clock) -> None:
    tokens = ["c", "b", "a"]
    given = {"Authorization": "Bearer 0"}

    def renew() -> bool:
        given["Authorization"] = f"Bearer {tokens.pop()}"
        return True

    with HttpClient(web.address(), authorize=lambda: given, renew=renew, clock=clock) as client:
        web.answers += [Answer(401), Answer(200), Answer(401), Answer(401)]
        assert client.get("x").status == 200
        assert client.get("x").status == 401
        web.answers += [Answer(401), Answer(201)]
        assert client.write("x", b"{}").certainty == "accepted"
    used = [one.headers["authorization"][-1] for one in web.seen]
    assert used == ["0", "a", "a", "b", "b", "c"]


# --- how long


def test_a_longer_wait_than_anybody_stands_is_left_to_the_caller(
    web: Web, client: HttpClient, slept: list[float], tmp_path: Path
) -> None:
    patient = Patience(defers=True)
    web.answers += [Answer(503, headers={"Retry-After": "20"})] + [
        Answer(503, headers={"Retry-After": "7200"})
    ] * 2
    with pytest.raises(NotYet, match=r"^web: http_503$") as problem:
        client.get("x", patience=patient)
    assert (problem.value.wait_s, slept) == (7200, [20])
    with pytest.raises(NotYet, match=r"^web: http_503$"):
        client.download("x", tmp_path / "f", patience=patient)


def test_a_server_that_stays_busy_is_left_to_the_caller(web: Web, client: HttpClient) -> None:
    web.answers += [Answer(429)] * 9
    with pytest.raises(NotYet, match=r"^web: http_429$") as problem:
        client.get("x", patience=Patience(defers=True, waits_s=9))
    assert problem.value.wait_s == https.BUSY_S


def test_trouble_of_minutes_is_outlasted(web: Web, client: HttpClient, slept: list[float]) -> None:
    """Five 504 within four seconds once lost the EHR of a night."""
    web.answers += [*[Answer(504)] * 12, Answer(200)]
    assert client.get("x", patience=Patience(500, 400.0, waits_s=300.0)).status == 200
    assert 100 < sum(slept) <= 300
    web.answers += [Answer(504)] * 100
    with pytest.raises(SourceUnavailable, match=r"^web: http_504$"):
        client.get("x", patience=Patience(500, 400.0, waits_s=300.0))
    assert sum(slept) <= 600


def test_a_wait_that_would_end_after_all_time_is_not_begun(
    web: Web, client: HttpClient, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "PATIENCE", Patience(total_s=20.0))
    web.answers += [Answer(503, headers={"Retry-After": "15"})] * 2
    with pytest.raises(SourceUnavailable, match=r"^web: http_503$"):
        client.get("x")
    assert slept == [15]
    web.answers += [Answer(429, headers={"Retry-After": "15"})] * 2
    assert client.write("x", b"{}").certainty == "not_sent"
    assert slept == [15, 15]


def test_an_answer_that_trickles_is_given_up_when_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A read timeout is of each byte: a server that sends one a second would be read for days."""
    monkeypatch.setattr(https, "PATIENCE", Patience(total_s=0.3))

    def trickle(connection: Connection) -> None:
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connection.send(b" ")
            time.sleep(0.02)

    with rough.rough(trickle) as server, HttpClient(server.address()) as client:
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match=r"^rough: TimeIsUp$"):
            client.get("x")
        assert client.write("x", b"{}") == Outcome("uncertain", reason="TimeIsUp")
        assert time.monotonic() - began < 5


# --- what was read


def test_json_is_utf_8_whatever_a_header_says(web: Web, client: HttpClient) -> None:
    """Text without a charset is Latin-1 to requests, which would change the names of people."""
    for kind in ("text/plain", "application/json; charset=iso-8859-1", "application/fhir+json"):
        web.answers.append(Answer(200, '{"family":"Zoë"}'.encode(), {"Content-Type": kind}))
        assert client.get("x").json() == {"family": "Zoë"}
    web.answers.append(Answer(201, '{"family":"Zoë"}'.encode(), {"Content-Type": "text/plain"}))
    assert client.write("x", b"{}").body == {"family": "Zoë"}


HEAD = b"HTTP/1.1 200 OK\r\n"
CUT = {
    "no head": b"",
    "within the status": b"HTTP/1.1 2",
    "within the head": HEAD + b"Content-",
    "after a line of the head": HEAD + b"Content-Type: application/json\r\n",
    "before the end of the head": HEAD + b"Content-Length: 2\r\n",
    "before the body": HEAD + b"Content-Length: 2\r\n\r\n",
    "within the body": HEAD + b"Content-Length: 2\r\n\r\n{",
    "within a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\n{",
    "after a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "within packing": HEAD
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
    + gzip.compress(b"{}")[:5]
    + b"\r\n",
}


@pytest.mark.parametrize("cut", CUT)
def test_an_answer_that_is_cut_is_no_answer(clock: Clock, tmp_path: Path, cut: str) -> None:
    def send(connection: Connection) -> None:
        connection.request()
        connection.send(CUT[cut])

    with rough.rough(send) as server, HttpClient(server.address(), clock=clock) as client:
        with pytest.raises(SourceUnavailable, match=r"^rough: RemoteProtocolError$"):
            client.get("x")
        with pytest.raises(SourceUnavailable, match=r"^rough: RemoteProtocolError$"):
            client.download("x", tmp_path / "file")


def test_an_answer_that_ends_with_its_connection_is_whole(clock: Clock) -> None:
    def send(connection: Connection) -> None:
        connection.request()
        connection.send(HEAD + b"\r\n[1]")

    with rough.rough(send) as server, HttpClient(server.address(), clock=clock) as client:
        assert client.get("x").json() == [1]


# --- files


def test_a_part_that_is_another_one_is_not_put_behind_the_first(
    web: Web, client: HttpClient, tmp_path: Path
) -> None:
    web.answers += [
        Answer(200, b"0123456789", cut=4),
        Answer(206, b"XXXX", {"Content-Range": "bytes 6-9/10"}),
        Answer(200, b"0123456789", cut=7),
        Answer(206, b"789", {"Content-Range": "bytes 7-9/10"}),
    ]
    assert client.download("f", tmp_path / "f") == 10
    assert (tmp_path / "f").read_bytes() == b"0123456789"
    assert [one.headers.get("range") for one in web.seen] == [
        None,
        "bytes=4-",
        None,
        "bytes=7-",
    ]


def test_a_file_that_is_there_already_is_fetched_as_a_whole(
    web: Web, client: HttpClient, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"of yesterday")
    web.answers.append(Answer(200, b"new"))
    assert client.download("f", tmp_path / "f") == 3
    assert (tmp_path / "f").read_bytes() == b"new"


def test_a_file_that_cannot_be_written_is_no_trouble_of_the_server(
    web: Web, client: HttpClient, tmp_path: Path
) -> None:
    web.answers.append(Answer(200, b"new"))
    with pytest.raises(FileNotFoundError):
        client.download("f", tmp_path / "no such folder" / "f")
    assert len(web.seen) == 1


# --- what is told


def test_no_log_and_no_error_names_what_was_asked_for(
    web: Web, client: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    web.answers += [Answer(hang=True)] * 10
    with pytest.raises(SourceUnavailable) as told:
        client.get("Patient", {"identifier": "mrn|4711"})
    web.answers.append(Answer(302, headers={"Location": "http://h:port/4711"}))
    client.get("Patient/4711")
    with HttpClient(gone(), clock=Clock(sleep=lambda _: None)) as other:
        assert "4711" not in str(other.write("Task?identifier=4711", b"{}"))
    assert "4711" not in caplog.text
    assert "4711" not in str(told.value)
