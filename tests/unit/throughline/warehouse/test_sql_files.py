"""Files of SQL are split where PostgreSQL's own client would split them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from throughline.warehouse import derive, failpoints
from throughline.warehouse.sql import ROOT, Result, UnknownCount, split, statements, with_given


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("-- nothing\n", []),
        ("select 1;", ["select 1;"]),
        ("select 1;\nselect 2", ["select 1;", "select 2"]),
        ("select 1 -- one;\n;", ["select 1 -- one;\n;"]),
        ("select ';'\nas a;\nselect 2;", ["select ';'\nas a;", "select 2;"]),
        ("do $$ begin;\nend; $$;\nselect 2;", ["do $$ begin;\nend; $$;", "select 2;"]),
        ("do $a$ x;\n$$;\n$a$;\nselect 2;", ["do $a$ x;\n$$;\n$a$;", "select 2;"]),
        ("select 1;\n-- the end\n", ["select 1;"]),
    ],
)
def test_a_file_is_split_into_statements(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select 1 from other -- given", "select 1 from other -- given"),
        (
            "-- why\nselect * from given",
            "-- why\nwith given as (\nselect 1\n)\n\nselect * from given",
        ),
        (
            "insert into t select * from given",
            "with given as (\nselect 1\n)\n\ninsert into t select * from given",
        ),
        (
            "with a as (select 2) select * from a, given",
            "with given as (\nselect 1\n),\n\na as (select 2) select * from a, given",
        ),
        (
            "with recursive a as (select 2) select * from a, given",
            "with recursive given as (\nselect 1\n),\n\na as (select 2) select * from a, given",
        ),
        (
            "create temp table w_a on commit drop as\n-- why\nselect * from given",
            "create temp table w_a on commit drop as\n-- why\n"
            "with given as (\nselect 1\n)\n\nselect * from given",
        ),
    ],
)
def test_a_statement_is_given_the_relations_that_it_names(statement: str, expected: str) -> None:
    assert with_given(statement, {"given": "select 1", "never": "select 3"}) == expected


def test_every_file_of_the_tree_can_be_split() -> None:
    files = sorted(path for path in ROOT.rglob("*.sql") if "schema" not in path.parts)
    assert len(files) > 20
    for path in files:
        assert statements(str(path.relative_to(ROOT))), path


def test_a_result_sums_up() -> None:
    result = Result("x.sql", {"made": 2, "ended": 3}, [])
    assert (result.total, result.count("ended")) == (5, 3)


def test_a_count_that_nobody_counts_is_none() -> None:
    with pytest.raises(UnknownCount, match=r"sql/cases/x\.sql counts no made"):
        Result("cases/x.sql", {}, []).count("made")


def test_ids_follow_from_their_parts() -> None:
    assert derive("a", 1, None) == derive("a", "1", "None") == derive("a|1", "None")
    assert derive("a", "b") != derive("a", "c")


def test_a_point_is_told_to_whoever_listens() -> None:
    passed: list[str] = []
    failpoints.install(passed.append)
    failpoints.hit("here")
    failpoints.install(None)
    failpoints.hit("there")
    assert passed == ["here"]


@pytest.mark.parametrize(
    ("wanted", "code"), [("here", -9), ("here:3", -9), ("here:4", 0), ("there", 0), ("", 0)]
)
def test_a_process_kills_itself_where_it_is_told(wanted: str, code: int) -> None:
    program = "from throughline.warehouse import failpoints as f\nfor _ in range(3): f.hit('here')"
    environment = {
        **os.environ,
        failpoints.ENVIRONMENT: wanted,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == code
