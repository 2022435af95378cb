"""One night after the other: the whole of what is derived, from the log (rules 19, 28, 29)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.model import asks, bills, ends, matching, openings, stages
from tests.model.conditions import ask
from tests.model.context import Case, Trigger
from tests.model.library import Workflow, lines, workflow
from tests.model.moments import instant
from tests.model.openings import Candidate, Recorded
from tests.model.seen import Ask, CaseSeen, PersonSeen, WaitingSeen
from tests.model.truth import TRUE, Truth
from tests.model.world import Fact, Night, Person, Time, World


@dataclass
class Log:
    """What is recorded of a person between nights."""

    cases: list[Recorded] = field(default_factory=list)
    waiting: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """Since when a trigger waits for what is unknown."""


def evaluate(world: World) -> Mapping[int, Mapping[str, PersonSeen]]:
    """Return what each night says of each person."""
    workflows = [workflow(world, definition) for definition in world.definitions]
    logs = {person.name: Log() for person in world.persons}
    return {
        night.number: {
            person.name: one_night(world, workflows, night, person, logs[person.name])
            for person in world.persons
        }
        for night in world.nights
    }


def one_night(
    world: World, workflows: list[Workflow], night: Night, person: Person, log: Log
) -> PersonSeen:
    """Open what is to be opened, then derive each case; (29) the second pass reads the cases of the first."""
    facts = matching.standing(world, person, night.number)
    first = Log([_copy(each) for each in log.cases], dict(log.waiting))
    cases = [
        case
        for flow in workflows
        for case in _cases(world, flow, night, person, facts, first, None)[0]
    ]
    as_facts = [(case, recorded, _as_fact(case, recorded)) for case, recorded in cases]
    seen, waiting = [], []
    for flow in workflows:
        found, waits = _cases(world, flow, night, person, facts, log, as_facts)
        seen += [_seen(case, recorded) for case, recorded in found]
        waiting += waits
    return PersonSeen(tuple(seen), tuple(waiting))


def _copy(one: Recorded) -> Recorded:
    return Recorded(
        one.workflow, one.key, one.opened, one.at, list(one.records), one.period,
        dict(one.proven), dict(one.since), dict(one.fell), one.is_completed, one.billed,
    )  # fmt: skip


AsFacts = list[tuple[Case, Recorded, Fact]]


def _cases(
    world: World,
    flow: Workflow,
    night: Night,
    person: Person,
    facts: list[Fact],
    log: Log,
    others: AsFacts | None,
) -> tuple[list[tuple[Case, Recorded]], list[WaitingSeen]]:
    """Return the cases of one workflow tonight with those that it opens, and the triggers that open none."""

    def looked_at(trigger: Trigger, recorded: Recorded | None) -> Case:
        return Case(
            world, night, person, flow, trigger, facts, _others(others, flow, trigger),
            recorded.at if recorded else None, recorded.fell if recorded else {},
            frozenset(recorded.proven) if recorded else frozenset(),
        )  # fmt: skip

    nobody = looked_at(Trigger("", instant(night.now), {}), None)
    known = {record for each in log.cases if each.workflow == flow.name for record in each.records}
    waiting = []
    for candidate in openings.candidates(nobody):
        trigger = candidate.trigger
        if trigger.record in known:
            continue
        status = {
            each.key: _status(looked_at(held, each), each)[0]
            for each in log.cases
            if each.workflow == flow.name and (held := openings.holder(nobody, each))
        }
        case = looked_at(trigger, None)
        joins = (
            openings.joined(case, trigger, log.cases, status)
            if candidate.how == matching.YES
            else None
        )
        if joins:
            joins.records += [trigger.record] if trigger.record else []
            continue
        found = openings.opens(case, candidate.how)
        if found.opens:
            log.cases.append(_opened(case))
        else:
            waiting.append(_waiting(case, candidate, found, log))
    cases = []
    for recorded in log.cases:
        if recorded.workflow == flow.name:
            held = openings.holder(nobody, recorded)
            cases.append((looked_at(held or _withdrawn(recorded), recorded), recorded))
    return cases, waiting


def _opened(case: Case) -> Recorded:
    record = case.trigger.record
    return Recorded(
        case.workflow.name, case.trigger.key, case.night.number, case.night.now,
        [record] if record else [], case.trigger.period,
    )  # fmt: skip


def _withdrawn(recorded: Recorded) -> Trigger:
    """The record is gone and with it its time: what is left to count from is the opening."""
    return Trigger(recorded.key, instant(recorded.at), {})


def _waiting(case: Case, candidate: Candidate, found: openings.Opening, log: Log) -> WaitingSeen:
    """(17, 18) A population that is unknown, and a record that is unclear, are an exception after one business day."""
    key = (case.workflow.name, candidate.trigger.key)
    if found.why in ("unclear", "population unknown"):
        log.waiting.setdefault(key, case.night.now)
    else:
        log.waiting.pop(key, None)
    since = log.waiting.get(key)
    is_exception = since is not None and case.night.now > stages.business_day_later(case, since)
    return WaitingSeen(*key, found.why, case.zone, is_exception, found.conditions)


def _others(others: AsFacts | None, flow: Workflow, trigger: Trigger) -> list[Fact] | None:
    """(29) Of its own workflow a case reads only those with an earlier trigger."""
    if others is None:
        return None
    return [
        fact
        for case, _, fact in others
        if case.workflow.name != flow.name or _order(case.trigger) < _order(trigger)
    ]


def _order(trigger: Trigger) -> tuple[object, ...]:
    return trigger.span.first, trigger.key


def _as_fact(case: Case, recorded: Recorded) -> Fact:
    """(29) A case as a fact: it holds the encounter of its `dated` stage, and only if it has `bills`."""
    links = {slot: ids for slot, ids in case.trigger.links.items() if slot != "encounter"}
    dated = case.workflow.bills["dated"] if case.workflow.bills else None
    if isinstance(dated, str) and case.workflow.stage(dated):
        by = stages.proof(case, dated).by if stages.is_proven(case, dated) else ()
        for fact in by:
            links |= fact.links
    named = {code for code, _ in bills.supported(case).codes} & case.workflow.own_codes
    proven = tuple(s["stage"] for s in case.workflow.stages if stages.is_proven(case, s["stage"]))
    return Fact(
        case.person.name, "case", f"{case.workflow.name} {recorded.key}", source="throughline",
        codings=frozenset({("workflow", case.workflow.name)}), status=_status(case, recorded)[0],
        occurred=Time(instant=case.trigger.span.first), links=links,
        detail={"proven": proven, "bills": bool(named)},
    )  # fmt: skip


def _status(case: Case, recorded: Recorded) -> tuple[str, str]:
    """(28) A named person, the trigger withdrawn, the ends; a case that was completed is excluded no more."""
    closed = asks.decisions(case, "close")
    if closed:
        return "closed", closed[-1].reason or ""
    is_over = stages.current(case) is None
    if recorded.is_completed and is_over:
        return "completed", ""
    if case.trigger.fact is None and not case.trigger.period:
        return "void", "trigger withdrawn"
    ended = ends.ended(case)
    if ended:
        return ended
    reason = asks.closes(case)
    if reason:
        return "closed", reason
    if not is_over:
        return "open", ""
    if any(stages.is_proven(case, stage["stage"]) for stage in case.workflow.stages):
        return "completed", ""
    return "closed", "nothing left"


def _seen(case: Case, recorded: Recorded) -> CaseSeen:
    """Return a case as of tonight, and record what the next night has to know."""
    names = [stage["stage"] for stage in case.workflow.stages]
    events = _changes(case, recorded, names)
    status, reason = _status(case, recorded)
    bill = bills.supported(case).told
    rows = asks.rows(case) if status == "open" else []
    seen = CaseSeen(
        workflow=case.workflow.name, key=recorded.key, trigger=case.trigger.key, opened=recorded.opened, zone=case.zone,
        status=status, reason=reason, stages=tuple(stages.seen(case, name) for name in names),
        asks=tuple(sorted([*rows, *_money(case, recorded, bill)], key=lambda row: row.rank)), bills=bill,
        agrees=bills.agrees(case), bars=ends.bars(case),
        escalated=asks.escalated(case) if status == "open" else (), events=tuple(events), conditions=conditions(case),
    )  # fmt: skip
    recorded.is_completed = status == "completed"
    if recorded.billed is None and any(
        s.get("like") == "claim" and stages.is_proven(case, s["stage"])
        for s in case.workflow.stages
    ):
        recorded.billed = bill
    return seen


def _changes(case: Case, recorded: Recorded, names: list[str]) -> list[str]:
    """(10, 19) Record what was proven, fell back, or is proven by another fact than on the night before."""
    events = []
    for name in names:
        was = recorded.proven.get(name)
        by = (
            tuple(fact.reference for fact in stages.proof(case, name).by)
            if stages.is_proven(case, name)
            else None
        )
        if by and was is None:
            events.append(f"{name} proven")
        elif by is None and was is not None:
            events.append(f"{name} fell back")
            recorded.fell[name] = case.night.now
        elif by != was:
            events.append(f"{name} proven by another")
        if by:
            recorded.proven[name] = by
        else:
            recorded.proven.pop(name, None)
    return events


def _money(case: Case, recorded: Recorded, bill: str) -> list[Ask]:
    """(19, 28) What was billed is judged on: support that falls away is an exception, whatever the case's status."""
    if recorded.billed in (None, bill, "unknown") or bill == "unknown":
        return []
    due = stages.business_day_later(case, case.night.now)
    return [
        Ask((-1, 0), "exception", "support_lost", due, f"billed {recorded.billed}, supports {bill}")
    ]


def conditions(case: Case) -> dict[str, Truth]:
    """Return each condition of the definition by where it stands."""
    found: dict[str, Truth] = {}
    for stage in case.workflow.stages:
        name = stage["stage"]
        found[f"{name} proof"] = stages.proof(case, name).truth
        found[f"{name} skips_when"] = stages.skips(case, name)
        if "met_by" in stage:
            found[f"{name} met_by"] = stages.met(case, name)
        for number, row in enumerate(stage.get("otherwise", ())):
            found[f"{name} otherwise {number}"] = ask(case, row["when"], "otherwise").truth
    for number, end in enumerate(case.workflow.ends):
        found[f"ends {number}"] = ask(case, end["when"], "ends").truth
    for number, block in enumerate(case.workflow.blocks):
        found[f"blocks {number}"] = ask(case, block["when"], "blocks").truth
    for number, line in enumerate(lines(case.workflow.bills)):
        for place, each in enumerate(line):
            found[f"bills {number} {place}"] = ask(
                case, each.get("when"), "bills", left_out=TRUE
            ).truth
    return found
