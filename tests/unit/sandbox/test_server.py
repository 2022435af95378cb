"""The servers as somebody outside finds them: real sockets, passwords, a kill in between."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncssh
import httpx
import pytest

from sandbox.claims.x12 import eligibility, segments
from sandbox.claims.x12.forms import Inquiry, Subscriber
from sandbox.server import FIRST_NIGHT as FIRST
from sandbox.world import engine

INCLUDE = Path(engine.__file__).parents[2]
STARTS_IN = 120
"""Seconds: a machine that does much else takes a minute."""


class Sandbox:
    """A sandbox in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.addresses = folder, folder / "addresses.json"

    def start(self) -> None:
        self.addresses.unlink(missing_ok=True)
        words = [
            "--state",
            str(self.folder / "state"),
            "--addresses",
            str(self.addresses),
            "--patients",
            "120",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", *words],
            env={**os.environ, "PYTHONPATH": str(INCLUDE)},
        )
        for _ in range(STARTS_IN * 20):
            if self.addresses.exists():
                self.told = json.loads(self.addresses.read_text())
                return
            assert self.process.poll() is None, "it ended by itself"
            time.sleep(0.05)
        raise AssertionError(f"no addresses after {STARTS_IN} seconds")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def connection(self, name: str) -> tuple[Any, dict[str, Any]]:
        uri = urlsplit(self.told["connections"][name])
        return uri, json.loads(parse_qs(uri.query)["__extra__"][0])

    def billing(self) -> httpx.Client:
        uri, extra = self.connection("billing_main")
        return httpx.Client(
            base_url=extra["base_url"], auth=(uri.username, unquote(uri.password)), trust_env=False
        )

    def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(self.told["control"] + path, json=body, timeout=60, trust_env=False)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.process.terminate()
        made.process.wait(20)


async def _connected(sandbox: Sandbox, password: str = "") -> asyncssh.SSHClientConnection:
    uri, extra = sandbox.connection("clearinghouse_main")
    key = asyncssh.import_public_key(extra["host_key"])
    return await asyncssh.connect(
        uri.hostname, uri.port, username=uri.username, password=password or unquote(uri.password),
        known_hosts=([key], [], []), config=None, client_keys=None,
    )  # fmt: skip


async def upload(sandbox: Sandbox, name: str, content: bytes) -> None:
    """Under a temporary name first, then renamed, as senders do."""
    async with await _connected(sandbox) as connection, connection.start_sftp_client() as sftp:
        async with sftp.open(f"inbox/.{name}.part", "wb") as file:
            await file.write(content)
        await sftp.rename(f"inbox/.{name}.part", f"inbox/{name}")


async def outbox(sandbox: Sandbox) -> dict[str, bytes]:
    """Every file that waits for the practice."""
    found: dict[str, bytes] = {}
    async with await _connected(sandbox) as connection, connection.start_sftp_client() as sftp:
        for name in sorted(await sftp.listdir("outbox")):
            if name not in (".", ".."):
                async with sftp.open(f"outbox/{name}", "rb") as file:
                    content: bytes = await file.read()
                    found[name] = content
    return found


def inquiry() -> bytes:
    who = Subscriber("NOSUCHMEMBER", "NOBODY", "AT ALL", None)
    asked = Inquiry("TRACE1", "9THROUGHLN", "MEDB1", "Medicare", "1002345670", "L", who, FIRST, ())
    at = datetime(2026, 9, 9, 2, 30, tzinfo=UTC)
    transaction = eligibility.write_270([asked], "E1", at)
    group = segments.Group("HS", "THROUGHLINE", "CLEARING", transaction.version, [transaction])
    return segments.render(
        segments.Interchange("THROUGHLINE", "CLEARING", "000000001", [group], at)
    )


def test_a_sandbox_serves_is_killed_and_serves_on(sandbox: Sandbox) -> None:
    first = sandbox.control("/advance", {"to": FIRST.isoformat()})
    assert first["lived_to"] == FIRST.isoformat()
    before = asyncio.run(outbox(sandbox))
    assert len(before) > 10
    asyncio.run(upload(sandbox, "TL000000001.270", inquiry()))
    body = {
        "work_item_id": "item-1",
        "encounter_id": "enc-none",
        "payer_id": "COMM1",
        "reason": "no claim",
    }
    with sandbox.billing() as billing:
        taken = billing.post("/work-items", json=body, headers={"Idempotency-Key": "billing|v1"})
        assert (taken.status_code, taken.json()["status"]) == (201, "received")

    sandbox.kill()
    sandbox.start()

    assert asyncio.run(outbox(sandbox)) == before
    with sandbox.billing() as billing:
        again = billing.post("/work-items", json=body, headers={"Idempotency-Key": "billing|v1"})
        assert (again.status_code, again.json()) == (200, taken.json())
        found = billing.get("/work-items", params={"idempotency_key": "billing|v1"})
        assert [i["work_item_id"] for i in found.json()["items"]] == ["item-1"]
    sandbox.control("/advance", {"to": (FIRST + timedelta(days=1)).isoformat()})
    news = asyncio.run(outbox(sandbox))
    content = b"".join(c for name, c in news.items() if name not in before)
    assert b"TRACE1" in content
    assert b"AK1*HS*1*005010X279A1" in content.replace(b"|", b"*")


def test_nobody_comes_in_without_a_password(sandbox: Sandbox) -> None:
    _, extra = sandbox.connection("billing_main")
    assert httpx.get(extra["base_url"] + "/work-items", trust_env=False).status_code == 401
    _, ehr = sandbox.connection("ehr_main")
    assert httpx.get(ehr["base_url"] + "/Patient?_id=x", trust_env=False).status_code == 401
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(_connected(sandbox, "wrong"))


def test_ports_that_somebody_took_meanwhile_are_given_up(sandbox: Sandbox) -> None:
    kept = sandbox.folder / "state" / "ports.json"
    before = json.loads(kept.read_text())
    sandbox.kill()
    taken = [socket.create_server(("127.0.0.1", port)) for port in before.values()]
    try:
        sandbox.start()
        now = json.loads(kept.read_text())
        assert set(now) == set(before)
        assert not set(now.values()) & set(before.values())
        assert (
            sandbox.control("/advance", {"to": FIRST.isoformat()})["lived_to"] == FIRST.isoformat()
        )
        assert asyncio.run(outbox(sandbox))
    finally:
        for each in taken:
            each.close()
