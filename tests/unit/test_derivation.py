"""A change of the derivation does not go unnoticed: its number rises, or somebody states that no result changes."""

from __future__ import annotations

import pytest

from tests.derivation.fingerprint import fingerprint, normal, recorded, sources


def test_the_derivation_is_the_one_that_was_written_down() -> None:
    assert fingerprint() == recorded(), (
        "the SQL of the derivation has changed. If any result may differ, raise NUMBER in"
        " include/throughline/warehouse/derivation.py; then `make derivation` writes it down"
    )


def test_it_is_made_of_identity_evidence_cases_and_plan() -> None:
    names = {path.name for path in sources()}
    assert {"link.sql", "retract.sql", "proofs.sql", "state.sql", "planned.sql"} <= names
    assert {"0079.settings-by-night.sql", "0146.published-views.sql"} <= names
    assert not {"dispatch.sql", "0004.core.sql"} & names


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
