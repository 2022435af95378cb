"""SMART tokens and REST against a real server that fails in every way."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Web
from tests.unit.throughline.sources.smart import KEY, PEM, pem, smart, token
from throughline.sources.fhir import auth
from throughline.sources.fhir.auth import BackendService, algorithm_of
from throughline.sources.fhir.rest import FhirClient
from throughline.transports.address import SourceUnavailable
from throughline.transports.patience import Clock


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
    return Clock(now=lambda: sum(slept), sleep=slept.append)


QUICK = Clock(sleep=lambda _: None)


# --- tokens


def test_a_token_is_asked_for_with_a_signed_assertion(web: Web, clock: Clock) -> None:
    web.answers.append(token())
    service = BackendService(smart(web, key_id="k1"), clock=clock)
    assert service() == service() == {"Authorization": "Bearer t1"}
    [seen] = web.seen
    form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "system/*.rs")
    claims = jwt.decode(
        form["client_assertion"], KEY.public_key(), ["ES384"], audience=web.url("/token")
    )
    assert (claims["iss"], claims["sub"]) == ("us", "us")
    assert claims["exp"] - claims["iat"] <= 300
    assert jwt.get_unverified_header(form["client_assertion"])["kid"] == "k1"


def test_a_token_is_asked_for_again_with_another_assertion(
    web: Web, slept: list[float], clock: Clock
) -> None:
    web.answers += [
        Answer(503, headers={"Retry-After": "4"}),
        Answer(hang=True),
        Answer(429),
        token(),
    ]
    assert BackendService(smart(web), clock=clock)()["Authorization"] == "Bearer t1"
    assert slept == [4, 0.5, 1.0]
    sent = [parse_qs(one.body.decode())["client_assertion"][0] for one in web.seen]
    numbers = {jwt.decode(s, options={"verify_signature": False})["jti"] for s in sent}
    assert len(numbers) == 4


def test_a_token_that_is_forgotten_or_about_to_end_is_renewed(web: Web) -> None:
    web.answers += [token("a", 30), token("b"), token("c")]
    service = BackendService(smart(web))
    service()
    service._until = 0
    assert service()["Authorization"] == "Bearer b"
    service.forget()
    assert service()["Authorization"] == "Bearer c"


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([Answer(400, b'{"error":"invalid_client"}')], "web: token: http_400"),
        ([Answer(200, b"{}")], "web: token: http_200"),
        ([Answer(200, b"no")], "web: token: http_200"),
        ([Answer(500)] * auth.PATIENCE.attempts, "web: token: http_500"),
        ([Answer(hang=True)] * auth.PATIENCE.attempts, "web: token: RemoteProtocolError"),
    ],
)
def test_no_token(web: Web, clock: Clock, answers: list[Answer], reason: str) -> None:
    web.answers += answers
    with pytest.raises(SourceUnavailable, match=f"^{reason}$"):
        BackendService(smart(web), clock=clock)()
    assert len(web.seen) == len(answers)


def test_a_client_with_a_secret_logs_in_with_it(web: Web) -> None:
    web.answers += [token()]
    extra = {
        "token_url": web.url("/token"),
        "client_id": "us",
        "client_secret": "a:b",
        "scope": "s",
    }
    assert BackendService(web.address(extra=extra))()["Authorization"] == "Bearer t1"
    (seen,) = web.seen
    assert seen.headers["authorization"] == f"Basic {base64.b64encode(b'us:a%3Ab').decode()}"
    assert parse_qs(seen.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["s"]}


def test_the_key_of_an_assertion_may_be_in_a_file(web: Web, tmp_path: Path) -> None:
    web.answers += [token()]
    (tmp_path / "key.pem").write_text(PEM)
    address = smart(web, private_key="", key_file=str(tmp_path / "key.pem"))
    assert BackendService(address)()["Authorization"] == "Bearer t1"


def test_no_token_is_needed_where_none_is_given_out(web: Web) -> None:
    assert BackendService(web.address())() == {}


def test_a_token_is_not_asked_for_without_tls(web: Web) -> None:
    address = replace(smart(web), scheme="https", host="ehr.invalid")
    with pytest.raises(SourceUnavailable, match=r"^web: token: AddressWithoutTls$"):
        BackendService(address)()
    assert web.seen == []


def test_keys() -> None:
    assert algorithm_of(PEM) == "ES384"
    assert algorithm_of(pem(rsa.generate_private_key(65537, 2048))) == "RS384"
    for other in ("no key", pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(SourceUnavailable):
            algorithm_of(other)


def test_an_assertion_that_cannot_be_made(web: Web) -> None:
    with pytest.raises(SourceUnavailable, match="no assertion: "):
        BackendService(smart(web, algorithm="RS384"))()
    with pytest.raises(SourceUnavailable, match=r"token: InvalidURL|token: UnsupportedProtocol"):
        BackendService(web.address(extra={"token_url": "http://h:port/", "private_key": PEM}))()


# --- REST

TASK = {"resourceType": "Task", "status": "requested"}


@pytest.fixture
def rest(web: Web, clock: Clock) -> Iterator[FhirClient]:
    """A client of the server's REST interface."""
    with FhirClient(web.address(), clock=clock) as one:
        yield one


def test_a_resource_is_created_once(web: Web, rest: FhirClient) -> None:
    web.answers.append(Answer(201, b'{"resourceType":"Task","id":"7"}', {"Location": "Task/7"}))
    outcome = rest.create(TASK, ("urn:x", "a|b&c"))
    assert (outcome.certainty, outcome.body["id"]) == ("accepted", "7")
    [seen] = web.seen
    assert (seen.method, seen.path) == ("POST", "/Task")
    assert seen.headers["if-none-exist"] == "identifier=urn%3Ax|a%5C|b%26c"
    assert json.loads(seen.body) == TASK


def test_bytes_go_out_as_they_are(web: Web, rest: FhirClient) -> None:
    web.answers.append(Answer(201))
    content = b'{ "resourceType": "Task" }'
    rest.create(content, ("urn:x", "1"))
    assert web.seen[0].body == content


def test_a_lost_answer_is_looked_up_by_identifier(web: Web, rest: FhirClient) -> None:
    found = {
        "entry": [
            {"resource": {"resourceType": "Task", "id": "7"}},
            {"resource": {"resourceType": "OperationOutcome"}},
            1,
        ]
    }
    web.answers += [Answer(hang=True), Answer(503), Answer(200, json.dumps(found).encode())]
    assert rest.create(TASK, ("urn:x", "1")).certainty == "uncertain"
    assert rest.find("Task", ("urn:x", "1")) == [{"resourceType": "Task", "id": "7"}]
    assert parse_qs(urlsplit(web.seen[-1].path).query) == {"identifier": ["urn:x|1"]}


def test_several_that_exist_already_are_no_refusal(web: Web, rest: FhirClient) -> None:
    web.answers.append(Answer(412))
    assert rest.create(TASK, ("urn:x", "1")).certainty == "uncertain"


def test_reads(web: Web, rest: FhirClient) -> None:
    web.answers += [
        Answer(200, b'{"resourceType":"Task"}'),
        Answer(404),
        Answer(410),
        Answer(403),
        Answer(200, b"x"),
        Answer(200, b"[]"),
    ]
    assert rest.read("Task", "a/b") == {"resourceType": "Task"}
    assert web.seen[0].path == "/Task/a%2Fb"
    assert rest.read("Task", "1") is None
    assert rest.read("Task", "1") is None
    for reason in ("http_403", "the answer is not a resource", "the answer is not a resource"):
        with pytest.raises(SourceUnavailable, match=reason):
            rest.read("Task", "1")


def test_a_token_that_is_refused_is_renewed_once(web: Web) -> None:
    web.answers += [
        token("a"),
        Answer(401),
        token("b"),
        Answer(201),
        Answer(401),
        token("c"),
        Answer(200, b"{}"),
    ]
    with FhirClient(smart(web)) as client:
        assert client.create(TASK, ("urn:x", "1")).certainty == "accepted"
        assert client.find("Task", ("urn:x", "1")) == []
    assert [s.headers.get("authorization") for s in web.seen] == [
        None,
        "Bearer a",
        None,
        "Bearer b",
        "Bearer b",
        None,
        "Bearer c",
    ]


def test_threads_that_need_a_token_ask_for_one(web: Web) -> None:
    together = threading.Barrier(4)
    web.respond = lambda seen: token() if seen.path == "/token" else Answer(200, b"{}")

    def read(client: FhirClient) -> None:
        together.wait(5)
        client.read("Task", "1")

    with FhirClient(smart(web)) as client, ThreadPoolExecutor(4) as pool:
        list(pool.map(read, [client] * 4))
    assert [s.path for s in web.seen].count("/token") == 1


def test_without_tokens_a_refusal_is_final(web: Web, rest: FhirClient) -> None:
    web.answers += [Answer(401)] * 2
    assert rest.create(TASK, ("urn:x", "1")).reason == "http_401"
    with pytest.raises(SourceUnavailable, match="http_401"):
        rest.read("Task", "1")
    assert len(web.seen) == 2
