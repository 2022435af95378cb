"""SMART tokens, Bulk Data and REST against a real server that fails in every way."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen, Web
from throughline.sources.fhir import auth
from throughline.sources.fhir.auth import BackendService, algorithm_of
from throughline.sources.fhir.bulk import BulkClient, ManifestFile
from throughline.sources.fhir.rest import FhirClient
from throughline.transports import https
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.patience import Clock, Patience
from throughline.transports.session import REPEATS

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem(key: PrivateKey) -> str:
    """A private key as an Airflow connection has it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


KEY = ec.generate_private_key(ec.SECP384R1())
PEM = pem(KEY)


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


def smart(web: Web, **more: Any) -> Address:
    """The address of a server that wants tokens."""
    return web.address(
        extra={"token_url": web.url("/token"), "client_id": "us", "private_key": PEM, **more}
    )


def token(name: str = "t1", seconds: int = 300) -> Answer:
    """A token."""
    return Answer(200, json.dumps({"access_token": name, "expires_in": seconds}).encode())


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


def test_no_token_is_needed_where_none_is_given_out(web: Web) -> None:
    assert BackendService(web.address())() == {}


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


# --- Bulk Data

TIME = "2026-09-04T05:00:00Z"


def manifest(web: Web, **more: Any) -> Answer:
    """A manifest of one file of two lines."""
    body = {
        "transactionTime": TIME,
        "requiresAccessToken": True,
        "output": [{"type": "Patient", "url": web.url("/files/1"), "count": 2}],
        **more,
    }
    return Answer(200, json.dumps(body).encode())


def started(web: Web) -> Answer:
    """An export that was taken."""
    return Answer(202, headers={"Content-Location": web.url("/job/1")})


@pytest.fixture
def client(web: Web, clock: Clock) -> Iterator[BulkClient]:
    """A client of the server's export."""
    with BulkClient(web.address(), clock=clock) as one:
        yield one


def test_an_export_from_kick_off_to_manifest(
    web: Web, client: BulkClient, slept: list[float]
) -> None:
    web.answers += [
        started(web),
        Answer(202, headers={"Retry-After": "120"}),
        Answer(202),
        manifest(web, deleted=[{"type": "Bundle", "url": "u", "count": "x"}], error=[{"url": "e"}]),
        Answer(404),
    ]
    found, job = client.export(["Patient", "Task"], "2026-09-03T05:00:00Z")
    client.finish(job)
    assert found.transaction_time == TIME
    assert found.output == [ManifestFile("Patient", web.url("/files/1"), 2)]
    assert (found.deleted, found.error) == ([ManifestFile("Bundle", "u")], [ManifestFile("", "e")])
    assert slept == [120, 0.75]
    kick_off = urlsplit(web.seen[0].path)
    assert parse_qs(kick_off.query) == {
        "_type": ["Patient,Task"],
        "_outputFormat": ["application/fhir+ndjson"],
        "_since": ["2026-09-03T05:00:00Z"],
    }
    assert web.seen[0].headers["prefer"] == "respond-async"
    assert [(s.method, s.path) for s in web.seen[1:]] == [("GET", "/job/1")] * 3 + [
        ("DELETE", "/job/1")
    ]


def test_a_server_that_is_busy_while_it_exports(web: Web, client: BulkClient) -> None:
    web.answers += [Answer(429), started(web), Answer(503), Answer(500), Answer(429), manifest(web)]
    assert client.export(["Patient"])[0].transaction_time == TIME


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([Answer(400)], "web: export: http_400"),
        ([Answer(202)], "web: export: http_202"),
        ([Answer(200)], "web: export: http_200"),
        (["started", Answer(404)], "web: export status: http_404"),
        (["started", *[Answer(503)] * 5], "web: http_503"),
        (["started", Answer(200, b"{}")], "web: export: the manifest cannot be read"),
        (["started", Answer(200, b"[1]")], "web: export: the manifest cannot be read"),
        (["started", Answer(200, b"<x/>")], "web: export: the manifest cannot be read"),
    ],
)
def test_an_export_that_fails(
    web: Web, client: BulkClient, answers: list[Answer | str], reason: str
) -> None:
    web.answers += [one if isinstance(one, Answer) else started(web) for one in answers]
    with pytest.raises(SourceUnavailable, match=f"^{reason}$"):
        client.export(["Patient"])


def test_an_export_that_never_gets_ready(
    web: Web, client: BulkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "POLLING", Patience(total_s=100.0))
    web.answers += [started(web), *[Answer(202, headers={"Retry-After": "60"})] * 3]
    with pytest.raises(SourceUnavailable, match=r"^web: not ready after 60 s$"):
        client.export(["Patient"])


def test_a_token_that_ends_during_an_export_is_renewed(web: Web) -> None:
    web.answers += [
        token("a"),
        Answer(401),
        token("b"),
        started(web),
        manifest(web),
        Answer(401),
        token("c"),
        Answer(200, b"x\n"),
    ]
    with BulkClient(smart(web), clock=QUICK) as client:
        client.export(["Patient"])
        target = web_target(client, web)
    assert target == 1
    used = [s.headers.get("authorization") for s in web.seen if s.path != "/token"]
    assert used == ["Bearer a", "Bearer b", "Bearer b", "Bearer b", "Bearer c"]


def web_target(client: BulkClient, web: Web) -> int:
    """The lines of a file, fetched to nowhere in particular."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return client.download(
            ManifestFile("Patient", web.url("/files/1")), Path(folder) / "f"
        ).lines


BODY = b"".join(b'{"n":%d}\n' % n for n in range(2000))


def serve(seen: Seen, body: bytes = BODY, **answer: Any) -> Answer:
    """A file, whole or from where the client has it."""
    wanted = seen.headers.get("range")
    if wanted is None:
        return Answer(200, body, {"ETag": '"v1"'}, **answer)
    start = int(wanted.removeprefix("bytes=").rstrip("-"))
    return Answer(206, body[start:], {"ETag": '"v1"'}, **answer)


@pytest.mark.parametrize("cut", [0, 1, 5000, len(BODY) - 1])
def test_a_download_goes_on_where_it_broke_off(tmp_path: Path, cut: int) -> None:
    with servers.web(
        lambda seen: serve(seen, cut=cut if len(server.seen) == 1 else None)
    ) as server:
        with BulkClient(server.address(), clock=QUICK) as client:
            got = client.download(ManifestFile("Patient", server.url("/f"), 2000), tmp_path / "f")
        assert (tmp_path / "f").read_bytes() == BODY
        assert (got.lines, got.bytes, got.is_complete) == (2000, len(BODY), True)
        if cut:
            assert server.seen[1].headers["range"] == f"bytes={cut}-"
            assert server.seen[1].headers["if-range"] == '"v1"'


def test_a_server_that_cannot_go_on_sends_it_all_again(
    web: Web, client: BulkClient, tmp_path: Path
) -> None:
    web.answers += [
        Answer(200, BODY, cut=100),
        Answer(416),
        Answer(200, BODY, cut=50),
        Answer(200, BODY),
    ]
    client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_packed_transfer_and_a_packed_file(web: Web, client: BulkClient, tmp_path: Path) -> None:
    packed = gzip.compress(BODY)
    web.answers += [Answer(200, packed, {"Content-Encoding": "gzip"}), Answer(200, packed)]
    file = ManifestFile("Patient", web.url("/f"), 2000)
    for name, content in (("a", BODY), ("b", packed)):
        got = client.download(file, tmp_path / name)
        assert (got.lines, got.is_complete) == (2000, True)
        assert (tmp_path / name).read_bytes() == content


def test_fewer_lines_than_announced(web: Web, client: BulkClient, tmp_path: Path) -> None:
    short = BODY[: len(BODY) // 2]
    web.answers += [Answer(200, short), Answer(200, BODY), Answer(200, short), Answer(200, short)]
    file = ManifestFile("Patient", web.url("/f"), 2000)
    assert client.download(file, tmp_path / "f").is_complete
    assert not client.download(file, tmp_path / "f").is_complete


@pytest.mark.parametrize("status", [302, 403, 404])
def test_a_file_that_is_not_given(
    web: Web, client: BulkClient, tmp_path: Path, status: int
) -> None:
    web.answers.append(Answer(status))
    with pytest.raises(SourceUnavailable, match=f"export file: http_{status}"):
        client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")


def test_a_file_that_never_comes(
    web: Web, client: BulkClient, tmp_path: Path, slept: list[float]
) -> None:
    web.answers += [
        Answer(503, headers={"Retry-After": "9"}),
        *[Answer(500)] * 2 * (1 + REPEATS),
        *[Answer(hang=True)] * (1 + REPEATS),
    ]
    asked = len(web.answers)
    with pytest.raises(SourceUnavailable, match="export file: RemoteProtocolError"):
        client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    assert (len(web.seen), len(web.answers), slept[0]) == (asked, 0, 9)
    with pytest.raises(SourceUnavailable, match="export file: "):
        client.download(ManifestFile("Patient", "http://h:port/"), tmp_path / "f")


def test_broken_packing_is_fetched_again(web: Web, client: BulkClient, tmp_path: Path) -> None:
    web.answers += [Answer(200, b"no gzip", {"Content-Encoding": "gzip"}), Answer(200, BODY)]
    client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_files_that_need_no_token_get_none(web: Web, tmp_path: Path) -> None:
    web.answers += [
        token(),
        started(web),
        manifest(web, requiresAccessToken=False),
        Answer(200, b"x\n"),
    ]
    with BulkClient(smart(web)) as client:
        client.export(["Patient"])
        client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    assert [("authorization" in s.headers) for s in web.seen] == [False, True, True, False]


def test_a_job_that_cannot_be_given_back_changes_nothing(web: Web, client: BulkClient) -> None:
    web.answers += [Answer(500)] * https.PATIENCE.attempts
    client.finish(web.url("/job/1"))
    assert len(web.seen) == https.PATIENCE.attempts


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


def test_without_tokens_a_refusal_is_final(web: Web, rest: FhirClient, client: BulkClient) -> None:
    web.answers += [Answer(401)] * 3
    assert rest.create(TASK, ("urn:x", "1")).reason == "http_401"
    with pytest.raises(SourceUnavailable, match="http_401"):
        rest.read("Task", "1")
    with pytest.raises(SourceUnavailable, match="http_401"):
        client.export(["Patient"])
    assert len(web.seen) == 3
