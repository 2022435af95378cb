"""Folders of files: whether they are reached and may be read, what waits in them, and the newest of it as a sample."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

from throughline.firstlook.found import Look, Stop, listed
from throughline.firstlook.network import reach, reach_url
from throughline.firstlook.words import MEANT
from throughline.sources.source import SourceDefinition
from throughline.transports import open_files
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import Files, FileUnavailable, RemoteFile
from throughline.transports.sftp import connect
from throughline.transports.ssh import TIMEOUT_S, stated_key
from throughline.vocabulary.counts import count

SAMPLED = 8
"""How many of the newest files are fetched."""
MOST_BYTES = 64 << 20
"""Bytes of a sample in all."""


def look_at(look: Look, definition: SourceDefinition, address: Address) -> None:
    """Look at the folder of a source, and fetch its newest files as the sample."""
    folder = definition.folder
    told = f"folder {folder!r}" if folder else "the folder where the connection leads"
    try:
        _reached(look, definition, address)
        with _opened(look, definition.transport, address) as files:
            found = _listing(look, definition, files, address, told)
            _sample(look, definition, files, found, told)
    except Stop:
        return


def _reached(look: Look, definition: SourceDefinition, address: Address) -> None:
    if definition.transport == "sftp":
        _host(look, address)
    elif definition.transport == "https":
        where = f"base_url of the connection {address.name}"
        reach_url(look, address.base_url, where, f"write {where}")


@contextmanager
def _opened(look: Look, transport: str, address: Address) -> Iterator[Files]:
    """Open the folders of a system. Raises `Stop` with what is wrong."""
    try:
        with open_files(transport, address) as files:
            if transport == "sftp":
                look.good("the login is accepted")
            yield files
    except SourceUnavailable as error:
        reason = str(error).removeprefix(f"{address.name}: ")
        look.bad(*_why_not(reason, transport, address))
        raise Stop from None


def _why_not(reason: str, transport: str, address: Address) -> tuple[str, str]:
    """Return what is wrong with a connection, and what to write, by the word of its transport."""
    named = f"connection {address.name}"
    if "Authentication" in reason or "BadAuthenticationType" in reason:
        with_what = (
            "key" if address.private_key else "password" if address.password else "login alone"
        )
        return f"the server does not accept the {with_what} of {address.login!r}", (
            f"write login, and password or private_key or key_file, in the {named}; a public key has to be registered"
        )
    if transport == "folder":
        path = address.extra.get("path")
        if not path:
            return (
                "the connection names no folder",
                f'write {{"path": "/…"}} in the extra of the {named}',
            )
        told = {"PermissionError": "may not be read by this user"}.get(
            reason, "is not a folder on this machine"
        )
        return (
            f"{path} {told}",
            f"write path in the extra of the {named}; every worker has to see it",
        )
    return reason, f"look at the {named}"


def _host(look: Look, address: Address) -> None:
    """Connect to an SFTP server, and compare its host key with what the connection says. Raises `Stop`."""
    named = f"connection {address.name}"
    port = address.port or 22
    reach(look, address.host, port, f"write host and port in the {named}")
    try:
        with socket.create_connection((address.host, port), timeout=TIMEOUT_S) as opened:
            transport = paramiko.Transport(opened)
            try:
                transport.start_client(timeout=TIMEOUT_S)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except (OSError, EOFError, paramiko.SSHException) as error:
        look.bad(
            f"{address.host}:{port} is no SSH server: {type(error).__name__}",
            f"write host and port in the {named}",
        )
        raise Stop from None
    line, print_ = f"{key.get_name()} {key.get_base64()}", fingerprint(key.asbytes())
    write = (
        f"if it is the key that they told you, write in the extra of the {named}: host_key: {line}"
    )
    try:
        stated = stated_key(address)
    except SourceUnavailable as error:
        look.bad(str(error).removeprefix(f"{address.name}: "), write)
        raise Stop from None
    if stated is None:
        if str(address.extra.get("no_host_key_check", "false")).lower() in ("true", "1", "yes"):
            look.bad(f"any server would be taken for this one; its key is {print_}", write)
        else:
            look.note(
                f"no host_key is stated: the machine's known_hosts decides; the server's key is {print_}",
                write,
            )
    elif stated.get_name() != key.get_name():
        look.note(
            f"the server has a {key.get_name()} key, too; the connection states a {stated.get_name()} key"
        )
    elif stated.asbytes() != key.asbytes():
        look.bad(
            f"another host key than stated: the server has {print_}, the connection {fingerprint(stated.asbytes())}:"
            " somebody may be in between, or they have changed it",
            f"ask them by another way; {write}",
        )
        raise Stop
    else:
        look.good(f"the host key is the one that is stated ({print_})")


def fingerprint(raw: bytes) -> str:
    """Return the fingerprint of a key, as `ssh-keygen -l` shows it."""
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def _listing(
    look: Look, definition: SourceDefinition, files: Files, address: Address, told: str
) -> list[RemoteFile]:
    try:
        return files.listing(definition.folder)
    except SourceUnavailable as error:
        reason = str(error).removeprefix(f"{address.name}: ")
    write = f"write folder in {look.place}, as it is seen from where the connection {address.name} leads"
    status = int(reason.removeprefix("http_")) if reason.removeprefix("http_").isdigit() else 0
    if reason == "FileNotFoundError" or status == 404:
        lacks = f"the system has no {told}" if definition.folder else f"{told} is not there"
        look.bad(f"{lacks}{_others(definition, address)}", write)
    elif reason == "PermissionError" or status in (401, 403):
        look.bad(f"{told} may not be read", f"ask for the right to list and read it, or {write}")
    elif status:
        look.bad(f"{told}: the server {MEANT.get(status, 'answers')} ({status})", write)
    else:
        look.bad(f"{told} cannot be listed: {reason}", write)
    raise Stop


def _others(definition: SourceDefinition, address: Address) -> str:
    """Return the folders that are there instead."""
    found: list[str] = []
    try:
        if definition.transport == "folder":
            root = Path(str(address.extra.get("path")))
            found = sorted(one.name for one in root.iterdir() if one.is_dir())
        elif definition.transport == "sftp":
            with connect(address, attempts=1) as opened:
                entries = opened._client.listdir_attr(".")
            found = sorted(str(one.filename) for one in entries if stat.S_ISDIR(one.st_mode or 0))
    except (OSError, EOFError, SourceUnavailable, paramiko.SSHException):
        return ""
    return f"; it has {listed(found)}" if found else "; it has none at all"


def _sample(
    look: Look,
    definition: SourceDefinition,
    files: Files,
    found: list[RemoteFile],
    told: str,
) -> None:
    usable = [file for file in found if file.problem is None]
    for problem in sorted({file.problem for file in found if file.problem is not None}):
        number = sum(file.problem == problem for file in found)
        look.note(f"{count(number, 'thing')} there cannot be read: {problem.replace('_', ' ')}")
    if not usable:
        look.note(
            f"{told} may be read, and no file waits there",
            "ask for a few files to look at before the first night",
        )
        return
    size = sum(file.bytes for file in usable)
    times = [file.modified_at for file in usable if file.modified_at is not None]
    span = f", from {min(times):%Y-%m-%d} to {max(times):%Y-%m-%d}" if times else ""
    look.good(f"{told} may be read: {count(len(usable), 'file')}, {size / 1e6:,.1f} MB{span}")
    left, denied = MOST_BYTES, 0
    for number, file in enumerate(reversed(usable)):
        if look.sampled >= SAMPLED or number >= 2 * SAMPLED:
            break
        if file.bytes > left:
            continue
        target = look.into / Path(file.name).name
        try:
            is_whole = files.get(definition.folder, file, target)
        except FileUnavailable:
            denied += 1
            continue
        if is_whole:
            if file.modified_at is not None:
                os.utime(target, (file.modified_at.timestamp(),) * 2)
            look.sampled += 1
            left -= file.bytes
    if denied:
        look.bad(
            f"{count(denied, 'file')} of the newest may be listed and not read",
            "ask for the right to read them",
        )
