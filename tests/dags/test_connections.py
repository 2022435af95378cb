"""The warehouse as tasks open it, through the hook of Airflow's PostgreSQL provider."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from stack import postgres
from throughline import warehouse

SHOWN = (
    "statement_timeout",
    "timezone",
    "jit",
    "synchronous_commit",
    "client_min_messages",
    "application_name",
)
SECRET = "p@ss/wörd 1%"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.throwaway() as made:
        with psycopg.connect(made.dsn(postgres.SUPERUSER), autocommit=True) as conn:
            conn.execute(f"create role odd login password '{SECRET}'".encode())
            conn.execute("grant connect on database throughline to odd")
        yield made


def stated(dsn: str, **extra: object) -> str:
    """Return a libpq URI as an Airflow connection in JSON."""
    uri = urlsplit(dsn)
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": uri.hostname,
            "port": uri.port,
            "login": uri.username,
            "password": uri.password,
            "schema": uri.path[1:],
            "extra": extra,
        }
    )


def shown(conn: warehouse.Connection) -> dict[str, str]:
    return {name: conn.execute(f"show {name}".encode()).fetchall()[0][0] for name in SHOWN}


@pytest.mark.parametrize("connection_id", ["throughline", "throughline_loader"])
def test_a_session_is_as_it_is_outside_airflow(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch, connection_id: str
) -> None:
    from throughline.orchestration.connections import hook, open_warehouse

    dsn = server.dsn(postgres.SUPERUSER)
    monkeypatch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", stated(dsn))
    is_loader = connection_id.endswith("loader")
    with warehouse.connect(dsn, loading=is_loader, application_name=connection_id) as outside:
        wanted = shown(outside)
    with open_warehouse(connection_id) as conn:
        assert isinstance(conn, psycopg.Connection)
        assert not conn.autocommit
        assert shown(conn) == wanted
        assert conn.execute("select '{\"a\": [1]}'::jsonb, array['x']").fetchone() == (
            {"a": [1]},
            ["x"],
        )
    assert conn.closed
    assert type(hook(connection_id)).__module__ == "airflow.providers.postgres.hooks.postgres"


def test_what_failed_is_rolled_back(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration.connections import open_warehouse

    dsn = server.dsn(postgres.SUPERUSER)
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE", stated(dsn))

    def fail_half_way() -> None:
        with open_warehouse() as conn:
            conn.execute("create table half_done (n int)")
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    with warehouse.connect(dsn) as conn:
        assert conn.execute("select to_regclass('half_done')").fetchone() == (None,)


def test_the_extra_goes_to_libpq_and_our_settings_win(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration.connections import open_warehouse

    said = stated(
        server.dsn(postgres.SUPERUSER),
        sslmode="allow",
        keepalives_idle=30,
        options="-c work_mem=5MB -c statement_timeout=1s",
    )
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE", said)
    with open_warehouse() as conn:
        assert conn.execute("show work_mem").fetchone() == ("5MB",)
        assert conn.execute("show statement_timeout").fetchone() == ("30min",)
        given = conn.info.get_parameters()
        assert (given["sslmode"], given["keepalives_idle"]) == ("allow", "30")
        assert given["connect_timeout"] == str(warehouse.CONNECT_TIMEOUT_S)


@pytest.mark.parametrize("form", ["uri", "json"])
def test_any_password_is_the_same_in_either_form(
    server: postgres.Server, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    from throughline.orchestration.connections import open_warehouse

    dsn = f"postgresql://odd:{quote(SECRET, safe='')}@127.0.0.1:{server.port}/throughline"
    whole = json.loads(stated(dsn)) | {"password": SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE", dsn if form == "uri" else json.dumps(whole))
    with open_warehouse() as conn:
        assert conn.execute("select current_user").fetchone() == ("odd",)


def test_a_server_that_is_down_is_an_error_of_psycopg_and_tells_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from throughline.orchestration.connections import open_warehouse

    monkeypatch.setenv(
        "AIRFLOW_CONN_THROUGHLINE", "postgresql://odd:hidden@127.0.0.1:1/throughline"
    )
    with pytest.raises(psycopg.OperationalError) as refused, open_warehouse():
        pass
    assert "hidden" not in str(refused.value)


SETTINGS = "-c statement_timeout=5s"
WHO = "select pg_backend_pid()"
MANY = 1_500


def one(conn: warehouse.Connection, query: str) -> object:
    return conn.execute(query.encode()).fetchall()[0][0]


@pytest.fixture
def pages(server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the warehouse as the pages do; returns its address."""
    dsn = server.dsn(postgres.SUPERUSER)
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE_READER", stated(dsn))
    return dsn


def test_a_kept_session_is_used_again_by_one_at_a_time(pages: str) -> None:
    from throughline.orchestration.connections import READER, kept_warehouse

    with kept_warehouse(READER, SETTINGS) as conn:
        first = one(conn, WHO)
        assert one(conn, "show statement_timeout") == "5s"
        conn.execute("create table left_open (n int)")
    with kept_warehouse(READER, SETTINGS) as conn, kept_warehouse(READER, SETTINGS) as other:
        assert one(conn, WHO) == first
        assert one(other, WHO) != first
        assert one(conn, "select to_regclass('left_open')::text") is None, "rolled back"
    with kept_warehouse(READER, "-c statement_timeout=6s") as conn:
        assert one(conn, "show statement_timeout") == "6s", "other settings, another session"


def test_a_session_in_which_something_failed_or_that_ended_is_not_used_again(pages: str) -> None:
    from throughline.orchestration.connections import READER, kept_warehouse

    failed: list[object] = []

    def fail() -> None:
        with kept_warehouse(READER, SETTINGS) as conn:
            failed.append(one(conn, WHO))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with kept_warehouse(READER, SETTINGS) as conn:
        ended = one(conn, WHO)
        assert ended not in failed
    with warehouse.connect(pages, autocommit=True) as admin:
        assert one(admin, f"select pg_terminate_backend({ended}, 5000)")
    with kept_warehouse(READER, SETTINGS) as conn:
        assert one(conn, WHO) != ended


def test_a_process_with_a_thousand_open_files_uses_a_session_again(pages: str) -> None:
    from throughline.orchestration.connections import READER, kept_warehouse

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY - 400)]
    try:
        with kept_warehouse(READER, "-c statement_timeout=7s") as conn:
            assert conn.fileno() > 1_023
            first = one(conn, WHO)
        with kept_warehouse(READER, "-c statement_timeout=7s") as conn:
            assert one(conn, WHO) == first
    finally:
        for number in opened:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_another_login_is_never_given_the_session_of_the_one_before(
    server: postgres.Server, pages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration.connections import READER, kept_warehouse

    with kept_warehouse(READER, SETTINGS) as conn:
        assert one(conn, "select current_user") == postgres.SUPERUSER
    odd = f"postgresql://odd:{quote(SECRET, safe='')}@127.0.0.1:{server.port}/throughline"
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE_READER", odd)
    with kept_warehouse(READER, SETTINGS) as conn:
        assert one(conn, "select current_user") == "odd"


def test_few_idle_sessions_are_kept_and_not_for_long(
    pages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration import connections

    with ExitStack() as stack:
        for _ in range(connections.KEPT + 2):
            opened = connections.kept_warehouse(connections.READER, SETTINGS)
            last = one(stack.enter_context(opened), WHO)
    assert max(len(kept) for kept in connections._idle.values()) == connections.KEPT
    with connections.kept_warehouse(connections.READER, SETTINGS) as conn:
        assert one(conn, "show idle_session_timeout") == "1min"
        last = one(conn, WHO)
    monkeypatch.setattr(connections, "IDLE_S", 0)
    with connections.kept_warehouse(connections.READER, SETTINGS) as conn:
        assert one(conn, WHO) != last
