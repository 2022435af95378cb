"""The rows of a query are a delivery: asked read-only, landed as bytes, read like a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from stack import postgres
from throughline import sources, warehouse
from throughline.sources import Address, SourceUnavailable, definition
from throughline.sources.fetch import extract
from throughline.sources.landing import BatchResult
from throughline.sources.source import SourceDefinitionError
from throughline.warehouse.nights import Night

SAID = """
source: reports
title: Database of the practice management system
standard: tabular
transport: sql
connection: reports
owner_team: billing
time_zone: America/Denver
feeds: {patient: {expected_by: "03:00"}}
conventions:
  tables:
    patients:
      query: select id, name, born, changed from people where changed > :since order by id
      delivers: changes
      order: {from: changed, moment: "%Y-%m-%d %H:%M:%S"}
      records:
        - feed: patient
          key: id
          columns: {family: name, given: name, birth_date: {from: born, date: "%Y-%m-%d"}}
"""
MAKE = "create table people (id varchar(9), name varchar(40), born date, changed timestamp)"
PEOPLE = [
    ("007", "Ann, =1+1", "1950-02-03", "2026-03-01 09:00:00"),
    ("008", 'Bea "B"', "1951-02-03", "2026-03-01 10:00:00"),
]
INSERT = "insert into people values ({0}, {0}, {0}, {0})"


@pytest.fixture
def define(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Define the source with another query."""
    (tmp_path / "own" / "sources").mkdir(parents=True)
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))

    def defined(query: str = "") -> None:
        said = yaml.safe_load(SAID)
        if query:
            said["conventions"]["tables"]["patients"]["query"] = query
        (tmp_path / "own" / "sources" / "reports.yaml").write_text(yaml.safe_dump(said), "utf-8")

    defined()
    return defined


@pytest.fixture
def lite(tmp_path: Path) -> tuple[Address, sqlite3.Connection]:
    """A database in a file, and its address."""
    base = sqlite3.connect(tmp_path / "pms.db")
    base.execute(MAKE)
    base.executemany(INSERT.format("?"), PEOPLE)
    base.commit()
    return Address("reports", scheme="sqlite", path=str(tmp_path / "pms.db")), base


def ask(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    root: Path,
    address: Address,
    day: str,
) -> list[BatchResult]:
    try:
        return extract(definition("reports"), address, conn, open_night(day), root)
    except SourceUnavailable:
        conn.rollback()
        raise


@pytest.mark.usefixtures("define")
def test_the_rows_of_a_query_are_landed_as_bytes_and_read(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    lite: tuple[Address, sqlite3.Connection],
) -> None:
    address, base = lite
    (batch,) = ask(conn, open_night, tmp_path, address, "2026-03-02")
    (landed,) = conn.execute("select path from landing.file").fetchone() or ("",)
    assert (tmp_path / landed).read_text("utf-8") == (
        "id,name,born,changed\n"
        '007,"Ann, =1+1",1950-02-03,2026-03-01 09:00:00\n'
        '008,"Bea ""B""",1951-02-03,2026-03-01 10:00:00\n'
    )
    assert sources.stage(conn, batch.batch_id, tmp_path).rows == 2
    names = conn.execute("select source_id, family, birth_date from staging.patient order by 1")
    assert names.fetchall()[0] == ("007", "Ann, =1+1", date(1950, 2, 3))
    # tried again, the night has the same bytes, whatever the database says now
    base.execute("delete from people")
    base.commit()
    night = conn.execute("select seq from operations.night").fetchall()
    assert [
        b.batch_id for b in ask(conn, lambda _: _night(conn, night[0][0]), tmp_path, address, "")
    ] == [batch.batch_id]
    assert sources.stage(conn, batch.batch_id, tmp_path).rows == 2


def _night(conn: warehouse.Connection, seq: int) -> Night:
    from throughline.warehouse import nights

    return nights.by_seq(conn, seq)


@pytest.mark.usefixtures("define")
def test_what_changed_is_asked_since_the_last_complete_answer(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    lite: tuple[Address, sqlite3.Connection],
) -> None:
    address, base = lite
    (batch,) = ask(conn, open_night, tmp_path, address, "2026-03-02")
    conn.execute(
        "insert into landing.watermark (source, feed, known_seq, watermark)"
        " values ('reports', 'patient', 1, '2026-03-01T18:00:00Z')"
    )
    conn.commit()
    # an hour before 11:00 in Denver: only what changed after 10:00
    base.execute(INSERT.format("?"), ("009", "Cora", "1952-02-03", "2026-03-01 10:30:00"))
    base.commit()
    (batch,) = ask(conn, open_night, tmp_path, address, "2026-03-03")
    assert batch.rows == 1


@pytest.mark.nights
@pytest.mark.parametrize(
    "query",
    [
        "select * from nowhere",
        "with gone as (select 1) delete from people",
        "select id from people where",
    ],
)
def test_a_query_that_fails_or_writes_is_refused_and_changes_nothing(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    lite: tuple[Address, sqlite3.Connection],
    define: Callable[[str], None],
    query: str,
) -> None:
    address, base = lite
    define(query)
    with pytest.raises(
        SourceUnavailable, match="reports: query_failed: patients: OperationalError"
    ):
        ask(conn, open_night, tmp_path, address, "2026-03-02")
    assert base.execute("select count(*) from people").fetchone() == (2,)


@pytest.mark.parametrize("query", ["delete from people", "select 1; delete from people"])
def test_what_is_no_query_is_refused_with_its_place(
    define: Callable[[str], None], query: str
) -> None:
    define(query)
    with pytest.raises(SourceDefinitionError, match="patients/query: must be one query"):
        definition("reports")


@pytest.mark.nights
def test_postgres_is_asked_read_only_and_not_for_ever(
    conn: warehouse.Connection,
    open_night: Callable[[str], Night],
    tmp_path: Path,
    new_warehouse: Callable[[], str],
    warehouse_server: postgres.Server,
    define: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from throughline.sources.tabular import query

    there = urlsplit(new_warehouse())
    with warehouse.connect(there.geturl()) as made:
        made.execute(MAKE)
        made.execute("create sequence ticks")
        with made.cursor() as cursor:
            cursor.executemany(INSERT.format("%s").encode(), PEOPLE)
        made.commit()
    address = Address(
        "reports", scheme="postgres", host=there.hostname or "", port=there.port, path=there.path.lstrip("/"),
        login=there.username or "", password=there.password or "",
    )  # fmt: skip
    (batch,) = ask(conn, open_night, tmp_path, address, "2026-03-02")
    assert sources.stage(conn, batch.batch_id, tmp_path).faults == {}
    assert conn.execute("select source_version from staging.patient order by 1").fetchall()[0] == (
        "2026-03-01T16:00:00+00:00",
    )
    define("select nextval('ticks')")
    with pytest.raises(SourceUnavailable, match="ReadOnlySqlTransaction"):
        ask(conn, open_night, tmp_path, address, "2026-03-03")
    monkeypatch.setattr(query, "_SAID", {"postgresql": ("set statement_timeout = 200",)})
    define("select pg_sleep(60)")
    with pytest.raises(SourceUnavailable, match="QueryCanceled"):
        ask(conn, open_night, tmp_path, address, "2026-03-04")
