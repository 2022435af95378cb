"""How Airflow tasks open the warehouse: through an Airflow connection, in its role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import Connection as AirflowConnection

from throughline import warehouse

if TYPE_CHECKING:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

LOOP = "throughline"
LOADER = "throughline_loader"
READER = "throughline_reader"
DECIDER = "throughline_decider"


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


def hook(connection_id: str = LOOP) -> PostgresHook:
    """Return the hook that opens connections in the role of `connection_id`.

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
        options=f"{own} {warehouse.settings(loading=connection_id == LOADER)}".strip(),
    )
