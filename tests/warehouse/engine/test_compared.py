"""The comparison of model and engine finds what is planted, wherever it is."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.model.generated.drawn import definition
from tests.model.generated.histories import world
from tests.model.nights import evaluate
from tests.model.seen import Ask, CaseSeen, PersonSeen, StageSeen
from tests.model.truth import UNKNOWN
from tests.warehouse.engine import compared


@pytest.fixture(scope="module")
def nights() -> compared.Nights:
    return evaluate(world(definition(7)[0], 6, 7)[0])


ANOTHER = Ask((8, 0), "task", "another", None)


def _with(one: Any, field: str, value: Any) -> Any:
    return replace(one, **{field: value})


def _where(nights: compared.Nights) -> tuple[int, str, CaseSeen]:
    return next(
        (night, person, seen.cases[0])
        for night, persons in nights.items()
        for person, seen in persons.items()
        if seen.cases
    )


def _changed(nights: compared.Nights, case: CaseSeen | None) -> compared.Nights:
    """Return the nights with another first case on the first night that has one."""
    night, person, _ = _where(nights)
    seen = nights[night][person]
    cases = ((case,) if case else ()) + seen.cases[1:]
    return {**nights, night: {**nights[night], person: PersonSeen(cases, seen.waiting)}}


def test_nothing_differs_from_itself(nights: compared.Nights) -> None:
    assert compared.first("drawn_7", nights, nights) is None


def test_a_case_that_is_not_there_is_told(nights: compared.Nights) -> None:
    found = compared.first("drawn_7", nights, _changed(nights, None))
    assert found is not None
    assert (found.night, found.person, found.field.split()[0]) == (*_where(nights)[:2], "case")
    assert found.engine == compared.MISSING


@pytest.mark.parametrize("field", [field.name for field in fields(CaseSeen)])
def test_each_field_of_a_case_is_compared(nights: compared.Nights, field: str) -> None:
    case = _where(nights)[2]
    other: Any = {"conditions": dict.fromkeys(case.conditions, UNKNOWN), "asks": (ANOTHER,)}
    found = compared.first(
        "drawn_7",
        nights,
        _changed(
            nights,
            _with(
                case,
                field,
                other.get(field, "another" if field in ("workflow", "key") else ("another",)),
            ),
        ),
    )
    assert found is not None
    assert found.field.startswith("case") or field in ("workflow", "key")


@pytest.mark.parametrize("field", [field.name for field in fields(StageSeen)])
def test_each_field_of_a_stage_is_compared(nights: compared.Nights, field: str) -> None:
    case = _where(nights)[2]
    stage = _with(case.stages[0], field, "another")
    changed = _changed(nights, replace(case, stages=(stage, *case.stages[1:])))
    told = str(compared.first("drawn_7", nights, changed))
    assert f"stages {case.stages[0].name if field != 'name' else ''}" in told
    assert "engine: another" in told
