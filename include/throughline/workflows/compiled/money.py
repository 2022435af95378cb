"""What a workflow bills, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from throughline.workflows.compiled.conditions import NOWHERE, Compiler
from throughline.workflows.compiled.levels import Part
from throughline.workflows.compiled.stages import ends_of
from throughline.workflows.language.expanded import NO_CODE, Words, lines


@dataclass(frozen=True)
class PayerRule:
    """A row of the payers' rules: between its days, one of `codes` is not billed beside one of `beside`."""

    name: str
    codes: frozenset[str]
    beside: frozenset[str]
    same: str = "month"
    begins: date | None = None
    ends: date | None = None


CLAIM_LINES = ("claim_lines", "foreign_claim_lines")
"""Where a code that another one excludes is looked for."""


def add(made: Compiler, rules: Iterable[PayerRule]) -> dict[str, Any]:
    """Add the lines of `bills`; return the columns of the version that speak of them, and place its level."""
    bills = made.workflow.bills
    made.levels.add(("bills", 0), [])
    if bills is None:
        return {"has_bills": False}
    dated = made.moment(bills["dated"])
    stage = made.stage_no(bills["dated"]) if isinstance(bills["dated"], str) else NOWHERE
    only_if = made.condition(bills.get("only_if"), "bills")
    needs: list[Part] = [made.part_of(dated), *_of(only_if)]
    needs += [("end", n) for n, end in enumerate(ends_of(made)) if end.get("bars") == "code"]
    needs += [("proof", stage)] if stage != NOWHERE else []
    by_name = {rule.name: rule for rule in rules}
    for number, line in enumerate(lines(bills)):
        for position, row in enumerate(line):
            needs += _row(made, number, position, row, by_name, stage)
    made.levels.add(("bills", 0), needs)
    return {
        "has_bills": True,
        "dated_id": dated,
        "dated_stage": None if stage == NOWHERE else stage,
        "only_if_id": only_if,
    }


def _of(condition: int | None) -> list[Part]:
    return [] if condition is None else [("condition", condition)]


def _row(
    made: Compiler, line: int, position: int, row: Words, rules: Mapping[str, PayerRule], stage: int
) -> list[Part]:
    """Add a row of a line and what excludes its code; return what they need."""
    where = {"version_id": made.version_id, "line": line, "position": position}
    when = made.condition(row.get("when"), "bills")
    add = row.get("add")
    added: dict[str, Any] = {}
    needs = _of(when)
    if add is not None:
        sum_id = made.condition(_sum_of(row["when"]), "bills")
        needs += _of(sum_id)
        added = {
            "add_code": add["code"], "add_each": str(add["each"]), "add_above": str(add["above"]),
            "add_at_most": add.get("at_most"), "sum_id": sum_id,
        }  # fmt: skip
    made.rows.add(
        "bill",
        **where,
        code=row["code"],
        is_named=row["code"] not in NO_CODE,
        when_id=when,
        **added,
    )
    if row["code"] in ("ordinary", "as_documented"):
        return needs
    for excluded, days in _excluded(made, row["code"], rules, stage):
        made.rows.add("excluded", **where, condition_id=excluded, from_day=days[0], to_day=days[1])
        needs += _of(excluded)
    return needs


def _sum_of(condition: Any) -> Words:
    """Return the first `sum` of a condition: what `add` counts."""
    if "sum" in condition:
        found: Words = condition
        return found
    parts = condition.get("all") or condition.get("any") or condition.get("first_of") or ()
    return next(_sum_of(part) for part in parts if "sum" in str(part))


def _excluded(
    made: Compiler, code: str, rules: Mapping[str, PayerRule], stage: int
) -> Iterable[tuple[int, tuple[date | None, date | None]]]:
    """Yield what excludes a code, each with the days on which it does: `not_with`."""
    bills = made.workflow.bills or {}
    of = made.workflow.stages[stage]["stage"] if stage != NOWHERE else "trigger"
    for number, row in enumerate(bills.get("not_with") or ()):
        if isinstance(row, Mapping):
            fact: Words = {"kind": "case", "codes": [row["workflow"]], "where": {"bills": True}}
            yield _exists(made, f"not_with {number}", fact, row.get("same"), of), (None, None)
            continue
        rule = rules[row]
        if code in rule.codes:
            fact = {"kind": list(CLAIM_LINES), "codes": sorted(rule.beside)}
            yield _exists(made, f"not_with {row}", fact, rule.same, of), (rule.begins, rule.ends)


def _exists(made: Compiler, name: str, fact: Words, same: Any, of: str) -> int:
    """Add a condition for a fact that shares links with the stage by which the bill is dated."""
    asking = Compiler(
        made.rows, made.version_id, made.workflow, {**made.facts, name: fact}, made.sets, made.seasons, made.levels,
        made.placed,
    )  # fmt: skip
    slots = [same] if isinstance(same, str) else list(same or ())
    condition = {"exists": name, **({"same": [{slot: of} for slot in slots]} if slots else {})}
    found = asking.condition(condition, "bills")
    assert found is not None
    return found
