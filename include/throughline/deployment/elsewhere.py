"""Says what a restored deployment needs that no backup holds: keys, logins, connections. It gives none of them away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from cryptography.fernet import Fernet, InvalidToken

ENCRYPTED = {"connection": ("password", "extra"), "variable": ("val",)}
"""Airflow's tables whose values its Fernet key encrypts."""


def says(airflow_dsn: str, told: Mapping[str, Any], fernet: str | None) -> list[str]:
    """Return a sentence for each thing to put in its place, or to expect; `told` is the backup's manifest.

    `airflow_dsn` is that of the restored database of Airflow. Raises `psycopg.Error`.
    """
    found = []
    with psycopg.connect(airflow_dsn) as conn:
        values = _encrypted(conn)
        unread = sum(not _reads(fernet, value) for value in values)
        if unread:
            found.append(
                f"{unread} of the {len(values)} connections and variables that Airflow keeps encrypted cannot be read"
                " with the Fernet key that is here: enter them anew"
            )
        users = _count(conn, "ab_user")
    if users:
        found.append(f"{users} users of Airflow's FAB auth manager came back with their passwords")
    else:
        found.append(
            "logins are not in a backup: put the file of the simple auth manager back, or Airflow makes new passwords"
            " and writes them to the API server's log; user names must stay as they were"
        )
    found.append(
        "with another JWT secret or API secret than before, everybody logs in again, and a form that is open is"
        " refused; nothing is lost"
    )
    if told.get("connections"):
        found.append(
            f"the nights use the connections {', '.join(map(str, told['connections']))}, and those of their sources"
        )
    return found


def _encrypted(conn: psycopg.Connection) -> list[str]:
    """Return the encrypted values of Airflow's own tables; none of tables that are not there."""
    found: list[str] = []
    for table, columns in ENCRYPTED.items():
        if not _is_there(conn, table):
            continue
        for column in columns:
            flag = "is_extra_encrypted" if column == "extra" else "is_encrypted"
            rows = conn.execute(
                f'select {column} from "{table}" where {flag} and {column} is not null'.encode()
            )
            found += [str(value) for (value,) in rows if value]
    return found


def _reads(fernet: str | None, value: str) -> bool:
    """Return whether the key, or one of several separated by commas, reads a value."""
    for key in (fernet or "").split(","):
        try:
            Fernet(key.strip().encode()).decrypt(value.encode())
        except (InvalidToken, ValueError):
            continue
        return True
    return False


def _count(conn: psycopg.Connection, table: str) -> int:
    if not _is_there(conn, table):
        return 0
    row = conn.execute(f'select count(*) from "{table}"'.encode()).fetchone()
    return int(row[0]) if row else 0


def _is_there(conn: psycopg.Connection, table: str) -> bool:
    row = conn.execute("select to_regclass(%s) is not null", (f"public.{table}",)).fetchone()
    return bool(row and row[0])
