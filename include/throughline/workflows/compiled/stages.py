"""Stages, ends and blocks as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from throughline.workflows.compiled.conditions import NOWHERE, Compiler
from throughline.workflows.compiled.levels import Part
from throughline.workflows.language.expanded import Words, lines
from throughline.workflows.language.lengths import length

CLAIM_STAGES = ("claim", "settlement")
UNNAMED = ("ordinary", "as_documented")
"""Lines of `bills` that hold even where a code is barred (32)."""


def has_unnamed_line(bills: Words | None) -> bool:
    """Tell whether a line is ordinary or as documented (32)."""
    return any(row["code"] in UNNAMED for line in lines(bills) for row in line)


def add(made: Compiler) -> None:
    """Add every stage of the workflow."""
    for number, stage in enumerate(made.workflow.stages):
        _stage(made, number, stage)


def _stage(made: Compiler, number: int, stage: Words) -> None:
    is_trigger = stage["proof"] == "trigger"
    proof = None if is_trigger else made.condition(stage["proof"], "proof", number)
    skips = made.condition(stage.get("skips_when"), "skips_when", number)
    met = made.condition(stage.get("met_by"), "met_by", number, number)
    task = stage.get("task") or {}
    every = length(task["every"]) if "every" in task else None
    standard = stage.get("like")
    row = made.rows.add(
        "stage", version_id=made.version_id, stage_no=number, stage=stage["stage"], standard=standard,
        is_trigger=is_trigger, proof_id=proof, met_by_id=met, skips_when_id=skips, has_due="due" in stage,
        has_pauses="pauses" in stage, is_claim=standard in CLAIM_STAGES, task_kind=task.get("kind"),
        attempts=task.get("attempts", 1), every_number=every.number if every else None,
        every_unit=every.unit if every else None,
        from_id=made.moment(task["from"], is_clock=True) if "from" in task else None,
        by_id=made.moment(task["by"], is_clock=True) if "by" in task else None,
    )  # fmt: skip
    clock = _clock(made, number, stage)
    barring: list[Part] = []
    if standard in CLAIM_STAGES and not has_unnamed_line(made.workflow.bills):
        barring = [("end", n) for n, end in enumerate(ends_of(made)) if end.get("bars") == "code"]
    needs: dict[str, list[Part]] = {
        "proof": _of(proof),
        "skip": [*_of(skips), *barring],
        "clock": clock,
        "late": [("clock", number), ("proof", number)],
        "time": [("clock", number), ("proof", number), *_of(met)],
    }
    for kind, needed in needs.items():
        made.levels.add((kind, number), needed)
        made.placed.append((row, f"{kind}_level", (kind, number)))
    for position, each in enumerate(stage.get("otherwise") or ()):
        _otherwise(made, number, position, each)
    for position, each in enumerate(stage.get("escalate") or ()):
        at = length(each["at"])
        made.rows.add(
            "escalation", version_id=made.version_id, stage_no=number, position=position, number=at.number,
            unit=at.unit, told=each["to"],
        )  # fmt: skip


def _of(condition: int | None) -> list[Part]:
    return [] if condition is None else [("condition", condition)]


def _clock(made: Compiler, number: int, stage: Words) -> list[Part]:
    """Add the rows of `due` and `pauses`, and return what they need."""
    needs: list[Part] = []
    due = stage.get("due")
    for position, row in enumerate(_rows(due) if due is not None else ()):
        when = made.condition(row.get("when"), "due", number)
        to = made.moment(row["to"], (row.get("when") or {}).get("same"), is_clock=True)
        made.rows.add(
            "due",
            version_id=made.version_id,
            stage_no=number,
            position=position,
            when_id=when,
            moment_id=to,
        )
        needs += [*_of(when), made.part_of(to)]
    pauses = stage.get("pauses")
    for each in (pauses.get("any") or [pauses]) if pauses else ():
        condition = made.condition(each, "pauses", number)
        made.rows.add("pause", version_id=made.version_id, stage_no=number, condition_id=condition)
        needs += _of(condition)
    return needs


def _rows(words: Any) -> list[Words]:
    """Return the rows of `due` or `wait`; a single moment is one row."""
    return list(words) if isinstance(words, list | tuple) else [{"to": words}]


def add_waits(made: Compiler) -> None:
    """Add the rows of `wait`, whose moments count from the trigger."""
    needs: list[Part] = []
    wait = made.workflow.opens.get("wait")
    for position, row in enumerate(_rows(wait) if wait is not None else ()):
        when = made.condition(row.get("when"), "wait")
        to = made.moment({"trigger": row["to"]} if isinstance(row["to"], str) else row["to"])
        made.rows.add(
            "wait", version_id=made.version_id, position=position, when_id=when, moment_id=to
        )
        needs += [*_of(when), made.part_of(to)]
    made.levels.add(("due_day", 0), needs)


def _otherwise(made: Compiler, number: int, position: int, row: Words) -> None:
    when = made.condition(row["when"], "otherwise", number)
    made.rows.add(
        "otherwise", version_id=made.version_id, stage_no=number, position=position, when_id=when,
        exception=row.get("exception"), closes=row.get("close"), wait_id=_wait(made, row),
    )  # fmt: skip


def _wait(made: Compiler, row: Words) -> int | None:
    if "wait" not in row:
        return None
    return made.moment(row["wait"], row["when"].get("same"), is_clock=True)


def ends_of(made: Compiler) -> list[Words]:
    """Return the ends of the file, then the standing ends (28)."""
    return [*made.workflow.ends, *made.workflow.standing["ends"]]


def add_ends(made: Compiler) -> None:
    """Add every end, with the stage until which it is asked; one that the workflow lacks limits nothing (7)."""
    for position, end in enumerate(ends_of(made)):
        when = made.condition(end["when"], "ends")
        until = made.stage_no(end["until"]) if "until" in end else NOWHERE
        bars = end.get("bars")
        row = made.rows.add(
            "end", version_id=made.version_id, position=position, reason=end["reason"], when_id=when,
            until_stage=None if until == NOWHERE else until, status=end.get("as", "closed"), bars=bars,
        )  # fmt: skip
        needs = _of(when)
        if until != NOWHERE:
            needs += [("proof", until), *([("skip", until)] if bars != "code" else [])]
        made.levels.add(("end", position), needs)
        made.placed.append((row, "level", ("end", position)))


def add_blocks(made: Compiler) -> None:
    """Add the standing blocks."""
    blocks: tuple[Mapping[str, Any], ...] = made.workflow.standing["blocks"]
    for position, block in enumerate(blocks):
        when = made.condition(block["when"], "blocks")
        made.rows.add(
            "block", version_id=made.version_id, position=position, when_id=when,
            tasks=None if block["tasks"] == "all" else list(block["tasks"]), exception=block.get("exception"),
            wait_id=_wait(made, block),
        )  # fmt: skip
