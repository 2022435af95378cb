"""A change of the derivation does not go unnoticed: its number rises, or somebody states that no result changes."""

from __future__ import annotations

import ast

import pytest

from tests.derivation.fingerprint import (
    fingerprint,
    modules,
    normal,
    recorded,
    shape,
    sources,
)


def test_the_derivation_is_the_one_that_was_written_down() -> None:
    assert fingerprint() == recorded(), (
        "the derivation has changed. If any result may differ, raise NUMBER in"
        " include/throughline/warehouse/derivation.py; then `make derivation` writes it down"
    )


def test_it_is_made_of_identity_evidence_cases_and_plan() -> None:
    names = {path.name for path in sources()}
    assert {"link.sql", "retract.sql", "proofs.sql", "state.sql", "planned.sql"} <= names
    assert {"0079.settings-by-night.sql", "0146.published-views.sql"} <= names
    assert not {"dispatch.sql", "0004.core.sql"} & names


def test_it_is_made_of_the_python_that_gives_that_sql_its_values() -> None:
    names = {f"{path.parent.name}/{path.name}" for path in modules()}
    assert {
        "cases/engine.py",
        "evidence/ledger.py",
        "tasks/plan.py",
        "warehouse/moment.py",
    } <= names
    assert "tasks/dispatch.py" not in names


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("-- reads: a.b\n\nselect 1;\n", "select 1;", True),
        ("select 1; -- why", "select  1;\n", True),
        ("select 1;", "select 2;", False),
    ],
)
def test_only_what_may_alter_a_result_counts(one: str, other: str, same: bool) -> None:
    assert (normal(one) == normal(other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('"""What."""\nx = 1  # why\n', '"""Else."""\nx = (1)\n', True),
        ('def f(a):\n    "what"\n    return a\n', "def f(a): return a\n", True),
        ("x = 1\n", "x = 2\n", False),
        ("run('a'); run('b')\n", "run('b'); run('a')\n", False),
        ("x = 'a'\n", "x = ''\n", False),
    ],
)
def test_only_code_that_may_alter_a_result_counts(one: str, other: str, same: bool) -> None:
    assert (shape(ast.parse(one)) == shape(ast.parse(other))) is same
