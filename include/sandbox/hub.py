"""The hub between the servers and the world: handles one request at a time, journalled before it is answered.

The world is saved as a snapshot after each business day, plus a journal of what has come in since. After a kill,
the snapshot is loaded and the journal replayed. Random draws depend on their subject and not on order or time, so
the result is the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from sandbox import claims, deliveries, http, messages, snapshots
from sandbox.ehr.store import Store
from sandbox.misbehaviour import Misbehaviour
from sandbox.truth import Truth
from sandbox.world import outreach
from sandbox.world.engine import World, at

Act = Callable[["Hub", dict[str, Any]], Any]


class Hub:
    """One running world with its store, truth and journal. Every change of the world goes through here."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self.world: World
        self.truth: Truth
        self.acts: dict[str, Act] = {"file": _file, "misbehave": _misbehave}
        self._later: list[dict[str, Any]] = []
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="world")

    # ---- beginning ------------------------------------------------------------------------------------
    def begin(self, make: Callable[[Hub], World]) -> None:
        """Resume the folder's world, or create one and simulate it up to the first night."""
        snapshot = self.folder / "world.pickle"
        if snapshot.exists():
            self._restore(snapshot)
            return
        self.store.go_back(0)
        self.truth = Truth(self.folder / "truth", lambda: self.world.clock.now)
        self.truth.go_back({})
        self.store.is_filling = True
        gc.disable()  # no garbage collection: this creates millions of objects, all of them live
        self.world = make(self)
        while self.world.is_history:
            self._live_day()
        self.store.is_filling = False
        gc.freeze()
        gc.enable()
        self._save()

    def connect(self, world: World, misbehaviour: Misbehaviour) -> None:
        """Attach to a world what a snapshot cannot hold."""
        self.world = world
        world.truth, world.resources, world.misbehaviour = self.truth, self.store, misbehaviour
        world._drop = deliveries.Outbox(world, self.folder / "sftp").drop
        world._listeners.clear()
        outreach.install(world)
        deliveries.install(world)

    def _restore(self, snapshot: Path) -> None:
        kept = snapshots.load(snapshot)
        self.truth = Truth(self.folder / "truth", lambda: self.world.clock.now)
        self.truth.go_back(kept["truth"])
        self.store.go_back(kept["store"])
        self.connect(kept["world"], kept["misbehaviour"])
        claims.attach(self.world)
        messages.attach(self.world)
        for line in self._journal().read_bytes().splitlines() if self._journal().exists() else ():
            try:
                entry = orjson.loads(line)
            except ValueError:
                break  # the process was killed while writing this entry, so the request was never answered
            if entry["do"] == "http":
                self._later.append(entry)  # its application is not there yet
                continue
            with contextlib.suppress(ValueError):  # it was refused then, too
                self.acts[entry["do"]](self, entry)
        self.truth.flush()

    # ---- what comes in --------------------------------------------------------------------------------
    async def act(self, entry: dict[str, Any]) -> Any:
        """Append an entry to the journal, execute it, and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._act, entry)

    def _act(self, entry: dict[str, Any]) -> Any:
        with self._journal().open("ab") as file:
            file.write(orjson.dumps(entry) + b"\n")
        answer = self.acts[entry["do"]](self, entry)
        self.truth.flush()
        return answer

    def _journal(self) -> Path:
        return self.folder / f"journal-{self.world.lived_to}.jsonl"

    async def received(self, user: str, name: str, content: bytes) -> None:
        """A file came into somebody's inbox."""
        digest = hashlib.sha256(content).hexdigest()
        kept = self.folder / "received" / digest
        kept.parent.mkdir(exist_ok=True)
        if not kept.exists():
            kept.write_bytes(content)
        await self.act({"do": "file", "user": user, "name": name, "sha256": digest})

    def journalled(self, app: Any) -> Any:
        """Wrap an ASGI application whose POST requests change the world: they go the way of every other entry."""
        self.acts["http"] = lambda _, entry: http.play(app, entry)
        for entry in self._later:
            http.play(app, entry)
        self._later.clear()

        async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http" or scope["method"] != "POST":
                await app(scope, receive, send)
                return
            answer = await self.act(await http.record(scope, receive))
            for message in answer:
                await send(message)

        return wrapped

    # ---- time -----------------------------------------------------------------------------------------
    async def advance(self, to: date) -> dict[str, Any]:
        """Simulate up to the end of ``to`` and make the deliveries; does nothing if that was done before."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._advance, to)

    def _advance(self, to: date) -> dict[str, Any]:
        days = 0
        while self.world.lived_to < to:
            self._live_day()
            days += 1
            self._save()
        return {
            "lived_to": self.world.lived_to.isoformat(),
            "now": self.world.clock.now.isoformat(),
            "days": days,
        }

    def _live_day(self) -> None:
        world = self.world
        day = date.fromordinal(world.lived_to.toordinal() + 1)
        if not world.is_history:
            world.misbehaviour.bind(day)
            world.clock.now = max(world.clock.now, at(day, 4.9))
            inbox = world.parts.pop("inbox", [])
            for digest, name in sorted(inbox):
                claims.receive(world, name, (self.folder / "received" / digest).read_bytes())
            outreach.begin_day(world, day)
        world.live_day()
        self.store.flush()
        deliveries.settle(world, day, self.truth)
        self.truth.flush()

    def _save(self) -> None:
        kept = {
            "world": self.world,
            "misbehaviour": self.world.misbehaviour,
            "store": self.store.mark(),
            "truth": self.truth.mark(),
        }
        old = set(self.folder.glob("journal-*.jsonl")) - {self._journal()}
        snapshots.save(kept, self.folder / "world.pickle")
        self.truth.tidy()
        for file_ in old:
            file_.unlink()


def _file(hub: Hub, entry: dict[str, Any]) -> None:
    world = hub.world
    world.truth.write(
        "requests_received",
        {"at": world.clock.now.isoformat(), "kind": "file", "effect": entry["sha256"], "id": entry["name"],
         "user": entry["user"], "is_new": True, "is_double": False},
    )  # fmt: skip
    if entry["user"] == "practice":
        world.parts.setdefault("inbox", []).append((entry["sha256"], entry["name"]))


def _misbehave(hub: Hub, entry: dict[str, Any]) -> None:
    day = date.fromisoformat(entry["date"]) if entry.get("date") else None
    hub.world.misbehaviour.ask(entry["feed"], day, entry["kind"])
