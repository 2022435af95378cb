"""What a case asks for: ranked rows, of which the lowest wins (rules 17, 24, 27, 32)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.model import ends, stages
from tests.model.conditions import ask
from tests.model.context import Case, moment
from tests.model.moments import added, day, instant, length
from tests.model.seen import Ask
from tests.model.world import OUTREACH, Decision, Task, Words

(BLOCK, UNKNOWN, OTHERWISE, OPEN_TASK, PUT_ASIDE, LATE, USED_UP, NOT_YET, NEXT_TASK) = range(9)


def rows(case: Case) -> list[Ask]:
    """(27) Standing blocks, unknown, `otherwise`, open task, put aside, late, tries used up, not yet, next task."""
    name = stages.current(case)
    if name is None:
        return []
    stage = case.workflow.stage(name)
    assert stage is not None
    return sorted([*_blocks(case, stage), *_unknown(case, name), *_otherwise(case, stage), *_work(case, stage)],
                  key=lambda row: row.rank)  # fmt: skip


def _exception(case: Case, rank: tuple[int, int], reason: str, due: datetime | None) -> Ask:
    """The due of an exception is the earlier of its own and the clock's, if that is still to come."""
    by = case.world.exceptions.get(reason, "1 business days")
    own = added(
        instant(case.night.now), length(by), case.zone, case.world.calendar.is_business
    ).last
    return Ask(rank, "exception", reason, min(own, due) if due and due > case.night.now else own)


def _due(case: Case, stage: Words) -> datetime | None:
    found = stages.staff_due(case, stage["stage"])
    return found.last if found else None


def _blocks(case: Case, stage: Words) -> Iterator[Ask]:
    """Standing blocks cover tasks of a kind, or all; they take what is known."""
    kind = stage.get("task", {}).get("kind")
    for number, block in enumerate(case.workflow.blocks):
        if block["tasks"] != "all" and kind not in block["tasks"]:
            continue
        if ask(case, block["when"], "blocks").truth.holds:
            yield from _row(case, stage, block, (BLOCK, number))


def _row(case: Case, stage: Words, row: Words, rank: tuple[int, int]) -> Iterator[Ask]:
    """A row asks for a wait while that is ahead, then for its exception; a wait that is not there is passed over."""
    if "wait" in row:
        until = moment(case, row["wait"], _same_of(row["when"]), is_clock=True)
        if until is None:
            return
        if not case.passed(until.span):
            yield Ask(rank, "wait", "wait", until.span.last)
            return
    if "exception" in row:
        yield _exception(case, rank, row["exception"], _due(case, stage))


def _same_of(when: Any) -> Any:
    return when.get("same")


def _unknown(case: Case, name: str) -> Iterator[Ask]:
    """(17) An end that is unknown holds back what is new; a proof that is unknown past its due is verified by hand."""
    reason = ends.might(case)
    if reason:
        yield Ask(
            (UNKNOWN, 0), "wait", "unknown", stages.business_day_later(case, case.night.now), reason
        )
    if stages.late(case, name).is_unknown:
        yield _exception(case, (UNKNOWN, 1), "verify_by_hand", None)


def _otherwise(case: Case, stage: Words) -> Iterator[Ask]:
    """(17) The first row that holds; at an unknown one it stops."""
    for number, row in enumerate(stage.get("otherwise", ())):
        held = ask(case, row["when"], "otherwise").truth
        if held.is_unknown:
            due = stages.business_day_later(case, case.night.now)
            yield Ask((OTHERWISE, number), "wait", "unknown", due, "otherwise")
            return
        if held.holds:
            yield from _row(case, stage, row, (OTHERWISE, number))


def closes(case: Case) -> str | None:
    """`close`: the current stage's first row that holds ends the case."""
    name = stages.current(case)
    stage = case.workflow.stage(name) if name else None
    for row in (stage or {}).get("otherwise", ()):
        held = ask(case, row["when"], "otherwise").truth
        if held.is_unknown:
            return None
        if held.holds and "close" in row:
            return str(row["close"])
        if held.holds and list(_row(case, stage or {}, row, (OTHERWISE, 0))):
            return None
    return None


def decisions(case: Case, act: str, stage: str | None = None) -> list[Decision]:
    """Return named persons' acts about this case."""
    return [
        d
        for d in case.world.decisions
        if (d.person, d.workflow, d.act) == (case.person.name, case.workflow.name, act)
        and d.known_seq <= case.night.number
        and d.trigger in (None, case.trigger.key)
        and d.stage in (None, stage)
    ]


def _retried_at(case: Case, stage: str) -> datetime | None:
    seqs = [d.known_seq for d in decisions(case, "retry", stage)]
    nights = {night.number: night.now for night in case.world.nights}
    return nights[max(seqs)] if seqs else None


def tasks(case: Case, stage: str) -> list[Task]:
    return [
        t
        for t in case.world.tasks
        if (t.person, t.workflow, t.stage) == (case.person.name, case.workflow.name, stage)
        and t.trigger in (None, case.trigger.key)
        and t.begun <= case.night.now
    ]


def attempts(case: Case, stage: str) -> list[Task]:
    """(24) Attempts are our tasks that ended without proof since a person last said retry."""
    retried = _retried_at(case, stage)
    return [
        t
        for t in tasks(case, stage)
        if t.ended and t.ended <= case.night.now and (retried is None or t.ended > retried)
    ]


def _work(case: Case, stage: Words) -> Iterator[Ask]:
    """Open task, put aside, late, tries used up, not yet, next task."""
    name, task, due = stage["stage"], stage.get("task"), _due(case, stage)
    for each in tasks(case, name):
        if each.ended is None or each.ended > case.night.now:
            yield Ask((OPEN_TASK, 0), "open task", each.kind, due)
    for decision in decisions(case, "put_aside", name):
        if decision.until and not case.passed(until := day(decision.until, case.zone)):
            yield Ask((PUT_ASIDE, 0), "wait", "put_aside", until.last, decision.reason or "")
    if stages.missed(case, name) and _retried_at(case, name) is None:
        yield _exception(case, (LATE, 0), "missed", None)
    if task is None or (task["kind"] in OUTREACH and "outreach" in ends.bars(case)):
        if due:
            yield Ask((NOT_YET, 0), "wait", "due", due)
        return
    tried = attempts(case, name)
    if len(tried) >= task.get("attempts", 1):
        yield _exception(case, (USED_UP, 0), "tries_used_up", due)
    starts = [m.span.first for m in (_begins(case, task), _again(case, task, tried)) if m]
    if starts and max(starts) > case.night.now:
        yield Ask((NOT_YET, 1), "wait", "not_before", max(starts))
    by = moment(case, task["by"], is_clock=True) if "by" in task else None
    yield Ask((NEXT_TASK, 0), "task", task["kind"], due, by=by.span.last if by else None)


def _begins(case: Case, task: Words) -> Any:
    return moment(case, task["from"], is_clock=True) if "from" in task else None


def _again(case: Case, task: Words, tried: list[Task]) -> Any:
    """`every`: the next attempt is not before so long after the last was begun."""
    if not tried or "every" not in task:
        return None
    last = instant(max(t.begun for t in tried))
    return _Start(added(last, length(task["every"]), case.zone, case.world.calendar.is_business))


class _Start:
    def __init__(self, span: Any) -> None:
        self.span = span


def escalated(case: Case) -> tuple[str, ...]:
    """`escalate`: who has been told by now; `at` counts from the staff's due."""
    name = stages.current(case)
    stage = case.workflow.stage(name) if name else None
    due = stages.staff_due(case, name) if name else None
    if stage is None or due is None:
        return ()
    calendar = case.world.calendar
    return tuple(
        row["to"]
        for row in stage.get("escalate", ())
        if case.passed(added(due, length(row["at"]), case.zone, calendar.is_business))
    )
