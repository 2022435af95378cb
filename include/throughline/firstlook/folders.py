"""Folders that our files are put into: whether they are there and may be written. Nothing is put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import paramiko

from throughline.firstlook.found import Look
from throughline.sources.source import Role, WorkList
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.sftp import connect


def takes(look: Look, address: Address, folder: str, role: str = "payer") -> None:
    """Look whether files may be put into a folder of an SFTP server, by its rights."""
    write = f"ask for a folder {folder!r} that the login {address.login!r} may write into"
    try:
        with connect(address, attempts=1) as opened:
            found = opened._client.stat(folder or ".")
    except FileNotFoundError:
        look.bad(f"{role}: the system has no folder {folder!r} for our files", write)
    except (OSError, EOFError, SourceUnavailable, paramiko.SSHException) as error:
        reason = str(error).removeprefix(f"{address.name}: ") or type(error).__name__
        look.bad(f"{role}: {folder!r} cannot be looked at: {reason}", write)
    else:
        if not stat.S_ISDIR(found.st_mode or stat.S_IFDIR):
            look.bad(f"{role}: {folder!r} is not a folder", write)
        elif found.st_mode is not None and not found.st_mode & 0o222:
            look.bad(f"{role}: nobody may write into {folder!r}", write)
        else:
            look.good(
                f"{role}: the folder {folder!r} is there (whether it takes a file shows the first that is sent)"
            )


def takes_lists(look: Look, role: Role, said: WorkList, address: Address) -> None:
    """Look whether the lists of a role may be put into their folder."""
    if said.transport == "sftp":
        takes(look, address, said.folder, role.name)
        return
    root = address.extra.get("path")
    if not root:
        look.bad(
            f"{role.name}: the connection {address.name} names no folder",
            f'write {{"path": "/…"}} in the extra of the connection {address.name}',
        )
        return
    path = Path(str(root)) / said.folder
    if not path.is_dir():
        look.bad(
            f"{role.name}: {path} is not there, the folder for our lists",
            f"make it, and let this user write there; every worker has to see it, or write folder in {look.place}",
        )
    elif not os.access(path, os.W_OK | os.X_OK):
        look.bad(f"{role.name}: this user may not write into {path}", "ask for the right to write")
    else:
        look.good(f"{role.name}: lists may be put into {path}")
