"""Servers that never come to an end over one file, one listing, one answer: the rest goes on, in bounded time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen
from tests.unit.throughline.transports import rough
from tests.unit.throughline.transports.rough import Connection
from throughline.transports import https, listing, open_files, sftp, ssh
from throughline.transports.address import SourceUnavailable
from throughline.transports.files import FileUnavailable, UploadUncertain
from throughline.transports.https import HttpClient
from throughline.transports.patience import Patience
from throughline.transports.sftp import connect

# a server of ours that is stopped in the middle of an answer leaves its file open
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for tenths of a second where a night waits for minutes; no test may take long."""
    monkeypatch.setattr(ssh, "SILENCE_S", 1.0)
    monkeypatch.setattr(sftp, "FILE_S", 2.0)
    monkeypatch.setattr(sftp, "LISTING_S", 2.0)
    monkeypatch.setattr(https, "READ_S", 0.3)
    monkeypatch.setattr(listing, "FETCHING", Patience(attempts=2, total_s=0.9, first_wait_s=0.01))
    monkeypatch.setattr(listing, "ASKING", Patience(attempts=1))
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 30


class Endless(asyncssh.SFTPServer):
    """Never answers about some files, sends others byte by byte, and does not end its listing of one folder."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        opened = super().open(path, pflags, attrs)
        self.named = {**getattr(self, "named", {}), opened: path}
        return opened

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        path = self.named[file_obj]
        if b"silent" in path:
            await asyncio.sleep(60)
        if b"slow" in path:
            await asyncio.sleep(0.1)
            size = 1
        data = super().read(file_obj, offset, size)
        assert isinstance(data, bytes)
        return data

    async def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        if b"full" in self.named[file_obj]:
            raise asyncssh.SFTPNoSpaceOnFilesystem("full")
        if b"mute" in self.named[file_obj]:
            await asyncio.sleep(60)
        written = super().write(file_obj, offset, data)
        assert isinstance(written, int)
        return written

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        number = 0
        async for each in super().scandir(path):
            yield each
        while b"round" in path or b"ever" in path:
            await asyncio.sleep(0)
            number += b"ever" in path
            yield asyncssh.SFTPName(b"again%d" % number, attrs=asyncssh.SFTPAttrs())

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        if b"held" in newpath:
            await asyncio.sleep(60)
        if b"old" in newpath:
            raise asyncssh.SFTPOpUnsupported("no such request")
        super().posix_rename(oldpath, newpath)


def told(folder: Any, where: str, target: Path) -> dict[str, str]:
    """What became of each file of a folder."""
    said = {}
    for file in folder.listing(where):
        try:
            said[file.name] = str(folder.get(where, file, target))
        except FileUnavailable as error:
            said[file.name] = error.reason
    return said


def test_files_over_which_a_server_is_silent_or_slow_cost_no_other(tmp_path: Path) -> None:
    for name in ("a", "silent1", "silent2", "slow", "z"):
        (tmp_path / name).write_bytes(b"0123456789" * 10)
    with servers.sftp_server(tmp_path, Endless) as server, connect(server.address()) as folder:
        assert told(folder, ".", tmp_path / ".copy") == {
            "a": "True",
            **{f"silent{n}": "not_read_in_time" for n in range(1, 3)},
            "slow": "not_read_in_time",
            "z": "True",
        }


@pytest.mark.parametrize("name", ["round", "ever"])
def test_a_listing_without_end(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "other").mkdir()
    with servers.sftp_server(tmp_path, Endless) as server:
        with (
            connect(server.address()) as folder,
            pytest.raises(SourceUnavailable, match=r"^box: (SFTPError|TimeoutError)$"),
        ):
            folder.listing(name)
        with connect(server.address()) as folder:
            assert folder.listing("other") == []


@pytest.mark.parametrize(
    ("name", "error", "arrived"),
    [
        ("full", SourceUnavailable, False),
        ("mute", SourceUnavailable, False),
        ("held", UploadUncertain, False),
        # an older server never overwrites: the file stays under its temporary name
        ("old", UploadUncertain, True),
        ("nowhere/f", SourceUnavailable, False),
    ],
)
def test_an_upload_that_fails_leaves_no_doubt_it_does_not_have(
    tmp_path: Path, name: str, error: type[Exception], arrived: bool
) -> None:
    where, _, file = f"./{name}".rpartition("/")
    (tmp_path / "old").write_bytes(b"before")
    with servers.sftp_server(tmp_path, Endless) as server:
        with connect(server.address()) as folder, pytest.raises(error, match=r"^box: "):
            folder.put(where, file, b"content")
        if error is UploadUncertain:
            with connect(server.address()) as folder:
                assert folder.is_laid_down(where, file)
    assert (tmp_path / "old").read_bytes() == b"before"
    assert (tmp_path / name).exists() == arrived


# --- web servers


def drip(connection: Connection, before: bytes, each: bytes, times: int = 200) -> None:
    """Send bytes one after the other for long, never silent."""
    connection.send(before)
    for _ in range(times):
        connection.send(each)
        time.sleep(0.05)


def test_a_body_that_comes_byte_by_byte_ends_with_the_time(tmp_path: Path) -> None:
    def act(connection: Connection) -> None:
        connection.request()
        drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x")

    with rough.rough(act) as server, HttpClient(server.address()) as client:
        with pytest.raises(SourceUnavailable, match=r"^rough: TimeIsUp$"):
            client.get("f", patience=Patience(attempts=3, total_s=0.4))
        with pytest.raises(SourceUnavailable, match=r"^rough: TimeIsUp$"):
            client.download("f", tmp_path / "f", patience=Patience(attempts=3, total_s=0.4))


@pytest.mark.parametrize("each", [b"x", b"X-A: b\r\n"], ids=["a line", "lines"])
def test_a_head_without_end(each: bytes) -> None:
    def act(connection: Connection) -> None:
        connection.request()
        drip(connection, b"HTTP/1.1 200 OK\r\n", each)

    with (
        rough.rough(act) as server,
        HttpClient(server.address()) as client,
        pytest.raises(SourceUnavailable, match=r"^rough: Read"),
    ):
        client.get("f", patience=Patience(attempts=3, total_s=0.4))


def test_an_answer_that_no_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "MOST_BODY", 10)
    with servers.web(lambda _: Answer(200, b"x" * 11)) as web, HttpClient(web.address()) as client:
        with pytest.raises(SourceUnavailable, match=r"^web: AnswerWithoutEnd$"):
            client.get("f")
        assert len(web.seen) == 1


def test_a_file_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    with (
        servers.web(lambda _: Answer(200, b"x" * (8 << 20))) as web,
        HttpClient(web.address()) as client,
    ):
        assert 10 < client.download("f", tmp_path / "f", most=10) < 1 << 20


FILES = '[{"name": "a"}, {"name": "bad"}, {"name": "z"}]'


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (Answer(500), Answer(200, b"12345"), "read_error"),
        (Answer(hang=True), Answer(200, b"12345"), "read_error"),
        (Answer(200, b"12345"), Answer(200, b"12345", cut=2), "read_error"),
        (Answer(200, b"12345"), Answer(200, b"1" * 100_000), "False"),
    ],
    ids=["no head", "head lost", "body cut", "grows for ever"],
)
def test_one_bad_file_of_a_web_server_costs_no_other(
    tmp_path: Path, head: Answer, body: Answer, reason: str
) -> None:
    def respond(seen: Seen) -> Answer:
        if seen.path == "/outbox/":
            return Answer(200, FILES.encode())
        if seen.path != "/outbox/bad":
            return Answer(200, b"12345")
        if "range" in seen.headers:
            return Answer(200, b"12345", cut=2)
        return head if seen.method == "HEAD" else body

    with servers.web(respond) as web, open_files("https", web.address()) as folder:
        found = {file.name: file.problem for file in folder.listing("outbox")}
        if head.status == 500 or head.hang:
            assert found == {"a": None, "z": None, "bad": reason}
        else:
            assert told(folder, "outbox", tmp_path / "copy") == {
                "a": "True",
                "bad": reason,
                "z": "True",
            }


def test_a_server_that_falls_silent_is_not_asked_about_each_of_its_files() -> None:
    names = ", ".join(f'{{"name": "f{n}"}}' for n in range(50))

    def respond(seen: Seen) -> Answer:
        return Answer(200, f"[{names}]".encode()) if seen.path == "/outbox/" else Answer(500)

    with servers.web(respond) as web, open_files("https", web.address()) as folder:
        with pytest.raises(SourceUnavailable, match=r"^web: http_500$"):
            folder.listing("outbox")
        assert len(web.seen) < 10
