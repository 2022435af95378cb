"""The systems of record from the sender's side: what they were asked to do, how often, and how they fail."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen
from throughline.transports.address import Address

NAMES = {
    "ehr": "ehr_main",
    "other_ehr": "other_fhir",
    "scheduling": "scheduling_api",
    "other_scheduling": "other_bookings",
    "billing": "billing_main",
}
CHARTS, SCHEDULES = ("ehr", "other_ehr"), ("scheduling", "other_scheduling")
FILES, OTHER_FILES = "clearinghouse_main", "other_files"


class Outside:
    """All receivers. `trouble[system]` is what goes wrong with its next writes, in order, and
    `unheard[system]` with its next questions.

    lost: the request is carried out, then the connection is dropped. cut_off: the connection is dropped
    and nothing is done. silent: nothing is done or answered in time. A number: that status, nothing done.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "inbox").mkdir()
        self._web = servers.web(self._answer)
        self._sftp = servers.sftp_server(root)
        self.web, self.sftp = self._web.__enter__(), self._sftp.__enter__()
        self._lock = threading.Lock()
        self.forget()

    def close(self) -> None:
        self._web.__exit__(None, None, None)
        self._sftp.__exit__(None, None, None)

    def forget(self) -> None:
        """Reset everything to the state before the first request."""
        self.made: dict[tuple[str, str], dict[str, Any]] = {}
        self.times: Counter[tuple[str, str]] = Counter()
        self.trouble: dict[str, deque[object]] = {name: deque() for name in NAMES}
        self.unheard: dict[str, deque[object]] = {name: deque() for name in NAMES}
        self.questions: Counter[str] = Counter()
        self.down: set[str] = set()
        self.is_conditional = True
        self.taken: list[tuple[str, bytes]] = []
        self.writes: Counter[str] = Counter()
        for file in (self.root / "inbox").iterdir():
            file.unlink()

    def clients(self) -> dict[str, Address]:
        """Return the addresses by connection; a system that is down has one where nobody listens."""
        found = {
            name: replace(
                self.web.address(extra={"base_url": self.web.url(f"/{system}")}), name=name
            )
            for system, name in NAMES.items()
        }
        for name in (FILES, OTHER_FILES):
            found[name] = replace(self.sftp.address(), name=name)
        for system in self.down:
            name = NAMES.get(system, FILES)
            nowhere = {"base_url": "http://127.0.0.1:9"} if system in NAMES else found[name].extra
            found[name] = replace(found[name], port=9, extra=nowhere)
        return found

    def files(self) -> list[tuple[str, bytes]]:
        """Return every file that was handed over so far; taking them up empties the inbox."""
        for file in sorted((self.root / "inbox").iterdir()):
            if not file.name.startswith("."):
                self.taken.append((file.name, file.read_bytes()))
                file.unlink()
        return self.taken

    def _answer(self, seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        _, system, *path = parts.path.split("/")
        with self._lock:
            if seen.method == "GET":
                self.questions[system] += 1
                fault = self.unheard[system].popleft() if self.unheard[system] else None
                if fault is not None:
                    return Answer(fault) if isinstance(fault, int) else Answer(hang=True)
                return self._found(system, path, parse_qs(parts.query))
            self.writes[system] += 1
            fault = self.trouble[system].popleft() if self.trouble[system] else None
            if isinstance(fault, int):
                return Answer(fault)
            if fault in ("cut_off", "silent"):
                if fault == "silent":
                    self._lock.release()
                    threading.Event().wait(0.6)
                    self._lock.acquire()
                return Answer(hang=True)
            answer = self._made(system, path[0], seen)
            return Answer(hang=True) if fault == "lost" else answer

    def _made(self, system: str, kind: str, seen: Seen) -> Answer:
        body = json.loads(seen.body)
        if system in CHARTS:
            effect = body["identifier"][0]["value"]
            is_there = (kind, effect) in self.made and self.is_conditional
        else:
            effect = seen.headers["idempotency-key"]
            is_there = (kind, effect) in self.made
        if not is_there:
            self.times[kind, effect] += 1
            self.made[kind, effect] = {**body, "id": f"{kind}-{len(self.made)}"}
        found = self.made[kind, effect]
        return Answer(200 if is_there else 201, json.dumps(found).encode())

    def _found(self, system: str, path: list[str], query: dict[str, list[str]]) -> Answer:
        if system in CHARTS:
            effect = query["identifier"][0].partition("|")[2].replace("\\|", "|")
            one = self.made.get((path[0], effect))
            entries = [{"resource": one}] if one else []
            return Answer(200, json.dumps({"resourceType": "Bundle", "entry": entries}).encode())
        if system in SCHEDULES:
            for (kind, _), body in self.made.items():
                if kind == path[0] and body["request_id"] == path[1]:
                    return Answer(200, json.dumps(body).encode())
            return Answer(404)
        one = self.made.get((path[0], query["idempotency_key"][0]))
        return Answer(200, json.dumps({"items": [one] if one else []}).encode())
