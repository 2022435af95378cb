"""SFTP against a real server: listing, fetching, handing over, and everything that breaks."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from tests.unit.throughline.sources import servers
from throughline.transports import ssh
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import FileUnavailable, RemoteFile, UploadUncertain
from throughline.transports.sftp import SftpFolder, connect


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Sftp]:
    """A server with an inbox and an outbox."""
    root = tmp_path_factory.mktemp("box")
    for name in ("inbox", "outbox", "outbox/folder"):
        (root / name).mkdir()
    with servers.sftp_server(root) as server:
        yield server


@pytest.fixture
def session(box: servers.Sftp) -> Iterator[SftpFolder]:
    """An open session."""
    with connect(box.address()) as folder:
        yield folder


def test_only_finished_files_are_listed_by_time_and_name(
    box: servers.Sftp, session: SftpFolder
) -> None:
    for number, name in enumerate(
        ("b.x12", "a.x12", ".hidden", "c.PART", "d.tmp", "e.filepart", "z")
    ):
        path = box.root / "outbox" / name
        path.write_bytes(b"x" * number)
        os.utime(path, (1_000_000_000, 1_000_000_000 if name != "z" else 900_000_000))
    assert session.listing("outbox") == [
        RemoteFile("z", 6, datetime.fromtimestamp(900_000_000, UTC)),
        RemoteFile("a.x12", 1, datetime.fromtimestamp(1_000_000_000, UTC)),
        RemoteFile("b.x12", 0, datetime.fromtimestamp(1_000_000_000, UTC)),
    ]
    with pytest.raises(SourceUnavailable, match=r"^box: FileNotFoundError$"):
        session.listing("nowhere")


def test_a_name_that_is_no_utf8_is_told_with_escapes(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.x12")).write_bytes(b"ISA")
    with servers.sftp_server(tmp_path) as server, connect(server.address()) as folder:
        (listed,) = folder.listing("/")
        assert (listed.name, listed.bytes) == ("caf\\xe9.x12", 3)
        assert folder.get("/", listed, tmp_path / "copy")


def test_what_is_no_file_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"0123456789")
    (tmp_path / "a folder.x12").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, to in (("link", "good"), ("to a folder", "a folder.x12"), ("nowhere", "gone")):
        (tmp_path / name).symlink_to(to)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "line\nfeed").write_bytes(b"x")
    with servers.sftp_server(tmp_path) as server, connect(server.address()) as folder:
        listed = {file.name: file for file in folder.listing(".")}
        assert {name: file.problem for name, file in listed.items()} == {
            "good": None,
            "link": None,
            "line\\nfeed": None,
            "pipe": "not_a_file",
            "nowhere": "link_to_nowhere",
            "loop": "link_to_nowhere",
            "a folder.x12": "not_a_file",
        }
        for name in ("good", "link", "line\\nfeed"):
            assert folder.get(".", listed[name], tmp_path / "copy")


def test_names_that_are_nearly_the_same_are_several_files(tmp_path: Path) -> None:
    names = ("remit.x12", "REMIT.x12", "caf\u00e9.x12", "cafe\u0301.x12")
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(b"%d" % number)
    for name in ("archive", "2026.03", "remit.835"):
        (tmp_path / name).mkdir()
    with servers.sftp_server(tmp_path) as server, connect(server.address()) as folder:
        listed = {file.name: file for file in folder.listing("/")}
        assert {name for name, file in listed.items() if file.problem is None} == set(names)
        assert listed["remit.835"].problem == "not_a_file"
        assert len(listed) == len(names) + 1
        for number, name in enumerate(names):
            assert folder.get("/", listed[name], tmp_path / ".copy")
            assert (tmp_path / ".copy").read_bytes() == b"%d" % number


class Forbidding(asyncssh.SFTPServer):
    """Lets nobody read one file, and breaks the connection over another."""

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if path.endswith(b"secret"):
            raise asyncssh.SFTPPermissionDenied("no")
        if path.endswith(b"deadly"):
            self.channel.get_connection().abort()
        return super().open(path, pflags, attrs)


def test_a_file_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    for name in ("a", "deadly", "secret", "z"):
        (tmp_path / name).write_bytes(b"0123456789")
    with (
        servers.sftp_server(tmp_path, Forbidding) as server,
        connect(server.address()) as folder,
    ):
        told = {}
        for file in folder.listing("."):
            try:
                told[file.name] = str(folder.get(".", file, tmp_path / ".copy"))
            except FileUnavailable as error:
                told[file.name] = error.reason
    assert told == {"a": "True", "deadly": "read_error", "secret": "no_permission", "z": "True"}


@pytest.mark.parametrize("size", [0, 1, 32768, 3_000_001])
def test_a_file_is_fetched_whole(
    box: servers.Sftp, session: SftpFolder, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    (box.root / "inbox" / "f").write_bytes(content)
    assert session.get("inbox", RemoteFile("f", size, None), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == content


@pytest.mark.parametrize("listed", [5, 50])
def test_a_file_that_changed_since_it_was_listed_is_still_being_written(
    box: servers.Sftp, session: SftpFolder, tmp_path: Path, listed: int
) -> None:
    (box.root / "inbox" / "grows").write_bytes(b"0123456789")
    assert not session.get("inbox", RemoteFile("grows", listed, None), tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_a_file_that_was_written_anew_since_it_was_listed(
    box: servers.Sftp, session: SftpFolder, tmp_path: Path
) -> None:
    path = box.root / "inbox" / "anew"
    path.write_bytes(b"0123456789")
    (listed,) = [file for file in session.listing("inbox") if file.name == "anew"]
    assert session.get("inbox", listed, tmp_path / "f")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert not session.get("inbox", listed, tmp_path / "f")


def test_a_file_that_is_gone(session: SftpFolder, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="FileNotFoundError"):
        session.get("inbox", RemoteFile("gone", 1, None), tmp_path / "f")


def test_a_file_is_handed_over_under_its_name_only_when_it_is_whole(
    box: servers.Sftp, session: SftpFolder
) -> None:
    session.put("inbox", "claims.x12", b"ISA")
    assert (box.root / "inbox" / "claims.x12").read_bytes() == b"ISA"
    assert session.exists("inbox", "claims.x12", b"ISA")
    assert not session.exists("inbox", "claims.x12", b"ISB")
    assert not session.exists("inbox", "other.x12", b"ISA")
    session.put("inbox", "claims.x12", b"again")
    assert (box.root / "inbox" / "claims.x12").read_bytes() == b"again"
    assert not list((box.root / "inbox").glob(".*"))


def test_a_folder_that_is_not_there(session: SftpFolder) -> None:
    with pytest.raises(SourceUnavailable, match="FileNotFoundError"):
        session.put("nowhere", "f", b"x")


class Refusing(asyncssh.SFTPServer):
    """Knows no request to replace a name, as older servers."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no such request")


class Denying(asyncssh.SFTPServer):
    """Lets nobody rename."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("no")


class Lying(asyncssh.SFTPServer):
    """Renames, and then says that it failed."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        raise asyncssh.SFTPFailure("something")


class Shortening(asyncssh.SFTPServer):
    """Keeps less than it was given."""

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        found = super().stat(path)
        assert isinstance(found, os.stat_result)
        attributes = asyncssh.SFTPAttrs.from_local(found)
        attributes.size = 1
        return attributes


class Vanishing(asyncssh.SFTPServer):
    """Renames and then hangs up, so that the answer is lost."""

    def __init__(
        self, channel: asyncssh.SSHServerChannel[bytes], chroot: bytes | None = None
    ) -> None:
        super().__init__(channel, chroot)
        self._to_abort = channel

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        self._to_abort.get_connection().abort()


@pytest.mark.parametrize(
    ("handler", "error", "arrived"),
    [
        (Refusing, None, True),
        (Denying, SourceUnavailable, False),
        (Lying, UploadUncertain, True),
        (Shortening, SourceUnavailable, False),
        (Vanishing, UploadUncertain, True),
    ],
)
def test_how_sure_it_is_that_a_file_arrived(
    tmp_path: Path, handler: type[asyncssh.SFTPServer], error: type[Exception] | None, arrived: bool
) -> None:
    with servers.sftp_server(tmp_path, handler) as server, connect(server.address()) as folder:
        if error is None:
            folder.put("/", "f", b"content")
        else:
            with pytest.raises(error, match=r"^box: "):
                folder.put("/", "f", b"content")
    assert (tmp_path / "f").exists() == arrived


def test_passwords_keys_and_hosts(box: servers.Sftp) -> None:
    key = box.client_key.export_private_key("openssh").decode()
    with connect(
        box.address(password="", extra={"host_key": box.host_key, "private_key": key})
    ) as folder:
        folder.listing("inbox")
    with connect(box.address(extra={"no_host_key_check": "true"})) as folder:
        folder.listing("inbox")
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    for changed, reason in (
        ({"password": "wrong"}, "AuthenticationException"),
        ({"extra": {"host_key": other}}, "BadHostKeyException"),
        ({"extra": {}}, "SSHException"),
        ({"extra": {"host_key": "nonsense"}}, "host_key: "),
        (
            {"extra": {"host_key": box.host_key, "private_key": "nonsense"}},
            "the private key has an unknown type",
        ),
    ):
        with (
            pytest.raises(SourceUnavailable, match=reason),
            connect(box.address(**changed), sleep=lambda _: None),
        ):
            pass


def test_a_key_comes_from_a_file_and_may_need_a_passphrase(
    box: servers.Sftp, tmp_path: Path
) -> None:
    file = tmp_path / "id_ed25519"
    # few rounds: each takes its time
    made = box.client_key.export_private_key(
        "openssh", passphrase="open sesame", rounds=1, ignore_few_rounds=True
    )
    file.write_bytes(made)
    extra = {"host_key": box.host_key, "key_file": str(file)}
    with connect(
        box.address(password="", extra={**extra, "private_key_passphrase": "open sesame"})
    ) as folder:
        folder.listing("inbox")
    for changed, reason in (
        ({}, "the private key needs its private_key_passphrase"),
        ({"private_key_passphrase": "wrong"}, "an unknown type, or another passphrase"),
        ({"key_file": str(tmp_path / "nowhere")}, "key_file: FileNotFoundError"),
    ):
        with (
            pytest.raises(SourceUnavailable, match=reason),
            connect(box.address(password="", extra={**extra, **changed}), sleep=lambda _: None),
        ):
            pass


def test_nobody_listens_and_it_is_tried_three_times() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    slept: list[float] = []
    with (
        pytest.raises(SourceUnavailable, match=r"^gone: "),
        connect(Address("gone", port=port), sleep=slept.append),
    ):
        pass
    assert slept == [0.5, 1.0]


def test_a_connection_that_breaks_inside_a_session(tmp_path: Path) -> None:
    with servers.sftp_server(tmp_path) as server, connect(server.address()) as folder:
        folder.listing("/")
        channel = folder._client.get_channel()
        assert channel is not None
        channel.get_transport().close()
        with pytest.raises(SourceUnavailable, match=r"^box: "):
            folder.listing("/")


def test_a_server_that_takes_the_connection_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ssh, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("silent", port=silent.getsockname()[1], extra={"no_host_key_check": True})
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match=r"^silent: "), connect(address, attempts=1):
            pass
        assert time.monotonic() - began < 5


class Mute(asyncssh.SFTPServer):
    """Opens no file transfer: it hangs."""

    released = threading.Event()

    def __init__(
        self, channel: asyncssh.SSHServerChannel[bytes], chroot: bytes | None = None
    ) -> None:
        self.released.wait(5)
        super().__init__(channel, chroot)


def test_a_server_that_lets_in_and_then_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ssh, "SILENCE_S", 0.3)
    with servers.sftp_server(tmp_path, Mute) as server:
        began = time.monotonic()
        try:
            with pytest.raises(SourceUnavailable, match=r"^box: "), connect(server.address()):
                pass
            assert time.monotonic() - began < 4
        finally:
            Mute.released.set()


def test_a_file_is_laid_down_first_and_handed_over_then(
    box: servers.Sftp, session: SftpFolder
) -> None:
    session.lay_down("inbox", "later.x12", b"ISA")
    assert session.is_laid_down("inbox", "later.x12")
    assert "later.x12" not in [file.name for file in session.listing("inbox")]
    session.hand_over("inbox", "later.x12")
    assert not session.is_laid_down("inbox", "later.x12")
    assert (box.root / "inbox" / "later.x12").read_bytes() == b"ISA"
    with pytest.raises(SourceUnavailable, match="FileNotFoundError"):
        session.hand_over("inbox", "later.x12")
