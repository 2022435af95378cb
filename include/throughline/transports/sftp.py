"""Folders on SFTP servers: list, fetch finished files, upload under a temporary name."""

from __future__ import annotations

import contextlib
import posixpath
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import (
    FILE_S,
    LINK_TO_NOWHERE,
    LISTING_S,
    MOST_ENTRIES,
    NO_FILE,
    NO_PERMISSION,
    TOO_SLOW,
    FileUnavailable,
    RemoteFile,
    UploadUncertain,
    among,
    is_finished,
    shown_name,
    why,
)
from throughline.transports.ssh import connected, session

CHUNK = 1 << 18
# Requests in flight at once; more overload some servers.
IN_FLIGHT = 64
# After so much time lost over files in trouble, a server has less time for each that it does not send.
TROUBLE_S, BRIEF_S = 300.0, 5.0


# A server that answers out of turn raises SFTPError, which is none of the others.
_ERRORS = (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError)


class SftpFolder:
    """An open session on one server; paths are relative to the login's home folder."""

    def __init__(
        self,
        client: paramiko.SFTPClient,
        name: str,
        again: Callable[[], paramiko.SFTPClient] | None = None,
    ) -> None:
        self._client = client
        self._name = name
        self._again = again
        self._lost_s = 0.0

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        with self._guarded(), self._within(LISTING_S):
            entries = _entries(self._client, folder)
        files: list[RemoteFile] = []
        folders: list[RemoteFile] = []
        for raw, entry in entries:
            name = shown_name(raw)
            if not is_finished(name):
                continue
            place = None if name.encode() == raw else raw
            listed, is_folder = self._listed(folder, name, place, entry)
            (folders if is_folder else files).append(listed)
        return among(files, folders)

    def _listed(
        self, folder: str, name: str, place: bytes | None, entry: paramiko.SFTPAttributes
    ) -> tuple[RemoteFile, bool]:
        """Return an entry of a folder, a link as what it leads to, and whether that is a folder."""
        problem = None
        if stat.S_ISLNK(entry.st_mode or 0):
            try:
                entry = self._client.stat(_path(folder, name, place))
            except OSError as error:
                if not (
                    self._connect_again(folder) if _is_silent(error) else self._answers(folder)
                ):
                    raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None
                problem = why(error)
                problem = problem if problem in (NO_PERMISSION, TOO_SLOW) else LINK_TO_NOWHERE
        kind = stat.S_IFMT(entry.st_mode or 0)
        if problem is None and kind not in (0, stat.S_IFREG):
            problem = NO_FILE
        size = (entry.st_size or 0) if problem is None else 0
        return RemoteFile(name, size, _time_of(entry), place, problem), kind == stat.S_IFDIR

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `FileUnavailable` if only this file cannot be fetched, and `SourceUnavailable`.
        """
        with target.open("wb") as local:
            size, now = self._fetched(folder, file, local)
        is_anew = file.modified_at is not None and _time_of(now) != file.modified_at
        if is_anew or now.st_size != size or size != file.bytes:
            target.unlink(missing_ok=True)
            return False
        return True

    def _fetched(
        self, folder: str, file: RemoteFile, local: BinaryIO
    ) -> tuple[int, paramiko.SFTPAttributes]:
        """Copy a file; a connection that breaks off is opened again once, for this file."""
        path = _path(folder, file.name, file.place)
        for is_last in (False, True):
            begun = time.monotonic()
            try:
                with self._within(FILE_S):
                    return self._copied(path, file.bytes, local)
            except _OwnDiskError as error:
                raise error.cause from None
            except _ERRORS as error:
                failed = FileUnavailable(f"{self._name}: {type(error).__name__}", why(error))
                self._lost_s += time.monotonic() - begun
                if not _is_silent(error) and self._answers(folder):
                    raise failed from None
                if not self._connect_again(folder):
                    raise SourceUnavailable(str(failed)) from None
                if is_last or _is_silent(error):
                    raise failed from None
        raise AssertionError("unreachable")

    def _copied(
        self, path: str | bytes, expected: int, local: BinaryIO
    ) -> tuple[int, paramiko.SFTPAttributes]:
        local.seek(0)
        local.truncate()
        size = 0
        with self._client.open(path, "rb") as remote:
            remote.prefetch(expected, max_concurrent_requests=IN_FLIGHT)
            # a file that grows as fast as it is read would never end
            while size <= expected and (chunk := self._chunk(remote)):
                size += len(chunk)
                try:
                    local.write(chunk)
                except OSError as error:
                    raise _OwnDiskError(error) from None
        return size, self._client.stat(path)

    def _chunk(self, remote: paramiko.SFTPFile) -> bytes:
        try:
            return remote.read(CHUNK)
        except TimeoutError:
            # closing the file would wait for the same server
            self._cut()
            raise

    def _cut(self) -> None:
        channel = self._client.get_channel()
        transport = channel.get_transport() if channel is not None else None
        if transport is not None:
            transport.close()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Cut the connection when time is up: a server that sends byte by byte never falls silent."""
        is_up = threading.Event()

        def cut() -> None:
            is_up.set()
            self._cut()

        watch = threading.Timer(seconds, cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        except _ERRORS:
            if is_up.is_set():
                raise TimeoutError from None
            raise
        finally:
            watch.cancel()

    def _answers(self, folder: str) -> bool:
        """Return whether the server still answers about a folder: then one file is at fault."""
        channel = self._client.get_channel()
        if channel is None or channel.closed or channel.eof_received:
            return False
        try:
            self._client.stat(folder or ".")
        except _ERRORS:
            return False
        return True

    def _connect_again(self, folder: str) -> bool:
        if self._again is None:
            return False
        try:
            self._client = self._again()
        except SourceUnavailable:
            return False
        channel = self._client.get_channel()
        if channel is not None and self._lost_s > TROUBLE_S:
            channel.settimeout(BRIEF_S)
        return self._answers(folder)

    def put(self, folder: str, name: str, content: bytes) -> None:
        """Upload a file under a temporary name, then rename it to its final one.

        Raises `SourceUnavailable` if it certainly did not get its final name, and `UploadUncertain` if
        that is not known.
        """
        self.lay_down(folder, name, content)
        self.hand_over(folder, name)

    def lay_down(
        self, folder: str, name: str, content: bytes, permissions: int | None = None
    ) -> None:
        """Upload a file under a temporary name, which receivers ignore; with `permissions`, before its content.

        Raises `SourceUnavailable`. It may be repeated at any time before `hand_over`.
        """
        part = self._part(folder, name)
        with self._guarded(), self._within(FILE_S):
            with self._client.open(part, "wb") as remote:
                if permissions is not None:
                    remote.chmod(permissions)
                remote.set_pipelined(True)
                remote.write(content)
            size = self._client.stat(part).st_size
        if size != len(content):
            raise SourceUnavailable(
                f"{self._name}: a file arrived with {size} of {len(content)} bytes"
            )

    def hand_over(self, folder: str, name: str) -> None:
        """Rename an uploaded file to its final name; from then on it counts as sent.

        Raises `SourceUnavailable` if that certainly did not happen, and `UploadUncertain` if it is not
        known; `is_laid_down` then tells.
        """
        try:
            self._rename(self._part(folder, name), posixpath.join(folder, name))
        except _ERRORS as error:
            if isinstance(error, PermissionError | FileNotFoundError):
                raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None
            raise UploadUncertain(
                f"{self._name}: {type(error).__name__} at the final name"
            ) from None

    def _rename(self, part: str, final: str) -> None:
        """Rename a file; a server may support only the older request, which never overwrites."""
        try:
            self._client.posix_rename(part, final)
            return
        except (PermissionError, FileNotFoundError, TimeoutError):
            raise
        except OSError:
            channel = self._client.get_channel()
            if channel is None or channel.closed or channel.eof_received:
                raise
        try:
            self._client.rename(part, final)
        except FileNotFoundError as error:
            # the first request may have succeeded despite the answer
            raise OSError(str(error)) from None

    def is_laid_down(self, folder: str, name: str) -> bool:
        """Return whether a file still has its temporary name, which means that it was not handed over.

        Only `hand_over` removes that name. Raises `SourceUnavailable`.
        """
        with self._guarded():
            try:
                self._client.stat(self._part(folder, name))
            except FileNotFoundError:
                return False
        return True

    def is_there(self, folder: str, name: str) -> bool:
        """Return whether there is a file of this name. Raises `SourceUnavailable`."""
        with self._guarded(), contextlib.suppress(FileNotFoundError):
            self._client.stat(posixpath.join(folder, name))
            return True
        return False

    def take_back(self, folder: str, name: str) -> None:
        """Remove what was laid down and not handed over, if anything. Raises `SourceUnavailable`."""
        with self._guarded(), contextlib.suppress(FileNotFoundError):
            self._client.remove(self._part(folder, name))

    @staticmethod
    def _part(folder: str, name: str) -> str:
        return posixpath.join(folder, f".{name}.part")

    def exists(self, folder: str, name: str, content: bytes) -> bool:
        """Return whether a file with this name and content exists. Raises `SourceUnavailable`."""
        with self._guarded():
            try:
                with self._client.open(posixpath.join(folder, name), "rb") as remote:
                    return bool(remote.read() == content)
            except FileNotFoundError:
                return False

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except _ERRORS as error:
            raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None


class _OwnDiskError(Exception):
    """Our own disk, not the server, failed."""

    def __init__(self, cause: OSError) -> None:
        super().__init__()
        self.cause = cause


def _path(folder: str, name: str, place: bytes | str | None) -> str | bytes:
    if isinstance(place, bytes):
        return posixpath.join(folder.encode(), place)
    return posixpath.join(folder, name)


def _entries(client: Any, folder: str) -> list[tuple[bytes, paramiko.SFTPAttributes]]:
    """Return the entries of a folder by their names as bytes: paramiko's own listing fails for all of
    them if one is not UTF-8."""
    attributes_of: Any = paramiko.SFTPAttributes
    kind, message = client._request(CMD_OPENDIR, client._adjust_cwd(folder))
    if kind != CMD_HANDLE:
        raise paramiko.SFTPError("no handle of a folder")
    handle = message.get_binary()
    found: dict[bytes, paramiko.SFTPAttributes] = {}
    while True:
        try:
            kind, message = client._request(CMD_READDIR, handle)
        except EOFError:
            break
        if kind != CMD_NAME:
            raise paramiko.SFTPError("no names of a folder")
        before = len(found)
        for _ in range(message.get_int()):
            name, _long = message.get_string(), message.get_string()
            attributes = attributes_of._from_msg(message)
            found[name] = attributes
        if len(found) == before or len(found) > MOST_ENTRIES:
            # some servers begin again at the end
            raise paramiko.SFTPError("a folder without end")
    client._request(CMD_CLOSE, handle)
    return [(name, each) for name, each in found.items() if name not in (b".", b"..")]


def _is_silent(error: BaseException) -> bool:
    """Return whether a server did not answer in time: asking it about something else would not, either."""
    return isinstance(error, TimeoutError)


def _time_of(found: paramiko.SFTPAttributes) -> datetime | None:
    return datetime.fromtimestamp(found.st_mtime, UTC) if found.st_mtime else None


@contextmanager
def connect(
    address: Address, attempts: int = 3, sleep: Callable[[float], None] = time.sleep
) -> Iterator[SftpFolder]:
    """Open a session at an address and close it. Raises `SourceUnavailable`.

    The server's host key must match the address (`host_key` in its extra, in known_hosts format),
    unless the address sets `no_host_key_check`.
    """
    clients = [connected(address, attempts, sleep)]

    def again() -> paramiko.SFTPClient:
        with contextlib.suppress(Exception):
            clients[-1].close()
        clients.append(connected(address, attempts, sleep))
        return session(clients[-1], address)

    try:
        yield SftpFolder(session(clients[0], address), address.name, again)
    except (EOFError, paramiko.SSHException, paramiko.SFTPError) as error:
        raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
    finally:
        with contextlib.suppress(Exception):
            clients[-1].close()
