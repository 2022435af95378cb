"""The stored results: each line with the code revision it ran on, and the page generated from them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.misbehaviour import KINDS
from tests.chaos.matrix import APART, LINES, MISBEHAVIOURS, NIGHTS, name
from tests.night.kills import Kill

ROOT = Path(__file__).resolve().parents[2]
PATIENTS, SEED = int(os.environ.get("PATIENTS") or 100), int(os.environ.get("SEED") or 5)
OPTIONS = ("BUDGET", "ONLY", "JOBS", "APART", "PATIENTS", "SEED")
PAGE = ROOT / "docs" / "chaos.md"
KEPT = PAGE.with_suffix(".json")
COLUMNS = ("none", *MISBEHAVIOURS)


class Results:
    """The reference's digests and the lines that are done; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        of = {"patients": PATIENTS, "seed": SEED, "apart": APART}
        self._done: dict[str, Any] = {"of": of, "reference": None, "lines": {}}
        if KEPT.exists():
            kept = json.loads(KEPT.read_text(encoding="utf-8"))
            if kept["of"] == of:
                self._done = kept

    @property
    def reference(self) -> list[list[str]] | None:
        """By night of a world: its date and digests; None when it was not run on this revision."""
        kept = self._done["reference"]
        return kept["digests"] if kept and kept["revision"] == code() else None

    @property
    def lines(self) -> dict[str, dict[str, Any]]:
        """By name of a line: its revision, its cells, what failed, seconds."""
        with self._lock:
            return dict(self._done["lines"])

    def left(self, lines: list[Kill]) -> list[Kill]:
        """The lines that have not passed on this revision: first those that never passed, then the others."""
        good = {line: result for line, result in self.lines.items() if not result["failed"]}
        old = [kill for kill in lines if good.get(name(kill), {}).get("revision") != code()]
        return sorted(old, key=lambda kill: name(kill) in good)

    def is_new(self, line: str) -> bool:
        """Return whether a line never came out well, on any revision."""
        result = self.lines.get(line)
        return result is None or bool(result["failed"])

    def keep_reference(self, digests: list[list[str]]) -> None:
        """Keep the digests of the undisturbed world."""
        self._keep({"revision": code(), "digests": digests})

    def keep_line(self, line: str, result: dict[str, Any]) -> None:
        """Keep a line that is done."""
        self._keep({"revision": code()} | result, line)

    def _keep(self, what: Any, line: str | None = None) -> None:
        with self._lock:
            if line is None:
                self._done["reference"] = what
            else:
                self._done["lines"][line] = what
            temporary = KEPT.with_suffix(".new")
            temporary.write_text(json.dumps(self._done, indent=1) + "\n", encoding="utf-8")
            temporary.replace(KEPT)


@cache
def code() -> str:
    """The code revision that the results refer to."""
    command = ["git", "log", "-1", "--format=%h", "--", "include", "sql", "dags"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or "unknown"


def page(lines: dict[str, dict[str, Any]]) -> str:
    """The table of what was run."""
    cells = sum(len(result["cells"]) for result in lines.values())
    good = sum(list(result["cells"].values()).count("same") for result in lines.values())
    given = [f"{key}={os.environ[key]}" for key in OPTIONS if os.environ.get(key)]
    nights = "; ".join(", ".join(night) for night in NIGHTS)
    kinds = {each.partition(":")[2] for each in MISBEHAVIOURS}
    revisions = Counter(result["revision"] for result in lines.values()).most_common()
    told = [
        "# Chaos: the last run",
        "",
        "Every process is killed (SIGKILL) at every step of the night, under every misbehaviour of the systems of",
        "record, and the night is run again. A cell is *same* when the night came to the digests of the undisturbed",
        "night. After each line: agreement with that world's own truth, nothing received twice, every invariant.",
        "",
        f"`{' '.join(['make chaos', *given])}` · {datetime.now(UTC):%Y-%m-%d} · {PATIENTS} patients, seed {SEED}",
        "",
        f"**{good} of {cells} cells that were run are the same**; the whole matrix has"
        f" {len(LINES) * len(COLUMNS)} cells in {len(LINES)} lines, of which {len(lines)} were run. What was not run is"
        " not in the table, and a dash stands where a misbehaviour was not yet among the nights.",
        "",
        "Lines are kept as they are run, each with the revision of the code at that time:"
        f" {', '.join(f'{count} at {revision}' for revision, count in revisions)}.",
        "",
        f"The bad nights of a line, each with its one kill: {nights}; then a good one, with its kill.",
        "",
        "| misbehaviour | what happens to the feed |",
        "|---|---|",
        *(f"| {kind} | {KINDS[kind]} |" for kind in KINDS if kind in kinds),
        "",
        f"| killed | at | {' | '.join(COLUMNS).replace(':', ' ')} | afterwards | s | revision |",
        f"|---|---|{'---|' * len(COLUMNS)}---|---:|---|",
    ]
    for kill in LINES:
        result = lines.get(name(kill))
        if result:
            row = [result["cells"].get(column, "–") for column in COLUMNS]
            after = "FAILED" if result["failed"] else "agrees"
            told.append(
                f"| {kill.process} | {kill.where} | {' | '.join(row)} | {after} | {result['seconds']}"
                f" | {result['revision']} |"
            )
    failed = [each for result in lines.values() for each in result["failed"]]
    if failed:
        told += ["", "## What failed", "", *(f"- {each.splitlines()[0]}" for each in failed)]
    return "\n".join(told) + "\n"
