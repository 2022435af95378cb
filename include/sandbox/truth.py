"""The truth, as the servers served it: JSON lines under ``DIR/truth``, one file per kind of fact.

A row that concerns a feed waits until that feed is delivered and then says so in ``observable_from``; a
feed that was never delivered leaves its rows with ``observable_from`` null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson


class Truth:
    """Append-only files; :meth:`mark` and :meth:`go_back` keep them in step with the world's snapshot."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._now = now
        self.waiting: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._lines: dict[str, list[bytes]] = {}

    def write(self, kind: str, row: Mapping[str, Any], feed: str = "") -> None:
        """Append a row of ``kind``; with ``feed``, once that feed of today is delivered."""
        if feed:
            self.waiting.setdefault(feed, []).append((kind, dict(row)))
        else:
            self._lines.setdefault(kind, []).append(
                orjson.dumps({**row, "observable_from": self._now().isoformat()})
            )

    def served(self, feed: str, at: datetime | None) -> None:
        """Say when what waits for a feed was first served; None: never."""
        when = at.isoformat() if at else None
        for kind, row in self.waiting.pop(feed, ()):
            self._lines.setdefault(kind, []).append(orjson.dumps({**row, "observable_from": when}))

    def flush(self) -> None:
        """Write down everything that was said."""
        for kind, lines in self._lines.items():
            with (self.folder / f"{kind}.jsonl").open("ab") as file:
                file.write(b"\n".join(lines) + b"\n")
        self._lines.clear()

    def mark(self) -> dict[str, Any]:
        """Lengths of the files and what still waits, for :meth:`go_back`."""
        self.flush()
        lengths = {file.name: file.stat().st_size for file in self.folder.glob("*.jsonl")}
        return {"lengths": lengths, "waiting": self.waiting}

    def go_back(self, mark: Mapping[str, Any]) -> None:
        """Forget everything written since ``mark``."""
        self._lines.clear()
        self.waiting = mark["waiting"]
        for file in self.folder.glob("*.jsonl"):
            length = mark["lengths"].get(file.name, 0)
            if file.stat().st_size > length:
                with file.open("r+b") as opened:
                    opened.truncate(length)
