"""Moments, lengths and windows as phrases (rules 1, 3, 5, 6, 7 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from throughline.workflows.language.expanded import Words, Workflow
from throughline.workflows.language.lengths import is_length, length
from throughline.workflows.language.rendered.phrases import Phrases, quoted, spaced
from throughline.workflows.language.rendered.told import listed
from throughline.workflows.language.walk import FROM_TRIGGER

COUNTS_FROM_TRIGGER = FROM_TRIGGER | {"due", "pauses"}
"""Where a window without `from` begins at the trigger; elsewhere it is open (6)."""
OF_THE_CALENDAR = ("month", "quarter", "year")


@dataclass(frozen=True)
class Telling:
    """Whose definition is told, and by which words."""

    workflow: Workflow
    phrases: Phrases

    @property
    def period(self) -> str | None:
        """Return the period that opens a case, by its name; None if an event does."""
        each = self.workflow.opens.get("each")
        if each is None:
            return None
        return "period" if isinstance(each, Mapping) else str(each)

    def is_stage(self, name: str) -> bool:
        """Tell whether a name is a stage of this workflow."""
        return self.workflow.stage(name) is not None

    def is_period(self, name: str) -> bool:
        """Tell whether a link or an anchor names a period."""
        periods = {*OF_THE_CALENDAR, "period", self.period, *self.phrases.seasons}
        return name in periods and not self.is_stage(name) and self.workflow.fact(name) is None


def named_period(name: str) -> str:
    """Return what a period is called inside a sentence."""
    return "run of days" if name == "period" else spaced(name)


def long(text: Any) -> str:
    """Return a length without its sign, the number and the unit agreeing: 1 day, 2 business days."""
    if not isinstance(text, str) or not is_length(text):
        return str(text)
    read = length(text)
    number = abs(read.number)
    return f"{number} {read.unit[:-1] if number == 1 else read.unit}"


def anchor(name: str, telling: Telling, linked: bool = False) -> str:
    """Return what a moment counts from. `linked` says that a fact must have the link that its row names (11)."""
    period = telling.period
    if name == "trigger":
        return f"the start of the {named_period(period)}" if period else "the trigger"
    if name in _FIXED:
        return _FIXED[name]
    if telling.is_stage(name):
        return f"stage {quoted(name)}"
    if telling.workflow.fact(name) is not None:
        return f"the newest record of {quoted(name)}" + (" with that link" if linked else "")
    bare = name.removesuffix("_end")
    if telling.is_period(bare):
        end = "end" if name != bare else "start"
        of = "" if bare == period else " of the trigger"
        return f"the {end} of the {named_period(bare)}{of}"
    return f"stage {quoted(name)}, which is not in this workflow"


_FIXED = {
    "opened": "the opening of the case",
    "due_day": "the day on which the case was due to open",
    "now": "tonight",
}


def moment(words: Any, telling: Telling, edge: str = "", linked: bool = False) -> str:
    """Return a moment as a phrase. `edge` is `start` or `end`: which end of a whole day a bound takes (1)."""
    if isinstance(words, str):
        return anchor(words, telling, linked)
    if isinstance(words, Mapping) and "soonest" in words:
        each = [moment(one, telling, edge, linked) for one in words["soonest"]]
        return (
            f"the earliest of these: {listed(each)}" if len(each) > 1 else f"the one of {each[0]}"
        )
    if not isinstance(words, Mapping) or len(words) != 1:
        return str(words)
    ((name, by),) = words.items()
    return _counted(anchor(name, telling, linked), str(by), edge)


def _counted(of: str, by: str, edge: str) -> str:
    if not is_length(by):
        return f"{by} after {of}"
    read = length(by)
    side = "before" if by.startswith("-") else "after"
    if read.is_in_hours:
        return f"{long(by)} {side} {of}, to the minute"
    end = f"the {edge} of " if edge else ""
    if read.number == 0 and read.unit == "days" and side == "after":
        return f"{end}the day of {of}"
    return f"{end}the day {long(by)} {side} {of}"


def window(words: Words, decides: str, telling: Telling) -> str:
    """Return the window of a condition, the default of its start included (6); empty if there is none to tell."""
    if "at" in words:
        at = words["at"]
        if at == "now":
            return "as of tonight"
        return f"{'on' if _is_in_days(at) else 'at the time of'} {moment(at, telling)}"
    start = words.get("from", "trigger" if decides in COUNTS_FROM_TRIGGER else None)
    end = words.get("to")
    if start is None and end is None:
        return "at any time"
    if end is None:
        return f"from {moment(start, telling, 'start')} on"
    through = f"through {moment(end, telling, 'end')}"
    return (
        f"from {moment(start, telling, 'start')} {through}" if start else f"at any time {through}"
    )


def _is_in_days(words: Any) -> bool:
    """Tell whether a moment is a whole day (1)."""
    if not isinstance(words, Mapping) or "soonest" in words:
        return False
    (by,) = words.values()
    return is_length(str(by)) and not length(str(by)).is_in_hours


def clock(words: Any, telling: Telling, linked: bool = False) -> str:
    """Return when a clock ends: *by the end of the day 2 business days after the trigger*."""
    return f"by {moment(words, telling, 'end', linked)}"
