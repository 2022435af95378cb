"""Requests to an ASGI application in a form that can be stored and replayed."""

from __future__ import annotations

import asyncio
import base64
from typing import Any


async def record(scope: dict[str, Any], receive: Any) -> dict[str, Any]:
    """A request as a journal entry."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = [
        [k.decode("latin-1"), v.decode("latin-1")]
        for k, v in scope["headers"]
        if k.lower() != b"authorization"
    ]
    return {
        "do": "http",
        "method": scope["method"],
        "path": scope["path"],
        "query": scope.get("query_string", b"").decode("latin-1"),
        "headers": headers,
        "body": base64.b64encode(body).decode(),
    }


def play(app: Any, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Replay a recorded request in a thread with its own event loop; returns the answer's ASGI messages."""
    sent: list[dict[str, Any]] = []
    body = base64.b64decode(entry["body"])
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": entry["method"],
        "scheme": "http",
        "path": entry["path"],
        "raw_path": entry["path"].encode(),
        "query_string": entry["query"].encode("latin-1"),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in entry["headers"]],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "state": {},
    }
    given = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def run() -> None:
        await app(scope, receive, send)

    # After a restart, requests are replayed while this thread already runs a loop. A coroutine without I/O could run
    # without one, but Starlette uses anyio, which needs a loop: use a new thread.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(run())
    else:
        import threading

        thread = threading.Thread(target=lambda: asyncio.run(run()))
        thread.start()
        thread.join()
    return sent
