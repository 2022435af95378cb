"""What a database is told when it is connected to, so that neither a query nor a silent server holds up a night."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from throughline.sources.tabular import query
from throughline.transports import Address


@pytest.mark.parametrize(
    ("is_mariadb", "said"), [(False, "max_execution_time"), (True, "max_statement_time")]
)
def test_mariadb_behind_a_connection_of_type_mysql_is_told_in_its_own_words(
    is_mariadb: bool, said: str
) -> None:
    dialect: Any = make_url("mysql+pymysql://x/y").get_dialect()()
    dialect.is_mariadb = is_mariadb
    assert [said in words for words in query._SAID[query._server(dialect)]] == [False, True]


@pytest.mark.parametrize("scheme", ["postgres", "mysql", "mssql"])
def test_every_driver_of_ours_has_an_end_to_connecting(scheme: str) -> None:
    driver = query.url_of(Address("x", scheme=scheme)).get_driver_name()
    limits = query.limits_of(driver)
    assert query.CONNECT_S in limits.values()
    assert all(0 < limit < 10**6 for limit in limits.values())


def test_one_driver_s_limits_are_not_those_of_another() -> None:
    assert query.limits_of("a_driver_of_your_own") == {}
    query.limits_of("pymssql")["timeout"] = 1
    assert query.limits_of("pymssql")["timeout"] == query.QUERY_S


def test_a_server_that_takes_the_connection_and_says_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(query._LIMITS, "psycopg2", query._POSTGRES | {"connect_timeout": 2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held: list[tuple[socket.socket, object]] = []
        threading.Thread(target=lambda: held.append(silent.accept()), daemon=True).start()
        begun = time.monotonic()
        with pytest.raises(OperationalError, match="timeout"):
            query.try_login(
                Address("x", scheme="postgres", host="127.0.0.1", port=silent.getsockname()[1])
            )
        assert time.monotonic() - begun < 30
        for conn, _ in held:
            conn.close()
