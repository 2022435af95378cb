"""Airflow connections, turned into what the packages take: a DSN, or an address with its secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

from airflow.sdk import Connection as AirflowConnection

from throughline import warehouse

LOOP = "throughline"
LOADER = "throughline_loader"
READER = "throughline_reader"


def dsn(connection_id: str = LOOP) -> str:
    """Return the libpq URI of a warehouse connection. Raises when Airflow does not know it."""
    conn = AirflowConnection.get(connection_id)
    extra = {
        key: str(value)
        for key, value in (conn.extra_dejson or {}).items()
        if key in {"sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"}
    }
    query = f"?{urlencode(extra)}" if extra else ""
    user = quote(conn.login or "", safe="")
    password = quote(conn.password or "", safe="")
    return f"postgresql://{user}:{password}@{conn.host}:{conn.port or 5432}/{conn.schema}{query}"


@contextmanager
def open_warehouse(connection_id: str = LOOP) -> Iterator[warehouse.Connection]:
    """Give a connection in the role of `connection_id` and close it, rolled back if it failed."""
    conn = warehouse.connect(
        dsn(connection_id), loading=connection_id == LOADER, application_name=connection_id
    )
    try:
        yield conn
    finally:
        conn.close()
