"""Named facts as rows: shared by what they say, whoever names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from throughline.workflows.compiled.rows import Rows
from throughline.workflows.language.expanded import Words, checksum

Coding = tuple[str | None, str]
"""A system and a code; the system None is any."""
ValueSets = Mapping[str, Iterable[tuple[str, str]]]
BOUNDS = ("above", "below", "at_least", "at_most")


def kinds_of(fact: Words) -> list[str]:
    """Return the kinds, or the meaning, that a named fact is of."""
    kinds = fact.get("kind", fact.get("meaning"))
    return sorted(kinds) if isinstance(kinds, list | tuple) else [str(kinds)]


def is_about_cases(fact: Words) -> bool:
    """Tell whether a fact is another case: the second pass of a night knows it (29)."""
    return "case" in kinds_of(fact)


def codings(codes: Any, own: Iterable[str], sets: ValueSets) -> list[Coding]:
    """Return what `codes` means: a list, `{system: list}`, `{value_set: name}` or `own_codes`."""
    if codes == "own_codes":
        return [(None, code) for code in own]
    if isinstance(codes, list | tuple):
        return [(None, str(code)) for code in codes]
    if "value_set" in codes:
        return list(sets[codes["value_set"]])
    return [(system, str(code)) for system, listed in codes.items() for code in listed]


def add(rows: Rows, facts: Words, name: str, own: Iterable[str], sets: ValueSets) -> int:
    """Return the id of a named fact, adding its rows if no workflow has said the same before."""
    fact = facts[name]
    coded = sorted(set(codings(fact["codes"], own, sets)), key=str) if "codes" in fact else None
    corrects = add(rows, facts, fact["corrects"], own, sets) if "corrects" in fact else None
    details = [
        _detail(key, wanted, sets) for key, wanted in sorted((fact.get("where") or {}).items())
    ]
    statuses = sorted(fact["status"]) if "status" in fact else None
    said = checksum([kinds_of(fact), coded, statuses, fact.get("time"), corrects, details])
    if said in rows.named:
        return rows.named[said]
    number = rows.named[said] = len(rows.named) + 1
    rows.add(
        "named_fact", named_fact_id=number, said=said, kinds=kinds_of(fact), statuses=statuses, time=fact.get("time"),
        corrects_id=corrects, has_codes=coded is not None, is_about_cases=is_about_cases(fact),
    )  # fmt: skip
    for system, code in coded or ():
        rows.add("fact_code", named_fact_id=number, system=system, code=code)
    for detail in details:
        rows.add("fact_detail", named_fact_id=number, **detail)
    return number


def _detail(key: str, wanted: Any, sets: ValueSets) -> dict[str, Any]:
    """Return a row of `where`."""
    negated = isinstance(wanted, Mapping) and "not" in wanted
    inner = wanted["not"] if negated else wanted
    found: dict[str, Any] = {"key": key, "negated": negated}
    if inner == "absent":
        return {**found, "how": "absent"}
    if not isinstance(inner, Mapping):
        listed = inner if isinstance(inner, list | tuple) else [inner]
        return {**found, "how": "words", "words": [_word(each) for each in listed]}
    if "value_set" in inner:
        words = sorted({code for _, code in sets[inner["value_set"]]})
        return {**found, "how": "words", "words": words}
    if "outside" in inner:
        return {**found, "how": "outside"}
    bounds = {bound: str(inner[bound]) for bound in BOUNDS if bound in inner}
    return {**found, "how": "bounds", **bounds, "unit": inner.get("unit")}


def _word(value: Any) -> str:
    """Return a word as JSON's text has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return format(Decimal(str(value)).normalize(), "f")
    return str(value)
