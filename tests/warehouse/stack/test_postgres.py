"""The embedded server: who may come in, what its log keeps to itself, and how it comes back."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from stack import paths, postgres


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder that the server's user can reach; pytest's own is closed to it under root."""
    folder = Path(tempfile.mkdtemp(prefix="throughline server ", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    postgres.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(state: Path) -> postgres.Server:
    """The server, started or found; its path has a space in it."""
    return postgres.start(state, durable=False)


def postmaster(state: Path) -> psutil.Process:
    """The server's process."""
    return psutil.Process(int((state / "postgres/data/postmaster.pid").read_text().split()[0]))


@pytest.mark.parametrize("role", [*postgres.ROLES[:4], postgres.SUPERUSER])
def test_nobody_comes_in_without_a_password(server: postgres.Server, role: str) -> None:
    open_door = f"postgresql://{role}@127.0.0.1:{server.port}/throughline"
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(open_door)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(open_door.replace("@", ":guess@"))


def test_the_loop_and_airflow_do_not_see_each_other(server: postgres.Server) -> None:
    for role, database in (("throughline_loop", "airflow"), ("airflow", "throughline")):
        with pytest.raises(psycopg.OperationalError, match="CONNECT"):
            psycopg.connect(server.dsn(role, database))


def test_only_the_owner_makes_tables(server: postgres.Server) -> None:
    for role in postgres.ROLES[1:4]:
        with (
            psycopg.connect(server.dsn(role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("create table public.mine (id int)")


def test_no_patient_reaches_the_log(server: postgres.Server, state: Path) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table if not exists patient (name text primary key, born date)")
        for statement, parameters in (
            ("insert into patient values ('Zebulon Quirk')", None),
            ("insert into patient values ('Zebulon Quirk')", None),
            ("insert into patient values (%s)", ("Zebulon Quirk",)),
            ("select 'Zebulon Quirk'::date", None),
            ("select %s::date", ("Zebulon Quirk",)),
            ("selekt 'Zebulon Quirk'", None),
        ):
            try:
                connection.execute(statement.encode(), parameters)
            except psycopg.Error:
                continue
        connection.execute("drop table patient")
    log = (state / "postgres" / "server.log").read_text()
    assert "ready to accept connections" in log
    # Not the message of a failed cast either, which carries the value: the client gets it.
    assert "Zebulon" not in log


def test_a_killed_server_comes_back_with_what_was_committed(state: Path) -> None:
    server = postgres.start(state)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 1 as id")
    process = postmaster(state)
    process.kill()
    process.wait(10)
    assert postgres.running(state) is None
    server = postgres.start(state)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        assert connection.execute("select id from kept").fetchone() == (1,)
        connection.execute("drop table kept")


def test_a_pid_that_went_to_another_program_does_not_keep_it_down(state: Path) -> None:
    postgres.start(state)
    postgres.stop(state)
    (state / "postgres/data/postmaster.pid").write_text(f"{psutil.Process().pid}\n/elsewhere\n")
    assert postgres.running(state) is None
    postgres.start(state)
    assert postgres.running(state) is not None


def test_a_copy_of_a_running_folder_is_not_started_and_a_moved_one_is_found(
    server: postgres.Server, state: Path, tmp_path: Path
) -> None:
    pid_file = Path("postgres/data/postmaster.pid")
    (tmp_path / pid_file).parent.mkdir(parents=True)
    shutil.copyfile(state / pid_file, tmp_path / pid_file)
    assert postgres.running(tmp_path) is None
    with pytest.raises(postgres.PostgresFailed, match="is a copy of"):
        postgres.start(tmp_path)
    postgres.stop(tmp_path)
    moved = state.rename(state.with_name(f"{state.name} moved"))
    try:
        found = postgres.running(moved)
        assert found is not None
        assert found.port == server.port
    finally:
        moved.rename(state)


def test_a_port_that_somebody_took_meanwhile_is_given_up(state: Path) -> None:
    before = postgres.start(state).port
    postgres.stop(state)
    with socket.create_server(("127.0.0.1", before)):
        server = postgres.start(state)
        assert server.port != before
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


def test_secrets_are_for_their_owner_only(server: postgres.Server, state: Path) -> None:
    assert (state / "passwords.json").stat().st_mode & 0o077 == 0
    assert (state / "postgres" / "data").stat().st_mode & 0o077 == 0
    assert server.passwords["throughline_loop"] not in repr(server)


def test_a_server_of_an_earlier_version_gets_the_role_it_lacks(
    server: postgres.Server, state: Path
) -> None:
    role = postgres.WAREHOUSE_ROLES[-1]
    with psycopg.connect(server.dsn(postgres.SUPERUSER), autocommit=True) as connection:
        connection.execute(f"drop owned by {role}".encode())
        connection.execute(f"drop role {role}".encode())
    (state / "postgres" / "made").write_text("")
    passwords = json.loads((state / "passwords.json").read_text())
    del passwords[role]
    (state / "passwords.json").write_text(json.dumps(passwords))
    again = postgres.start(state)
    with psycopg.connect(again.dsn(role)) as connection:
        assert connection.execute("select session_user").fetchone() == (role,)
    assert again.passwords | passwords == again.passwords


def test_what_a_killed_program_left_is_deleted_and_what_another_uses_is_not(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "scratch", lambda: state)
    killed = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    alive = psutil.Process()
    for name, pid, since in (
        ("killed", killed.pid, psutil.Process(killed.pid).create_time()),
        ("its number was given again", alive.pid, alive.create_time() - 3600),
        ("in use", alive.pid, alive.create_time() - 2),
    ):
        folder = state / f"{postgres.THROWAWAY}{name}"
        folder.mkdir()
        (folder / "of").write_text(json.dumps((pid, since)))
    (state / f"{postgres.THROWAWAY}begins just now").mkdir()
    killed.kill()
    killed.communicate()
    with postgres.throwaway():
        left = {folder.name for folder in state.glob(f"{postgres.THROWAWAY}*")}
    assert {name.removeprefix(postgres.THROWAWAY) for name in left} >= {"in use", "begins just now"}
    assert len(left) == 3
