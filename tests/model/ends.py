"""How a case ends, and what only its code or its outreach is barred by (rules 7, 17, 28, 32)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.model import stages
from tests.model.conditions import ask
from tests.model.context import Case
from tests.model.truth import FALSE, Truth
from tests.model.world import Words


def answers(case: Case) -> Iterator[tuple[Words, Truth]]:
    """Yield the ends top to bottom, then the standing ends (28), each with its truth; `until` makes one false."""
    for end in (*case.workflow.ends, *case.workflow.standing_ends):
        yield end, ask(case, end["when"], "ends").truth if _is_asked(case, end) else FALSE


def _is_asked(case: Case, end: Words) -> bool:
    """(7) `until: S` means that S is neither proven nor skipped now; a stage that is not in the file is never."""
    until = end.get("until")
    if until is None or case.workflow.stage(until) is None:
        return True
    if stages.is_proven(case, until):
        return False
    if end.get("bars") == "code":  # a stage that this very end skips does not undo it
        return True
    return not stages.is_skipped(case, until)


def bars(case: Case) -> tuple[str, ...]:
    """(32) Return what is barred while the case goes on: code, outreach."""
    if "bars" not in case.memo:
        ending = [
            end for end in (*case.workflow.ends, *case.workflow.standing_ends) if "bars" in end
        ]
        held = {
            e["bars"]
            for e in ending
            if _is_asked(case, e) and ask(case, e["when"], "ends").truth.holds
        }
        case.memo["bars"] = tuple(sorted(held))
    found: tuple[str, ...] = case.memo["bars"]
    return found


def ended(case: Case) -> tuple[str, str] | None:
    """(28) Return status and reason of the first end that holds."""
    for end, held in answers(case):
        if held.holds and "bars" not in end:
            return end.get("as", "closed"), end["reason"]
    return None


def might(case: Case) -> str | None:
    """(17) Return the reason of an end that is unknown: it ends nothing, but nothing new leaves the house."""
    return next((str(end["reason"]) for end, held in answers(case) if held.is_unknown), None)
