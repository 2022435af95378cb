"""A second EHR for tests: a separate sandbox that shares some patients with the first one.

`python north.py STATE ADDRESSES SEED PATIENTS FIRST` serves the world in `STATE`: the humans from number `FIRST` on of
the first world with that seed. They have the same record numbers, names and birth dates, but their ids here start at 1
again. So both systems know some of the same humans, and use the same ids for different ones. While `STATE` contains a
file `closed`, the server starts no export and answers 503.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60
STOP_SECONDS = 10
ACTIVITY = 2.0
"""As much happens to the patients there that few of them are enough for work of every kind in three nights."""


@dataclass
class North:
    """The running server, as a test sees it."""

    state: Path
    process: subprocess.Popen[bytes]

    @property
    def addresses(self) -> dict[str, Any]:
        """Where it listens, as it wrote that down."""
        told: dict[str, Any] = json.loads(_addresses(self.state).read_text(encoding="utf-8"))
        return told

    @property
    def connection(self) -> str:
        """Its EHR as an Airflow connection URI."""
        return str(self.addresses["connections"]["ehr_main"])

    def advance(self, day: str) -> None:
        """Let it live to the end of a business date."""
        httpx.post(
            f"{self.addresses['control']}/advance", json={"to": day}, timeout=60, trust_env=False
        ).raise_for_status()

    @property
    def is_closed(self) -> bool:
        """Whether it answers 503 to who asks for an export."""
        return (self.state / "closed").exists()

    @is_closed.setter
    def is_closed(self, is_closed: bool) -> None:
        if is_closed:
            (self.state / "closed").touch()
        else:
            (self.state / "closed").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(state: Path, seed: int, patients: int, first: int) -> North:
    """Start it and wait until it answers."""
    state.mkdir()
    asked = [str(word) for word in (state, _addresses(state), seed, patients, first)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "include"), "TZ": "UTC"}
    with (state / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, __file__, *asked], env=environment, stdout=log, stderr=log
        )
    deadline = time.monotonic() + START_SECONDS
    while not _addresses(state).exists():
        assert process.poll() is None, (state / "log").read_text()
        assert time.monotonic() < deadline, "the second EHR did not start"
        time.sleep(0.1)
    return North(state, process)


def _addresses(state: Path) -> Path:
    return state / "addresses.json"


def serve(state: Path, addresses: Path, seed: int, patients: int, first: int) -> None:
    """Serve until told to end."""
    from sandbox import server
    from sandbox.ehr import app
    from sandbox.world import people

    make, build = people._patient, app.build

    def as_registered_here(world: Any, index: int) -> Any:
        return dataclasses.replace(make(world, first + index), id=f"pat-{index + 1:06d}")

    def closing(*given: Any, **more: Any) -> Any:
        serve_ehr = build(*given, **more)

        async def inner(scope: dict[str, Any], receive: Any, send: Any) -> None:
            is_export = re.search(r"\$export|/bulk/", scope.get("path", ""))
            if is_export and (state / "closed").exists():
                await send({"type": "http.response.start", "status": 503, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await serve_ehr(scope, receive, send)

        return inner

    people._patient = as_registered_here
    people._doubles = lambda *_: (
        None
    )  # their record numbers would be those of others in the first world
    app.build = closing
    asyncio.run(server.serve(server.Options(state, addresses, seed, patients, activity=ACTIVITY)))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
