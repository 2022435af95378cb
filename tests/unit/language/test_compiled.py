"""A definition compiles to rows whose levels can be evaluated one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.generated.drawn import definition
from tests.model.generated.kinds import SETS
from tests.unit.language import drafts
from throughline.workflows.compiled import PayerRule, Rows, Shared, compiled
from throughline.workflows.compiled.levels import Circle, Levels
from throughline.workflows.language.expanded import expand


def rows_of(name: str) -> Rows:
    """Return the rows of one of the drafts."""
    rules = tuple(
        PayerRule(rule, frozenset(row["codes"]), frozenset(row["beside"]), row["same"])
        for rule, row in drafts.words("payer_rules").items()
    )
    workflow = expand(
        drafts.words(name), drafts.words("standard_stages"), drafts.words("standing_rules")
    )
    rows = Rows()
    assert compiled(rows, workflow, Shared(drafts.value_sets(), payer_rules=rules), 1) <= 8
    return rows


@pytest.mark.parametrize("name", drafts.names())
def test_every_draft_has_at_most_eight_levels_and_each_part_a_level(name: str) -> None:
    rows = rows_of(name)
    for table, column in (
        ("moment", "level"),
        ("condition", "level"),
        ("end", "level"),
        ("stage", "time_level"),
    ):
        assert all(row[column] >= 1 for row in rows.tables[table])
    by_id = {row["condition_id"]: row for row in rows.tables["condition"]}
    for part in rows.tables["part"]:
        whole, one = by_id[part["condition_id"]], by_id[part["part_id"]]
        assert (one["level"], one["depth"]) < (whole["level"], whole["depth"])


def test_what_is_drawn_compiles() -> None:
    rows = Rows()
    for seed in range(60):
        assert compiled(rows, expand(definition(seed)[0]), Shared(value_sets=SETS), seed) <= 8
    assert len(rows.tables["version"]) == 60


def test_facts_that_say_the_same_are_shared() -> None:
    rows = Rows()
    words: dict[str, Any] = definition(3)[0]
    compiled(rows, expand(words), Shared(value_sets=SETS), 1)
    facts = len(rows.tables["named_fact"])
    renamed = {**words, "workflow": "another", "title": "Another"}
    compiled(rows, expand(renamed), Shared(value_sets=SETS), 2)
    assert len(rows.tables["named_fact"]) == facts
    assert len(rows.tables["version"]) == 2


def test_parts_that_need_each_other_are_refused() -> None:
    levels = Levels()
    levels.add(("proof", 0), [("condition", 1)])
    levels.add(("condition", 1), [("moment", 2)])
    levels.add(("moment", 2), [("proof", 0)])
    with pytest.raises(Circle, match="proof 0 needs condition 1 needs moment 2 needs proof 0"):
        levels.level(("proof", 0))


def test_a_strange_column_is_refused() -> None:
    with pytest.raises(KeyError, match="r_part has no color"):
        Rows().add("part", condition_id=1, color="red")
