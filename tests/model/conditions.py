"""Conditions: lists of leaves, and what is asked of the case and of the person (rules 3, 10, 16, 29)."""

from __future__ import annotations

from tests.model import matching, truth
from tests.model.context import Case, moment
from tests.model.leaves import Answer, leaf, position
from tests.model.library import CONDITIONS
from tests.model.moments import ALWAYS, age, local_day
from tests.model.truth import FALSE, NOT_YET, UNKNOWN, Truth
from tests.model.world import Words


def ask(case: Case, condition: Words | None, place: str, *, left_out: Truth = FALSE) -> Answer:
    """Return the answer of a condition; `left_out` is that of one which the first pass leaves out (29)."""
    if condition is None:
        return Answer(left_out)
    kept = condition if case.others is not None else without_cases(case, condition)
    return Answer(left_out) if kept is None else _ask(case, kept, place)


def without_cases(case: Case, condition: Words) -> Words | None:
    """(29) Return a condition without its parts about other cases; None if nothing is left."""
    for key in ("all", "any", "first_of"):
        if key in condition:
            kept = [k for each in condition[key] if (k := without_cases(case, each)) is not None]
            return {key: kept} if kept else None
    if "not" in condition:
        inner = without_cases(case, condition["not"])
        return {"not": inner} if inner is not None else None
    leaf = next((key for key in CONDITIONS if key in condition), None)
    return (
        None
        if leaf and "case" in matching.kinds_of(case.workflow.facts[condition[leaf]])
        else condition
    )


def _ask(case: Case, condition: Words, place: str) -> Answer:
    from tests.model import bills, stages  # they ask conditions in turn

    if "all" in condition:
        return _all([_ask(case, each, place) for each in condition["all"]])
    if "any" in condition:
        return _any(case, [_ask(case, each, place) for each in condition["any"]])
    if "first_of" in condition:
        return _first_of([_ask(case, each, place) for each in condition["first_of"]])
    if "not" in condition:
        return Answer(truth.negated(_ask(case, condition["not"], place).truth))
    if "stage" in condition:
        return stages.condition(case, condition)
    if "bills" in condition:
        return Answer(bills.condition(case, condition["bills"]))
    if "age" in condition:
        return Answer(_age(case, condition))
    return leaf(case, condition, place)


def _all(parts: list[Answer]) -> Answer:
    """`all`: holds from when the last of its parts held."""
    held = truth.every(part.truth for part in parts)
    evident = [part for part in parts if part.at is not None]
    if not held.holds or not evident:
        return Answer(held)
    last = max(evident, key=lambda part: part.at.first if part.at else ALWAYS)
    return Answer(held, tuple(fact for part in parts for fact in part.by), last.at)


def _any(case: Case, parts: list[Answer]) -> Answer:
    """`any`: the part whose fact is the first in the person's order (10)."""
    held = truth.either(part.truth for part in parts)
    there = [part for part in parts if part.truth.holds and part.by]
    return min(there, key=lambda part: position(case, part.by[-1])) if there else Answer(held)


def _first_of(parts: list[Answer]) -> Answer:
    """(10) `first_of` is a preference: it goes before the order of the facts."""
    held = truth.either(part.truth for part in parts)
    return next((part for part in parts if part.truth.holds and part.by), Answer(held))


def _age(case: Case, condition: Words) -> Truth:
    """(3) Age is years completed on the local day; without a date of birth it is unknown."""
    bounds = condition["age"]
    at = moment(case, condition.get("at", bounds.get("at", "trigger")))
    if at is None:
        return NOT_YET
    if case.person.born is None:
        return UNKNOWN
    years = age(case.person.born, local_day(at.span.first, case.zone))
    return truth.of(bounds.get("from", 0) <= years <= bounds.get("to", years))
