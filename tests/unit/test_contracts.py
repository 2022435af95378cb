"""Each file of `sql/` does what its header says, no more and no less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts import uses
from tests.contracts.derive import OpaqueStatement, derived, files, text_of, with_header
from tests.contracts.page import TARGET, render
from tests.contracts.reach import FURTHER, PUBLISHED, WRITES_FURTHER, further, writes_further
from throughline.warehouse import contract
from throughline.warehouse.contract import Contract


@pytest.mark.parametrize("path", files())
def test_a_header_says_what_the_statements_do(path: str) -> None:
    said, _ = contract.read(text_of(path))
    does = derived(text_of(path))
    assert said == does, f"make sql-headers writes it:\n{does.header()}"


@pytest.mark.parametrize("path", files())
def test_a_header_is_written_in_one_way(path: str) -> None:
    assert text_of(path) == with_header(text_of(path))


def test_the_page_has_not_drifted() -> None:
    wanted = render({path: derived(text_of(path)) for path in files()})
    assert TARGET.read_text(encoding="utf-8") == wanted, "run `make sql-headers`"


def test_a_step_reads_its_neighbour_and_what_reaches_further_is_listed() -> None:
    contracts = [(path.partition("/")[0], derived(text_of(path))) for path in files()]
    reached = {each for step, one in contracts for each in further(step, one.reads)}
    assert reached - set(FURTHER) == set(), "read what the step before publishes, or say why not"
    assert set(FURTHER) - reached == set(), "nobody needs these any more: take them off the list"
    assert all(FURTHER.values())


def test_a_step_writes_its_own_and_what_writes_further_is_listed() -> None:
    contracts = [(path.partition("/")[0], derived(text_of(path))) for path in files()]
    written = {each for step, one in contracts for each in writes_further(step, one.changes)}
    assert written == set(WRITES_FURTHER)
    assert all(WRITES_FURTHER.values())


def test_the_lists_only_shrink() -> None:
    assert len(FURTHER) <= 6
    assert len(WRITES_FURTHER) <= 1


def test_what_is_published_is_read() -> None:
    read = {name for path in files() for name in derived(text_of(path)).reads}
    assert set(PUBLISHED) - read == set()


# ---- planted: a lie of each kind is found ------------------------------------------------------

STATEMENTS = """create temp table w_made on commit drop as
select a.x
from core.a as a
inner join w_given as g on g.x = a.x
where a.known_seq = %(seq)s and a.name like '%%x';

with gone as (
    delete from cases.b as b using w_made as m where m.x = b.x
    returning b.x
)

-- count: written
insert into cases.c (x) select x from gone;
"""
TRUTH = Contract(
    reads=("core.a", "w_given"),
    makes=("w_made",),
    changes=("cases.b", "cases.c"),
    counts=("written",),
)


def test_what_statements_do_is_read_out_of_them() -> None:
    assert derived(STATEMENTS) == TRUTH


@pytest.mark.parametrize("key", contract.KEYS)
def test_a_lie_of_each_kind_is_found(key: str) -> None:
    told = getattr(TRUTH, key)
    for lie in (replace(TRUTH, **{key: told[1:]}), replace(TRUTH, **{key: (*told, "core.never")})):
        said, rest = contract.read(f"{lie.header()}\n\n{STATEMENTS}")
        assert said == lie
        assert said != derived(rest)


@pytest.mark.parametrize(
    ("statement", "more"),
    [
        ("update cases.d as d set x = e.x from core.e as e;", {"cases.d"}),
        ("insert into cases.d select 1 on conflict do nothing;", {"cases.d"}),
        ("update w_foreign as d set x = 1;", {"w_foreign"}),
        ("update w_made as d set x = 1;", set()),
    ],
)
def test_a_statement_that_is_added_shows(statement: str, more: set[str]) -> None:
    does = derived(f"{STATEMENTS}\n{statement}\n")
    assert set(does.changes) == set(TRUTH.changes) | more


def test_functions_of_ours_are_reads_and_those_of_postgresql_are_none() -> None:
    does = derived("select * from operations.freshness(1) as f cross join unnest(f.x) as u;")
    assert does.reads == ("operations.freshness()",)


@pytest.mark.parametrize(
    "statement", ["vacuum core.a;", "select from from;", "grant all on x to y;"]
)
def test_an_opaque_statement_is_refused(statement: str) -> None:
    with pytest.raises(OpaqueStatement):
        derived(statement)


def test_a_step_that_reaches_further_is_found() -> None:
    assert further("cases", ("core.patient", "evidence.fact", "w_x", "operations.night")) == {
        ("cases", "core.patient")
    }
    assert further("tasks", ("evidence.coverage", "evidence.fact")) == {("tasks", "evidence.fact")}
    assert further("told", ("landing.batch",)) == set()
    assert writes_further(
        "tasks", ("tasks.task", "operations.exception", "w_x", "cases.stage")
    ) == {("tasks", "cases.stage")}


def test_a_long_header_goes_on_and_is_read_again() -> None:
    long = Contract(reads=tuple(f"core.table_{number:02d}" for number in range(20)))
    header = long.header()
    assert max(map(len, header.splitlines())) <= contract.WIDTH
    assert len(header.splitlines()) > 1
    assert contract.read(f"{header}\n\n-- about\nselect 1;\n") == (long, "-- about\nselect 1;\n")


# ---- who uses which column ---------------------------------------------------------------------

COLUMNS = {
    "cases.b": frozenset({"x", "y", "note"}),
    "cases.c": frozenset({"x", "y"}),
    "core.a": frozenset({"x", "name", "known_seq", "source"}),
}


def used(statement: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return what one statement writes and reads, by table."""
    found = uses.Uses()
    uses._add(found, "it", statement, COLUMNS)
    writes, reads = (
        {table: set(names) - {""} for table, names in each.items()}
        for each in (found.writes, found.reads)
    )
    return writes, reads


@pytest.mark.parametrize(
    ("statement", "writes", "reads"),
    [
        (
            "insert into cases.c (x) select a.x from core.a as a where a.known_seq = %(seq)s;",
            {"cases.c": {"x"}},
            {"core.a": {"x", "known_seq"}},
        ),
        (
            "update cases.b as b set y = a.name from core.a as a where a.x = b.x;",
            {"cases.b": {"y"}},
            {"core.a": {"x", "name"}, "cases.b": {"x"}},
        ),
        ("delete from cases.c as c where c.y = 1;", {"cases.c": {"x", "y"}}, {"cases.c": {"y"}}),
        ("select b.* from cases.b as b;", {}, {"cases.b": {"x", "y", "note"}}),
        ("select name from core.a;", {}, {"core.a": {"name"}}),
        (
            "select r as record, r.name from core.a as r;",
            {},
            {"core.a": {"name", "known_seq", "source"}},
        ),
        ("copy cases.c (x) from stdin", {"cases.c": {"x"}}, {}),
    ],
)
def test_columns_that_are_written_and_read_are_told_apart(
    statement: str, writes: dict[str, set[str]], reads: dict[str, set[str]]
) -> None:
    assert used(statement) == (writes, reads)


def test_tables_that_a_module_names_by_a_placeholder_are_all_it_may_mean() -> None:
    found = uses.Uses()
    uses._add_of_module(found, "throughline.m", "insert into core.{table} (x) select 1", COLUMNS)
    assert found.writers("core.a") == ["throughline.m"]
    assert found.readers("core.a") == []
