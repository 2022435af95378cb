"""Stages: proof, clock, and what they are (rules 8, 17, 19, 20, 25, 26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model import matching, truth
from tests.model.conditions import ask
from tests.model.context import Case, Moment, moment
from tests.model.leaves import Answer, leaf, window_of
from tests.model.moments import ALWAYS, Length, Span, added, instant, local_day, paused
from tests.model.seen import StageSeen
from tests.model.truth import FALSE, NOT_YET, TRUE, UNKNOWN, Truth
from tests.model.world import Words

CLAIM_STAGES = ("claim", "settlement")


def _stage(case: Case, name: str) -> Words:
    found = case.workflow.stage(name)
    assert found is not None
    return found


def proof(case: Case, name: str) -> Answer:
    """Return what proves a stage. An absence alone proves nothing: done means evidence."""
    if case.workflow.stage(name) is None:
        return Answer(FALSE)
    if ("proof", name) not in case.memo:
        case.memo["proof", name] = _proof(case, _stage(case, name)["proof"])
    found: Answer = case.memo["proof", name]
    return found


def _proof(case: Case, condition: Any) -> Answer:
    if condition == "trigger":
        fact = case.trigger.fact
        return Answer(TRUE, (fact,), case.trigger.span) if fact else Answer(FALSE)
    answer = ask(case, condition, "proof")
    return Answer(FALSE) if answer.truth.holds and not answer.by else answer


def proven_at(case: Case, name: str) -> Span | None:
    """(8) Return when a stage was proven; None if it is not, or if no stage has that name."""
    answer = proof(case, name)
    return answer.at if answer.truth.holds else None


def is_proven(case: Case, name: str) -> bool:
    return proof(case, name).truth.holds


def skips(case: Case, name: str) -> Truth:
    """(17, 32) Return whether a stage is pointless: `skips_when`, or a claim stage of which the code is barred."""
    stage = _stage(case, name)
    if stage.get("like") in CLAIM_STAGES and bars_claim(case):
        return TRUE
    return ask(case, stage.get("skips_when"), "skips_when").truth


def bars_claim(case: Case) -> bool:
    """(32) A barred code leaves no claim where no last line is ordinary or as documented."""
    from tests.model import bills, ends  # they ask stages in turn

    return "code" in ends.bars(case) and not bills.has_unnamed_line(case)


def is_skipped(case: Case, name: str) -> bool:
    """(25) What is proven is not skipped."""
    return not is_proven(case, name) and skips(case, name).holds


def due_day(case: Case) -> Span | None:
    """Return the trigger plus `wait`; the first row whose `when` holds."""
    wait = case.workflow.opens.get("wait")
    if wait is None:
        return case.trigger.span
    for row in wait if isinstance(wait, list) else [{"to": wait}]:
        if "when" in row and not ask(case, row["when"], "wait").truth.holds:
            continue
        to = {"trigger": row["to"]} if isinstance(row["to"], str) else row["to"]
        found = moment(case, to)
        if found:
            return found.span
    return None


@dataclass(frozen=True)
class Clock:
    """When a stage's clock ends."""

    span: Span
    is_in_hours: bool
    is_unsure: bool


def clock(case: Case, name: str) -> Clock | None:
    """(25) `due`: a moment, or the first row whose `when` holds and whose moment is there; None is no clock yet."""
    due = _stage(case, name).get("due")
    if due is None:
        return None
    for row in due if isinstance(due, list) else [{"to": due}]:
        if "when" in row and not ask(case, row["when"], "due").truth.holds:
            continue
        found = moment(case, row["to"], row.get("when", {}).get("same"), is_clock=True)
        if found:
            return _with_pauses(case, name, found)
    return None


def _with_pauses(case: Case, name: str, due: Moment) -> Clock:
    """`pauses`: while it lasts the clock stands still; what is not over yet is taken as if it ended now."""
    condition = _stage(case, name).get("pauses")
    in_hours = due.by is not None and due.by.is_in_hours
    if condition is None or due.by is None:
        return Clock(due.span, in_hours, is_unsure=False)
    stops, is_unsure = [], False
    for each in condition.get("any", [condition]):
        answer = leaf(case, {"count": each["exists"], **each}, "pauses")
        is_unsure = is_unsure or answer.truth.is_unknown
        stops += _stops(case, each)
    begin = local_day(due.begin.first, case.zone)
    is_business = case.world.calendar.is_business
    return Clock(
        paused(due.span, begin, due.by, stops, case.zone, is_business), in_hours, is_unsure
    )


def _stops(case: Case, condition: Words) -> list[Span]:
    from tests.model.leaves import anchors_of, meant  # the leaf, fact by fact

    window, anchors = window_of(case, condition, "pauses"), anchors_of(case, condition.get("same"))
    if window is None or anchors is None:
        return []
    name = condition["exists"]
    which = case.workflow.facts[name].get("time")
    until_now = Span(ALWAYS, case.night.now)
    times = [
        matching.time_of(fact, which, case.zone)
        for fact in case.facts
        if meant(case, name, fact, condition, window, anchors, "pauses") == matching.YES
    ]
    return [t.touched(until_now) for t in times if t and t.touches(until_now)]


def staff_due(case: Case, name: str) -> Span | None:
    """(19, 20) The staff's due is never before one business day after opening, nor after the stage fell back."""
    found = clock(case, name)
    if found is None:
        return None
    floors = [
        found.span.last,
        _floor(case, case.opened or case.night.now, in_hours=found.is_in_hours),
    ]
    fell = case.fell.get(name)
    if name in case.was_proven and not is_proven(case, name):
        fell = case.night.now
    if fell:
        floors.append(_floor(case, fell, in_hours=False))
    last = max(floors)
    return found.span if last == found.span.last else instant(last)


def _floor(case: Case, at: datetime, *, in_hours: bool) -> datetime:
    """(20) One business day later; of a clock in hours two hours after the staff's day begins."""
    calendar = case.world.calendar
    if not in_hours:
        return added(instant(at), Length(1, "business days"), case.zone, calendar.is_business).last
    on = local_day(at, case.zone)
    while True:
        begins = datetime.combine(on, calendar.day_begins, case.zone).astimezone(UTC)
        if calendar.is_business(on) and begins >= at:
            return begins + timedelta(hours=2)
        on += timedelta(days=1)


def business_day_later(case: Case, at: datetime) -> datetime:
    """Return the end of the business day after an instant."""
    return _floor(case, at, in_hours=False)


def late(case: Case, name: str) -> Truth:
    """(26) The due passed, feeds complete, not proven."""
    due = staff_due(case, name)
    if due is None or not case.passed(due) or is_proven(case, name):
        return FALSE
    found = clock(case, name)
    if proof(case, name).truth.is_unknown or (found and found.is_unsure):
        return UNKNOWN
    return TRUE


def met(case: Case, name: str) -> Truth:
    """`met_by`: what keeps the clock without proof, before the rule's due."""
    condition = _stage(case, name).get("met_by")
    found = clock(case, name)
    if condition is None or found is None:
        return FALSE
    return ask(case, _until(case, condition, found.span), "met_by").truth


def _until(case: Case, condition: Words, limit: Span) -> Words:
    """Return a condition whose windows end with a clock at the latest."""
    for key in ("all", "any", "first_of"):
        if key in condition:
            return {key: [_until(case, each, limit) for each in condition[key]]}
    return {**condition, "not after": limit}


def in_time(case: Case, name: str) -> Truth:
    """(26) Proven, or met, before the due of the rule; not yet while its clock runs and neither has happened."""
    found, at = clock(case, name), proven_at(case, name)
    if at is not None and (found is None or at.first <= found.span.last):
        return TRUE
    kept = met(case, name)
    if kept.holds or kept.is_unknown:
        return kept
    if at is None and proof(case, name).truth.is_unknown:
        return UNKNOWN
    return FALSE if found and case.passed(found.span) else NOT_YET


def missed(case: Case, name: str) -> bool:
    """(26) Late and not in time."""
    return late(case, name).holds and in_time(case, name).word in ("false", "not yet")


def state(case: Case, name: str) -> str:
    """Return proven, skipped, late or pending."""
    if is_proven(case, name):
        return "proven"
    if is_skipped(case, name):
        return "skipped"
    return "late" if late(case, name).holds else "pending"


def current(case: Case) -> str | None:
    """(25) The current stage is the first that is neither proven nor skipped; only it asks."""
    names = [stage["stage"] for stage in case.workflow.stages]
    return next(
        (name for name in names if not is_proven(case, name) and not is_skipped(case, name)), None
    )


def condition(case: Case, words: Words) -> Answer:
    """`{stage: …, is: …}`: of the case; with `from` and `to`, when the stage was proven."""
    name, is_ = words["stage"], words["is"]
    answer = proof(case, name)
    if is_ == "in_time":
        return Answer(in_time(case, name))
    if is_ == "late":
        return Answer(late(case, name))
    if is_ == "pending":
        return Answer(truth.of(not answer.truth.holds and not is_skipped(case, name)))
    if is_ == "skipped":
        return Answer(FALSE if answer.truth.holds else _settled(skips(case, name)))
    if not answer.truth.holds:
        return Answer(_settled(answer.truth))
    window = window_of(case, words, "stage")
    if window is None:
        return Answer(NOT_YET)
    assert answer.at is not None
    return answer if answer.at.touches(window) else Answer(FALSE)


def _settled(held: Truth) -> Truth:
    """A stage whose proof is not yet is not proven, for sure."""
    return FALSE if held.word == "not yet" else held


def seen(case: Case, name: str) -> StageSeen:
    """Return a stage as of tonight."""
    found = clock(case, name)
    answer = proof(case, name)
    return StageSeen(
        name=name,
        state=state(case, name),
        proof=answer.truth,
        by=tuple(fact.reference for fact in answer.by) if answer.truth.holds else (),
        at=answer.at if answer.truth.holds else None,
        limit=found.span if found else None,
        due=staff_due(case, name),
        late=late(case, name),
        in_time=in_time(case, name),
    )
