"""Asks a database for the rows of queries, and gives each as a file: deterministic CSV, which is landed as bytes.

A query is asked in a transaction that is read-only where the database has such a thing, and never committed; the
database ends it after `QUERY_S` seconds. The same rows in the same order give the same bytes, so that a replay reads
what was answered then. `:since` in a query is up to when its feeds were complete, less an hour, in local time of the
table's zone; on the first night it is 1 January 1970.
"""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from throughline import warehouse
from throughline.sources.definitions import SourceDefinition
from throughline.sources.tabular.shape import Table, tables_of
from throughline.transports import Address, SourceUnavailable
from throughline.transports.files import RemoteFile

log = logging.getLogger(__name__)

QUERY_S = 600
CONNECT_S = 20
OVERLAP = timedelta(hours=1)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)

# What Airflow calls a kind of database, and SQLAlchemy's driver for it; for others, `driver` in the connection's extra.
_DRIVERS = {
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mssql": "mssql+pymssql",
    "sqlite": "sqlite",
}
# Said once to a connection: no writing, and an end to every statement. MySQL counts milliseconds, MariaDB seconds
# (mariadb.com/docs, "Aborting Statements that Exceed a Certain Time to Execute", read 2026-11-29). Of other databases,
# only the rights of the login forbid writing.
_SAID = {
    "postgresql": (
        "set session characteristics as transaction read only",
        f"set statement_timeout = {QUERY_S * 1000}",
    ),
    "mysql": (
        "set session transaction read only",
        f"set session max_execution_time = {QUERY_S * 1000}",
    ),
    "mariadb": (
        "set session transaction read only",
        f"set session max_statement_time = {QUERY_S}",
    ),
    "sqlite": ("pragma query_only = on",),
}


# What a driver is told of its ends, in seconds: how long to connect, and how long to wait for a server that has gone
# silent, after which one that lives has ended the statement by itself. A login to MySQL waits by `read_timeout`, too.
# (PostgreSQL 18, 32.1.2; what `connect` of pymysql 1.1, pymssql 2.4.6, pyodbc, oracledb 26.1 says: read 2026-11-30.)
_PATIENCE_S = QUERY_S + 60
_POSTGRES: dict[str, int] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 60,
    "keepalives_interval": 20,
    "keepalives_count": 3,
    "tcp_user_timeout": 120_000,
}
_MYSQL: dict[str, int] = {
    "connect_timeout": CONNECT_S,
    "read_timeout": _PATIENCE_S,
    "write_timeout": _PATIENCE_S,
}
_LIMITS: dict[str, dict[str, int]] = {
    "psycopg2": _POSTGRES,
    "psycopg": _POSTGRES,
    "pymysql": _MYSQL,
    "pymssql": {"login_timeout": CONNECT_S, "timeout": QUERY_S},
    "pyodbc": {"timeout": CONNECT_S},
    "oracledb": {"tcp_connect_timeout": CONNECT_S},
}
# Limits of a statement that a connection is told once it is there: pyodbc's in seconds, Oracle's in milliseconds.
_ON_CONNECTION = {"timeout": QUERY_S, "call_timeout": QUERY_S * 1000}


def limits_of(driver: str) -> dict[str, int]:
    """Return what SQLAlchemy passes to this driver when it connects; nothing for one that is not known."""
    return dict(_LIMITS.get(driver, {}))


def url_of(address: Address) -> URL:
    """Return SQLAlchemy's URL of a connection: its type, or `driver` and `query` of its extra."""
    driver = str(address.extra.get("driver") or _DRIVERS.get(address.scheme, address.scheme))
    if driver.startswith("sqlite"):
        return URL.create(driver, database=address.path or address.host)
    return URL.create(
        driver,
        address.login or None,
        address.password or None,
        address.host,
        address.port,
        address.path or None,
        dict(address.extra.get("query") or {}),
    )


class Queries:
    """The queries of a source as files of a folder: each is there anew every night."""

    def __init__(
        self, definition: SourceDefinition, address: Address, conn: warehouse.Connection
    ) -> None:
        self._definition = definition
        self._address = address
        self._conn = conn
        self._asked_at = datetime.now(UTC)
        self._tables = {f"{t.name}.csv": t for t in tables_of(definition)}

    @contextmanager
    def opened(self) -> Iterator[Queries]:
        """Give itself: each query has a connection of its own."""
        yield self

    def listing(self, _folder: str) -> list[RemoteFile]:
        """Return a file for each query, complete up to now."""
        return [RemoteFile(name, 0, self._asked_at) for name in self._tables]

    def get(self, _folder: str, file: RemoteFile, target: Path) -> bool:
        """Write the rows of a query to `target`. Raises `SourceUnavailable`."""
        table = self._tables[file.name]
        since = self._since(table)
        name = self._definition.source
        try:
            with (
                _connected(self._address) as asked,
                target.open("w", encoding="utf-8", newline="") as out,
            ):
                _write(asked, table, since, out)
        except SQLAlchemyError as error:
            # the words of a driver may hold values of rows
            cause = type(getattr(error, "orig", None) or error).__name__
            log.warning("%s: query of %s: %s", name, table.name, cause)
            raise SourceUnavailable(f"{name}: query_failed: {table.name}: {cause}") from None
        return True

    def _since(self, table: Table) -> datetime:
        row = self._conn.execute(
            "select min(w.latest) from (select f.feed, (select max(m.watermark) from landing.watermark as m"
            " where m.source = %(source)s and m.feed = f.feed) as latest"
            " from unnest(%(feeds)s::text[]) as f (feed)) as w"
            " having bool_and(w.latest is not null)",
            {"source": self._definition.source, "feeds": list(table.feeds)},
        ).fetchone()
        complete = row[0] - OVERLAP if row is not None and row[0] is not None else FIRST
        return complete.astimezone(table.zone).replace(tzinfo=None)


@contextmanager
def _connected(address: Address) -> Iterator[Connection]:
    url = url_of(address)
    limits = limits_of(url.get_driver_name())
    engine = create_engine(url, poolclass=NullPool, connect_args=limits)
    kind = engine.dialect.name
    try:
        with engine.connect() as conn:
            for statement in _SAID.get(_server(conn.dialect), ()):
                conn.exec_driver_sql(statement)
            # PostgreSQL would take back with the transaction what was said in it
            conn.commit()
            raw: Any = conn.connection.dbapi_connection
            if kind == "sqlite":
                ends = time.monotonic() + QUERY_S
                raw.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
            for name, limit in _ON_CONNECTION.items():
                if kind not in _SAID and hasattr(raw, name):
                    setattr(raw, name, limit)
            try:
                yield conn
            finally:
                conn.rollback()
    finally:
        engine.dispose()


def _server(dialect: Dialect) -> str:
    """Return the kind of database behind a connection: to Airflow a MariaDB is a `mysql`, and its settings differ."""
    return "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name


def try_login(address: Address) -> None:
    """Connect to a database, and leave it. Raises `SQLAlchemyError`, and `ImportError` without its driver."""
    with _connected(address):
        return


def sample(address: Address, table: Table, since: datetime, target: Path, most: int) -> int:
    """Write the first `most` rows of a query to `target`, and return how many there are. Raises `SQLAlchemyError`."""
    with (
        _connected(address) as asked,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        return _write(asked, table, since, out, most)


def _write(
    conn: Connection, table: Table, since: datetime, out: Any, most: int | None = None
) -> int:
    """Write the answer of a query as CSV, or its first rows; returns their number. Raises `SQLAlchemyError`."""
    query = text(table.query)
    values = {"since": since} if "since" in query.compile().params else {}
    found = conn.execution_options(stream_results=True).execute(query, values)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(found.keys())
    written = 0
    for row in islice(found, most):
        writer.writerow([_text(value, table) for value in row])
        written += 1
    return written


def _text(value: Any, table: Table) -> str:
    """Return a value as a text that is the same every time; a moment with a zone is said in the table's."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        at = value.astimezone(table.zone) if value.tzinfo is not None else value
        return at.isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)
