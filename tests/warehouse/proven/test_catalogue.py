"""Each part of each feed is taken away, and each time its feed and the part are named.

What an entry lacks is refused as soon as it is made: see `tests/unit/throughline/sources`.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.sql import SQL

from throughline import warehouse
from throughline.evidence import files
from throughline.orchestration import night
from throughline.proven import catalogue as proven
from throughline.quality.suites import SUITES
from throughline.sources import catalogue
from throughline.sources.entry import CatalogueError, Code, Entry, Table
from throughline.warehouse import Connection, sql

TABLES = list(catalogue.tables())
STATING = [(feed, table) for feed, table in TABLES if table.facts]


def named(given: object) -> str:
    return given.name if isinstance(given, Entry | Table) else ""


each_feed = pytest.mark.parametrize("feed", catalogue.FEEDS, ids=named)
each_table = pytest.mark.parametrize(("feed", "table"), TABLES, ids=named)
each_stating = pytest.mark.parametrize(("feed", "table"), STATING, ids=named)


@pytest.fixture(scope="module")
def conn(defined_warehouse: str) -> Iterator[Connection]:
    with warehouse.connect(defined_warehouse) as connection:
        yield connection


@pytest.fixture(scope="module")
def there(conn: Connection) -> proven.Columns:
    return proven.columns(conn)


@pytest.fixture(scope="module")
def before(conn: Connection) -> frozenset[str]:
    """Return the problems of the tree as it is: `test_nothing_is_missing` reports those."""
    return frozenset(proven.problems(conn))


@pytest.fixture
def evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of the files of facts, which is read instead of them."""
    shutil.copytree(sql.ROOT / "evidence", tmp_path / "evidence")
    monkeypatch.setattr(sql, "ROOT", tmp_path)
    sql.statements.cache_clear()
    yield tmp_path / "evidence"
    sql.statements.cache_clear()


def put(monkeypatch: pytest.MonkeyPatch, *feeds: Entry) -> None:
    """Let the catalogue have these feeds."""
    monkeypatch.setattr(catalogue, "FEEDS", feeds)


def replaced(monkeypatch: pytest.MonkeyPatch, feed: Entry, old: Table, new: Table | None) -> None:
    """Let one table of a feed be another, or none."""
    tables = tuple(new if table is old else table for table in feed.tables)
    changed = dataclasses.replace(feed, tables=tuple(table for table in tables if table))
    put(monkeypatch, *(changed if one is feed else one for one in catalogue.FEEDS))


def new(conn: Connection, before: Collection[str]) -> list[str]:
    """Return the problems that were not there before."""
    return [problem for problem in proven.problems(conn) if problem not in before]


def test_nothing_is_missing(conn: Connection) -> None:
    found = proven.problems(conn)
    assert not found, "\n".join(["the catalogue, the code and the warehouse disagree:", *found])
    proven.check(conn)


@each_feed
def test_a_feed_without_an_entry(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, feed: Entry
) -> None:
    put(monkeypatch, *(one for one in catalogue.FEEDS if one is not feed))
    found = proven.problems(conn)
    # which feeds a table can be mapped to is said by the entries alone
    for name in set(feed.standards) - {"tabular"}:
        assert f"{feed.name}: standards: {name} reads it, but no entry says so" in found
    for table in feed.tables:
        assert f"{table.name}: tables: core.{table.name} belongs to no feed" in found
        assert f"{table.name}: tables: staging.{table.name} belongs to no feed" in found
        if table.facts:
            assert f"{table.name}: facts: sql/evidence/{table.name}.sql belongs to no feed" in found
    assert f"{feed.suite}: suite: it judges no feed" in found


@each_feed
def test_a_feed_without_a_reader(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, feed: Entry
) -> None:
    for name in feed.standards:
        with monkeypatch.context() as patch:
            unread(patch, name, feed.name)
            assert f"{feed.name}: standards: {name} has no reader for it" in proven.problems(conn)


def test_an_entry_without_one_of_its_standards(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = catalogue.entry("claim")  # the others have one, and are refused without it
    others = [one for one in catalogue.FEEDS if one is not feed]
    for name in feed.standards:
        rest = tuple(standard for standard in feed.standards if standard != name)
        put(monkeypatch, *others, dataclasses.replace(feed, standards=rest))
        assert f"{feed.name}: standards: {name} reads it, but no entry says so" in proven.problems(
            conn
        )


@each_table
def test_an_entry_without_one_of_its_tables(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, feed: Entry, table: Table
) -> None:
    if table is feed.table:
        with pytest.raises(CatalogueError, match=f"^{feed.name}: tables: "):
            replaced(monkeypatch, feed, table, None)
        return
    replaced(monkeypatch, feed, table, None)
    assert any(
        problem.startswith(f"{feed.name}: tables: ")
        and problem.endswith(f"fills {table.name}, which is not among them")
        for problem in proven.problems(conn)
    )


@each_table
def test_a_migration_without_its_table_or_a_column(
    conn: Connection, there: proven.Columns, feed: Entry, table: Table
) -> None:
    for place in (f"core.{table.name}", f"staging.{table.name}"):
        assert f"{feed.name}: tables: there is no {place}" in proven.problems(
            conn, {name: has for name, has in there.items() if name != place}
        )
        found = proven.problems(conn, {**there, place: frozenset()})
        for column in there[place]:
            assert f"{feed.name}: tables: {place} has no {column}" in found
        more = proven.problems(conn, {**there, place: there[place] | {"moon"}})
        assert f"{feed.name}: tables: no reader fills {place}.moon" in more


def test_a_column_that_was_dropped_stops_the_night(conn: Connection) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute("alter table core.condition drop column abated_at")
        with pytest.raises(
            CatalogueError, match=r"(^|; )condition: tables: core\.condition has no abated_at(;|$)"
        ):
            proven.check(conn)


@each_table
def test_a_migration_without_its_grants(
    conn: Connection, before: frozenset[str], feed: Entry, table: Table
) -> None:
    core, staging = f"core.{table.name}", f"staging.{table.name}"
    granted = {
        ("throughline_loader", "select", core),
        ("throughline_loader", "insert", core),
        ("throughline_loader", "update (retracted_seq)", core),
        ("throughline_loader", "delete", core),
        ("throughline_loop", "select", core),
        ("throughline_reader", "select", core),
        ("throughline_loader", "select", staging),
        ("throughline_loader", "insert", staging),
        ("throughline_loader", "delete", staging),
    }
    with conn.transaction(force_rollback=True):
        for role, act, place in granted:
            conn.execute(SQL(f"revoke {act} on {place} from {role}"))
        assert sorted(new(conn, before)) == sorted(
            f"{feed.name}: tables: {role} may not {act} on {place}: grant it"
            for role, act, place in granted
        )


def test_a_right_that_was_revoked_stops_the_night(conn: Connection) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute("revoke insert on staging.condition from throughline_loader")
        with pytest.raises(
            CatalogueError, match=r"condition: tables: throughline_loader may not insert on staging"
        ):
            proven.check(conn)


@each_feed
def test_an_entry_without_one_of_its_links(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, feed: Entry
) -> None:
    others = [one for one in catalogue.FEEDS if one is not feed]
    for link in feed.links:
        rest = tuple(other for other in feed.links if other != link)
        try:
            put(monkeypatch, *others, dataclasses.replace(feed, links=rest))
        except CatalogueError as error:
            assert str(error).startswith(f"{feed.name}: links: ")  # noqa: PT017
        else:
            assert f"{feed.name}: links: its records carry a {link}" in proven.problems(conn)


@each_table
def test_an_entry_without_one_of_its_codes(
    conn: Connection,
    before: frozenset[str],
    monkeypatch: pytest.MonkeyPatch,
    feed: Entry,
    table: Table,
) -> None:
    feeds = catalogue.FEEDS
    for code in (one for one in table.codes if one.is_watched):
        put(monkeypatch, *feeds)
        rest = tuple(other for other in table.codes if other is not code)
        replaced(monkeypatch, feed, table, dataclasses.replace(table, codes=rest))
        assert new(conn, before) == [
            f"{feed.name}: codes: core.{table.name}.{code.name} looks like a code and is not watched:"
            " name it in codes of its Table, or with the reason in UNWATCHED"
            " (throughline/proven/catalogue.py)"
        ]


def test_codes_that_are_not_there(
    conn: Connection, before: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = catalogue.entry("procedure")
    moon = dataclasses.replace(feed.table, codes=(*feed.table.codes, Code("moon", ("tides",))))
    replaced(monkeypatch, feed, feed.table, moon)
    assert new(conn, before) == [
        "procedure: codes: core.procedure has no moon",
        "procedure: codes: moon: there is no map tides",
    ]


def test_what_is_not_watched_is_there_and_looks_like_a_code(there: proven.Columns) -> None:
    names = {name for has in there.values() for name in has}
    names |= {f"{place.partition('.')[2]}.{name}" for place, has in there.items() for name in has}
    assert set(proven.UNWATCHED) <= names
    names = {name.rpartition(".")[2] for name in proven.UNWATCHED}
    assert all(proven.LOOKS_LIKE_A_CODE.search(name) for name in names)
    assert all(proven.UNWATCHED.values())


@each_feed
def test_a_feed_without_its_suite(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, feed: Entry
) -> None:
    monkeypatch.delitem(SUITES, feed.suite)
    assert f"{feed.name}: suite: there is no suite {feed.suite!r}" in proven.problems(conn)


@each_stating
def test_a_table_without_its_file_of_facts(
    conn: Connection, evidence: Path, feed: Entry, table: Table
) -> None:
    (evidence / f"{table.name}.sql").unlink()
    assert f"{feed.name}: facts: sql/evidence/{table.name}.sql is not there" in proven.problems(
        conn
    )


@each_stating
def test_a_file_without_one_of_its_facts(
    conn: Connection, evidence: Path, feed: Entry, table: Table
) -> None:
    path = evidence / f"{table.name}.sql"
    whole = path.read_text(encoding="utf-8")
    for kind in table.facts:
        path.write_text(whole.replace(f"'{kind}'", "'moon'"), encoding="utf-8")
        sql.statements.cache_clear()
        found = proven.problems(conn)
        place = f"{feed.name}: facts: sql/evidence/{table.name}.sql"
        assert f"{place} does not state {kind}" in found
        assert f"{place} states moon, and the entry of {table.name} does not" in found


@each_stating
def test_an_entry_without_one_of_its_facts(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, feed: Entry, table: Table
) -> None:
    feeds = catalogue.FEEDS
    for kind in table.facts:
        put(monkeypatch, *feeds)
        rest = tuple(other for other in table.facts if other != kind)
        replaced(monkeypatch, feed, table, dataclasses.replace(table, facts=rest))
        assert (
            f"{feed.name}: facts: sql/evidence/{table.name}.sql states {kind},"
            f" and the entry of {table.name} does not" in proven.problems(conn)
        )


@each_stating
def test_a_fact_without_one_of_its_columns(
    conn: Connection, evidence: Path, feed: Entry, table: Table
) -> None:
    path = evidence / f"{table.name}.sql"
    whole = path.read_text(encoding="utf-8")
    for column in ("record", "kind", "occurred_at"):
        named = whole.replace(f"    r.{column},\n", f"    r.{column} as {column},\n")
        path.write_text(named.replace(f" as {column}", f" as other_{column}"), encoding="utf-8")
        sql.statements.cache_clear()
        assert any(
            problem.startswith(f"{feed.name}: facts: sql/evidence/{table.name}.sql names no ")
            and column in problem
            for problem in proven.problems(conn)
        )


def test_a_file_that_cannot_be_run(conn: Connection, evidence: Path) -> None:
    path = evidence / "condition.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("r.abated_at", "r.moon"))
    sql.statements.cache_clear()
    assert (
        "condition: facts: sql/evidence/condition.sql: column r.moon does not exist"
        in proven.problems(conn)
    )


def test_a_line_that_follows_no_claim(
    conn: Connection, before: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = catalogue.entry("claim")
    (line,) = (table for table in feed.tables if table.follows)
    replaced(monkeypatch, feed, line, dataclasses.replace(line, follows=None))
    (problem,) = new(conn, before)
    assert problem.startswith("claim: facts: sql/evidence/claim_line.sql: only such a table says")


def test_no_night_begins_with_a_feed_of_which_something_was_forgotten(
    new_warehouse: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = new_warehouse()
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE", dsn)
    monkeypatch.delitem(SUITES, "condition")
    with pytest.raises(
        CatalogueError, match=r"(^|; )condition: suite: there is no suite 'condition'(;|$)"
    ):
        night.begin("2026-07-01")
    with warehouse.connect(dsn) as conn:
        (step,) = conn.execute("select step, status, detail ->> 'error' from operations.step")
        assert step == ("open_night", "failed", "CatalogueError")
        assert conn.execute("select from operations.feed").fetchall() == []


def test_the_kinds_of_a_select_are_read_of_it() -> None:
    assert files.kinds("select r as record, 'a' as kind") == {"a"}
    assert files.kinds("select case x when 'b' then 'c' else 'd' end as kind") == {"c", "d"}
    assert files.kinds("select case x when 'b' then 'c' end as code, 'd' as kind") == {"d"}
    assert files.kinds("select r.code as kind") == set()


def unread(patch: pytest.MonkeyPatch, standard: str, feed: str) -> None:
    """Take the reader of a feed out of the package of a standard."""
    from throughline.sources.fhir import ndjson
    from throughline.sources.hl7v2 import rows
    from throughline.sources.tabular import columns
    from throughline.sources.x12 import reader

    kept: dict[str, Any] = {
        "fhir": ndjson.KINDS,
        "hl7v2": rows.COLUMNS,
        "tabular": columns.COLUMNS,
        "x12": reader.READERS,
    }
    patch.delitem(kept[standard], feed)
