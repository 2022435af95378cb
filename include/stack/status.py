"""``make status``: what is up, where, and how the last night went."""

from __future__ import annotations

from pathlib import Path

import psycopg

from stack import airflow, lock, postgres, processes, sandbox, up, warehouse


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
        _last_nights(server)


def _one(program: processes.Program | None) -> str:
    if program is None:
        return "down"
    size = program.process.memory_info().rss / 1e6
    return f"up (process {program.process.pid}, {size:.0f} MB)"


def _last_nights(server: postgres.Server) -> None:
    with warehouse.connect(server.dsn(warehouse.READER)) as connection:
        try:
            rows = connection.execute(
                "select seq, business_date, kind, status, failed_step,"
                " extract(epoch from finished_at - started_at)::float8"
                " from operations.night order by seq desc limit 5"
            ).fetchall()
        except psycopg.errors.UndefinedTable:
            rows = []
    print("last nights" if rows else "no night has run yet")
    for seq, day, kind, state, failed, seconds in rows:
        took = "" if seconds is None else f"{seconds:.1f} s"
        print(f"  {seq:>4}  {day}  {kind:<8} {state:<9} {took:>9}  {failed or ''}".rstrip())
