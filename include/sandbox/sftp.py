"""A real SFTP server: each user sees their own folder with ``outbox/`` to read and ``inbox/`` to write."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import asyncssh

Received = Callable[[str, str, bytes], Awaitable[None]]
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".uploading")


def host_key(file: Path) -> asyncssh.SSHKey:
    """The server's key, made at the first start."""
    if not file.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        file.touch(mode=0o600)
        file.write_bytes(key.export_private_key())
    return asyncssh.read_private_key(str(file))


def is_finished(name: str) -> bool:
    """Whether a name is a sender's final one: not hidden, and without a temporary ending."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


class _Server(asyncssh.SSHServer):
    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = passwords

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        expected = self._passwords.get(username, "")
        return bool(expected) and hmac.compare_digest(expected.encode(), password.encode())


class _Folder(asyncssh.SFTPServer):
    """One session in one user's folder. Files that get their final name in ``inbox/`` are handed on."""

    def __init__(self, channel: Any, root: Path, received: Received) -> None:
        self._user = channel.get_extra_info("username")
        self._received = received
        self._written: dict[int, str] = {}
        super().__init__(channel, chroot=str(root / self._user).encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        """Open a file; only ``inbox/`` can be written."""
        writes = bool(pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT))
        self._guard(path, writes)
        opened = super().open(path, pflags, attrs)
        if writes:
            self._written[id(opened)] = path.decode()
        return opened

    async def close(self, file_obj: Any) -> None:
        """Close a file; a finished one is received before the sender gets the confirmation."""
        path = self._written.pop(id(file_obj), "")
        super().close(file_obj)
        if path:
            await self._arrived(path)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename within ``inbox/``: from a temporary name to the final one."""
        await self._rename(oldpath, newpath, super().rename)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """As :meth:`rename`, replacing what has that name."""
        await self._rename(oldpath, newpath, super().posix_rename)

    async def _rename(
        self, oldpath: bytes, newpath: bytes, move: Callable[[bytes, bytes], Any]
    ) -> None:
        self._guard(oldpath, True)
        self._guard(newpath, True)
        done = move(oldpath, newpath)
        if asyncio.iscoroutine(done):
            await done
        if not is_finished(PurePosixPath(oldpath.decode()).name):
            await self._arrived(newpath.decode())

    def remove(self, path: bytes) -> Any:
        """Delete a file; only the sender's own unfinished files can be deleted."""
        self._guard(path, True)
        return super().remove(path)

    def _guard(self, path: bytes, writes: bool) -> None:
        parts = PurePosixPath("/" + os.fsdecode(path)).parts
        if writes and (len(parts) < 3 or parts[1] != "inbox"):
            raise asyncssh.SFTPPermissionDenied("only inbox/ can be written")

    async def _arrived(self, path: str) -> None:
        name = PurePosixPath(path).name
        if is_finished(name):
            local = Path(self.map_path(path.encode()).decode())
            await self._received(self._user, name, await asyncio.to_thread(local.read_bytes))


async def serve(
    sockets_port: int,
    host: str,
    root: Path,
    key: asyncssh.SSHKey,
    passwords: Mapping[str, str],
    received: Received,
) -> asyncssh.SSHAcceptor:
    """Listen on a port (0: a free one). Raises ``OSError`` when it is taken."""
    for user in passwords:
        for folder in ("outbox", "inbox"):
            (root / user / folder).mkdir(parents=True, exist_ok=True)
    return await asyncssh.listen(
        host,
        sockets_port,
        server_factory=lambda: _Server(passwords),
        server_host_keys=[key],
        sftp_factory=lambda channel: _Folder(channel, root, received),
        allow_scp=False,
        encoding=None,
    )
