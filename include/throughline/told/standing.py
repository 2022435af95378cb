"""What holds until somebody decides otherwise: told first, each morning."""

from __future__ import annotations

from throughline.told import words
from throughline.told.numbers import Numbers
from throughline.told.shapes import SwitchedOff


def switched_off(row: SwitchedOff) -> str:
    """Return that a workflow opens nothing any more, and what becomes of its open cases."""
    if not row.cases:
        return f"{row.title} is switched off: it opens no more cases, and has none open."
    open_ = f"{words.count(row.cases, 'open case')} {'goes' if row.cases == 1 else 'go'} on"
    becomes = {
        None: f"{open_} as before, until somebody decides what becomes of them (make exceptions)",
        "finish": f"{open_} to the end, as {row.by} decided",
        "close_cases": f"{words.count(row.cases, 'open case')} to be closed by the next night, as {row.by} decided",
    }[row.decided]
    return f"{row.title} is switched off: it opens no more cases; {becomes}."


def what_holds(numbers: Numbers) -> list[str]:
    """Return what holds until somebody decides otherwise: a pause of sending, workflows that are switched off."""
    return [
        *(words.paused(one, numbers.time_zone) for one in numbers.paused),
        *(switched_off(one) for one in numbers.switched_off),
    ]
