"""``make status``: what is running, where, and how the last nights went."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

from stack import airflow, lock, paths, postgres, processes, up
from stack.nights import warehouse
from stack.worlds import known


def show(world: Path) -> int:
    """Print the state of a world; returns 1 if its last night failed or nights are missing, else 0."""
    print(f"world      {world.name}   ({world})")
    if not world.is_dir():
        print("           is not made yet: `make night` makes it, `make worlds` lists the others")
    at_work = lock.holder()
    if at_work:
        print(f"at work    make {at_work.get('command')}, since {at_work.get('since')}")
    server = postgres.running(world)
    print(f"PostgreSQL {f'up at 127.0.0.1:{server.port}' if server else 'down'}")
    for name in up.programs(world):
        program = processes.find(world, name)
        print(f"{name:<14} {_one(program)}")
    if processes.find(world, "api-server"):
        print(f"Airflow    http://127.0.0.1:{processes.notes(world, 'api-server')['port']}"
              f"   (logins: {world / 'logins.json'})")  # fmt: skip
    if up.is_kept(world):
        print("           left up by `make ui`; `make stop` stops it")
    for folder, programs in processes.others(world).items():
        named = ", ".join(program.name for program in programs)
        print(f"           this folder is a copy of {folder}, whose programs still run: {named}")
    if server:
        _last_nights(world, server)
    until = known.reached(world)
    wrong = known.trouble(
        _nights(world, server),
        at_work=bool(at_work or processes.find(world, "scheduler")),
        reached=date.fromisoformat(until) if until else None,
    )
    if wrong:
        print(f"\n{wrong}")
    return 1 if wrong else 0


def _nights(world: Path, server: postgres.Server | None) -> known.Known | None:
    """What is known of the nights; what was noted earlier is printed, with when it was noted."""
    if server:
        return known.ask(server)
    noted = known.noted(world)
    if noted:
        print(f"\n{noted.line} (as noted {noted.noted_at} UTC; PostgreSQL is down)")
        print(
            "What waits for a person, and whether sending is paused, is told while it is up: make ui"
        )
    elif (world / "postgres" / "made").exists():
        print(
            "\nHow the last nights went is not known while PostgreSQL is down: make ui, make status"
        )
    else:
        print("\nNo night has run yet: make night")
    return noted


def _one(program: processes.Program | None) -> str:
    if program is None:
        return "down"
    size = program.process.memory_info().rss / 1e6
    return f"up (process {program.process.pid}, {size:.0f} MB)"


def _last_nights(world: Path, server: postgres.Server) -> None:
    print(flush=True)
    subprocess.run(
        [sys.executable, "-m", "throughline.told.status"],
        env=airflow.tool_environment(world) | {"THROUGHLINE_DSN": server.dsn(warehouse.READER)},
        cwd=paths.ROOT,
        check=True,
    )
