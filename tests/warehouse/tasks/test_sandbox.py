"""The sender against the servers of the sandbox: what they say they were asked, they were asked once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from tests.warehouse.tasks.desk import FIRST, SECOND, Desk, billable, member, seen
from throughline import tasks
from throughline.transports.address import Address

NAMES = ("ehr_main", "scheduling_api", "clearinghouse_main", "billing_main")


class Sandbox:
    """A sandbox in a process of its own."""

    def __init__(self, folder: Path, conditional: str) -> None:
        self.folder, addresses = folder, folder / "addresses.json"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--state", str(folder / "state"), "--addresses",
             str(addresses), "--patients", "10", "--conditional-create", conditional],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "include")},
        )  # fmt: skip
        try:
            for _ in range(2400):
                if addresses.exists():
                    break
                assert self.process.poll() is None, "it ended by itself"
                time.sleep(0.05)
            self.told = json.loads(addresses.read_text())
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def clients(self) -> dict[str, Address]:
        found = {}
        for name in NAMES:
            uri = urlsplit(self.told["connections"][name])
            found[name] = Address(
                name, uri.scheme, uri.hostname or "", uri.port, uri.path, unquote(uri.username or ""),
                unquote(uri.password or ""), json.loads(parse_qs(uri.query)["__extra__"][0]),
            )  # fmt: skip
        return found

    def misbehave(self, call: str, kind: str) -> None:
        control = self.told["control"]
        today = httpx.get(f"{control}/world", trust_env=False).json()["lived_to"]
        answer = httpx.post(
            f"{control}/misbehave",
            json={"feed": call, "date": today, "kind": kind},
            trust_env=False,
        )
        answer.raise_for_status()

    def asked(self) -> list[dict[str, Any]]:
        """What came in from the sender, as the servers wrote it down."""
        found: list[dict[str, Any]] = []
        for file in (self.folder / "state").rglob("requests_received*"):
            found += [json.loads(line) for line in file.read_text().splitlines()]
        return found


@pytest.fixture
def sandbox(tmp_path: Path, conditional: str) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path, conditional)
    yield made
    made.process.terminate()
    made.process.wait(20)


@pytest.mark.parametrize(
    ("conditional", "kind"), [("on", "lost_answer"), ("off", "lost_answer"), ("off", "http_500")]
)
def test_each_effect_once_whatever_its_calls_go_through(
    desk: Desk, sandbox: Sandbox, kind: str
) -> None:
    for call in ("ehr_create", "booking", "work_item"):
        sandbox.misbehave(call, kind)
    people = [f"p{n}" for n in range(3)]
    desk.know(billable("b1"), [(*member(who, "MEDB1"), seen(who)) for who in people])
    desk.open(FIRST)
    desk.bills("b1")
    for who in people:
        desk.wants(who, "outreach", encounter=f"{who}-visit")
        desk.wants(who, "outreach", workflow="annual_wellness")
        desk.wants(
            who, "eligibility", workflow="annual_wellness", trigger="asked", payer_id="MEDB1"
        )
        desk.wants(who, "scheduling", trigger="slot", visit_type="TCM", not_after="2026-07-20")
        desk.wants(who, "documentation", trigger="note", encounter=f"{who}-visit")
        desk.bills(who, payer="MEDB1")
    desk.plan()
    (batch,) = desk.prepare()
    desk.release(batch)
    for _ in range(2):
        tasks.dispatch(desk.conn, desk.seq, sandbox.clients())
    desk.open(SECOND)
    desk.plan()
    tasks.dispatch(desk.conn, desk.seq, sandbox.clients())
    assert Counter(desk.outcomes()) == {"accepted": 14}
    assert all(x.external_ref for x in desk.sent())
    new = Counter((a["kind"], a["effect"]) for a in sandbox.asked() if a.get("is_new"))
    assert set(new.values()) == {1}
    assert Counter(k for k, _ in new) >= Counter(
        CommunicationRequest=3, Task=6, booking=3, work_item=3
    )
    assert not any(a.get("is_double") for a in sandbox.asked())
