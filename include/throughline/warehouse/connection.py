"""Connections to the warehouse."""

from __future__ import annotations

from typing import Any

import psycopg

STATEMENT_TIMEOUT_MS = 30 * 60 * 1000
CONNECT_TIMEOUT_S = 10

Connection = psycopg.Connection[Any]


def settings(*, loading: bool = False) -> str:
    """Return what every session of ours is set to, as libpq's `options`; `loading` as in `connect`."""
    return (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c jit=off"
        f" -c synchronous_commit={'off' if loading else 'on'}"
        " -c client_min_messages=warning"
    )


def connect(
    dsn: str,
    *,
    autocommit: bool = False,
    loading: bool = False,
    application_name: str = "throughline",
) -> Connection:
    """Open a connection to the warehouse; times are UTC, transactions are explicit.

    `loading` trades the durability of the last commits for speed. It is for rows that can be read
    again from the landed bytes and never for the rows that guard the outside.

    Raises `psycopg.OperationalError` when the server cannot be reached.
    """
    return psycopg.connect(
        dsn,
        autocommit=autocommit,
        options=settings(loading=loading),
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name=application_name,
    )
