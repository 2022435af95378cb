"""Turns Airflow connections and environment variables into addresses of systems and paths of folders.

The packages below read neither Airflow nor the environment: they receive an `Address` or a folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from airflow.sdk import Connection as AirflowConnection

from throughline.sources import systems
from throughline.sources.definitions import SourceDefinition
from throughline.transports.address import Address

LANDING = "THROUGHLINE_LANDING"
PAGES = "THROUGHLINE_PAGES"
CHAIN = "THROUGHLINE_CHAIN"


def address(connection_id: str) -> Address:
    """Return the address that an Airflow connection holds. Raises if Airflow does not have it."""
    conn = AirflowConnection.get(connection_id)
    return Address(
        name=connection_id,
        scheme=conn.conn_type or "http",
        host=conn.host or "127.0.0.1",
        port=conn.port,
        path=conn.schema or "",
        login=conn.login or "",
        password=conn.password or "",
        extra=dict(conn.extra_dejson or {}),
    )


def address_of(definition: SourceDefinition) -> Address:
    """Return the address of the system that a source definition names."""
    return address(definition.connection)


def clients() -> dict[str, Address]:
    """Return the addresses of the systems that take work, by connection id."""
    return {connection_id: address(connection_id) for connection_id in systems.connections()}


def landing_root() -> Path:
    """Return the folder of landed bytes."""
    return _folder(LANDING)


def reports_root() -> Path:
    """Return the folder of the nights' pages."""
    return _folder(PAGES)


def chain_root() -> Path:
    """Return the folder in which the head of the chain is kept: that of the pages if none is named."""
    return Path(os.environ[CHAIN]) if os.environ.get(CHAIN) else reports_root()


def data_docs_root() -> Path:
    """Return the folder of the gates' reports, next to the pages that link to them."""
    return reports_root() / "data-docs"


def _folder(variable: str) -> Path:
    named = os.environ.get(variable)
    if not named:
        raise RuntimeError(f"the environment variable {variable} must name a folder")
    return Path(named)
