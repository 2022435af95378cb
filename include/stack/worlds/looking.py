"""``make connect``: a first look at the systems of a practice, before anything of a world is made or started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stack import airflow, options, paths, postgres, processes, sandbox, up
from stack.worlds import definitions, given, systems
from throughline.sources import definition, source_names
from throughline.sources.source import SourceDefinitionError
from throughline.sources.systems import needed

PREFIX = "throughline-look-"


def connect() -> int:
    """Look at ``SOURCE=``, or at all sources one after the other; returns 1 if something has to change.

    So it does if a look was cut short.

    ``EXPORT=1`` starts a small Bulk Data export. Nothing is kept.
    """
    source, names = os.environ.get("SOURCE", "").strip(), source_names()
    if source and source not in names:
        raise options.WrongOption(
            f"SOURCE={options.shown(source)}: there is no such source; there is {', '.join(names)}"
        )
    is_export = options.is_set(os.environ, "EXPORT")
    if is_export and not source:
        raise options.WrongOption("EXPORT=1 costs a server work: name the one with SOURCE=")
    chosen = options.read()
    try:
        # the rest of the definitions may still be in the making
        wanted = needed(definition(name) for name in ([source] if source else names))
    except SourceDefinitionError as error:
        raise definitions.Broken(f"a source has faults, nothing was looked at:\n{error}") from None
    wrong, unseen = [], []
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        env = _environment(chosen, set(wanted), folder, stack)
        for name in [source] if source else names:
            into = paths.private(folder / "samples" / name)
            said = [name, "--into", str(into), *(["--export"] if is_export else [])]
            if _run("throughline.firstlook", said, env) != 0:
                wrong.append(name)
            if any(into.iterdir()):
                print(flush=True)
                if _profile(name, into, env, is_brief=not source) != 0:
                    unseen.append(name)
            print(flush=True)
    if unseen:
        print(f"Not looked at to the end, for the reason above: {', '.join(unseen)}")
    if wrong and not source:
        print(f"To be changed: {', '.join(wrong)}")
    elif not source and not unseen:
        print("Nothing has to change.")
    return 1 if wrong or unseen else 0


def _run(module: str, arguments: list[str], env: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=env, cwd=paths.ROOT, check=False).returncode


def _profile(name: str, into: Path, env: Mapping[str, str], *, is_brief: bool) -> int:
    """Profile a sample in an empty warehouse of its own, and delete both; returns 0 if it could be."""
    with postgres.throwaway() as empty:
        up.migrate(empty)
        said = [
            "--folder",
            str(into),
            "--read-from",
            "a sample",
            *(["--brief"] if is_brief else []),
            name,
        ]
        ended = _run("throughline.profiling.run", said, {**env, "THROUGHLINE_DSN": empty.dsn()})
    shutil.rmtree(into)
    return ended


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for what is not kept: patients are in a sample. It first deletes those of killed commands."""
    scratch = paths.scratch()
    for where in dict.fromkeys((scratch, paths.MEMORY, paths.ON_DISK)):
        for left in postgres.orphans(where, PREFIX):
            shutil.rmtree(left, ignore_errors=True)
    folder = postgres.made_folder(PREFIX, scratch)
    try:
        yield paths.private(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(
    chosen: options.Options, wanted: set[str], folder: Path, stack: ExitStack
) -> dict[str, str]:
    """The environment of a look: Airflow's settings for connections, and for nothing else."""
    file = folder / "connections.json"
    of_sandbox: dict[str, str] = {}
    world = options.world_path(chosen)
    if chosen.practice is None and wanted & sandbox.CONNECTIONS:
        running = sandbox.running(world)
        if running is None:
            raise systems.NotUp(
                "the sandbox, which these sources read, is not up: `make ui` starts it. Real systems belong into a"
                " folder of definitions with sources of its own: docs/connections.md"
            )
        of_sandbox = running.connections
    paths.write_private(file, json.dumps(of_sandbox))
    env = paths.child_environment() | {"AIRFLOW_HOME": str(paths.private(folder / "airflow"))}
    for key, value in given.settings(file, is_real=chosen.practice is not None).items():
        env[f"AIRFLOW__SECRETS__{key}"] = str(value)
    left = wanted - of_sandbox.keys() - given.in_environment(wanted)
    if chosen.practice is not None:
        left -= given.in_backend(left) if left else set()
    if left and (world / "postgres" / "made").exists():
        processes.refuse_others(world)
        server = stack.enter_context(up.started(world))
        if left & airflow.stored_connections(server):
            env |= airflow.store(world, server)
    return env
