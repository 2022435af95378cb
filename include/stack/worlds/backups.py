"""``make backup`` and ``make restore``: a world's databases, landed files and pages, in a folder and back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from stack import airflow, lock, options, paths, postgres, processes, up
from throughline.deployment import archive
from throughline.deployment.archive import ArchiveError

WAIT_S = 900
ALONE = ("stop", "clean", "restore")
"""Commands that work on a world alone."""


def say(text: str) -> None:
    """Print a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def backup() -> int:
    """Back up the current world to a new folder below ``OUT``, or in a private folder beside the worlds."""
    from throughline.deployment import backup as pipeline

    wait_s = options.seconds(os.environ, "WAIT", WAIT_S)
    world = options.world_path(options.read())
    given = os.environ.get("OUT", "").strip()
    out = paths.typed(given) if given else None
    if out is not None:
        options.new_folder("OUT", out.parent)
    with beside_a_night("backup", world), up.server(world) as server:
        fernet = airflow.fernet_key(world)
        if fernet is None:
            raise ArchiveError(f"{world.name} has no keys yet; `make night` makes it")
        folder = out or _place(world)
        if folder.exists():
            options.new_folder("OUT", folder)
            folder = folder / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        pipeline.take(
            folder, server.dsn(postgres.SUPERUSER, "postgres"), paths.private(world / "landing"),
            paths.private(world / "pages"), fernet=fernet, wait_s=wait_s, say=say,
        )  # fmt: skip
    say(f"backup in {folder}")
    print(f"Its keys are not in it: keep {world / 'secrets.json'} in another place.")
    return 0


def restore() -> int:
    """Put the backup of ``FROM`` back into the current world, while nothing of it runs."""
    from throughline.deployment import restore as pipeline

    given = os.environ.get("FROM", "").strip()
    if not given:
        raise options.WrongOption("FROM is missing: make restore FROM=folder")
    folder = options.folder_of("FROM", given)
    if not (folder / archive.MANIFEST).is_file():
        raise ArchiveError(f"{folder} is no backup: it has no {archive.MANIFEST}")
    lost_until = options.day(os.environ, "LOST_UNTIL")
    other_keys = options.is_set(os.environ, "OTHER_KEYS")
    world = options.world_folder(options.read(), remember=True)
    processes.refuse_others(world)
    if processes.find(world, "scheduler") is not None or up.is_kept(world):
        raise ArchiveError(f"{world.name} is up: `make stop` first")
    with lock.held("restore"), up.started(world) as server:
        mark = pipeline.restore(
            folder, server.dsn(postgres.SUPERUSER, "postgres"),
            lambda database: server.dsn(postgres.OWNER, database), paths.private(world / "landing"),
            paths.private(world / "pages"), fernet=airflow.fernet_key(world), other_keys=other_keys,
            lost_until=lost_until, say=say,
        )  # fmt: skip
        airflow.forget_migrated(world)
    print(pipeline.follows(mark))
    return 0


def _place(world: Path) -> Path:
    """A new folder for a backup that was given none."""
    folder = paths.private(paths.state_folder() / "backups") / world.name
    return folder / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")


@contextmanager
def beside_a_night(command: str, world: Path) -> Iterator[bool]:
    """Hold the clone's lock, or go on without it while a night runs; yields whether this command is alone."""
    try:
        held = lock.held(command)
        held.__enter__()
    except lock.Busy:
        told = lock.holder() or {}
        if told.get("command") in ALONE or postgres.running(world) is None:
            raise
        yield False
        return
    try:
        yield True
    finally:
        held.__exit__(None, None, None)
