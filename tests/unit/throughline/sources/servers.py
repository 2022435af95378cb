"""Real servers on loopback with scripted answers."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh

from throughline.transports.address import Address


@dataclass
class Seen:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """An answer: `cut` closes the connection after that many bytes of the body, `hang` sends no answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: bool = False


Respond = Callable[[Seen], Answer]


class Web:
    """An HTTP server: answers from a queue, or from a function."""

    def __init__(self, respond: Respond | None = None) -> None:
        self.seen: list[Seen] = []
        self.answers: deque[Answer] = deque()
        self.respond = respond or (lambda _: self.answers.popleft())
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {k.lower(): v for k, v in self.headers.items()}
                one = Seen(self.command, self.path, headers, self.rfile.read(length))
                web.seen.append(one)
                answer = web.respond(one)
                if answer.hang:
                    self.close_connection = True
                    return
                if "Date" in answer.headers:
                    self.send_response_only(answer.status)
                else:
                    self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body[: answer.cut])
                if answer.cut is not None:
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(poll_interval=0.02), daemon=True
        )
        self._thread.start()

    def address(self, **more: Any) -> Address:
        """The server's address."""
        return Address("web", port=self.port, **more)

    def url(self, path: str) -> str:
        """The whole address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        """Stop, and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def web(respond: Respond | None = None) -> Iterator[Web]:
    """Run an HTTP server."""
    server = Web(respond)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def file_server(root: Path) -> Iterator[Address]:
    """Run the web server of Python's library over a folder: its listings are HTML pages."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

    def handler(*args: Any) -> SimpleHTTPRequestHandler:
        return Handler(*args, directory=str(root))

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield Address("web", port=server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Sftp:
    """An SFTP server over a folder; `handler` makes its sessions."""

    def __init__(
        self, root: Path, handler: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
    ) -> None:
        self.root = root
        self._handler = handler
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self._server = self._run(self._start())
        self.port = self._server.get_port()

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _start(self) -> Any:
        connections = self._connections

        class Login(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                connections.append(conn)

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == ("clinic", "secret")

        root, handler = bytes(self.root), self._handler
        allowed = asyncssh.import_authorized_keys(self.client_key.export_public_key().decode())
        return await asyncssh.create_server(
            Login,
            "127.0.0.1",
            0,
            server_host_keys=[self.key],
            authorized_client_keys=allowed,
            sftp_factory=lambda channel: handler(channel, chroot=root),
        )

    @property
    def host_key(self) -> str:
        """The public host key, as in known_hosts."""
        return self.key.export_public_key().decode().strip()

    def address(self, **more: Any) -> Address:
        """The server's address, with the right password and host key unless others are given."""
        stated = {"login": "clinic", "password": "secret", "extra": {"host_key": self.host_key}}
        return Address("box", scheme="sftp", port=self.port, **{**stated, **more})

    def close(self) -> None:
        """Stop, with all sessions."""

        async def stop() -> None:
            self._server.close()
            await self._server.wait_closed()
            for connection in self._connections:
                connection.abort()
            await asyncio.sleep(0.02)
            rest = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self._run(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def sftp_server(
    root: Path, handler: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
) -> Iterator[Sftp]:
    """Run an SFTP server over a folder."""
    server = Sftp(root, handler)
    try:
        yield server
    finally:
        server.close()
