"""What a case's evidence supports, and whether it is what was charged (rules 17, 28, 32)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.model import ends, truth
from tests.model.conditions import ask
from tests.model.context import Case, moment
from tests.model.leaves import leaf, slots_of, total
from tests.model.library import UNNAMED, lines
from tests.model.matching import YES, described, standing
from tests.model.moments import local_day
from tests.model.truth import FALSE, TRUE, Truth
from tests.model.world import PayerRule, Words


@dataclass(frozen=True)
class Supported:
    """Codes with their units; `word` is unknown or nothing where there are none to tell."""

    word: str = ""
    codes: tuple[tuple[str, int], ...] = ()

    @property
    def told(self) -> str:
        """Return it as a reader is told: `99490, 2 x 99439`."""
        return self.word or ", ".join(
            code if units == 1 else f"{units} x {code}" for code, units in self.codes
        )


UNKNOWN_BILL, NOTHING = Supported("unknown"), Supported("nothing")


def has_unnamed_line(case: Case) -> bool:
    """(32) Tell whether a line is ordinary or as documented."""
    return any(
        each["code"] in ("ordinary", "as_documented")
        for line in lines(case.workflow.bills)
        for each in line
    )


def supported(case: Case) -> Supported:
    """Return what may be billed: `dated`, `only_if`, then of each line the first code that holds."""
    words = case.workflow.bills
    if words is None or moment(case, words["dated"]) is None:
        return NOTHING
    allowed = ask(case, words.get("only_if"), "bills", left_out=TRUE).truth
    if allowed.is_unknown:
        return UNKNOWN_BILL
    if allowed.word == "not yet":
        return NOTHING
    is_barred = not allowed.holds or "code" in ends.bars(case)
    found = [_line(case, line, is_barred=is_barred) for line in lines(words)]
    if UNKNOWN_BILL in found:
        return UNKNOWN_BILL
    codes = tuple(code for line in found for code in line.codes)
    return Supported(codes=codes) if codes else NOTHING


def _line(case: Case, line: list[Words], *, is_barred: bool) -> Supported:
    """(32) Of a barred code only a line that names none is left."""
    for each in line:
        code = each["code"]
        if code in ("ordinary", "as_documented"):
            excluded = FALSE
        elif is_barred:
            continue
        else:
            excluded = _excluded(case, code)
        if excluded.holds:
            continue
        held = truth.every(
            [truth.negated(excluded), ask(case, each.get("when"), "bills", left_out=TRUE).truth]
        )
        if held.is_unknown or (held.holds and code == "unknown"):
            return UNKNOWN_BILL
        if held.word == "not yet":
            return NOTHING
        if held.holds:
            return _with_added(case, each)
    return NOTHING


def _with_added(case: Case, each: Words) -> Supported:
    """`add`: one more unit for each full `each` above `above`; unknown while the sum may still grow."""
    if "add" not in each:
        return Supported(codes=((each["code"], 1),))
    add = each["add"]
    amount, may_grow = total(case, _sum_of(each["when"]), "bills")
    if may_grow:
        return UNKNOWN_BILL
    units = max(int((amount - Decimal(str(add["above"]))) // Decimal(str(add["each"]))), 0)
    units = min(units, add.get("at_most", units))
    return Supported(codes=((each["code"], 1), *([(add["code"], units)] if units else [])))


def _sum_of(condition: Any) -> Words:
    """Return the first `sum` of a condition: what `add` counts."""
    if "sum" in condition:
        found: Words = condition
        return found
    parts = condition.get("all") or condition.get("any") or condition.get("first_of") or []
    return next(_sum_of(part) for part in parts if "sum" in str(part))


def _excluded(case: Case, code: str) -> Truth:
    """`not_with`: a row of the payers' rules whose dates hold, or another workflow's case that bills."""
    assert case.workflow.bills is not None
    found = [FALSE]
    for row in case.workflow.bills.get("not_with", ()):
        if isinstance(row, dict):
            fact = {"kind": "case", "codes": [row["workflow"]], "where": {"bills": True}}
            found.append(_exists(case, f"not_with {row['workflow']}", fact, row.get("same")))
            continue
        rule = next(rule for rule in case.world.payer_rules if rule.name == row)
        if code in rule.codes and _is_in_force(case, rule):
            fact = {"kind": ["claim_lines", "foreign_claim_lines"], "codes": sorted(rule.beside)}
            found.append(_exists(case, f"not_with {row}", fact, rule.same))
    return truth.either(found)


def _exists(case: Case, name: str, fact: Words, same: Any) -> Truth:
    """Ask for a fact that shares links with the stage by which the bill is dated."""
    assert case.workflow.bills is not None
    dated = case.workflow.bills["dated"]
    of = dated if isinstance(dated, str) and case.workflow.stage(dated) else "trigger"
    shared = [{slot: of} for slot, _ in slots_of(same)]
    facts = {**case.workflow.facts, name: fact}
    asked = Case(**{**_fields(case), "workflow": _with_facts(case, facts)})
    condition = {"exists": name, **({"same": shared} if shared else {})}
    if case.others is None and fact["kind"] == "case":
        return FALSE
    return leaf(asked, condition, "bills").truth


def _fields(case: Case) -> dict[str, Any]:
    names = (
        "world",
        "night",
        "person",
        "trigger",
        "facts",
        "others",
        "opened",
        "fell",
        "was_proven",
        "memo",
    )
    return {name: getattr(case, name) for name in names}


def _with_facts(case: Case, facts: Words) -> Any:
    from dataclasses import replace

    return replace(case.workflow, facts=facts)


def _is_in_force(case: Case, rule: PayerRule) -> bool:
    """The row whose dates cover the date of service holds, for every open case."""
    assert case.workflow.bills is not None
    dated = moment(case, case.workflow.bills["dated"])
    assert dated is not None
    on = local_day(dated.span.first, case.zone)
    return (rule.begins is None or rule.begins <= on) and (rule.ends is None or on <= rule.ends)


def agrees(case: Case) -> str:
    """Return how the charge compares: agree, disagree, unknown, nothing; empty while nothing is charged."""
    bill = supported(case)
    if bill.word or case.workflow.bills is None:
        return bill.word or "nothing"
    charged = _charged(case)
    if not charged:
        return ""
    named = {code for code, _ in bill.codes} - UNNAMED
    own = charged & case.workflow.own_codes
    if ("as_documented", 1) in bill.codes:
        return "agree"
    return "agree" if own == named else "disagree"


def _charged(case: Case) -> set[str]:
    """Return the codes of the facts named `charges` that belong to what the bill is dated by."""
    from tests.model import stages

    assert case.workflow.bills is not None
    name, dated = case.workflow.charges, case.workflow.bills["dated"]
    if name not in case.workflow.facts:
        return set()
    found = [
        fact
        for fact in standing(case.world, case.person, case.night.number)
        if described(case.world, case.workflow.facts, name, fact, case.workflow.own_codes) == YES
    ]
    if isinstance(dated, str) and case.workflow.stage(dated):
        visits = {
            id_ for fact in stages.proof(case, dated).by for id_ in fact.links.get("encounter", ())
        }
        found = [fact for fact in found if visits & set(fact.links.get("encounter", ()))]
    return {code for fact in found for _, code in fact.codings}


def condition(case: Case, word: str) -> Truth:
    """`{bills: agree | disagree | unknown | nothing}`."""
    return truth.of(agrees(case) == word)
