"""The commands, one short function each; their output is for the person who typed them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from stack import airflow, lock, options, paths, postgres, rest, sandbox, up
from stack.nights import chain, night, staff, status, warehouse
from stack.worlds import backups, definitions, keeping, looking, sending, systems
from stack.worlds import commands as worlds


class CommandFailed(RuntimeError):
    """A command failed; the message says why."""


def say(text: str) -> None:
    """Print a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def run_night() -> int:
    """One night, and its summary."""
    chosen = options.read()
    if chosen.nights > 1:
        raise CommandFailed(
            f"`make night` runs one night; `make nights N={chosen.nights}` runs more"
        )
    _no_faults_of_real_systems(chosen)
    sandbox.check(chosen.misbehave)
    with lock.held("night"), night.begun(chosen, say) as stack:
        return _night(stack, chosen)


def run_nights() -> int:
    """Run ``N`` nights; between nights the sandbox's staff do what waits for a person."""
    chosen = options.read()
    if chosen.night is not None:
        raise CommandFailed("NIGHT= names one night; `make nights` takes the next N= of them")
    _no_faults_of_real_systems(chosen)
    sandbox.check(chosen.misbehave)
    with lock.held("nights"), night.begun(chosen, say) as stack:
        for _ in range(chosen.nights):
            staff.act(stack, chosen, say)
            if _night(stack, chosen) != 0:
                return 1
            chosen = chosen.after_a_night()
        staff.act(stack, chosen, say)
    return 0


def _no_faults_of_real_systems(chosen: options.Options) -> None:
    if chosen.misbehave:
        systems.refuse_real(chosen, "night MISBEHAVE=")


def run_morning() -> int:
    """Let the sandbox's staff do what waits for a person after the newest night."""
    chosen = options.read()
    systems.refuse_real(chosen, "morning")
    with lock.held("morning"), up.running(chosen, say) as stack:
        chain.wait_for_dags(rest.Client(stack.airflow))
        staff.act(stack, chosen, say)
    return 0


def _night(stack: up.Stack, chosen: options.Options) -> int:
    outcome = night.run(stack, chosen, say)
    say(
        f"night {outcome.seq} of {outcome.business_date} {outcome.status} in {outcome.seconds:.1f} s"
    )
    print(flush=True)
    night.summary(stack, outcome.seq)
    if outcome.did_its_work:
        return 0
    print(f"night {outcome.seq} failed: {outcome.reason}", file=sys.stderr)
    return 1


def ui() -> int:
    """Start everything and leave it up."""
    chosen = options.read()
    up.check(chosen, say, may_lack=True)
    world = options.world_folder(chosen, remember=True)
    with lock.held("ui"):
        kept = up.is_kept(world)
        try:
            stack = up.up(chosen, say)
            chain.wait_for_dags(rest.Client(stack.airflow))
            up.keep(world)
        except BaseException:
            if not kept:
                up.down(world)
            raise
    print(f"\nAirflow   {stack.airflow.url}")
    for name, role in airflow.users().items():
        print(f"          {name} / {stack.airflow.passwords[name]}   ({role})")
    if stack.sandbox:
        print(f"Sandbox   {stack.sandbox.control}")
    print(f"Pages     {world / 'pages'}")
    print(
        "\nAirflow's home page shows its triggerer red: none runs here, because nothing needs one."
    )
    print("`make night` now uses it and leaves it up; `make stop` stops it.")
    return 0


def show_status() -> int:
    """What is up, and how the last night went; 1 after a failed night, or if nights are missing."""
    return status.show(options.world_path(options.read()))


def sql() -> int:
    """One query as CSV on standard output, in the reader's role."""
    query = os.environ.get("Q", "").strip().rstrip(";")
    if not query:
        raise CommandFailed('Q is missing: make sql Q="select * from operations.night"')
    with _server() as server, warehouse.connect(server.dsn(warehouse.READER)) as connection:
        try:
            with connection.cursor().copy(
                f"copy ({query}\n) to stdout with (format csv, header)".encode()
            ) as rows:
                for block in rows:
                    sys.stdout.buffer.write(block)
        except psycopg.Error as error:
            raise CommandFailed(str(error).strip()) from None
    sys.stdout.buffer.flush()
    return 0


def psql() -> int:
    """A prompt on the warehouse, in the role of ``ROLE`` (the reader's by default)."""
    with _server() as server:
        role = os.environ.get("ROLE", "").strip() or warehouse.READER
        if role not in postgres.ROLES:
            raise CommandFailed(
                f"ROLE={options.shown(role)}: must be one of {', '.join(postgres.ROLES)}"
            )
        program = [str(postgres.binary(server.state, "psql")), "-X", "-d", "throughline"]
        login = {
            "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": role,
            "PGPASSWORD": server.passwords[role],
        }  # fmt: skip
        # The prompt handles its own Ctrl-C.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return subprocess.run(program, env=os.environ | login, check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)


def check() -> int:
    """Every invariant, over everything; with ``ACTION=accept LOGIN= NOTE=``, a person takes the chain as it is."""
    action = os.environ.get("ACTION", "").strip()
    if action not in ("", "accept"):
        raise CommandFailed(f"ACTION={options.shown(action)}: make check takes none but accept")
    said = ["--accept", *options.words(os.environ, "BY", "NOTE", "LOGIN")] if action else []
    return _pipeline("throughline.proven.check", *said)


def replay() -> int:
    """Recompute a night from its inputs and compare it with the record."""
    chosen = options.read()
    if chosen.night is None:
        raise CommandFailed("NIGHT is missing: make replay NIGHT=2026-09-01")
    return _pipeline("throughline.proven.replay", "--business-date", chosen.night)


def exceptions() -> int:
    """List the open exceptions in words, with their numbers; no patient data."""
    return _read("throughline.told.exceptions")


def _read(module: str, *arguments: str) -> int:
    """Run a program of the pipeline that only reads, with the reader's login alone."""
    with _server() as server:
        env = airflow.tool_environment(server.state)
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=env | {"THROUGHLINE_DSN": server.dsn(warehouse.READER)},
            cwd=paths.ROOT,
            check=False,
        ).returncode


def resolve() -> int:
    """A named person's decision about one exception: ``ID= BY= ACTION= NOTE=``, and what the action needs."""
    return _decision("throughline.exceptions.resolve", "make resolve", "retry", *options.RESOLVED)


def claims() -> int:
    """The batches of claims that wait for a person; with ``BATCH= BY=`` the list of one, which counts as opened.

    With ``ACTION=refuse NOTE=`` it refuses that batch.
    """
    batch = os.environ.get("BATCH", "")
    if not batch:
        return _pipeline("throughline.told.claims")
    act = ("ACTION", "NOTE") if os.environ.get("ACTION") else ()
    said = options.words(os.environ, "BY", "LOGIN", *act, "PREVIEW")
    return _pipeline("throughline.told.claims", *said, "--", batch)


def quarantine() -> int:
    """List the rows that a gate set aside and that wait for a decision: where and why, no patient data."""
    return _read("throughline.told.lists", "quarantine")


def deliveries() -> int:
    """List the deliveries of the last nights with their files, newest first: ids for ``make decide``."""
    return _read("throughline.told.lists", "deliveries")


def decide() -> int:
    """A named person's decision about a row set aside, or all of a delivery: ``ID= BY= ACTION= NOTE=``."""
    return _decision("throughline.quality.decide", "make decide", "release")


def _decision(module: str, command: str, example: str, *more: str) -> int:
    """Pass a named person's decision to the pipeline; ``PREVIEW=1`` only shows what would follow.

    ``BY`` is a login of the sandbox. ``LOGIN`` logs in to Airflow: a file with user and password, or ``ask``.
    """
    given = {name: os.environ.get(name, "") for name in ("ID", "ACTION")}
    missing = [name for name, value in given.items() if not value.strip()]
    if missing:
        how = f"{command} ID=... BY=operator ACTION={example} NOTE='why'"
        raise CommandFailed(f"{', '.join(missing)} missing: {how}")
    said = options.words(os.environ, "ACTION", "BY", "NOTE", *more, "PREVIEW", "LOGIN")
    return _pipeline(module, *said, "--", given["ID"])


def source_profile() -> int:
    """Profile a source's files before a first night: ``SOURCE=``, ``FOLDER=``, ``OUT=`` for the page, ``NIGHT=``.

    Without a folder, it profiles the files landed in the current world. It never writes to a world.
    """
    source, folder = os.environ.get("SOURCE", "").strip(), os.environ.get("FOLDER", "").strip()
    if not source:
        raise CommandFailed("SOURCE is missing: make source-profile SOURCE=ehr FOLDER=~/export")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{,62}", source):
        raise CommandFailed(
            f"SOURCE={options.shown(source)}: must be the name of a file in include/definitions/sources"
        )
    chosen = options.read()
    given = os.environ.get("OUT", "").strip()
    page = paths.typed(given) if given else _pages() / f"{source}.html"
    options.new_folder("OUT", page.parent)
    if page.is_dir():
        raise CommandFailed(f"OUT={given}: is a folder; name the file of the page")
    arguments = ["--page", str(page), *(["--as-of", chosen.night] if chosen.night else [])]
    with ExitStack() as stack:
        env = paths.child_environment()
        if folder:
            arguments += ["--folder", str(options.folder_of("FOLDER", folder))]
        else:
            stack.enter_context(lock.held("source-profile"))
            world = stack.enter_context(_server())
            env = airflow.tool_environment(world.state)
            env["THROUGHLINE_LANDED_DSN"] = world.dsn(warehouse.READER)
        empty = stack.enter_context(postgres.throwaway())
        up.migrate(empty)
        return subprocess.run(
            [sys.executable, "-m", "throughline.profiling.run", *arguments, source],
            env=env | {"THROUGHLINE_DSN": empty.dsn()},
            cwd=paths.ROOT,
            check=False,
        ).returncode


def _pages() -> Path:
    """Folder of the pages that belong to no world."""
    return paths.private(paths.state_folder() / "profiles")


def lock_requirements() -> int:
    """Write requirements.txt from requirements.in, for every Python that is supported."""
    uv = shutil.which("uv")
    program = [uv] if uv else [sys.executable, "-m", "uv"]
    command = [
        *program, "pip", "compile", "-q", "--universal", "--python-version", "3.11", "--generate-hashes",
        "requirements.in", "-o", "requirements.txt",
    ]  # fmt: skip
    return subprocess.run(command, cwd=paths.ROOT, check=False).returncode


def _pipeline(module: str, *arguments: str) -> int:
    """Run a program of the pipeline on the current world's warehouse."""
    with lock.held(module.rpartition(".")[2]), _server() as server:
        up.restore_point(server, lambda text: print(text, file=sys.stderr))
        up.migrate(server)
        env = airflow.tool_environment(server.state)
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=env
            | {
                "THROUGHLINE_DSN": server.dsn("throughline_loop"),
                "THROUGHLINE_DECIDER_DSN": server.dsn("throughline_decider"),
            },
            cwd=paths.ROOT,
            check=False,
        ).returncode


@contextmanager
def _server() -> Iterator[postgres.Server]:
    """The current world's PostgreSQL: the running one, or one started for the duration of the block."""
    with up.server(options.world_path(options.read())) as running:
        yield running


def _tests(folder: str, *numbers: str, arguments: tuple[str, ...] = ()) -> Callable[[], int]:
    """Run a program of the tests, after a look at its options: those of a world, and these numbers."""

    def run() -> int:
        options.check_numbers(os.environ, numbers)
        chosen = options.read()
        if folder == "dump" and not arguments:
            systems.refuse_real(chosen, folder)
        if not (paths.ROOT / "tests" / folder / "__main__.py").exists():
            raise CommandFailed(f"tests/{folder} is not in this clone")
        return subprocess.run(
            [sys.executable, "-m", f"tests.{folder}", *arguments], cwd=paths.ROOT, check=False
        ).returncode

    return run


COMMANDS: dict[str, Callable[[], int]] = {
    "night": run_night,
    "nights": run_nights,
    "morning": run_morning,
    "ui": ui,
    "status": show_status,
    "sql": sql,
    "psql": psql,
    "check": check,
    "replay": replay,
    "exceptions": exceptions,
    "resolve": resolve,
    "claims": claims,
    "quarantine": quarantine,
    "deliveries": deliveries,
    "decide": decide,
    "pause-sending": sending.sending("pause"),
    "resume-sending": sending.sending("resume"),
    **dict.fromkeys(("observed", "release-observed"), sending.observed(_pipeline)),
    "readiness": definitions.readiness(_pipeline),
    "source-profile": source_profile,
    "check-definitions": definitions.check_definitions,
    "practice": definitions.lay_out,
    "value-sets": definitions.take_in_value_sets,
    "workflow": definitions.show_draft,
    "connect": looking.connect,
    "source": definitions.guess_source,
    "retain": keeping.retain,
    "backup": backups.backup,
    "restore": backups.restore,
    "worlds": worlds.worlds,
    "stop": worlds.stop,
    "clean": worlds.clean,
    "benchmark": _tests("benchmark", "SIZES", "NIGHTS", "YEARS"),
    "chaos": _tests("chaos", "JOBS", "BUDGET", "PATIENTS", "SEED"),
    "dump": _tests("dump"),
    "dump-compare": _tests("dump", arguments=("compare",)),
    "lock": lock_requirements,
}
