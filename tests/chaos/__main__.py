"""``make chaos``: every process killed at every step of the night, with every misbehaviour.

A *line* is one kill, and a row of nights that it happens in: three bad ones, which hold all misbehaviours between
them, and a good one. In each of them one process dies at one step, and the night is run again. Each must come to the
digests of the same night of the reference, in which the same misbehaviours happen and nothing dies. After its good
night the line's account must agree with its own truth, nothing may have been received twice, and every invariant
holds. A world lives some lines one after the other; where one failed, the next begins a new world.

Lines that came out well are kept in ``docs/chaos.json`` and are not run again while the code is the same: interrupt
it and go on later. When the code is another one, those that never came out well come first. Options are variables:
``BUDGET=60`` minutes (none: all), ``ONLY=process`` or ``process:step`` (several with commas; ``ONLY=new`` is
what never came out well), ``JOBS=`` worlds side by side, ``APART=1`` for
one misbehaviour a night, ``KEEP=1`` to leave a world that failed on disk, ``PATIENTS=`` and ``SEED=``.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from stack import paths
from tests import leftover
from tests.chaos.matrix import APART, LINES, NIGHTS, name, spread
from tests.chaos.results import PAGE, PATIENTS, SEED, Results, page
from tests.night import truth as t
from tests.night.conftest import Practice
from tests.night.kills import DIGESTS, Kill, expect_kills, night

ROOT = Path(__file__).resolve().parents[2]
JOBS = int(os.environ.get("JOBS") or 2)
LINES_OF_A_WORLD = 1 if APART else 3
NEW = "new"
ROW = (*NIGHTS, ())
"""The nights of a line, each with its misbehaviours; the last is a good one."""


class World:
    """A practice that lives its lines one after the other; a new one whenever it is used up or spoilt."""

    def __init__(self) -> None:
        self._practice: Practice | None = None
        self.lived = 0

    def practice(self) -> Practice:
        """One that is up and has lines left."""
        if self.lived == LINES_OF_A_WORLD:
            self.drop()
        if self._practice is None:
            state = leftover.state_folder("throughline-chaos-", paths.ON_DISK)
            self._practice = Practice(state, {"PATIENTS": str(PATIENTS), "SEED": str(SEED)})
            expect_kills(self._practice)
            self._practice.up()
        return self._practice

    def drop(self, *, keep: bool = False) -> None:
        """Stop it and remove it, or leave its folder to be looked at."""
        if self._practice is not None and keep:
            self._practice.stop()
            say(f"kept: THROUGHLINE_STATE={self._practice.state} PATIENTS={PATIENTS} SEED={SEED}")
        elif self._practice is not None:
            self._practice.forget()
        self._practice, self.lived = None, 0


def main() -> int:
    """Run what is not done yet, as far as the budget goes; write the page. Returns 1 when a cell failed."""
    deadline = time.monotonic() + 60 * float(os.environ.get("BUDGET") or "inf")
    results = Results()
    try:
        chosen = only(os.environ.get("ONLY", ""), results)
    except LookupError as wrong:
        print(f"chaos: ONLY={wrong}", file=sys.stderr)
        return 2
    stopped = threading.Event()
    left: queue.SimpleQueue[Kill] = queue.SimpleQueue()
    for kill in results.left(spread()):
        if name(kill) in chosen:
            left.put(kill)
    try:
        if results.reference is None:
            results.keep_reference(reference())
        with ThreadPoolExecutor(JOBS) as pool:
            workers = [pool.submit(work, left, results, deadline, stopped) for _ in range(JOBS)]
            try:
                for worker in workers:
                    worker.result()
            finally:
                stopped.set()
    except KeyboardInterrupt:
        print("interrupted; the lines that are done are kept", file=sys.stderr)
        return 130
    finally:
        PAGE.write_text(page(results.lines), encoding="utf-8")
    print(f"{len(results.lines)} of {len(LINES)} lines are done; written: {PAGE.relative_to(ROOT)}")
    return int(any(result["failed"] for result in results.lines.values()))


def only(said: str, results: Results) -> set[str]:
    """Return the names of the lines that ``ONLY`` means. Raises `LookupError` for a word that no line begins with."""
    every = [name(kill) for kill in LINES]
    if said == NEW:
        return {each for each in every if results.is_new(each)}
    chosen: set[str] = set()
    for word in said.split(","):
        found = [each for each in every if each.startswith(word.strip())]
        if not found:
            raise LookupError(f"{word[:40]}: no line begins so; they are like {every[0]}")
        chosen.update(found)
    return chosen


def work(
    left: queue.SimpleQueue[Kill], results: Results, deadline: float, stopped: threading.Event
) -> None:
    """Run lines in worlds of one's own until none is left, the budget is used up or somebody says stop."""
    world = World()
    try:
        while time.monotonic() < deadline and not stopped.is_set():
            try:
                kill = left.get_nowait()
            except queue.Empty:
                break
            result = line(world, kill, results.reference or [])
            if stopped.is_set():  # what the interruption broke did not fail
                break
            results.keep_line(name(kill), result)
            world.lived += 1
            if result["failed"]:
                world.drop(keep=bool(os.environ.get("KEEP")))
    finally:
        world.drop()


def reference() -> list[list[str]]:
    """The digests of each night of a world, with its misbehaviours and without a kill."""
    world = World()
    try:
        practice = world.practice()
        for number in range(1, LINES_OF_A_WORLD + 1):
            for together in ROW:
                say(f"reference, line {number}: {said(together)}")
                practice.nights(1, MISBEHAVE=" ".join(together))
            wrong = verdict(practice)
            if wrong:
                raise SystemExit("the reference itself is wrong:\n" + "\n".join(wrong))
        return digests(practice)
    finally:
        world.drop()


def line(world: World, kill: Kill, wanted: list[list[str]]) -> dict[str, Any]:
    """One line: a row of nights with one kill in each. Returns the outcome of each cell, and what failed."""
    cells: dict[str, str] = {}
    failed: list[str] = []
    begun = time.monotonic()
    try:
        practice = world.practice()
        first = world.lived * len(ROW)
        for number, together in enumerate(ROW, start=first):
            outcome = "FAILED"
            try:
                night(practice, [kill], MISBEHAVE=" ".join(together))
                found, due = digests(practice)[number:], wanted[number : number + 1]
                outcome = "same" if found == due else "DIFFERS"
                if found != due:
                    failed.append(f"{kill}, {said(together)}: {found} instead of {due}")
            finally:
                cells |= dict.fromkeys(together or ("none",), outcome)
                say(f"{kill}, {said(together)}: {outcome}")
            if failed:
                break
        else:
            failed += verdict(practice)
    except Exception as error:  # noqa: BLE001 - whatever it was, it belongs into the table
        failed.append(f"{kill}: {type(error).__name__}: {error}"[:2000])
    for each in failed:
        say(f"FAILED  {each}")
    return {"cells": cells, "failed": failed, "seconds": round(time.monotonic() - begun)}


def digests(practice: Practice) -> list[list[str]]:
    """By night: its date and digests."""
    return [[str(value) for value in row] for row in practice.rows(DIGESTS)]


def verdict(practice: Practice) -> list[str]:
    """What disagrees with the truth at the end of a line."""
    truth, account = t.Truth(practice.world / "sandbox" / "truth"), t.Account(practice.dsn())
    wrong = t.found(truth, account, [account.nights[-1]["seq"]]) + t.false_completions(
        truth, account
    )
    wrong += t.doubles(truth) + t.unreleased(truth, account)
    checked = practice.run("check")
    return wrong + ([checked.stdout[-2000:]] if checked.returncode else [])


def said(together: tuple[str, ...]) -> str:
    """The misbehaviours of a night, for a reader."""
    return ", ".join(together) or "a good night"


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
