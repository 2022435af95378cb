"""How Airflow tasks open the warehouse: through an Airflow connection, in its role."""

from __future__ import annotations

import atexit
import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from airflow.sdk import Connection as AirflowConnection

from throughline import warehouse

if TYPE_CHECKING:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

LOOP = "throughline"
LOADER = "throughline_loader"
READER = "throughline_reader"
DECIDER = "throughline_decider"
KEPT, IDLE_S, OLDEST_S = 4, 30, 600
"""How many idle connections of a role `kept_warehouse` keeps, for how many seconds, and how old one becomes."""

_Key = tuple[int, str, str]
_idle: dict[_Key, list[tuple[warehouse.Connection, float, float]]] = {}
"""Those that nobody uses, with when each was opened and last used. By process, too: a fork shares its sockets."""
_keeping = Lock()


@contextmanager
def open_warehouse(connection_id: str = LOOP) -> Iterator[warehouse.Connection]:
    """Open a connection in the role of `connection_id`; close it at the end, rolled back after an error.

    It is the same psycopg connection, with the same session settings, that `warehouse.connect` opens
    outside Airflow. Raises if Airflow does not have `connection_id`, and `psycopg.OperationalError` if
    the server cannot be reached.
    """
    conn: warehouse.Connection = hook(connection_id).get_conn()
    try:
        yield conn
    finally:
        conn.close()


@contextmanager
def kept_warehouse(connection_id: str, settings: str) -> Iterator[warehouse.Connection]:
    """Open a connection as `open_warehouse` does, with further `settings` (libpq's `options`), or use one again.

    For a process that answers many people: opening one and planning anew what is always asked took longer than
    the answers. At the end what was not committed is rolled back, and the connection is kept, unless there was an
    error; the server ends one that is not used. The caller leaves nothing else in the session.
    """
    made = hook(connection_id, f"{settings} -c idle_session_timeout={2 * IDLE_S}s")
    key = (os.getpid(), made.connection.get_uri(), str(made.options))
    conn, since = _taken(key) or (made.get_conn(), time.monotonic())
    try:
        yield conn
        conn.rollback()
    except BaseException:
        conn.close()
        raise
    with _keeping:
        kept = _idle.setdefault(key, [])
        if len(kept) < KEPT:
            kept.append((conn, since, time.monotonic()))
            return
    conn.close()


def _taken(key: _Key) -> tuple[warehouse.Connection, float] | None:
    """Return an idle connection that still holds, and when it was opened; closes those that do not."""
    while True:
        with _keeping:
            kept = _idle.get(key)
            if not kept:
                return None
            conn, since, used = kept.pop()
        now = time.monotonic()
        # what a server says unasked is that it ends the session
        ends = conn.closed or _has_said_something(conn)
        if not ends and now - used < IDLE_S and now - since < OLDEST_S:
            return conn, since
        conn.close()


def _has_said_something(conn: warehouse.Connection) -> bool:
    # poll, not select, which takes no file number of 1,024 or more
    waiting = select.poll()
    waiting.register(conn.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


@atexit.register
def _close_all() -> None:
    for (process, *_), kept in _idle.items():
        for conn, *_ in kept if process == os.getpid() else ():
            conn.close()


def hook(connection_id: str = LOOP, settings: str = "") -> PostgresHook:
    """Return the hook that opens connections in the role of `connection_id`, with further `settings` of the session.

    The Airflow connection's extra goes to libpq (`sslmode`, `keepalives` and so on); its `options` are
    merged with ours, and ours win. Raises if Airflow does not have `connection_id`.
    """
    # Imported here: every DAG file imports this module, and the provider takes its time.
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    known = AirflowConnection.get(connection_id)
    extra = {
        "connect_timeout": warehouse.CONNECT_TIMEOUT_S,
        "application_name": connection_id,
    } | known.extra_dejson
    own = extra.pop("options", "")
    return PostgresHook(
        connection=AirflowConnection(
            conn_id=connection_id,
            conn_type="postgres",
            host=known.host,
            login=known.login,
            password=known.password,
            port=known.port,
            schema=known.schema,
            extra=json.dumps(extra),
        ),
        options=f"{own} {warehouse.settings(loading=connection_id == LOADER)} {settings}".strip(),
    )
