"""Folders on SFTP servers: list, fetch finished files, upload under a temporary name."""

from __future__ import annotations

import base64
import contextlib
import posixpath
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paramiko

from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import RemoteFile, in_order, is_finished

CHUNK = 1 << 18
TIMEOUT_S = 20.0
# After this long without an answer, the server counts as gone.
SILENCE_S = 60.0
# Requests in flight at once; more overload some servers.
IN_FLIGHT = 64


class UploadUncertain(RuntimeError):
    """The connection broke while a file was being renamed to its final name: check before sending again."""


class SftpFolder:
    """An open session on one server; paths are relative to the login's home folder."""

    def __init__(self, client: paramiko.SFTPClient, name: str) -> None:
        self._client = client
        self._name = name

    def listing(self, folder: str) -> list[RemoteFile]:
        """Return the finished files of a folder by time and name. Raises `SourceUnavailable`."""
        try:
            with self._guarded():
                entries = self._client.listdir_attr(folder)
        except UnicodeDecodeError:
            raise SourceUnavailable(
                f"{self._name}: a file name in its folder is not UTF-8"
            ) from None
        found = [
            RemoteFile(entry.filename, entry.st_size or 0, _time_of(entry))
            for entry in entries
            if not stat.S_ISDIR(entry.st_mode or 0) and is_finished(entry.filename)
        ]
        return in_order(found)

    def get(self, folder: str, file: RemoteFile, target: Path) -> bool:
        """Fetch a file to `target`; returns False if it changed meanwhile, so it is still being written.

        Raises `SourceUnavailable`.
        """
        path = posixpath.join(folder, file.name)
        size = 0
        with self._guarded():
            with self._client.open(path, "rb") as remote, target.open("wb") as local:
                remote.prefetch(file.bytes, max_concurrent_requests=IN_FLIGHT)
                while chunk := remote.read(CHUNK):
                    size += len(chunk)
                    local.write(chunk)
            now = self._client.stat(path)
        is_anew = file.modified_at is not None and _time_of(now) != file.modified_at
        if is_anew or now.st_size != size or size != file.bytes:
            target.unlink(missing_ok=True)
            return False
        return True

    def put(self, folder: str, name: str, content: bytes) -> None:
        """Upload a file under a temporary name, then rename it to its final one.

        Raises `SourceUnavailable` if it certainly did not get its final name, and `UploadUncertain` if
        that is not known.
        """
        self.lay_down(folder, name, content)
        self.hand_over(folder, name)

    def lay_down(self, folder: str, name: str, content: bytes) -> None:
        """Upload a file under a temporary name, which receivers ignore.

        Raises `SourceUnavailable`. It may be repeated at any time before `hand_over`.
        """
        part = self._part(folder, name)
        with self._guarded():
            with self._client.open(part, "wb") as remote:
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
        except (OSError, EOFError, paramiko.SSHException) as error:
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
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise SourceUnavailable(f"{self._name}: {type(error).__name__}") from None


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
    client = _open(address, attempts, sleep)
    try:
        yield SftpFolder(_session(client, address), address.name)
    except (EOFError, paramiko.SSHException) as error:
        raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
    finally:
        with contextlib.suppress(Exception):
            client.close()


def _session(client: paramiko.SSHClient, address: Address) -> paramiko.SFTPClient:
    """Start SFTP on a connection; disconnects if the server does not answer."""
    watch = threading.Timer(SILENCE_S, client.close)
    watch.daemon = True
    watch.start()
    try:
        transport = client.get_transport()
        if transport is None:
            raise paramiko.SSHException
        channel = transport.open_session(timeout=TIMEOUT_S)
        channel.settimeout(SILENCE_S)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
    finally:
        watch.cancel()


def _open(address: Address, attempts: int, sleep: Callable[[float], None]) -> paramiko.SSHClient:
    for attempt in range(1, attempts + 1):
        client = paramiko.SSHClient()
        _trust(client, address)
        try:
            client.connect(
                address.host,
                port=address.port or 22,
                username=address.login,
                password=address.password or None,
                timeout=TIMEOUT_S,
                banner_timeout=TIMEOUT_S,
                auth_timeout=TIMEOUT_S,
                allow_agent=False,
                look_for_keys=False,
                **_key(address),
            )
            return client
        except (OSError, EOFError, paramiko.SSHException) as error:
            client.close()
            certain = isinstance(
                error, paramiko.AuthenticationException | paramiko.BadHostKeyException
            )
            if certain or attempt == attempts:
                raise SourceUnavailable(f"{address.name}: {type(error).__name__}") from None
            sleep(0.5 * 2 ** (attempt - 1))
    raise SourceUnavailable(f"{address.name}: no attempt was made")


def _key(address: Address) -> dict[str, Any]:
    """Return the private key in the address, if there is one."""
    text = address.extra.get("private_key")
    if not text:
        return {}
    import io

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            key = kind.from_private_key(io.StringIO(str(text)))
        except (paramiko.SSHException, ValueError):
            continue
        return {"pkey": key}
    raise SourceUnavailable(f"{address.name}: the private key has an unknown type")


def _trust(client: paramiko.SSHClient, address: Address) -> None:
    if str(address.extra.get("no_host_key_check", "false")).lower() in ("true", "1", "yes"):
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        return
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    stated = str(address.extra.get("host_key", "")).split()
    if not stated:
        client.load_system_host_keys()
        return
    encoded = stated[1] if len(stated) > 1 else stated[0]
    try:
        raw = base64.b64decode(encoded)
        length = int.from_bytes(raw[:4], "big")
        kind = raw[4 : 4 + length].decode("ascii")
        key = paramiko.PKey.from_type_string(kind, raw)
    except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        raise SourceUnavailable(f"{address.name}: host_key: {type(error).__name__}") from None
    port = address.port or 22
    host = address.host if port == 22 else f"[{address.host}]:{port}"
    client.get_host_keys().add(host, kind, key)
