"""Runs Airflow as three processes on this machine: api-server, scheduler, dag-processor.

All configuration is in the environment, so another Airflow on the machine has no influence. Connections come from a
file through Airflow's own secrets backend. They are read when a task asks for them, so Airflow need not restart when
the sandbox or PostgreSQL comes back on another port. All tuning here is based on measurements.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import httpx
import psycopg

from stack import paths, processes
from stack.options import REAL
from stack.postgres import Server, free_port
from stack.worlds import definitions, given
from throughline.practice import teams

COMPONENTS = ("api-server", "scheduler", "dag-processor")
MIGRATE = "airflow-migrate"
USERS = {"admin": "admin", "operator": "op", "biller": "user", "viewer": "viewer"}
"""Logins of the local stack and their roles; who acts is on record, so nobody shares one."""
NAME = re.compile(r"[\w.@+-]+")
"""What Airflow's list of users can hold as a name."""
START_SECONDS = 600
"""An idle machine of two cores takes half a minute; with three such stacks starting beside each other, minutes."""
POLL_SECONDS = 0.5
TOKEN_SECONDS = 8 * 3600
"""How long a login is good for: a working day. Commands log in again when theirs has ended, and tasks have tokens of
their own (`[execution_api] jwt_expiration_time`), which Airflow renews while they run."""
STOP_SECONDS = 3
"""They finish their work in a tenth of a second, then take six to shut down the interpreter: no need to wait."""
CONNECTIONS = {
    "throughline": "throughline_loop",
    "throughline_loader": "throughline_loader",
    "throughline_reader": "throughline_reader",
    "throughline_decider": "throughline_decider",
}
"""Airflow connection id to warehouse role. None of these roles owns anything."""


class AirflowFailed(RuntimeError):
    """Airflow did not start; the message has the end of the log."""


@dataclass(frozen=True)
class Address:
    """Where Airflow listens, and how to log in."""

    url: str
    passwords: dict[str, str]


def home(world: Path) -> Path:
    """AIRFLOW_HOME of a world."""
    return paths.private(world / "airflow")


def logs(world: Path) -> Path:
    """Folder of the logs of Airflow's tasks and of its dag-processor."""
    return world / "logs" / "airflow"


def warehouse_connections(server: Server) -> dict[str, str]:
    """URI of each of the warehouse's connections, by Airflow's connection id."""
    return {
        name: server.dsn(role).replace("postgresql://", "postgres://")
        for name, role in CONNECTIONS.items()
    }


def write_connections(world: Path, server: Server, systems: Mapping[str, str]) -> None:
    """Write the connections file: the warehouse's roles, and the systems of record as URIs."""
    every = warehouse_connections(server) | dict(systems)
    paths.write_private(world / "connections.json", json.dumps(every, indent=1))


def stored_connections(server: Server) -> set[str]:
    """Return the ids of the connections that a world's Airflow keeps, by hand or by its pages."""
    try:
        with psycopg.connect(server.dsn("airflow", "airflow"), connect_timeout=10) as connection:
            rows = connection.execute("select conn_id from connection").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidCatalogName):
        return set()  # Airflow has never been up in this world
    return {str(one) for (one,) in rows}


def store(world: Path, server: Server) -> dict[str, str]:
    """Settings by which a program outside Airflow reads the connections that a world's Airflow keeps."""
    database = server.dsn("airflow", "airflow").partition("://")[2]
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        "AIRFLOW__CORE__FERNET_KEY": _secrets(world)["fernet"],
        "_AIRFLOW_PROCESS_CONTEXT": "server",
    }


def environment(world: Path, server: Server, port: int) -> dict[str, str]:
    """The whole environment of every Airflow process of a world."""
    secret = _secrets(world)
    database = server.dsn("airflow", "airflow").partition("://")[2]
    url = f"http://127.0.0.1:{port}"
    settings: dict[str, dict[str, object]] = {
        "CORE": {
            "DAGS_FOLDER": paths.ROOT / "dags",
            "PLUGINS_FOLDER": paths.ROOT / "plugins",
            "EXECUTOR": "LocalExecutor",
            "PARALLELISM": 4,
            "LOAD_EXAMPLES": False,
            "DAGS_ARE_PAUSED_AT_CREATION": True,  # nights are triggered, not scheduled: see night.py
            "FERNET_KEY": secret["fernet"],
            "EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "HIDE_SENSITIVE_VAR_CONN_FIELDS": True,
            "SIMPLE_AUTH_MANAGER_USERS": ",".join(
                f"{name}:{role}" for name, role in users().items()
            ),
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": world / "logins.json",
        },
        "DATABASE": {
            "SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
            "SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{database}",
            "LOAD_DEFAULT_CONNECTIONS": False,
            "CHECK_MIGRATIONS": False,  # start() sees to them
        },
        "API": {
            "HOST": "127.0.0.1",
            "PORT": port,
            "WORKERS": 1,
            "BASE_URL": url,
            "SECRET_KEY": secret["api"],
        },
        "API_AUTH": {"JWT_SECRET": secret["jwt"], "JWT_EXPIRATION_TIME": TOKEN_SECONDS},
        "SCHEDULER": {"SCHEDULER_IDLE_SLEEP_TIME": 0.5, "ENABLE_HEALTH_CHECK": False},
        # A task's supervisor can miss the end of the task: woken before the process has quite gone, it looks again only
        # at the next heartbeat. With the default interval, every other failed or skipped task took 5 s.
        "WORKERS": {"MIN_HEARTBEAT_INTERVAL": 1},
        "DAG_PROCESSOR": {
            "MIN_FILE_PROCESS_INTERVAL": 120,
            "REFRESH_INTERVAL": 30,
            "PRINT_STATS_INTERVAL": 0,
        },
        "LOGGING": {
            "BASE_LOG_FOLDER": logs(world),
            "DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": logs(world) / "dag-processor",
            "NAMESPACE_LEVELS": "great_expectations=WARNING httpx=WARNING paramiko=WARNING",
            "COLORED_CONSOLE_LOG": False,
        },
        "SECRETS": given.settings(world / "connections.json", is_real=world.name.startswith(REAL)),
        "USAGE_DATA_COLLECTION": {"ENABLED": False},
    }
    variables = {
        f"AIRFLOW__{part}__{key}": str(value)
        for part, keys in settings.items()
        for key, value in keys.items()
    }
    variables["AIRFLOW_HOME"] = str(home(world))
    variables["THROUGHLINE_AIRFLOW_MIGRATED"] = str(_migrated(world))
    variables["THROUGHLINE_AIRFLOW_MAY_SCHEDULE"] = str(_may_schedule(world))
    return tool_environment(world) | variables


def tool_environment(world: Path) -> dict[str, str]:
    """Environment of the pipeline's programs that run outside Airflow: the folders of landed files and pages,
    and how they know who gives a command.
    """
    # Of real systems nobody decides by the sandbox's names, not even where a practice's file still has them.
    logins = "" if world.name.startswith(REAL) else str(world / "logins.json")
    return paths.child_environment() | {
        "THROUGHLINE_LANDING": str(paths.private(world / "landing")),
        "THROUGHLINE_PAGES": str(paths.private(world / "pages")),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(logs(world)),
        "THROUGHLINE_SANDBOX_LOGINS": logins,
        "THROUGHLINE_AIRFLOW": f"http://127.0.0.1:{processes.notes(world, 'api-server').get('port', 0)}",
    }


def start(world: Path, server: Server) -> bool:
    """Start what is not running, without waiting (see :func:`ready`). Returns whether this is a first start.

    Each component first spends seconds on imports. The scheduler and the dag-processor then wait for marker files
    (``local_settings``): for the tables, because ``airflow db migrate`` runs in parallel on a first start, and the
    scheduler also for :func:`let_schedule`.
    """
    port = int(processes.notes(world, "api-server").get("port", 0))
    database = server.dsn("airflow", "airflow")
    told = {
        "database": database,
        "code": _code(),
        "definitions": definitions.digest(),
        "connections": given.digest(_secrets(world)["jwt"]),
    }
    stale = any(
        processes.notes(world, "api-server").get(key, told[key]) != told[key] for key in told
    )
    if stale or processes.find(world, "api-server") is None:
        # The others use the api-server's port, and all use PostgreSQL's: if a port changes, all must restart. They must
        # also restart if the code, a definition or a connection of the caller that they have read has changed.
        stop(world)
        port = free_port(port)
    env = environment(world, server, port)
    _write_home(world)
    airflow = [sys.executable, "-m", "airflow"]
    is_fresh = not _migrated(world).exists()
    if processes.find(world, "scheduler") is None:
        _may_schedule(world).unlink(missing_ok=True)
    if is_fresh:
        mark = f"import sys, pathlib; pathlib.Path({str(_migrated(world))!r}).touch()"
        both = f"{shlex.join([*airflow, 'db', 'migrate'])} && {shlex.join([sys.executable, '-c', mark])}"
        processes.spawn(world, MIGRATE, ["/bin/sh", "-c", both], env)
    for name in COMPONENTS:
        if processes.find(world, name) is None:
            command = [*airflow, name]
            if (
                name == "scheduler"
            ):  # its log server has a fixed port; the api-server reads the files
                command.append("--skip-serve-logs")
            processes.spawn(world, name, command, env, port=str(port), **told)
    return is_fresh


def may_schedule(world: Path) -> bool:
    """Whether the scheduler may begin."""
    return _may_schedule(world).exists()


def let_schedule(world: Path) -> None:
    """Let the scheduler begin."""
    _may_schedule(world).touch()


def answering(world: Path) -> Address:
    """Wait until the api-server answers; the others may still be starting. Raises :class:`AirflowFailed`."""
    address = _address(world)

    def answers() -> bool:
        _still_there(world, "api-server")
        try:
            return http.get("/api/v2/version").is_success
        except httpx.HTTPError:
            return False

    with httpx.Client(base_url=address.url, timeout=5, trust_env=False) as http:
        processes.wait_until(answers, START_SECONDS, "Airflow's api-server", every=POLL_SECONDS)
    return address


def ready(world: Path) -> Address:
    """Wait until all three are healthy. Raises :class:`AirflowFailed` with the log of the one that ended."""
    address = Address(
        f"http://127.0.0.1:{processes.notes(world, 'api-server')['port']}", logins(world)
    )

    warmed = False

    def healthy() -> bool:
        nonlocal warmed
        for name in COMPONENTS if _migrated(world).exists() else (*COMPONENTS, MIGRATE):
            _still_there(world, name)
        if not warmed:
            warmed = _warm_up(address.url)
            return False
        try:
            told = http.get("/api/v2/monitor/health").json()
        except (httpx.HTTPError, ValueError):
            return False
        return all(
            told[part]["status"] == "healthy"
            for part in ("metadatabase", "scheduler", "dag_processor")
        )

    with httpx.Client(base_url=address.url, timeout=5, trust_env=False) as http:
        processes.wait_until(
            healthy, START_SECONDS, f"Airflow healthy; see {world / 'logs'}", every=POLL_SECONDS
        )
    return address


def stop(world: Path) -> None:
    """Stop all three and every task they run."""
    processes.stop(world, (*COMPONENTS, MIGRATE), patience=STOP_SECONDS)


def users() -> dict[str, str]:
    """Role in Airflow of each login: ours, and each member of the practice's teams, who may start and answer runs.

    What somebody may decide is in the definitions, whatever the role.
    """
    members = {member for team in teams().values() for member in team.members}
    return USERS | {name: "user" for name in sorted(members - USERS.keys()) if NAME.fullmatch(name)}


def logins(world: Path) -> dict[str, str]:
    """Password of each user, made at first use."""
    file = world / "logins.json"
    made: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if lacking := users().keys() - made.keys():
        made |= {name: secrets.token_urlsafe(12) for name in lacking}
        paths.write_private(file, json.dumps(made))
    return made


def fernet_key(world: Path) -> str | None:
    """The key with which Airflow encrypts what it stores, if the world has one."""
    file = world / "secrets.json"
    return str(json.loads(file.read_text())["fernet"]) if file.exists() else None


def forget_migrated(world: Path) -> None:
    """Let the next start bring Airflow's tables to the installed version: they are another's now."""
    for mark in home(world).glob("migrated-*"):
        mark.unlink()


def _secrets(world: Path) -> dict[str, str]:
    file = world / "secrets.json"
    if not file.exists():
        fernet = base64.urlsafe_b64encode(os.urandom(32)).decode()
        made = {
            "fernet": fernet,
            "jwt": secrets.token_urlsafe(64),
            "api": secrets.token_urlsafe(32),
        }
        paths.write_private(file, json.dumps(made))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _write_home(world: Path) -> None:
    logins(world)
    if not (world / "connections.json").exists():
        paths.write_private(world / "connections.json", "{}")
    config = home(world) / "config"
    config.mkdir(exist_ok=True)
    (config / "airflow_local_settings.py").write_text(
        "from stack import local_settings  # noqa: F401\n"
    )


def _migrated(world: Path) -> Path:
    """Marker file: Airflow's tables match the installed version."""
    return home(world) / f"migrated-{metadata.version('apache-airflow-core')}"


def _code() -> str:
    """Fingerprint of the code that Airflow's processes have imported; it changes with any file."""
    files = [
        f for part in ("include/throughline", "plugins") for f in (paths.ROOT / part).rglob("*.py")
    ]
    times = [f"{file} {file.stat().st_mtime_ns}" for file in sorted(files)]
    return hashlib.sha256("\n".join(times).encode()).hexdigest()


def _may_schedule(world: Path) -> Path:
    return world / "run" / "may-schedule"


def _address(world: Path) -> Address:
    return Address(
        f"http://127.0.0.1:{processes.notes(world, 'api-server')['port']}", logins(world)
    )


def _warm_up(url: str) -> bool:
    """Make the api-server build its execution API and our pages now; otherwise the first who asks would have to wait.

    It takes 4 s, while the scheduler is still importing. The call has no token and is refused.
    """
    nobody = "00000000-0000-0000-0000-000000000000"
    try:
        httpx.patch(f"{url}/execution/task-instances/{nobody}/run", timeout=60, trust_env=False)
        httpx.get(f"{url}/throughline/health", timeout=60, trust_env=False)
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        pass
    return True


def _still_there(world: Path, name: str) -> None:
    if processes.find(world, name) is None and not (name == MIGRATE and _migrated(world).exists()):
        log = world / "logs" / f"{name}.log"
        end = log.read_text(errors="replace")[-1500:] if log.exists() else "(no log)"
        raise AirflowFailed(f"Airflow's {name} ended while starting; see {log}:\n{end}")
