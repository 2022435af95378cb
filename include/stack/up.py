"""Bring a world up and take it down: PostgreSQL first, then migrations, sandbox and Airflow side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack import airflow, options, paths, postgres, processes, rest, sandbox
from stack.nights import chain
from stack.worlds import definitions, known, systems
from throughline.vocabulary.counts import count as counted

Say = Callable[[str], None]
STOPPING = "stopping ..."


class NoWarehouse(RuntimeError):
    """The world has no warehouse yet; the message says how to make one."""


@dataclass(frozen=True)
class Stack:
    """Everything that runs for a world."""

    world: Path
    server: postgres.Server
    sandbox: sandbox.Sandbox | None
    """None if the systems are a practice's own."""
    airflow: airflow.Address

    def dsn(self, role: str = "throughline_reader") -> str:
        """libpq URI of a role on the warehouse."""
        return self.server.dsn(role)


def check(chosen: options.Options, say: Say, *, may_lack: bool = False) -> None:
    """Look at definitions and connections before anything of a world is made or started.

    Raises ``definitions.Broken``, and ``systems.NotGiven`` unless connections `may_lack`: then it is said.
    """
    definitions.check()
    world = options.world_path(chosen)

    def stored() -> set[str]:
        if not (world / "postgres" / "made").exists():
            return set()
        processes.refuse_others(world)
        with started(world) as server:
            return airflow.stored_connections(server)

    try:
        told = systems.check(chosen, stored)
    except systems.NotGiven as error:
        if not may_lack or chosen.practice is None:
            raise
        told = str(error).splitlines()[1:]
    for line in told:
        say(line)


def up(chosen: options.Options, say: Say) -> Stack:
    """Start what is not running of a world, once :func:`check` has passed; returns when everything answers.

    Running programs are reused. Raises ``processes.NotOurs`` in a copy of a world that is up.
    """
    world = options.world_folder(chosen, remember=True)
    processes.refuse_others(world)
    definitions.remember(world, say)
    begun = time.monotonic()

    def since(text: str) -> None:
        say(f"{text} ({time.monotonic() - begun:.1f} s)")

    # Start the sandbox first: it depends on nothing, and takes longest if the world is new.
    program = None if chosen.practice else sandbox.start(world, chosen)
    server = postgres.start(world)
    restore_point(server, since)
    airflow.write_connections(world, server, {})

    def warehouse() -> None:
        applied = migrate(server)
        since(
            f"warehouse ready, {counted(len(applied), 'migration')} applied"
            if applied
            else "warehouse ready"
        )

    def sandboxed() -> sandbox.Sandbox | None:
        if program is None:
            return None
        ready = sandbox.ready(world, program)
        airflow.write_connections(world, server, ready.connections)
        since(f"sandbox ready ({_what(chosen)})")
        return ready

    def scheduler() -> airflow.Address:
        # The scheduler resumes runs it finds. Runs that a killed command left must not run next to the retry.
        is_fresh = airflow.start(world, server)
        if not is_fresh and not airflow.may_schedule(world):
            chain.clear_abandoned(rest.Client(airflow.answering(world)))
        airflow.let_schedule(world)
        ready = airflow.ready(world)
        since("Airflow ready: api-server, scheduler, dag-processor")
        return ready

    with ThreadPoolExecutor(3) as pool:
        work: list[Future[Any]] = [pool.submit(part) for part in (warehouse, sandboxed, scheduler)]
        try:
            wait(work, return_when=FIRST_EXCEPTION)
            for part in [part for part in work if part.done()] + work:
                part.result()
        except BaseException as why:
            if isinstance(why, KeyboardInterrupt):
                say(STOPPING)
            _give_up(world, work, say)
            raise
    return Stack(world, server, work[1].result(), work[2].result())


def _give_up(world: Path, work: Sequence[Future[Any]], say: Say) -> None:
    """Stop a world's programs until no thread waits for one that is not wanted any more.

    A thread may just be starting one, so repeat. A second Ctrl-C, or SIGTERM, must not end this early: then the
    threads would be waited for, and with them the whole start.
    """
    while True:
        try:
            while wait(work, timeout=0.2).not_done:
                _stop_programs(world)
            _stop_programs(world)
        except KeyboardInterrupt:
            say(STOPPING)
        else:
            return


def restore_point(server: postgres.Server, say: Say) -> None:
    """Keep what a world's databases hold, beside the worlds, if a newer schema is about to change them."""
    from throughline.deployment import restore_point

    fernet = airflow.fernet_key(server.state)
    if fernet is not None:
        folder = paths.private(paths.state_folder() / "restore-points") / server.state.name
        restore_point.take(folder, server.dsn(postgres.SUPERUSER, "postgres"), fernet, say)


def migrate(server: postgres.Server) -> list[str]:
    """Bring the warehouse to the newest schema, as its owner; returns what was applied."""
    from throughline import warehouse

    postgres.ensure_roles(server)
    applied: list[str] = warehouse.migrate(server.dsn(postgres.OWNER))
    return applied


@contextmanager
def server(world: Path) -> Iterator[postgres.Server]:
    """A world's PostgreSQL: the running one, or one started for the block. Raises :class:`NoWarehouse`."""
    if not (world / "postgres" / "made").exists():
        raise NoWarehouse(
            f"the world {world.name} has no warehouse yet; `make night` makes it, `make worlds` lists the others"
        )
    processes.refuse_others(world)
    with started(world) as running:
        yield running


@contextmanager
def started(world: Path) -> Iterator[postgres.Server]:
    """A world's PostgreSQL, made if it is missing; stopped after the block if nothing else uses it."""
    running = postgres.running(world)
    if running:
        yield running
        return
    try:
        yield postgres.start(world)
    finally:
        if not any(processes.find(world, name) for name in airflow.COMPONENTS):
            postgres.stop(world)


def down(world: Path) -> None:
    """Stop all programs of a world, if any run."""
    (world / "run" / "kept").unlink(missing_ok=True)
    until = known.reached(world)  # the sandbox knows it, as long as it runs
    _stop_programs(world)
    _note(world, until)
    postgres.stop(world)


def _note(world: Path, until: str | None) -> None:
    """Note how the nights went, for `make status` and `make worlds` while PostgreSQL is down."""
    server = postgres.running(world)
    if server:
        known.note(world, server, until)


def _stop_programs(world: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        parts = [
            pool.submit(airflow.stop, world),
            pool.submit(processes.stop, world, [sandbox.NAME]),
        ]
    for part in parts:
        part.result()


def programs(world: Path) -> tuple[str, ...]:
    """Names of the programs that a world has, besides PostgreSQL."""
    return (
        airflow.COMPONENTS if systems.is_real(world.name) else (sandbox.NAME, *airflow.COMPONENTS)
    )


def dead(world: Path) -> list[str]:
    """Names of a world's programs that should run but do not."""
    gone = [name for name in programs(world) if not processes.find(world, name)]
    return gone if postgres.running(world) else ["PostgreSQL", *gone]


def keep(world: Path) -> None:
    """Leave the world up after this command, and after the nights that follow."""
    (world / "run" / "kept").touch()


def is_kept(world: Path) -> bool:
    """Whether the world was left up on purpose."""
    return (world / "run" / "kept").exists()


@contextmanager
def running(chosen: options.Options, say: Say) -> Iterator[Stack]:
    """A world that is up for the duration of a block; stopped afterwards, unless ``make ui`` left it up."""
    check(chosen, say)
    world = options.world_folder(chosen, remember=True)
    kept = is_kept(world)
    try:
        yield up(chosen, say)
    finally:
        if kept:
            _note(world, known.reached(world))
        else:
            # Stop in a separate thread, so that a second Ctrl-C cannot leave half of the programs running.
            worker = threading.Thread(target=down, args=(world,))
            worker.start()
            while worker.is_alive():
                try:
                    worker.join()
                except KeyboardInterrupt:
                    say(STOPPING)


def _what(chosen: options.Options) -> str:
    if chosen.population:
        return f"population {Path(chosen.population).name}"
    return f"{chosen.patients} patients, seed {chosen.seed}"
