"""``make status``: what is running, where, and how the last nights went."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stack import airflow, lock, paths, postgres, processes, sandbox, up
from stack.nights import warehouse


def show(world: Path) -> None:
    """Print the state of a world."""
    print(f"world      {world.name}   ({world})")
    at_work = lock.holder()
    if at_work:
        print(f"at work    make {at_work.get('command')}, since {at_work.get('since')}")
    server = postgres.running(world)
    print(f"PostgreSQL {f'up at 127.0.0.1:{server.port}' if server else 'down'}")
    for name in (sandbox.NAME, *airflow.COMPONENTS):
        program = processes.find(world, name)
        print(f"{name:<14} {_one(program)}")
    if processes.find(world, "api-server"):
        print(f"Airflow    http://127.0.0.1:{processes.notes(world, 'api-server')['port']}"
              f"   (logins: {world / 'logins.json'})")  # fmt: skip
    if up.is_kept(world):
        print("           left up by `make ui`; `make stop` stops it")
    if server:
        _last_nights(world, server)


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
