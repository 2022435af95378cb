"""Folders on this machine, or on a disk that it shares with the sender."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import RemoteFile, in_order, is_finished

CHUNK = 1 << 20


class LocalFolder:
    """The folders below one path. Only regular files count: a link could point anywhere."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name
        # Names that are not UTF-8 are listed with escapes; this maps them to the real paths.
        self._odd: dict[tuple[str, str], Path] = {}

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        with self._guarded(), os.scandir(self._root / folder) as entries:
            return in_order(
                _told(self._named(folder, entry), entry.stat(follow_symlinks=False))
                for entry in entries
                if entry.is_file(follow_symlinks=False) and is_finished(entry.name)
            )

    def _named(self, folder: str, entry: os.DirEntry[str]) -> str:
        name = os.fsencode(entry.name).decode("utf-8", "backslashreplace")
        if name != entry.name:
            self._odd[folder, name] = Path(entry.path)
        return name

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Copy a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `SourceUnavailable`.
        """
        path = self._odd.get((folder, file.name), self._root / folder / file.name)
        with self._guarded():
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb", buffering=0) as source, target.open("wb") as copy:
            while chunk := self._read(source.fileno()):
                copy.write(chunk)
            copied = copy.tell()
            with self._guarded():
                now = path.stat(follow_symlinks=False)
        if _told(file.name, now) != file or copied != file.bytes:
            target.unlink()
            return False
        return True

    def _read(self, descriptor: int) -> bytes:
        with self._guarded():
            return os.read(descriptor, CHUNK)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None


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
