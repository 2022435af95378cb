"""A gateway that loses answers: of what is sent through it every other thing arrives, and it can tell of none."""

from __future__ import annotations

import http.client
import itertools
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import quote, unquote, urlsplit


class Losing:
    """A gateway before the HTTP system behind an Airflow connection URI; `uri` leads through it."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        behind = (parts.hostname or "127.0.0.1", parts.port or 80)
        calls = itertools.count()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if next(calls) % 2 == 0:
                    upstream = http.client.HTTPConnection(*behind, timeout=30)
                    upstream.request("POST", self.path, body, dict(self.headers.items()))
                    upstream.getresponse().read()
                    upstream.close()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def do_GET(self) -> None:
                self.send_error(503)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        here = f"127.0.0.1:{self._server.server_port}"
        there = f"{behind[0]}:{behind[1]}"
        self.uri = uri.replace(there, here).replace(quote(there, safe=""), quote(here, safe=""))
        assert there not in unquote(self.uri)

    def __enter__(self) -> Losing:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
