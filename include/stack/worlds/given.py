"""The connections that the caller gives for the systems of a practice, where Airflow looks for them.

That is, in Airflow's order: a secrets backend, variables of the environment, and the connections kept in the world's
Airflow. A world has a file with connections of its own, to its warehouse and its sandbox, which goes before all.
Airflow takes one secrets backend, so `Backend` is that file and the caller's backend in one.
"""

from __future__ import annotations

import hmac
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stack import paths
from stack.options import WrongOption

FILE = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
BOTH = "stack.worlds.backend.Backend"
NAMES = ("AIRFLOW__WORKERS__SECRETS_BACKEND", "AIRFLOW__SECRETS__BACKEND")
"""Where Airflow's workers look for the name of a secrets backend, in their order; its arguments are beside it."""
ASK_SECONDS = 120


def variable(connection: str) -> str:
    """The variable of the environment that gives a connection."""
    return f"{paths.CONNECTION}{connection.upper()}"


def settings(file: Path, *, is_real: bool) -> dict[str, object]:
    """Airflow's settings of ``[secrets]`` for a world, whose own connections are in a file.

    A world of the sandbox has nothing to ask of the caller's backend, and would tell of its nights by production's
    connections.
    """
    told: dict[str, Any] = {"connections_file_path": str(file)}
    name, arguments = callers() if is_real else ("", {})
    if not name:
        return {"BACKEND": FILE, "BACKEND_KWARGS": json.dumps(told)}
    told |= {"backend": name, "arguments": arguments}
    return {"BACKEND": BOTH, "BACKEND_KWARGS": json.dumps(told)}


def callers() -> tuple[str, dict[str, Any]]:
    """The caller's secrets backend and its arguments; an empty name if there is none. Raises :class:`WrongOption`."""
    for name in NAMES:
        backend = os.environ.get(name, "").strip()
        if backend:
            return backend, _arguments(f"{name}_KWARGS")
    return "", {}


def _arguments(name: str) -> dict[str, Any]:
    """The JSON object in a variable, or that a command writes which ``…_CMD`` names, as Airflow has it."""
    said = os.environ.get(name, "").strip()
    command = os.environ.get(f"{name}_CMD", "").strip()
    if not said and command:
        name = f"{name}_CMD"
        try:
            said = subprocess.run(
                shlex.split(command),
                capture_output=True,
                text=True,
                timeout=ASK_SECONDS,
                check=True,
            ).stdout.strip()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise WrongOption(f"{name}: {type(error).__name__}") from None
    try:
        found = json.loads(said or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongOption(f"{name}: must be a JSON object") from None
    return found


def digest(key: str) -> str:
    """Fingerprint of what the caller gives, which changes with any of it; with ``key``, nobody can guess it back."""
    said = {k: v for k, v in os.environ.items() if k.startswith(paths.CONNECTION)}
    with suppress(WrongOption):
        said["secrets"] = json.dumps(callers(), sort_keys=True)
    return hmac.new(key.encode(), json.dumps(said, sort_keys=True).encode(), "sha256").hexdigest()


def in_environment(wanted: Iterable[str]) -> set[str]:
    """Those of some connections that variables give."""
    return {one for one in wanted if os.environ.get(variable(one), "").strip()}


def in_backend(wanted: Iterable[str]) -> set[str]:
    """Those of some connections that the caller's secrets backend has.

    Asks in a process of its own, because Airflow's packages read settings when they are imported. Raises
    :class:`WrongOption` if the backend does not answer.
    """
    name, arguments = callers()
    if not name:
        return set()
    with TemporaryDirectory(prefix="throughline-airflow-") as home:
        asked = {"backend": name, "arguments": arguments, "wanted": sorted(wanted)}
        ended = subprocess.run(
            [sys.executable, "-m", BOTH.rpartition(".")[0]],
            input=json.dumps(asked),
            env=paths.child_environment() | {"AIRFLOW_HOME": home},
            cwd=paths.ROOT,
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
    try:
        told: Mapping[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        told = {"problem": f"it ended with {ended.returncode}"}
    if "problem" in told:
        raise WrongOption(f"the secrets backend {name} does not answer: {told['problem']}")
    return set(told["found"])
