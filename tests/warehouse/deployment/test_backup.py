"""A backup is whole or is not there, and a restore puts back exactly what it holds or touches nothing."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from stack import postgres
from throughline import warehouse
from throughline.deployment import archive, backup, restore, restore_point
from throughline.deployment.archive import ArchiveError
from throughline.proven import chain
from throughline.tasks.restored import GAP, Restored

KEY = "a key that nobody else has"
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Deployed:
    """A server with both databases, and the folders beside it."""

    server: postgres.Server
    landing: Path
    pages: Path

    @property
    def dsn(self) -> str:
        return self.server.dsn(postgres.SUPERUSER, "postgres")

    def rows(self, query: str, role: str = postgres.SUPERUSER, db: str = "throughline") -> Any:
        with psycopg.connect(self.server.dsn(role, db)) as conn:
            ran = conn.execute(query.encode())
            return ran.fetchall() if ran.description else ran.rowcount

    def night(self, seq: int, day: str) -> None:
        """Run a night that lands a file and takes a control number."""
        (self.landing / f"{day}.ndjson").write_text(day)
        self.rows(
            f"insert into operations.night (seq, business_date, kind, cut_off, status)"
            f" values ({seq}, '{day}', 'nightly', '{day}', 'finished');"
            f" insert into landing.file (file_id, source, business_date, known_seq, original_name, path, bytes,"
            f" sha256, received_at, status) values (gen_random_uuid(), 'ehr', '{day}', {seq}, 'f',"
            f" '{day}.ndjson', 1, '', now(), 'landed');"
            f" update tasks.interchange_counter set last_control_number = {seq}"
        )

    def keeps(self, seq: int) -> None:
        """Decide something, and keep the head of the chain, as a night does."""
        self.rows(
            "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id)"
            f" values (gen_random_uuid(), 'ann', 'retry', 'exception', 'night {seq}');"
            " insert into operations.step (seq, step, status, finished_at)"
            f" values ({seq}, 'write_page', 'done', clock_timestamp())"
        )
        with warehouse.connect(self.server.dsn()) as conn:
            chain.keep(conn, seq, self.pages)

    def back_up(self, folder: Path, **more: Any) -> Path:
        return backup.take(
            folder, self.dsn, self.landing, self.pages, fernet=KEY, say=lambda _: None, **more
        )

    def restore(self, folder: Path, fernet: str | None = KEY, **more: Any) -> Restored:
        return restore.restore(
            folder, self.dsn, lambda name: self.server.dsn(postgres.OWNER, name), self.landing,
            self.pages, fernet=fernet, **{"say": lambda _: None} | more,
        )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A server of its own: its databases are renamed."""
    with postgres.throwaway() as running:
        warehouse.migrate(running.dsn())
        with psycopg.connect(running.dsn("airflow", "airflow")) as conn:
            conn.execute("create table dag_run (run_id text)")
        with psycopg.connect(running.dsn(postgres.SUPERUSER, "postgres"), autocommit=True) as conn:
            for name in archive.DATABASES:
                conn.execute(
                    f"create database {name}_at_first template {name} strategy file_copy".encode()
                )
        yield running


@pytest.fixture
def deployed(server: postgres.Server, tmp_path: Path) -> Deployed:
    """A deployment with one night."""
    with psycopg.connect(server.dsn(postgres.SUPERUSER, "postgres"), autocommit=True) as conn:
        for name, owner in archive.DATABASES.items():
            conn.execute(f"drop database if exists {name} with (force)".encode())
            conn.execute(
                f"create database {name} owner {owner} template {name}_at_first strategy file_copy".encode()
            )
            conn.execute(f"revoke all on database {name} from public".encode())
        conn.execute(
            "grant connect on database throughline to throughline_loop, throughline_reader"
        )
    for name in ("landing", "pages"):
        (tmp_path / name).mkdir()
    made = Deployed(server, tmp_path / "landing", tmp_path / "pages")
    (made.pages / "2026-07-06.html").write_text("the page")
    made.night(1, "2026-07-06")
    made.rows("insert into dag_run values ('first')", "airflow", "airflow")
    return made


def test_what_was_there_comes_back_and_the_warehouse_knows_that_it_did(
    deployed: Deployed, tmp_path: Path
) -> None:
    rights = "select relname, relacl::text, relowner::regrole::text from pg_class where relname !~ '^pg_' order by 1, 2"
    before = deployed.rows(rights)
    deployed.keeps(1)
    heads = tmp_path / "chain"
    heads.mkdir()
    shutil.copy(deployed.pages / "chain.jsonl", heads)
    folder = deployed.back_up(tmp_path / "kept", heads=heads)
    deployed.night(2, "2026-07-07")
    deployed.keeps(2)
    deployed.rows("insert into dag_run values ('second')", "airflow", "airflow")
    (deployed.landing / "2026-07-06.ndjson").unlink()
    (deployed.pages / "2026-07-06.html").write_text("another")
    said: list[str] = []
    mark = deployed.restore(folder, say=said.append)
    assert (mark.newest_seq, mark.lost_until) == (1, date(2026, 7, 7))
    assert mark.last_control_number == 2, "the replaced warehouse says the last one"
    assert deployed.rows("select seq from operations.night") == [(1,)]
    assert deployed.rows("select run_id from dag_run", "airflow", "airflow") == [("first",)]
    assert deployed.rows(rights) == before
    assert {file.name for file in deployed.landing.iterdir()} == {
        "2026-07-06.ndjson",
        "2026-07-07.ndjson",
    }
    assert (deployed.pages / "2026-07-06.html").read_text() == "the page"
    known = chain.kept(deployed.pages)
    assert known is not None
    assert [head.seq for head in known.heads] == [1, 2], "the file stays"
    (head,) = known.heads[1:]
    assert [line for line in said if f"{head}" in line and "newer than the backup" in line]
    assert [line for line in said if "ann: retry (exception night 2)" in line]
    assert not [line for line in said if "night 1" in line]
    with warehouse.connect(deployed.server.dsn()) as conn:
        assert chain.compare(conn, deployed.pages) == []
    assert deployed.rows("select count(*) from operations.restored", "throughline_reader") == [(1,)]
    with pytest.raises(psycopg.OperationalError, match="CONNECT"):
        deployed.rows("select 1", "airflow")
    assert deployed.rows(
        "select seq from operations.night order by 1", db="throughline_replaced"
    ) == [(1,), (2,)]
    # and once more: from the same backup, with the replaced one gone for good
    (heads / "chain.jsonl").unlink()
    again = deployed.restore(folder, heads=heads, lost_until=date(2026, 7, 9))
    assert '"seq": 1' in (heads / "chain.jsonl").read_text(), "a folder of its own is in the backup"
    assert again.lost_until == date(2026, 7, 9)
    assert deployed.rows("select count(*) from operations.night", db="throughline_replaced") == [
        (1,)
    ]


def test_an_empty_server_takes_a_backup(deployed: Deployed, tmp_path: Path) -> None:
    folder = deployed.back_up(tmp_path / "kept")
    with psycopg.connect(deployed.dsn, autocommit=True) as conn:
        for name in archive.DATABASES:
            conn.execute(f"drop database {name} with (force)".encode())
    mark = deployed.restore(folder)
    assert mark.last_control_number == 1 + GAP, "nobody knows how many were used"
    assert deployed.rows("select seq from operations.night", "throughline_reader") == [(1,)]


def test_a_backup_is_private_and_holds_no_key(deployed: Deployed, tmp_path: Path) -> None:
    folder = deployed.back_up(tmp_path / "kept")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    told = archive.read(folder)
    assert told["keys"] == {"fernet": archive.fingerprint(KEY)}
    assert told["night"] == {"seq": 1, "business_date": "2026-07-06", "status": "finished"}
    secrets = [KEY, *deployed.server.passwords.values()]
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    assert not [secret for secret in secrets if secret.encode() in everything]


def test_a_night_that_does_not_end_in_time_is_noted(deployed: Deployed, tmp_path: Path) -> None:
    deployed.rows(
        "insert into operations.lease (name, holder, business_date, taken_at, expires_at) values"
        " ('chain', 'night of 2026-07-07', '2026-07-07', now(), now() + interval '1 hour')"
    )
    waits: list[float] = []
    folder = deployed.back_up(tmp_path / "kept", wait_s=1, sleep=waits.append)
    assert waits
    assert archive.read(folder)["during"]["holder"] == "night of 2026-07-07"
    deployed.restore(folder)
    assert deployed.rows("select holder from operations.lease") == [(None,)]


def test_a_landed_file_that_is_missing_is_no_backup(deployed: Deployed, tmp_path: Path) -> None:
    (deployed.landing / "2026-07-06.ndjson").unlink()
    with pytest.raises(ArchiveError, match=r"1 landed files.*2026-07-06\.ndjson"):
        deployed.back_up(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


BREAKS = {
    "killed": ("kill -9 $$", "signal 9"),
    "full": ("echo 'pg_dump: error: could not write to file: No space left on device' >&2; exit 1", "No space left"),
    "cut off": ("for last; do :; done; head -c 900 \"$0.whole\" > \"${last#--file=}\"; exit 0", "pg_restore ended"),
    "empty": ("for last; do :; done; : > \"${last#--file=}\"; exit 0", "pg_restore ended"),
}  # fmt: skip


@pytest.mark.parametrize(("does", "says"), BREAKS.values(), ids=BREAKS)
def test_a_dump_that_fails_leaves_nothing(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, says: str
) -> None:
    whole = deployed.back_up(tmp_path / "whole") / "airflow.dump"
    programs = tmp_path / "programs"
    programs.mkdir()
    shutil.copy(whole, programs / "pg_dump.whole")
    (programs / "pg_dump").write_text(f"#!/bin/sh\n{does}\n")
    (programs / "pg_dump").chmod(0o755)
    (programs / "pg_restore").symlink_to(archive._path("pg_restore"))
    monkeypatch.setenv("THROUGHLINE_PG_BIN", str(programs))
    with pytest.raises(ArchiveError, match=says):
        deployed.back_up(tmp_path / "kept")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "landing",
        "pages",
        "programs",
        "whole",
    ]


def test_a_disk_that_is_full_fails_the_command(deployed: Deployed, tmp_path: Path) -> None:
    """A limit on the size of a file stands for the disk; it is the server's own program that hits it."""
    env = os.environ | {
        "POSTGRES_DSN": deployed.dsn,
        "THROUGHLINE_LANDING": str(deployed.landing),
        "THROUGHLINE_PAGES": str(deployed.pages),
        "AIRFLOW__CORE__FERNET_KEY": KEY,
        "PYTHONPATH": str(ROOT / "include"),
    }
    command = (
        f"ulimit -f 40; exec {shlex.quote(sys.executable)} -m throughline.deployment.backup"
        f" {shlex.quote(str(tmp_path / 'kept'))}"
    )
    ended = subprocess.run(
        ["bash", "-c", command], env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("no backup was made: pg_dump ended with")
    assert not [file for file in tmp_path.iterdir() if "kept" in file.name]


HARM: dict[str, Callable[[Path], object]] = {
    "cut off": lambda folder: os.truncate(folder / "throughline.dump", 5000),
    "changed": lambda folder: (folder / "files.tar.gz").write_bytes(b"x" * (folder / "files.tar.gz").stat().st_size),
    "missing": lambda folder: (folder / "airflow.dump").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "half a manifest": lambda folder: os.truncate(folder / "manifest.json", 100),
    "another format": lambda folder: _says(folder, format=2),
    "a newer version": lambda folder: _says(folder, migrations=["9999.from-the-future"]),
}  # fmt: skip


def _says(folder: Path, **more: object) -> None:
    told = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(told | more))


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_what_is_not_whole_is_not_restored(
    deployed: Deployed, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    folder = deployed.back_up(tmp_path / "kept")
    deployed.night(2, "2026-07-07")
    harm(folder)
    with pytest.raises(ArchiveError):
        deployed.restore(folder)
    assert deployed.rows("select count(*) from operations.night") == [(2,)]


@pytest.mark.parametrize("fernet", [None, "another key"])
def test_without_the_keys_nothing_is_restored_unless_a_person_says_so(
    deployed: Deployed, tmp_path: Path, fernet: str | None
) -> None:
    folder = deployed.back_up(tmp_path / "kept")
    with pytest.raises(ArchiveError, match=archive.fingerprint(KEY)):
        deployed.restore(folder, fernet)
    deployed.restore(folder, fernet, other_keys=True)


def test_a_restore_elsewhere_says_what_no_backup_holds(deployed: Deployed, tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    deployed.rows(
        "create table connection (password text, is_encrypted boolean, extra text, is_extra_encrypted boolean);"
        f" insert into connection values ('{Fernet(key).encrypt(b'x').decode()}', true, '', false),"
        " ('plain', false, '{}', false); create table ab_user (id int); insert into ab_user values (1), (2)",
        "airflow",
        "airflow",
    )
    deployed.rows(
        "insert into operations.source (source, title) values ('x', 'x');"
        " insert into operations.role (source, role, connection) values ('x', 'payer', 'clearinghouse')"
    )
    folder = deployed.back_up(tmp_path / "kept")

    def says(**more: Any) -> str:
        said: list[str] = []
        deployed.restore(folder, say=said.append, **more)
        return "\n".join(said)

    assert "1 of the 1 connections and variables" in says()
    with_key = says(fernet=f"{Fernet.generate_key().decode()},{key}", other_keys=True)
    assert "cannot be read" not in with_key
    assert "2 users of Airflow's FAB auth manager came back" in with_key
    assert "JWT secret or API secret" in with_key
    assert "the nights use the connections clearinghouse" in with_key
    assert key not in with_key
    deployed.rows("drop table ab_user", "airflow", "airflow")
    folder = deployed.back_up(tmp_path / "without users")
    assert "logins are not in a backup" in says()


def test_while_anybody_is_connected_nothing_is_restored(deployed: Deployed, tmp_path: Path) -> None:
    folder = deployed.back_up(tmp_path / "kept")
    with (
        psycopg.connect(deployed.server.dsn("throughline_loop")),
        pytest.raises(ArchiveError, match="1 of throughline_loop on throughline"),
    ):
        deployed.restore(folder)


def test_a_restore_that_breaks_off_leaves_what_was_there(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = deployed.back_up(tmp_path / "kept")
    deployed.night(2, "2026-07-07")

    def dies(*_: object) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return 0

    monkeypatch.setattr(restore, "_unpack", dies)
    # a run in the background ignores it, and so would this process
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            deployed.restore(folder)
    finally:
        signal.signal(signal.SIGINT, before)
    assert deployed.rows("select count(*) from operations.night") == [(2,)]
    monkeypatch.undo()
    deployed.restore(folder)
    assert deployed.rows("select count(*) from operations.night") == [(1,)]


def test_an_upgrade_can_be_undone(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = tmp_path / "points"
    assert restore_point.take(points, deployed.dsn, KEY) is None, "nothing waits"
    deployed.rows(
        "delete from public._yoyo_migration where migration_id = '0310.restored-warehouse'"
    )
    monkeypatch.setattr(restore_point, "KEPT", 2)
    made = [restore_point.take(points, deployed.dsn, KEY) for _ in range(3)]
    assert sorted(points.iterdir()) == made[1:], "the newest are kept"
    deployed.rows(
        "insert into public._yoyo_migration (migration_hash, migration_id)"
        " values ('x', '0310.restored-warehouse')"
    )
    # the upgrade went wrong after a night
    deployed.night(2, "2026-07-07")
    assert made[1] is not None
    monkeypatch.setattr(
        warehouse, "migrate", lambda _: []
    )  # its tables are there: only the record is not
    deployed.restore(made[1])
    assert deployed.rows("select seq from operations.night") == [(1,)]
    assert (deployed.landing / "2026-07-07.ndjson").exists(), "files stay"
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "9999.of-tomorrow.sql").touch()
    monkeypatch.setattr(restore_point, "ROOT", tmp_path)
    assert restore_point.pending(deployed.server.dsn()) == ["9999.of-tomorrow"]
    first = deployed.server.dsn(postgres.SUPERUSER, "throughline_at_first")
    assert restore_point.pending(first) == [], "nothing could be lost"
