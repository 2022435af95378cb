"""The outermost layer of each HTTP server: passwords, and the misbehaviour of calls.

``http_500`` refuses the first attempt of each distinct request before doing anything; ``lost_answer`` carries out
the first attempt and then breaks the connection; ``slow`` delays the first few.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import orjson

from sandbox.hub import Hub
from sandbox.misbehaviour import SLOW_SECONDS

MOST_SLOW = 5
App = Callable[[dict[str, Any], Any, Any], Any]


class Gate:
    """An ASGI layer. ``call`` is the feed name under which misbehaviour of POST requests is asked for."""

    def __init__(self, app: App, hub: Hub, call: str = "", password: str = "") -> None:
        self.app, self.hub, self.call, self.password = app, hub, call, password
        self._tries: dict[str, int] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["sandbox"] = {}
        if self.password and not self._allowed(scope):
            await _answer(send, 401, {"error": "authentication required"})
            return
        faults = (
            self._faults()
            if scope["method"] == "POST" and not scope["path"].endswith("/token")
            else []
        )
        if faults:
            body = await _read(receive)
            key = hashlib.sha256(scope["path"].encode() + body).hexdigest()
            self._tries[key] = self._tries.get(key, 0) + 1
            first = self._tries[key] == 1
            if "slow" in faults and first and len(self._tries) <= MOST_SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            if "http_500" in faults and first:
                await _answer(send, 500, {"error": "try again"})
                return
            scope["sandbox"]["lose"] = "lost_answer" in faults and first
            receive = _Again(receive, body)
        await self.app(scope, receive, _Losing(scope, receive, send))

    def _faults(self) -> list[str]:
        planned: list[str] = self.hub.world.misbehaviour.planned(self.call, self.hub.world.lived_to)
        return planned if self.call else []

    def _allowed(self, scope: dict[str, Any]) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        kind, _, secret = given.partition(" ")
        if kind.lower() == "basic":
            try:
                secret = base64.b64decode(secret).decode().partition(":")[2]
            except ValueError:
                return False
        return hmac.compare_digest(secret.encode(), self.password.encode())


class _Again:
    """A request body that has been read, replayed for the application."""

    def __init__(self, receive: Any, body: bytes) -> None:
        self.receive, self.body, self.given = receive, body, False

    async def __call__(self) -> dict[str, Any]:
        if self.given:
            message: dict[str, Any] = await self.receive()
            return message
        self.given = True
        return {"type": "http.request", "body": self.body, "more_body": False}


class _Losing:
    """Sends an answer, or breaks the connection instead."""

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scope, self.receive, self.send = scope, receive, send

    async def __call__(self, message: dict[str, Any]) -> None:
        if not self.scope["sandbox"].get("lose"):
            await self.send(message)
            return
        inner = getattr(self.receive, "receive", self.receive)
        transport = getattr(getattr(inner, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()


async def _read(receive: Any) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _answer(send: Any, status: int, content: dict[str, Any]) -> None:
    body = orjson.dumps(content)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
