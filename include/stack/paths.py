"""Where this clone keeps its state: in one folder, outside the clone and outside home folders.

PostgreSQL refuses to run as root, and the user it runs as instead must be able to reach its data. It cannot do so
through a home folder (mode 700), which we should not open up. ``/var/tmp`` survives a reboot and is accessible.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
"""The clone."""

CONNECTION = "AIRFLOW_CONN_"
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

MEMORY = Path("/dev/shm")  # noqa: S108 - folders below it are made with a name nobody can guess
ON_DISK = Path("/var/tmp")  # noqa: S108 - as above
ENOUGH_MEMORY = 6 << 30
"""Bytes: a server of the tests takes less than one GB, and several may run at once."""


def state_folder() -> Path:
    """The state folder of this clone: ``$THROUGHLINE_STATE``, or one under ``/var/tmp`` named by user and clone.

    Created if missing, with mode 0711 (no listing). Raises ``PermissionError`` if somebody else owns it: anybody can
    write to ``/var/tmp``, and a planted folder must not receive our secrets.
    """
    given = os.environ.get("THROUGHLINE_STATE")
    if given:
        folder = typed(given)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        user = Path(f"/var/tmp/throughline-{os.getuid()}")  # noqa: S108 - owner and mode are checked below
        user.mkdir(mode=0o711, exist_ok=True)
        _own(user)
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", ROOT.name)[:24] or "clone"
        folder = user / f"{name}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
        folder.mkdir(mode=0o711, exist_ok=True)
    _own(folder)
    folder.chmod(0o711)
    return folder


def typed(given: str) -> Path:
    """The absolute path that a person means. Raises ``NotADirectoryError`` for the home of a user that there is not."""
    try:
        return Path(given).expanduser().absolute()
    except RuntimeError:
        raise NotADirectoryError(errno.ENOTDIR, "no such user", given) from None


def scratch() -> Path:
    """The folder for servers that are deleted at the end: in memory if the machine has enough, else ``/var/tmp``.

    PostgreSQL creates and deletes files for each temporary table. ext4 does not reuse a deleted inode for minutes, and
    looks through all of those for each file that it creates.
    """
    try:
        there = os.statvfs(MEMORY)
    except OSError:
        return ON_DISK
    free = min(there.f_bavail * there.f_frsize, psutil.virtual_memory().available)
    return MEMORY if free >= ENOUGH_MEMORY and os.access(MEMORY, os.W_OK | os.X_OK) else ON_DISK


def private(folder: Path) -> Path:
    """Make a folder that only this user can read; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(file: Path, text: str) -> None:
    """Write a file atomically, readable by this user only."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    temporary.replace(file)


def can_be_walked(folder: Path) -> bool:
    """Whether any user of the machine can reach the folder (every parent is accessible to others)."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (folder, *folder.parents))


def child_environment() -> dict[str, str]:
    """Environment for our own programs: this clone's packages, without the caller's Airflow or PostgreSQL settings.

    Connections (``AIRFLOW_CONN_...``) are kept, because the systems of a practice need them. The sandbox's and the
    warehouse's connections are in a file that takes precedence, so the caller's cannot replace them. The caller's
    proxies are kept, but never for this machine; without one, nothing looks for one, which on macOS ends a process
    that was forked.
    """
    foreign = ("AIRFLOW", "_AIRFLOW", "PG", "PYTHON", "THROUGHLINE_DSN", "MAKE", "MFLAGS")
    kept = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(CONNECTION) or not key.startswith(foreign)
    }
    return kept | {
        "PYTHONPATH": str(ROOT / "include"),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
        "NO_PROXY": (past := _past_the_proxy()),
        "no_proxy": past,
    }


def _past_the_proxy() -> str:
    """The hosts that are asked without a proxy: all of them if the caller has none."""
    if not any(os.environ.get(name) or os.environ.get(name.upper()) for name in PROXIES):
        return "*"
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return ",".join([*(part.strip() for part in given.split(",") if part.strip()), *THIS_MACHINE])


def _own(folder: Path) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(
            f"{folder} belongs to another user; set THROUGHLINE_STATE to a folder of your own"
        )
