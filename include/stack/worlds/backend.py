"""A secrets backend for Airflow's processes: a world's file, then the secrets backend of who started the world."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

from airflow.sdk import Connection
from airflow.secrets.local_filesystem import LocalFilesystemBackend

from throughline import programs


class Backend(LocalFilesystemBackend):
    """The connections of a file, and after it those of another backend, which also has the variables.

    The file has the warehouse of the world: a backend of production must not lead a laptop to production's.
    """

    def __init__(
        self, connections_file_path: str, backend: str, arguments: dict[str, Any] | None = None
    ) -> None:
        super().__init__(connections_file_path=connections_file_path)
        self._callers = made(backend, arguments or {})

    def _set_connection_class(self, conn_class: type) -> None:
        super()._set_connection_class(conn_class)
        self._callers._set_connection_class(conn_class)

    def get_connection(self, conn_id: str, team_name: str | None = None) -> Any:
        """Return a connection, or None."""
        own = super().get_connection(conn_id)
        return self._callers.get_connection(conn_id) if own is None else own

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        """Return a variable, or None."""
        found: str | None = self._callers.get_variable(key)
        return found


def made(name: str, arguments: dict[str, Any]) -> Any:
    """Return the backend of a class, by its dotted name. Raises whatever it raises."""
    module, _, kind = name.rpartition(".")
    return getattr(import_module(module), kind)(**arguments)


def main() -> int:
    """Say which of the connections named on standard input the backend named there has, in one line of JSON."""
    asked = json.load(sys.stdin)
    try:
        backend = made(asked["backend"], asked["arguments"])
        backend._set_connection_class(Connection)
        found = [one for one in asked["wanted"] if backend.get_connection(one) is not None]
        told: dict[str, Any] = {"found": found}
    except Exception as error:  # noqa: BLE001 - a backend may raise anything, with secrets in its words
        told = {"problem": type(error).__name__}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    programs.run(main)
