"""Connections to the warehouse."""

from __future__ import annotations

from typing import Any

import psycopg

STATEMENT_TIMEOUT_MS = 30 * 60 * 1000
CONNECT_TIMEOUT_S = 10

Connection = psycopg.Connection[Any]


def settings(*, loading: bool = False) -> str:
    """Return the settings of all our sessions as libpq's `options`; `loading` is as in `connect`."""
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

    `loading` trades the durability of the last commits for speed. Use it only for rows that can be
    read again from the landed files, never for rows that guard what is sent outside.

    Raises `psycopg.OperationalError` when the server cannot be reached.
    """
    return psycopg.connect(
        dsn,
        autocommit=autocommit,
        options=settings(loading=loading),
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name=application_name,
    )
