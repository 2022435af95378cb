"""``make worlds``, ``make stop`` and ``make clean``: list, stop and remove the worlds of this clone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from stack import lock, options, paths, postgres, processes, up
from stack.worlds import known, systems

REMOVED = "removed"
"""The folder of the state in which a world is removed."""
COLUMNS = ("world", "patients", "seed", "nights", "last night", "size", "state")


class NotSaidWhich(RuntimeError):
    """`make clean` was not told which world to remove; the message lists them."""


class OthersLeft(RuntimeError):
    """Programs were left alone because they work on another folder; the message names them."""


def say(text: str) -> None:
    """Print a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def worlds() -> int:
    """List every world of this clone, the one that commands mean by default marked with ``*``."""
    folders = options.all_worlds()
    if not folders:
        print(f"no world yet in {paths.state_folder()}; `make night` makes one")
        return 0
    current = options.read({}).world
    rows = [COLUMNS, *(_row(folder, is_current=folder.name == current) for folder in folders)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())
    print(
        f"\n* what commands mean without PATIENTS=, SEED=, POPULATION=; all are in {folders[0].parent}"
    )
    return 0


def _row(world: Path, *, is_current: bool) -> tuple[str, ...]:
    named = re.fullmatch(r"patients-(\d+)-s(\d+)|population-.*-s(\d+)", world.name)
    patients, seed, other = named.groups() if named else (None, None, None)
    if systems.is_real(world.name):
        patients, seed = "real", "–"
    server = postgres.running(world)
    nights = known.ask(server) if server else known.noted(world)
    return (
        f"{'*' if is_current else ' '} {world.name}",
        patients or "own",
        seed or other or "?",
        str(nights.dates) if nights else "0" if server else "?",
        f"{nights.business_date} {nights.status}" if nights else "none known",
        _size(world),
        _state(world, server),
    )


def _state(world: Path, server: postgres.Server | None) -> str:
    if processes.others(world):
        return "copy of one that is up"
    programs = up.programs(world)
    up_ = [name for name in programs if processes.find(world, name)]
    if not server and not up_:
        return "down"
    return "up" if server and len(up_) == len(programs) else "partly up"


def _size(folder: Path) -> str:
    """What the files of a folder take on the disk; those that this user cannot read are left out."""
    taken = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                taken += (Path(place) / name).lstat().st_blocks * 512
    return f"{taken / 1e9:.1f} GB" if taken >= 1e9 else f"{taken / 1e6:.0f} MB"


def stop() -> int:
    """Stop everything in every world of this clone, after interrupting a running command."""
    _interrupt_holder()
    with lock.held("stop"):
        left = [message for world in options.all_worlds() for message in _down(world)]
    if left:
        raise OthersLeft("\n".join(left))
    say("nothing of this clone is running")
    return 0


def clean() -> int:
    """Stop and remove worlds: the one of ``WORLD``, or with ``ALL=1`` every one. Asks at a terminal if told neither."""
    there = options.all_worlds()
    chosen = _chosen(there, os.environ.get("WORLD", "").strip(), os.environ.get("ALL", "").strip())
    every = chosen == there
    if every:
        _interrupt_holder()
    with lock.held("clean"):
        state = paths.state_folder()
        for world in chosen:
            for message in _down(world):
                print(message, file=sys.stderr)
            _remove(world, state / REMOVED)
        if every or options.read({}).world in {world.name for world in chosen}:
            (state / "world.json").unlink(missing_ok=True)
        if every:
            shutil.rmtree(state / "worlds", ignore_errors=True)
            lock.remove()
    say(f"removed {', '.join(world.name for world in chosen) or 'nothing: there was no world'}")
    return 0


def _remove(world: Path, removed: Path) -> None:
    """Remove a world at once: what is half removed, because somebody interrupted it, is no world any more.

    What an earlier, interrupted call left goes first.
    """
    if removed.is_dir():
        shutil.rmtree(removed)
    paths.private(removed)
    world.rename(removed / world.name)
    shutil.rmtree(removed)


def _chosen(there: list[Path], named: str, all_: str) -> list[Path]:
    """The worlds to remove. Raises :class:`NotSaidWhich` without removing anything."""
    names = ", ".join(world.name for world in there) or "none"
    if named and all_ == "1":
        raise NotSaidWhich("WORLD= names one world and ALL=1 means every one: give one of them")
    if named:
        found = [world for world in there if world.name == named]
        if not found:
            raise NotSaidWhich(f"WORLD={options.shown(named)}: no such world; there is {names}")
        return found
    if all_ not in ("", "0", "1"):
        raise NotSaidWhich(f"ALL={options.shown(all_)}: must be 1, or not given")
    if all_ == "1" or not there or _agreed(there):
        return there
    raise NotSaidWhich(
        f"nothing was removed: say which with WORLD=, or ALL=1 for every one; there is {names}"
    )


def _agreed(there: Sequence[Path]) -> bool:
    """Whether a person at a terminal says yes to removing all of them."""
    if not sys.stdin.isatty():
        return False
    print(f"This removes {', '.join(world.name for world in there)} with all nights, for good.")
    try:
        return input("Type yes to go on: ").strip().lower() == "yes"
    except EOFError:
        return False


def _down(world: Path) -> list[str]:
    """Stop what is this world's own; returns a message about each program that is another's."""
    up.down(world)
    try:
        processes.refuse_others(world)
    except processes.NotOurs as reason:
        return [str(reason)]
    return []


def _interrupt_holder() -> None:
    """Interrupt the running command, and wait until it has stopped what it started."""
    told = lock.holder()
    if not told or "pid" not in told:
        return
    say(f"interrupting `make {told['command']}` (process {told['pid']})")
    try:
        process = psutil.Process(int(str(told["pid"])))
        process.send_signal(signal.SIGINT)
    except psutil.NoSuchProcess:
        return
    try:
        # Wait for the lock, not the process, which stays a zombie until its parent reaps it.
        processes.wait_until(lambda: lock.holder() != told, 60, "the end of what was interrupted")
    except TimeoutError:
        process.kill()
