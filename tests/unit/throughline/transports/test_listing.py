"""Folders on web servers: listings as common servers write them, and files that are still growing."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen
from throughline.transports import Address, SourceUnavailable, open_files
from throughline.transports.files import Files, FileUnavailable, RemoteFile

THEN = datetime(2026, 9, 3, 22, 30, 5, tzinfo=UTC)
HEADER = "Thu, 03 Sep 2026 22:30:05 GMT"
NGINX_JSON = """[
{ "name":"old", "type":"directory", "mtime":"Thu, 03 Sep 2026 22:00:00 GMT" },
{ "name":"a b&c.x12", "type":"file", "mtime":"Thu, 03 Sep 2026 22:30:05 GMT", "size":5 },
{ "name":"c.part", "type":"file", "mtime":"Thu, 03 Sep 2026 22:30:05 GMT", "size":5 }
]"""
CADDY_JSON = """[
{"name":"old/","size":4096,"url":"./old/","mod_time":"2026-09-03T22:00:00Z","mode":2147484141,"is_dir":true},
{"name":"a b&c.x12","size":5,"url":"./a%20b&c.x12","mod_time":"2026-09-03T22:30:05.123456789Z","mode":420,
 "is_dir":false,"is_symlink":false}
]"""
NAMES_JSON = '[{"name": "a b&c.x12"}]'
NGINX_PAGE = """<html><head><title>Index of /outbox/</title></head><body>
<h1>Index of /outbox/</h1><hr><pre><a href="../">../</a>
<a href="old/">old/</a>                 03-Sep-2026 22:00                   -
<a href="a%20b%26c.x12">a b&amp;c.x12</a>            03-Sep-2026 22:30                   5
</pre><hr></body></html>"""
APACHE_PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /outbox</title></head><body><h1>Index of /outbox</h1>
<table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><a href="/">Parent Directory</a></td></tr>
<tr><td><a href="old/">old/</a></td></tr>
<tr><td><a href="a%20b%26c.x12">a b&amp;c.x12</a></td><td>2026-09-03 22:30</td><td>1.2K</td></tr>
</table><a href="http://httpd.example/about">Apache</a><a href="#top">top</a><a>none</a></body></html>"""


class Server:
    """A folder with one file, and a listing."""

    def __init__(self, listing: str) -> None:
        self.listing = Answer(200, listing.encode())
        self.head = Answer(200, b"12345", {"Last-Modified": HEADER})
        self.body = Answer(200, b"12345", {"Last-Modified": HEADER})
        self.heads = 0

    def __call__(self, seen: Seen) -> Answer:
        if seen.path == "/outbox/":
            return self.listing
        assert seen.path in ("/outbox/a%20b%26c.x12", "/outbox/b")
        assert seen.headers["accept-encoding"] == "identity"
        self.heads += seen.method == "HEAD"
        return self.head if seen.method == "HEAD" else self.body


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """A server whose listing is the parameter."""
    return Server(getattr(request, "param", NGINX_PAGE))


@pytest.fixture
def files(server: Server) -> Iterator[Files]:
    """Its folders."""
    with servers.web(server) as web, open_files("https", web.address()) as opened:
        yield opened


@pytest.mark.parametrize(
    ("server", "heads"),
    [
        (NGINX_JSON, 0),
        (CADDY_JSON, 0),
        (NAMES_JSON, 1),
        (NGINX_PAGE, 1),
        (APACHE_PAGE, 1),
    ],
    ids=["nginx as json", "caddy", "names alone", "nginx", "apache"],
    indirect=["server"],
)
def test_a_listing_as_servers_write_it(server: Server, files: Files, heads: int) -> None:
    assert files.listing("outbox") == [RemoteFile("a b&c.x12", 5, THEN)]
    assert server.heads == heads


@pytest.mark.parametrize(
    "server",
    [
        '[{"name": "b.835", "type": "directory", "mtime": "2026-09-03T22:30:00Z"}, {"name": "old",'
        ' "type": "directory"}, {"name": "b", "type": "file"}]',
        '[{"name": "b.835/", "is_dir": true}, {"name": "old/", "is_dir": true}, {"name": "b"}]',
        "<title>Index of /outbox/</title><a href='../'>..</a><a href='./'>.</a><a href='old/'>old/</a>"
        "<a href='b.835/'>b.835/</a><a href='b'>b</a>",
    ],
    ids=["nginx as json", "caddy", "a page"],
    indirect=True,
)
def test_a_folder_that_is_named_like_a_file_is_told(files: Files) -> None:
    listed = {file.name: file.problem for file in files.listing("outbox")}
    assert listed == {"b": None, "b.835": "not_a_file"}


def test_a_real_server(tmp_path: Path) -> None:
    (tmp_path / "out box" / "old").mkdir(parents=True)
    for number, name in enumerate(("b.x12", "a?#%.x12", ".hidden", "c.PART", "z")):
        path = tmp_path / "out box" / name
        path.write_bytes(b"x" * number)
        os.utime(path, (1_000_000_000, 1_000_000_000 if name != "z" else 900_000_000))
    with servers.file_server(tmp_path) as address, open_files("https", address) as files:
        listed = files.listing("/out box/")
        assert listed == [
            RemoteFile("z", 4, datetime.fromtimestamp(900_000_000, UTC)),
            RemoteFile("a?#%.x12", 1, datetime.fromtimestamp(1_000_000_000, UTC)),
            RemoteFile("b.x12", 0, datetime.fromtimestamp(1_000_000_000, UTC)),
        ]
        assert files.get("out box", listed[0], tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == b"xxxx"
        with pytest.raises(SourceUnavailable, match=r"^web: http_404$"):
            files.listing("nowhere")


@pytest.mark.parametrize(
    "server",
    [
        "<html><head><title>Log in</title></head><body><a href='login.html'>x</a></body></html>",
        "<html><body><h1>Welcome</h1><p>Index of /</p></body></html>",
        '{"name": "a"}',
        '["a", "b"]',
        "",
    ],
    indirect=True,
)
def test_what_is_no_listing_is_no_empty_folder(files: Files) -> None:
    with pytest.raises(SourceUnavailable, match=r"^web: its folder has no readable listing"):
        files.listing("outbox")


@pytest.mark.parametrize("server", ["[]", "<title>Index of /outbox/</title>"], indirect=True)
def test_an_empty_folder(files: Files) -> None:
    assert files.listing("outbox") == []


def test_a_file_that_is_gone_by_the_time_it_is_asked_about(server: Server, files: Files) -> None:
    server.head = Answer(404)
    assert files.listing("outbox") == [
        RemoteFile("a b&c.x12", 0, None, problem="gone_before_it_was_read")
    ]


def test_a_server_that_says_nothing_of_a_file(server: Server, files: Files) -> None:
    server.head = Answer(405)
    with pytest.raises(SourceUnavailable, match=r"^web: http_405 for the HEAD of a file$"):
        files.listing("outbox")
    server.head = Answer(403)
    assert files.listing("outbox") == [RemoteFile("a b&c.x12", 0, None, problem="no_permission")]


@pytest.mark.parametrize("server", ['[{"name": "a b&c.x12"}, {"name": "b"}]'], indirect=True)
def test_a_server_that_says_nothing_of_any_file(server: Server, files: Files) -> None:
    server.head = Answer(403)
    with pytest.raises(SourceUnavailable, match=r"^web: http_403 for the HEAD of a file$"):
        files.listing("outbox")


ODD_JSON = json.dumps(
    [
        {"name": "line\nfeed.x12", "size": 5, "mtime": "2026-09-03T10:00:00Z"},
        {"name": "nul\u0000.x12", "size": 5, "mtime": "2026-09-03T10:00:00Z"},
        {"name": "half\ud800.x12", "size": 5, "mtime": "2026-09-03T10:00:00Z"},
        {"name": "n" * 5000, "size": 5, "mtime": "2026-09-03T10:00:00Z"},
        {"name": "b", "size": -5, "mtime": "9999-99-99"},
    ]
)


@pytest.mark.parametrize("server", [ODD_JSON], indirect=True)
def test_names_that_no_table_and_no_page_could_hold(server: Server, files: Files) -> None:
    names = [file.name for file in files.listing("outbox")]
    assert len(names) == len(set(names)) == 5
    for name in names:
        assert name.isprintable()
        assert len(name) < 500
        assert name.encode()


def test_a_name_in_another_encoding_leads_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / os.fsdecode(b"caf\xe9.x12")).write_bytes(b"ISA")
    (tmp_path / "outbox" / "nowhere").symlink_to("gone")
    with servers.file_server(tmp_path) as address, open_files("https", address) as files:
        listed, gone = sorted(files.listing("outbox"), key=lambda file: file.name)
        assert listed.name.startswith("caf\\x")
        assert (listed.bytes, listed.problem) == (3, None)
        assert (gone.name, gone.problem) == ("nowhere", "gone_before_it_was_read")
        assert files.get("outbox", listed, tmp_path / "copy")
        (tmp_path / "outbox" / os.fsdecode(b"caf\xe9.x12")).unlink()
        with pytest.raises(FileUnavailable) as error:
            files.get("outbox", listed, tmp_path / "copy")
        assert error.value.reason == "gone_before_it_was_read"


def test_a_file_without_a_time_has_none(server: Server, files: Files, tmp_path: Path) -> None:
    server.head = Answer(200, b"12345")
    (listed,) = files.listing("outbox")
    assert listed == RemoteFile("a b&c.x12", 5, None)
    assert files.get("outbox", listed, tmp_path / "copy")


@pytest.mark.parametrize(
    "server", [NGINX_JSON, CADDY_JSON, APACHE_PAGE], indirect=True, ids=["nginx", "caddy", "apache"]
)
def test_a_file_is_fetched_whole(files: Files, tmp_path: Path) -> None:
    (listed,) = files.listing("outbox")
    assert files.get("outbox", listed, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"12345"


@pytest.mark.parametrize("change", ["grew before", "grew after", "was written anew", "is gone"])
@pytest.mark.parametrize("server", [NGINX_JSON, NGINX_PAGE], indirect=True, ids=["json", "page"])
def test_a_file_that_changed_since_it_was_listed_is_still_being_written(
    server: Server, files: Files, tmp_path: Path, change: str
) -> None:
    (listed,) = files.listing("outbox")
    later = {"Last-Modified": "Thu, 03 Sep 2026 22:30:06 GMT"}
    if change == "grew before":
        server.head = server.body = Answer(200, b"123456", {"Last-Modified": HEADER})
    elif change == "grew after":
        server.head = Answer(200, b"123456", {"Last-Modified": HEADER})
    elif change == "was written anew":
        server.head = Answer(200, b"12345", later)
    else:
        server.head = Answer(404)
    assert not files.get("outbox", listed, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_packed_file_stays_packed_whatever_its_server_calls_it(
    server: Server, files: Files, tmp_path: Path
) -> None:
    """Some servers call a .gz an encoding of what is in it."""
    packed = gzip.compress(b"ISA" * 999)
    said = {"Last-Modified": HEADER, "Content-Encoding": "gzip"}
    server.head = server.body = Answer(200, packed, said)
    (listed,) = files.listing("outbox")
    assert files.get("outbox", listed, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == packed


def test_a_login_goes_with_every_request(tmp_path: Path) -> None:
    server = Server(NGINX_PAGE)
    with servers.web(server) as web:
        with open_files("https", web.address(login="clinic", password="hush")) as files:
            (listed,) = files.listing("outbox")
            assert files.get("outbox", listed, tmp_path / "copy")
        assert {seen.headers.get("authorization", "")[:6] for seen in web.seen} == {"Basic "}


def test_a_server_that_is_away() -> None:
    with (
        open_files("https", Address("gone", port=1)) as files,
        pytest.raises(SourceUnavailable, match=r"^gone: "),
    ):
        files.listing("outbox")
