"""Folders of this machine: what is listed, what is copied, and what is left alone."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from throughline.transports import Address, SourceUnavailable, folder, open_files
from throughline.transports.files import Files, FileUnavailable, RemoteFile


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A path with a folder in it."""
    (tmp_path / "outbox" / "folder").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def files(box: Path) -> Iterator[Files]:
    """The folders below it."""
    with open_files("folder", Address("box", extra={"path": str(box)})) as opened:
        yield opened


def test_only_finished_plain_files_are_listed_by_time_and_name(box: Path, files: Files) -> None:
    for number, name in enumerate(("b.x12", "a.x12", ".hidden", "c.PART", "d.tmp", "z")):
        path = box / "outbox" / name
        path.write_bytes(b"x" * number)
        os.utime(path, (1_000_000_000, 1_000_000_000 if name != "z" else 900_000_000))
    (box / "outbox" / "link").symlink_to(box / "outbox" / "b.x12")
    assert [file for file in files.listing("outbox") if file.problem is None] == [
        RemoteFile("z", 5, datetime.fromtimestamp(900_000_000, UTC)),
        RemoteFile("a.x12", 1, datetime.fromtimestamp(1_000_000_000, UTC)),
        RemoteFile("b.x12", 0, datetime.fromtimestamp(1_000_000_000, UTC)),
    ]
    with pytest.raises(SourceUnavailable, match=r"^box: FileNotFoundError$"):
        files.listing("nowhere")


@pytest.mark.parametrize("size", [0, 1, 3_000_001])
def test_a_file_is_copied_whole(box: Path, files: Files, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (box / "outbox" / "f").write_bytes(content)
    (listed,) = files.listing("outbox")
    assert files.get("outbox", listed, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert (box / "outbox" / "f").read_bytes() == content


def test_a_name_that_is_no_utf8_is_told_with_escapes(
    box: Path, files: Files, tmp_path: Path
) -> None:
    """Such a name must not keep the other files from the night, nor break what writes it down."""
    os.close(os.open(os.fsencode(box / "outbox") + b"/caf\xe9.x12", os.O_CREAT))
    (listed,) = files.listing("outbox")
    assert listed.name == "caf\\xe9.x12"
    assert files.get("outbox", listed, tmp_path / "copy")


@pytest.mark.parametrize("change", ["grows", "is written anew", "is taken away", "is a link now"])
def test_a_file_that_changed_since_it_was_listed_is_left_alone(
    box: Path, files: Files, tmp_path: Path, change: str
) -> None:
    path = box / "outbox" / "f"
    path.write_bytes(b"0123456789")
    (listed,) = files.listing("outbox")
    if change == "grows":
        with path.open("ab") as more:
            more.write(b"x")
    elif change == "is written anew":
        os.utime(path, (1, 1))
    else:
        path.rename(box / "aside")
        if change == "is a link now":
            path.symlink_to(box / "aside")
        with pytest.raises(SourceUnavailable, match=r"^box: "):
            files.get("outbox", listed, tmp_path / "copy")
        return
    assert files.get("outbox", listed, tmp_path / "copy") is False
    assert not (tmp_path / "copy").exists()


def test_a_file_that_grows_while_it_is_copied_is_left_alone(
    box: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "CHUNK", 4)
    path = box / "outbox" / "f"
    path.write_bytes(b"0123456789")
    (listed,) = files.listing("outbox")
    reading = folder.LocalFolder._read

    def while_somebody_writes(self: folder.LocalFolder, where: str, descriptor: int) -> bytes:
        with path.open("ab") as more:
            more.write(b"xxxxx")
        return reading(self, where, descriptor)

    monkeypatch.setattr(folder.LocalFolder, "_read", while_somebody_writes)
    assert files.get("outbox", listed, tmp_path / "copy") is False


@pytest.mark.parametrize(
    ("extra", "reason"),
    [({}, "its extra names no path"), ({"path": "/no/such/folder"}, "its path is not a folder")],
)
def test_an_address_that_leads_nowhere(extra: dict[str, str], reason: str) -> None:
    with (
        pytest.raises(SourceUnavailable, match=f"^box: {reason}$"),
        open_files("folder", Address("box", extra=extra)),
    ):
        pass


def test_what_is_no_file_is_told_and_the_rest_is_read(
    box: Path, files: Files, tmp_path: Path
) -> None:
    outbox = box / "outbox"
    (outbox / "good").write_bytes(b"0123456789")
    (outbox / "a folder.x12").mkdir()
    os.mkfifo(outbox / "pipe")
    (outbox / "link").symlink_to("good")
    (outbox / "to a folder").symlink_to(box)
    (outbox / "nowhere").symlink_to("gone")
    (outbox / "loop").symlink_to("loop")
    (outbox / "line\nfeed").write_bytes(b"x")
    (outbox / ("n" * 255)).write_bytes(b"x")
    listed = {file.name: file for file in files.listing("outbox")}
    assert {name: file.problem for name, file in listed.items() if file.problem} == {
        "pipe": "not_a_file",
        "link": "link_not_followed",
        "nowhere": "link_to_nowhere",
        "loop": "link_to_nowhere",
        "a folder.x12": "not_a_file",
    }
    assert set(listed) == {
        *("good", "pipe", "link", "nowhere", "loop", "a folder.x12", "line\\nfeed", "n" * 255)
    }
    for name in ("good", "line\\nfeed", "n" * 255):
        assert files.get("outbox", listed[name], tmp_path / "copy")


@pytest.mark.parametrize(
    ("name", "is_strange"),
    [
        *(("remit.835", True), ("today.x12", True), ("A.EDI", True), ("x.ndjson", True)),
        # the name of a file but for its digits
        *(("remit_20260903", True), ("REMIT_20260904", True)),
        # where senders put files away
        *(("archive", False), ("2026", False), ("2026.03", False), ("old.2026", False)),
        *(("v1.2", False), ("remit", False), (".hidden.835", False), ("remit.835.part", False)),
    ],
)
def test_a_folder_that_is_named_like_a_file_is_told(
    box: Path, files: Files, name: str, is_strange: bool
) -> None:
    (box / "outbox" / "remit_20260902").write_bytes(b"x")
    (box / "outbox" / name).mkdir()
    told = {file.name: (file.problem, file.bytes) for file in files.listing("outbox")}
    expected: dict[str, tuple[str | None, int]] = {"remit_20260902": (None, 1)}
    assert told == expected | ({name: ("not_a_file", 0)} if is_strange else {})


def test_names_that_are_nearly_the_same_are_several_files(
    box: Path, files: Files, tmp_path: Path
) -> None:
    """Case, and characters of one part or of two (NFC, NFD): each is its own file, with its own content."""
    names = ("remit.x12", "REMIT.x12", "caf\u00e9.x12", "cafe\u0301.x12")
    for number, name in enumerate(names):
        (box / "outbox" / name).write_bytes(b"%d" % number)
    listed = {file.name: file for file in files.listing("outbox")}
    assert set(listed) == set(names)
    for number, name in enumerate(names):
        assert files.get("outbox", listed[name], tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == b"%d" % number


def test_a_file_that_another_replaces_while_it_is_read_is_left_alone(
    box: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = box / "outbox" / "f"
    path.write_bytes(b"0123456789")
    os.utime(path, (1, 1))
    (listed,) = files.listing("outbox")
    reading = folder.LocalFolder._read

    def while_another_comes(self: folder.LocalFolder, where: str, descriptor: int) -> bytes:
        other = box / "other"
        if not path.samefile(f"/proc/self/fd/{descriptor}"):
            return reading(self, where, descriptor)
        other.write_bytes(b"9876543210")
        os.utime(other, (1, 1))
        other.rename(path)
        return reading(self, where, descriptor)

    monkeypatch.setattr(folder.LocalFolder, "_read", while_another_comes)
    assert files.get("outbox", listed, tmp_path / "copy") is False
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("change", ["taken away", "a pipe", "a folder", "a link"])
def test_a_file_that_cannot_be_read_is_its_own_fault(
    box: Path, files: Files, tmp_path: Path, change: str
) -> None:
    path = box / "outbox" / "f"
    path.write_bytes(b"0123456789")
    (listed,) = files.listing("outbox")
    path.unlink()
    if change == "a pipe":
        os.mkfifo(path)
    elif change == "a folder":
        path.mkdir()
    elif change == "a link":
        path.symlink_to(path)
    with pytest.raises(FileUnavailable) as error:
        files.get("outbox", listed, tmp_path / "copy")
    expected = {"taken away": "gone_before_it_was_read", "a link": "read_error"}
    assert error.value.reason == expected.get(change, "not_a_file")
    if change == "taken away":
        (box / "outbox").rename(box / "elsewhere")
        with pytest.raises(SourceUnavailable) as lost:
            files.get("outbox", listed, tmp_path / "copy")
        assert not isinstance(lost.value, FileUnavailable)


def test_sockets_and_devices_are_no_files(box: Path, files: Files, tmp_path: Path) -> None:
    outbox = box / "outbox"
    (outbox / "good").write_bytes(b"0123456789")
    with socket.socket(socket.AF_UNIX) as server:
        # the path of a socket has at most 107 bytes
        here = os.open(outbox, os.O_RDONLY | os.O_DIRECTORY)
        server.bind(f"/proc/self/fd/{here}/835_today.x12")
        os.close(here)
    os.mkfifo(outbox / "pipe")
    (outbox / "to a pipe").symlink_to("pipe")
    (outbox / "to a device").symlink_to("/dev/zero")
    (outbox / "one").symlink_to("another")
    (outbox / "another").symlink_to("one")
    listed = {file.name: file for file in files.listing("outbox")}
    assert {name: file.problem for name, file in listed.items() if file.problem} == {
        "835_today.x12": "not_a_file",
        "pipe": "not_a_file",
        "to a pipe": "link_not_followed",
        "to a device": "link_not_followed",
        "one": "link_to_nowhere",
        "another": "link_to_nowhere",
    }
    assert files.get("outbox", listed["good"], tmp_path / "copy")
    # a device or a socket that took a file's place
    for name in ("835_today.x12", "to a device"):
        with pytest.raises(FileUnavailable):
            files.get("outbox", RemoteFile(name, 10, None), tmp_path / "copy")


class Disk:
    """A disk of which some calls wait until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hangs: set[str] = set()
        self.released = threading.Event()
        monkeypatch.setattr(folder, "SILENCE_S", 0.2)
        monkeypatch.setattr(folder, "LISTING_S", 0.2)
        for name in ("scandir", "open", "read"):
            monkeypatch.setattr(os, name, self._slow(name, getattr(os, name)))

    def _slow(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if name in self.hangs and threading.current_thread().name == "folder":
                self.released.wait(30)
            return real(*arguments)

        return call


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """A disk that can hang; in the end it answers."""
    made = Disk(monkeypatch)
    yield made
    made.released.set()


def test_a_disk_that_hangs_is_not_there(files: Files, disk: Disk) -> None:
    assert files.listing("outbox") == []
    disk.hangs = {"scandir"}
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable, match=r"^box: TimeoutError$"):
        files.listing("outbox")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("call", ["open", "read"])
def test_a_file_that_hangs_is_its_own_fault(
    box: Path, files: Files, tmp_path: Path, disk: Disk, call: str
) -> None:
    (box / "outbox" / "f").write_bytes(b"0123456789")
    (listed,) = files.listing("outbox")
    disk.hangs = {call}
    with pytest.raises(FileUnavailable) as error:
        files.get("outbox", listed, tmp_path / "copy")
    assert error.value.reason == "not_read_in_time"
    # the folder does not answer either: it is the disk
    disk.hangs = {call, "scandir"}
    with pytest.raises(SourceUnavailable, match=r"^box: TimeoutError$") as lost:
        files.get("outbox", listed, tmp_path / "copy")
    assert not isinstance(lost.value, FileUnavailable)
    disk.hangs = set()
    disk.released.set()
    assert files.get("outbox", listed, tmp_path / "copy")


def test_a_file_that_comes_slowly_is_waited_for_and_one_without_end_is_not(
    box: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "CHUNK", 1)
    monkeypatch.setattr(folder, "SILENCE_S", 0.4)
    (box / "outbox" / "f").write_bytes(b"0123456789")
    (listed,) = files.listing("outbox")
    reading = folder.LocalFolder._read

    def slowly(self: folder.LocalFolder, where: str, descriptor: int) -> bytes:
        time.sleep(0.1)
        return reading(self, where, descriptor)

    monkeypatch.setattr(folder.LocalFolder, "_read", slowly)
    assert files.get("outbox", listed, tmp_path / "copy")
    monkeypatch.setattr(folder, "FILE_S", 0.3)
    with pytest.raises(FileUnavailable) as error:
        files.get("outbox", listed, tmp_path / "copy")
    assert error.value.reason == "not_read_in_time"


def test_our_own_disk_is_not_the_fault_of_a_file(box: Path, files: Files, tmp_path: Path) -> None:
    (box / "outbox" / "f").write_bytes(b"0123456789")
    (listed,) = files.listing("outbox")
    with pytest.raises(FileNotFoundError):
        files.get("outbox", listed, tmp_path / "no folder" / "copy")
