"""The stages: what proves each, its clock, who works on it and how, what happens otherwise, who is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.workflows.language.expanded import Words
from throughline.workflows.language.rendered.phrases import quoted, spaced, with_meaning
from throughline.workflows.language.rendered.sentences import condition
from throughline.workflows.language.rendered.times import Telling, clock, long, moment
from throughline.workflows.language.rendered.told import (
    Block,
    Fields,
    Section,
    Table,
    Told,
    before,
    capital,
    capitalized,
    listed,
    number,
    told,
)

ASKED = (
    "what a standing rule asks for that holds its task back",
    "a wait while an end of the case is unknown, or a person if its proof is still unknown when its clock has ended",
    "the first row of “Otherwise” that holds",
    "a wait while its task is open",
    "a wait while a person has put it aside",
    "a person, if it is late and was not in time (missed clock), until somebody says: retry",
    "a person, if its last attempt ended without proof (attempts exhausted), until somebody says: retry",
    "a wait until the next attempt may begin",
    "the next attempt",
)
"""What a stage asks for (27), in the order in which it goes before the next."""

HEAD = ("Stage", "Clock ends", "Owner", "Work")


OTHERWISE = (
    "Before the next task, the first of these rows that holds (a row that is unknown stops there; one whose wait "
    "counts from what is not there is passed over):"
)


def overview(telling: Telling) -> Table:
    """Return the stages at a glance."""
    rows = [
        (
            told(f"{place}. {stage['stage']}"),
            tuple(_clock(stage, telling)) or told("No clock."),
            told(title(stage, telling)),
            told(_kind_of_work(stage)),
        )
        for place, stage in enumerate(telling.workflow.stages, 1)
    ]
    return Table(HEAD, tuple(rows))


def asked() -> Told:
    """Return what the current stage asks for, each night."""
    head = "Every night the first stage that is neither proven nor skipped asks for one thing, the first that applies:"
    return Told(head, tuple(Told(each) for each in ASKED), True)


def each(telling: Telling) -> Iterator[Block]:
    """Yield each stage with everything that is said of it."""
    for place, stage in enumerate(telling.workflow.stages, 1):
        name = str(stage["stage"])
        yield Section(f"Stage {place}: {quoted(name)}", (Fields(tuple(_fields(stage, telling))),))


def _fields(stage: Words, telling: Telling) -> Iterator[tuple[str, tuple[Told, ...]]]:
    yield "Owner", told(owner(stage, telling))
    yield "Proven by", (_proof(stage.get("proof"), telling),)
    yield (
        "Clock ends",
        (*(tuple(_clock(stage, telling)) or told("No clock.")), *_counted_from(stage, telling)),
    )
    if "met_by" in stage:
        kept = before(
            "Without the proof, it still counts as in time if, before the clock ends, ",
            condition(stage["met_by"], "met_by", telling),
        )
        yield "Keeps the clock", (_stop(kept),)
    if "pauses" in stage:
        paused = before(
            "The clock stands still while ", condition(stage["pauses"], "pauses", telling)
        )
        days = "A day that this touches does not count; a clock in hours stops for as long as it lasts."
        yield "Pauses the clock", (_stop(paused), Told(days))
    if "skips_when" in stage:
        skipped = before("It is skipped if ", condition(stage["skips_when"], "skips_when", telling))
        yield "Skipped when", (_stop(skipped),)
    yield "Work", told(_work(stage, telling))
    if stage.get("otherwise"):
        rows = tuple(_row(row, telling) for row in stage["otherwise"])
        yield "Otherwise", (Told(OTHERWISE, rows, True),)
    if stage.get("escalate"):
        yield "Nobody moves", tuple(_told_to(row, stage, telling) for row in stage["escalate"])
    if "runbook" in stage:
        yield "Runbook", told(str(stage["runbook"]))
    yield "Source", told(str(stage.get("source", "None stated.")))
    if "like" in stage:
        yield (
            "Taken over from",
            told(f"The standard stage {quoted(str(stage['like']))}; what this file writes wins."),
        )


def _stop(said: Told) -> Told:
    """Return a sentence with its full stop; one with a list below it has a colon."""
    return said if said.parts else Told(f"{said.text}.")


def owner(stage: Words, telling: Telling) -> str:
    """Return the team that owns a stage: its own, else the workflow's."""
    name = str(stage.get("owner", telling.workflow.owner))
    return called(name, telling)


def title(stage: Words, telling: Telling) -> str:
    """Return what the team that owns a stage is called."""
    return telling.phrases.team(str(stage.get("owner", telling.workflow.owner)))


def called(team: str, telling: Telling) -> str:
    """Return what a team is called, and its word where that is another."""
    known = telling.phrases.team(team)
    return known if known.lower() == spaced(team) else f"{known} ({spaced(team)})"


def _proof(proof: Any, telling: Telling) -> Told:
    if proof == "trigger":
        return Told("The trigger itself proves it.")
    return _stop(capital(condition(proof, "proof", telling)))


def _clock(stage: Words, telling: Telling) -> Iterator[Told]:
    due = stage.get("due")
    if due is None:
        return
    if not isinstance(due, list | tuple):
        yield Told(f"{capitalized(clock(due, telling))}.")
        return
    rows = []
    for row in due:
        linked = isinstance(row.get("when"), Mapping) and "same" in row["when"]
        to = clock(row.get("to"), telling, linked)
        if "when" in row:
            rows.append(before(f"{to}, if ", condition(row["when"], "due", telling)))
        else:
            rows.append(Told(f"otherwise {to}" if rows else to))
    head = "The first of these rows that holds and whose moment is there:"
    yield Told(head, tuple(rows), True)


def _counted_from(stage: Words, telling: Telling) -> Iterator[Told]:
    """Yield what becomes of a clock that counts from another stage, or from a record (25)."""
    due = stage.get("due")
    rows = due if isinstance(due, list | tuple) else [{"to": due}]
    names = dict.fromkeys(name for row in rows for name in _names(row.get("to")))
    others = listed(f"stage {quoted(name)}" for name in names if telling.is_stage(name))
    if others:
        yield Told(
            f"It counts from when {others} was proven; from the trigger, if that was skipped; until then there is "
            "no clock."
        )
    records = listed(quoted(name) for name in names if telling.workflow.fact(name) is not None)
    if records:
        yield Told(f"While there is no record of {records}, there is no such clock.")


def _names(due: Any) -> list[str]:
    if isinstance(due, str):
        return [due]
    if isinstance(due, Mapping) and "soonest" in due:
        return [name for one in due["soonest"] for name in _names(one)]
    return list(due) if isinstance(due, Mapping) else []


def _kind_of_work(stage: Words) -> str:
    task = stage.get("task")
    if not isinstance(task, Mapping):
        return "No task"
    attempts = task.get("attempts", 1)
    return f"{capitalized(spaced(str(task.get('kind'))))}, {_attempts(attempts)}"


def _attempts(attempts: Any) -> str:
    return "1 attempt" if attempts == 1 else f"at most {number(attempts)} attempts"


def _work(stage: Words, telling: Telling) -> str:
    task = stage.get("task")
    if not isinstance(task, Mapping):
        return "No task: it is waited for, and asked about when it is late."
    kind = str(task.get("kind"))
    parts = [capitalized(with_meaning(kind, telling.phrases.tasks))]
    parts.append(_attempts(task.get("attempts", 1)))
    if "every" in task:
        parts.append(f"the next not before {long(task['every'])} after the last began")
    if "from" in task:
        parts.append(f"the first not before {moment(task['from'], telling, 'start')}")
    if "by" in task:
        parts.append(
            f"whoever calls is told to aim {clock(task['by'], telling).replace('by', 'for', 1)}"
        )
    if "priority" in task:
        parts.append(f"priority {with_meaning(str(task['priority']), telling.phrases.priorities)}")
    if "visit_type" in task:
        parts.append(
            f"type of visit {with_meaning(str(task['visit_type']), telling.phrases.visit_types)}"
        )
    return f"{'; '.join(parts)}."


def _row(row: Words, telling: Telling) -> Told:
    outcome = _outcome(row, telling)
    said = condition(row.get("when"), "otherwise", telling)
    if said.parts:
        return Told(f"if {said.text}", (*said.parts, Told(f"then: {outcome}")), said.is_ordered)
    return Told(f"if {said.text}: {outcome}")


def _outcome(row: Words, telling: Telling) -> str:
    return outcome(
        row, telling, linked=isinstance(row.get("when"), Mapping) and "same" in row["when"]
    )


def outcome(row: Words, telling: Telling, linked: bool = False) -> str:
    """Return what a row of `otherwise`, or a standing block, asks for."""
    parts = []
    if "wait" in row:
        parts.append(f"nothing is asked for until {moment(row['wait'], telling, 'end', linked)}")
    if "exception" in row:
        reason = with_meaning(str(row["exception"]), telling.phrases.exceptions)
        parts.append(f"{'then ' if parts else ''}a person gets the exception {reason}")
    if "close" in row:
        parts.append(
            f"the case is closed as {with_meaning(str(row['close']), telling.phrases.ends)}"
        )
    return f"{', '.join(parts)}." if parts else "nothing is asked for."


def _told_to(row: Words, stage: Words, telling: Telling) -> Told:
    to = str(row.get("to"))
    if to == "lead":
        team = str(stage.get("owner", telling.workflow.owner))
        whom = telling.phrases.leads.get(team, "")
        who = f"the lead of {telling.phrases.team(team)}" + (f" ({whom})" if whom else "")
    else:
        who = called(to, telling)
    return Told(f"{capitalized(long(row.get('at')))} after the stage is due, we tell {who}.")
