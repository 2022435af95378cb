"""Folders on this machine, or on a disk that it shares with the sender."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import (
    LINK,
    LINK_TO_NOWHERE,
    NO_FILE,
    FileUnavailable,
    RemoteFile,
    in_order,
    is_finished,
    shown_name,
    why,
)

CHUNK = 1 << 20


class LocalFolder:
    """The folders below one path. Only regular files are read: a link could point anywhere."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        with self._guarded(), os.scandir(self._root / folder) as entries:
            found = [_listed(entry) for entry in entries if is_finished(entry.name)]
        return in_order(file for file in found if file is not None)

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Copy a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `FileUnavailable` if only this file cannot be read, and `SourceUnavailable`.
        """
        name = file.name if file.place is None else os.fsdecode(file.place)
        path = self._root / folder / name
        with self._of_one(folder):
            # a pipe that took the file's place would let nobody open it
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileUnavailable(f"{self._name}: not a file", NO_FILE)
        with os.fdopen(descriptor, "rb", buffering=0), target.open("wb") as copy:
            # a file that grows as fast as it is read would never end
            while copy.tell() <= file.bytes and (chunk := self._read(folder, descriptor)):
                copy.write(chunk)
            copied = copy.tell()
            with self._of_one(folder):
                now = path.stat(follow_symlinks=False)
        if _told(file.name, now) != file or copied != file.bytes:
            target.unlink()
            return False
        return True

    def _read(self, folder: str, descriptor: int) -> bytes:
        with self._of_one(folder):
            return os.read(descriptor, CHUNK)

    @contextmanager
    def _of_one(self, folder: str) -> Iterator[None]:
        """Blame an error on one file if its folder can still be read."""
        try:
            yield
        except OSError as error:
            with self._guarded(), os.scandir(self._root / folder):
                pass
            raise FileUnavailable(f"{self._name}: {type(error).__name__}", why(error)) from None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None


def _listed(entry: os.DirEntry[str]) -> RemoteFile | None:
    """Return an entry of a folder; None for a folder, and for what is gone already."""
    raw = os.fsencode(entry.name)
    name = shown_name(raw)
    try:
        info = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            return None
        problem = None if stat.S_ISREG(info.st_mode) else NO_FILE
        if stat.S_ISLNK(info.st_mode):
            problem = LINK
            try:
                if entry.is_dir():
                    return None
                entry.stat()
            except OSError:
                problem = LINK_TO_NOWHERE
    except FileNotFoundError:
        return None
    except OSError as error:
        return RemoteFile(name, 0, None, problem=why(error))
    return RemoteFile(
        name,
        info.st_size if problem is None else 0,
        datetime.fromtimestamp(info.st_mtime, UTC),
        None if name == entry.name else raw,
        problem,
    )


def _told(name: str, found: os.stat_result) -> RemoteFile:
    size = found.st_size if stat.S_ISREG(found.st_mode) else -1
    return RemoteFile(name, size, datetime.fromtimestamp(found.st_mtime, UTC))


@contextmanager
def connect(address: Address) -> Iterator[LocalFolder]:
    """Open the folders of an address: `path` in its extra, as in an Airflow connection of type `fs`.

    Raises `SourceUnavailable`.
    """
    path = address.extra.get("path")
    if not path:
        raise SourceUnavailable(f"{address.name}: its extra names no path")
    if not Path(str(path)).is_dir():
        raise SourceUnavailable(f"{address.name}: its path is not a folder")
    yield LocalFolder(Path(str(path)), address.name)
