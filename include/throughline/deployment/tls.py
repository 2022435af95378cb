"""Carries connections of PostgreSQL's programs to a server that wants TLS.

`pg_dump` and `pg_restore` come with the server that is pinned, and are built without TLS. They connect to a socket in
a private folder; from there each connection goes on over TLS, checked by the same settings as every other one.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""The first message of a client that wants TLS: its length, and the code 80877103."""
AUTHENTICATION, REFUSED = b"R", b"E"
"""What a server's message begins with: it says how to log in, or that something is wrong."""
SASL = (10).to_bytes(4, "big")
"""Begins the offer of ways to log in, whose names follow, each with a zero byte, and one zero byte more."""
CHUNK = 1 << 16
SECONDS = 30
LAST_SECONDS = 2
PORT = "5432"
Taken = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def is_used(dsn: str) -> bool:
    """Return whether a connection to `dsn` is over TLS. Raises `psycopg.Error`."""
    with psycopg.connect(dsn, connect_timeout=SECONDS) as conn:
        return bool(conn.pgconn.ssl_in_use)


@contextmanager
def carried(dsn: str) -> Iterator[Path]:
    """Give a folder whose socket (port `PORT`) leads to the server of `dsn` over TLS, while the block runs."""
    given = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    host, port = given.get("host", "localhost"), int(given.get("port", PORT))
    trusted = context(given, os.environ)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(SECONDS):
            there, to = await asyncio.open_connection(host, port)
        async with closing(to):
            async with asyncio.timeout(SECONDS):
                to.write(REQUEST)
                if await there.readexactly(1) != b"S":
                    return
                await to.start_tls(trusted, server_hostname=host)
            await asyncio.gather(pump(reader, to), answers(there, writer))

    with tempfile.TemporaryDirectory(prefix="throughline-") as made:
        socket = Path(made) / f".s.PGSQL.{PORT}"
        with served(lambda taken: asyncio.start_unix_server(taken, socket), carry):
            yield Path(made)


@contextmanager
def served(
    start: Callable[[Taken], Coroutine[Any, Any, asyncio.Server]], take: Taken
) -> Iterator[asyncio.Server]:
    """Let a server take connections in a thread of its own while the block runs; one that fails is closed."""

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with closing(writer):
            with suppress(OSError, EOFError):
                await take(reader, writer)

    async def end() -> None:
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for _ in range(3):  # what was closed is gone some steps later
            await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(start(taken))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def context(given: Mapping[str, str], environment: Mapping[str, str]) -> ssl.SSLContext:
    """Return what libpq would check of the server, by the parameters of a connection or else the environment."""

    def setting(name: str) -> str:
        return given.get(name) or environment.get(f"PG{name.upper()}", "")

    mode, root = setting("sslmode") or "prefer", setting("sslrootcert")
    found = ssl.create_default_context(cafile=root if root not in ("", "system") else None)
    found.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as in libpq; a CA makes `require` check
    is_checked = mode in ("verify-ca", "verify-full") or bool(root)
    found.check_hostname = mode == "verify-full" or root == "system"
    found.verify_mode = ssl.CERT_REQUIRED if is_checked else ssl.CERT_NONE
    if setting("sslcert"):
        found.load_cert_chain(setting("sslcert"), setting("sslkey") or None)
    return found


async def answers(there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry on what a server over TLS says to a client without.

    Such a server also offers to log in by a proof that is bound to the TLS connection (SCRAM-SHA-256-PLUS). A client
    without TLS takes that for an attack and ends, so the offer is left out. The certificate has been checked here.
    """
    kind = b""
    while kind not in (AUTHENTICATION, REFUSED):
        kind = await there.readexactly(1)
        body = await there.readexactly(int.from_bytes(await there.readexactly(4), "big") - 4)
        if kind == AUTHENTICATION and body.startswith(SASL):
            offered = body.removeprefix(SASL).split(b"\0")
            body = SASL + b"\0".join(way for way in offered if not way.endswith(b"-PLUS"))
        writer.write(kind + (len(body) + 4).to_bytes(4, "big") + body)
        await writer.drain()
    await pump(there, writer)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry on what is read until its end, and close then."""
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection after the block; one whose other end does not answer is given up."""
    try:
        yield
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await writer.wait_closed()
        writer.transport.abort()
