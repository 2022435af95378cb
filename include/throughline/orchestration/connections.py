"""The warehouse, as Airflow's tasks open it: by an Airflow connection, in the role that it names."""

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


@contextmanager
def open_warehouse(connection_id: str = LOOP) -> Iterator[warehouse.Connection]:
    """Give a connection in the role of `connection_id` and close it, rolled back if it failed.

    It is what `warehouse.connect` gives to those who run outside Airflow: a connection of psycopg with
    the settings of every session of ours. Raises when Airflow does not know `connection_id`, and
    `psycopg.OperationalError` when the server cannot be reached.
    """
    conn: warehouse.Connection = hook(connection_id).get_conn()
    try:
        yield conn
    finally:
        conn.close()


def hook(connection_id: str = LOOP) -> PostgresHook:
    """Return the hook that opens connections in the role of `connection_id`.

    What the Airflow connection has in its extra goes to libpq (`sslmode`, `keepalives` and so on); its
    `options` are added to ours, and ours win. Raises when Airflow does not know `connection_id`.
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
