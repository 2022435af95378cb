"""Folders on this machine, or on a disk that it shares with the sender.

A shared disk may stop to answer, and nothing can interrupt a call to it. So each listing and each copy runs
in a thread of its own, which is left behind when it has not come on for `SILENCE_S`.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import (
    FILE_S,
    LINK,
    LINK_TO_NOWHERE,
    LISTING_S,
    NO_FILE,
    FileUnavailable,
    RemoteFile,
    UploadUncertain,
    among,
    is_finished,
    shown_name,
    why,
)

CHUNK = 1 << 20
SILENCE_S = 120.0
"""After this long without an answer, a disk hangs."""

Result = TypeVar("Result")


class LocalFolder:
    """The folders below one path. Only regular files are read: a link could point anywhere."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._name = name

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""

        def look() -> list[tuple[RemoteFile, bool]]:
            with os.scandir(self._root / folder) as entries:
                found = [_listed(entry) for entry in entries if is_finished(entry.name)]
            return [each for each in found if each is not None]

        with self._guarded():
            found = in_time(look, LISTING_S)
        return among(
            [file for file, is_folder in found if not is_folder],
            [file for file, is_folder in found if is_folder],
        )

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Copy a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `FileUnavailable` if only this file cannot be read, and `SourceUnavailable`.
        """
        copied = [0]
        try:
            return in_time(
                lambda: self._copy(folder, file, target, copied), SILENCE_S, lambda: copied[0]
            )
        except TimeoutError:
            with self._of_one(folder):
                raise

    def _copy(self, folder: str, file: RemoteFile, target: Path, copied: list[int]) -> bool:
        name = file.name if file.place is None else os.fsdecode(file.place)
        path = self._root / folder / name
        with self._of_one(folder):
            # a pipe that took the file's place would let nobody open it
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode):
            os.close(descriptor)
            raise FileUnavailable(f"{self._name}: not a file", NO_FILE)
        until = time.monotonic() + FILE_S
        with os.fdopen(descriptor, "rb", buffering=0), target.open("wb") as copy:
            # a file that grows as fast as it is read would never end
            while copied[0] <= file.bytes and (chunk := self._read(folder, descriptor)):
                copied[0] += copy.write(chunk)
                if time.monotonic() > until:
                    raise TimeoutError("a file that never ends")
            with self._of_one(folder):
                now = path.stat(follow_symlinks=False)
        # another file may have taken its place, of the same size and time
        is_same = (now.st_dev, now.st_ino) == (opened.st_dev, opened.st_ino)
        if not is_same or _told(file.name, now) != file or copied[0] != file.bytes:
            target.unlink()
            return False
        return True

    def _read(self, folder: str, descriptor: int) -> bytes:
        with self._of_one(folder):
            return os.read(descriptor, CHUNK)

    def lay_down(self, folder: str, name: str, content: bytes, permissions: int = 0o600) -> None:
        """Write a file under a temporary name, which readers ignore, with its permissions before its content.

        Raises `SourceUnavailable`. It may be repeated at any time before `hand_over`.
        """
        part = self._part(folder, name)
        written = [0]

        def write() -> None:
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                os.fchmod(descriptor, permissions)
                for at in range(0, len(content), CHUNK):
                    written[0] += file.write(content[at : at + CHUNK])
                os.fsync(descriptor)

        with self._guarded():
            in_time(write, SILENCE_S, lambda: written[0])
        if written[0] != len(content):
            raise SourceUnavailable(
                f"{self._name}: {written[0]} of {len(content)} bytes were written"
            )

    def hand_over(self, folder: str, name: str) -> None:
        """Rename a file to its final name; from then on it counts as sent.

        Raises `SourceUnavailable` if that certainly did not happen, and `UploadUncertain` if it is not
        known; `is_laid_down` then tells.
        """
        part = self._part(folder, name)
        try:
            in_time(lambda: part.rename(self._root / folder / name), SILENCE_S)
        except (PermissionError, FileNotFoundError) as error:
            raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None
        except OSError as error:
            raise UploadUncertain(
                f"{self._name}: {type(error).__name__} at the final name"
            ) from None

    def is_laid_down(self, folder: str, name: str) -> bool:
        """Return whether a file still has its temporary name. Raises `SourceUnavailable`."""
        with self._guarded():
            in_time(lambda: os.scandir(self._root / folder).close(), SILENCE_S)
            return in_time(self._part(folder, name).exists, SILENCE_S)

    def is_there(self, folder: str, name: str) -> bool:
        """Return whether there is a file of this name. Raises `SourceUnavailable`."""
        with self._guarded():
            return in_time((self._root / folder / name).exists, SILENCE_S)

    def take_back(self, folder: str, name: str) -> None:
        """Remove what was laid down and not handed over, if anything. Raises `SourceUnavailable`."""
        with self._guarded():
            in_time(lambda: self._part(folder, name).unlink(missing_ok=True), SILENCE_S)

    def _part(self, folder: str, name: str) -> Path:
        return self._root / folder / f".{name}.part"

    @contextmanager
    def _of_one(self, folder: str) -> Iterator[None]:
        """Blame an error on one file if its folder can still be read."""
        try:
            yield
        except OSError as error:
            with self._guarded():
                in_time(lambda: os.scandir(self._root / folder).close(), SILENCE_S)
            raise FileUnavailable(f"{self._name}: {type(error).__name__}", why(error)) from None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None


def in_time(
    work: Callable[[], Result], silence_s: float, progress: Callable[[], object] = lambda: None
) -> Result:
    """Return what `work` returns, which runs in a thread of its own.

    Raises `TimeoutError` once `progress` has been the same for `silence_s`. The thread is left behind: a
    call into a disk that hangs cannot be taken back. It ends with its process, at the latest.
    """
    results: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised in the caller's thread
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="folder").start()
    before = progress()
    while not done.wait(silence_s):
        now = progress()
        if now == before:
            raise TimeoutError("the disk does not answer")
        before = now
    if errors:
        raise errors[0]
    return results[0]


def _listed(entry: os.DirEntry[str]) -> tuple[RemoteFile, bool] | None:
    """Return an entry of a folder, and whether it is a folder itself; None for what is gone already."""
    raw = os.fsencode(entry.name)
    name = shown_name(raw)
    try:
        info = entry.stat(follow_symlinks=False)
        is_folder = stat.S_ISDIR(info.st_mode)
        problem = None if stat.S_ISREG(info.st_mode) else NO_FILE
        if stat.S_ISLNK(info.st_mode):
            problem = LINK
            try:
                is_folder = entry.is_dir()
                entry.stat()
            except OSError:
                problem = LINK_TO_NOWHERE
    except FileNotFoundError:
        return None
    except OSError as error:
        return RemoteFile(name, 0, None, problem=why(error)), False
    size = info.st_size if problem is None else 0
    at = datetime.fromtimestamp(info.st_mtime, UTC)
    return RemoteFile(name, size, at, None if name == entry.name else raw, problem), is_folder


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
    try:
        is_folder = in_time(Path(str(path)).is_dir, SILENCE_S)
    except OSError as error:
        raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
    if not is_folder:
        raise SourceUnavailable(f"{address.name}: its path is not a folder")
    yield LocalFolder(Path(str(path)), address.name)
