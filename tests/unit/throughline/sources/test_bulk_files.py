"""The files of exports: tokens, redirects, broken and short transfers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.exports import ASKED, manifest, started
from tests.unit.throughline.sources.servers import Answer, Seen, Web
from tests.unit.throughline.sources.smart import smart, token
from throughline.sources.fhir.bulk.client import PATIENCE_S, BulkClient
from throughline.sources.fhir.bulk.manifest import Manifest, ManifestFile
from throughline.transports import https
from throughline.transports.address import SourceUnavailable
from throughline.transports.https import FileGone
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


@pytest.fixture
def client(web: Web, clock: Clock) -> Iterator[BulkClient]:
    """A client of the server's export."""
    with BulkClient(web.address(), clock=clock) as one:
        yield one


def test_a_token_that_ends_during_an_export_is_renewed(web: Web) -> None:
    web.answers += [
        token("a"),
        Answer(401),
        token("b"),
        started(web),
        manifest(web),
        Answer(401),
        token("c"),
        Answer(200, b"{}\n"),
    ]
    with BulkClient(smart(web), clock=QUICK) as client:
        client.status(client.kick_off(ASKED))
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


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", 0),
        (b"\n \r\n", 0),
        (b"a\n\n", 1),
        (b"a\r\n\r\nb\r\n", 2),
        (b"\xef\xbb\xbfa\nb", 2),
        (b"a\n" * (1 << 19) + b"\n" + b"b" * (1 << 20), (1 << 19) + 1),
    ],
)
def test_blank_lines_stand_for_no_record(
    web: Web, client: BulkClient, tmp_path: Path, body: bytes, lines: int
) -> None:
    web.answers += [Answer(200, body)] * 3
    got = client.download(ManifestFile("Basic", web.url("/f"), lines), tmp_path / "f")
    assert (got.lines, got.is_complete) == (lines, True)
    more = ManifestFile("Basic", web.url("/f"), lines + 1)
    assert not client.download(more, tmp_path / "f").is_complete


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 406, 410])
def test_a_file_that_is_not_given(
    web: Web, client: BulkClient, tmp_path: Path, status: int
) -> None:
    web.answers.append(Answer(status))
    with pytest.raises(SourceUnavailable, match=f"export file: http_{status}") as problem:
        client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    # signed addresses that have expired: S3 and Azure answer 403, S3 and GCS also 400
    assert isinstance(problem.value, FileGone) == (status in (400, 403, 404, 410))


def test_a_file_at_another_host_gets_no_token_after_a_redirect(web: Web, tmp_path: Path) -> None:
    """Oracle Health answers 307 with the signed address of a file store."""
    with servers.web(lambda _: Answer(200, b"{}\n")) as store:
        web.answers += [
            token(),
            Answer(307, headers={"Location": store.url("/signed?X-Amz-Signature=1")}),
        ]
        with BulkClient(smart(web), clock=QUICK) as client:
            file = ManifestFile("Patient", web.url("/f"))
            assert client.download(file, tmp_path / "f").lines == 1
        assert [s.headers.get("authorization") for s in store.seen] == [None]
        assert web.seen[-1].headers["authorization"] == "Bearer t1"


def test_a_job_and_its_manifest_may_be_at_another_host(web: Web, client: BulkClient) -> None:
    with servers.web() as jobs:
        jobs.answers += [manifest(jobs), manifest(jobs)]
        web.answers += [
            Answer(202, headers={"Content-Location": jobs.url("/job/1")}),
            Answer(307, headers={"Location": jobs.url("/job/2")}),
        ]
        assert isinstance(client.status(client.kick_off(ASKED)), Manifest)
        assert isinstance(client.status(web.url("/job/2")), Manifest)


def test_a_file_that_never_comes(
    web: Web, client: BulkClient, tmp_path: Path, slept: list[float]
) -> None:
    web.answers += [Answer(503, headers={"Retry-After": "9"}), *[Answer(hang=True)] * 999]
    with pytest.raises(SourceUnavailable, match="export file: RemoteProtocolError"):
        client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    assert slept[0] == 9
    assert 200 < sum(slept) <= PATIENCE_S
    with pytest.raises(SourceUnavailable, match="export file: "):
        client.download(ManifestFile("Patient", "http://h:port/"), tmp_path / "f")


def test_minutes_of_patience_are_the_connections_own(web: Web, clock: Clock) -> None:
    web.answers += [Answer(504)] * 999
    address = web.address(extra={"patience_s": 10})
    with BulkClient(address, clock=clock) as client, pytest.raises(SourceUnavailable):
        client.kick_off(ASKED)
    assert clock.now() <= 10


def test_broken_packing_is_fetched_again(web: Web, client: BulkClient, tmp_path: Path) -> None:
    web.answers += [Answer(200, b"no gzip", {"Content-Encoding": "gzip"}), Answer(200, BODY)]
    client.download(ManifestFile("Patient", web.url("/f")), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == BODY


def test_files_that_need_no_token_get_none(web: Web, tmp_path: Path) -> None:
    web.answers += [
        token(),
        started(web),
        manifest(web, requiresAccessToken=False),
        Answer(200, b"{}\n"),
    ]
    with BulkClient(smart(web)) as client:
        found = client.status(client.kick_off(ASKED))
        assert isinstance(found, Manifest)
        file = ManifestFile("Patient", web.url("/f"))
        client.download(file, tmp_path / "f", needs_token=found.needs_token)
    assert [("authorization" in s.headers) for s in web.seen] == [False, True, True, False]


def test_a_job_that_cannot_be_given_back_changes_nothing(web: Web, client: BulkClient) -> None:
    web.answers += [Answer(500)] * https.PATIENCE.attempts
    client.finish(web.url("/job/1"))
    assert len(web.seen) == https.PATIENCE.attempts
