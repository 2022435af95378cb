"""A picture of a workflow: its stages from top to bottom with their clocks, and the ends that can leave on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from throughline.workflows.language.expanded import Words
from throughline.workflows.language.rendered.opening import first
from throughline.workflows.language.rendered.phrases import quoted, spaced
from throughline.workflows.language.rendered.stages import title
from throughline.workflows.language.rendered.times import Telling, clock
from throughline.workflows.language.rendered.told import listed

WIDTH, LEFT, GAP = 360, 12, 22
LINE, PAD = 17, 10
INDENT = 54
PER_CHARACTER = 6.9
"""The width of a character of the picture's text, on the safe side: the widest of the usual fonts at 12 pixels."""


@dataclass(frozen=True)
class _Box:
    """A box of the picture: its lines, of which the first are its name, its class, and how far it is indented."""

    lines: tuple[str, ...]
    kind: str
    indent: int = 0
    named: int = 1

    @property
    def height(self) -> int:
        return len(self.lines) * LINE + 2 * PAD - 5


def picture(telling: Telling) -> str:
    """Return the picture as SVG. It scales to the width of its place, and its colours come from the page's style."""
    boxes = list(_boxes(telling))
    drawn, top, left_at = [], 6, 0
    for box in boxes:
        if box.indent:
            drawn.append(_branch(top + box.height // 2))
        elif left_at:
            drawn.append(_arrow(left_at, top))
        drawn.append(_drawn(box, top))
        left_at = left_at if box.indent else top + box.height
        top += box.height + GAP
    height = top - GAP + 6
    named = f"{telling.workflow.title or spaced(telling.workflow.workflow)}: the stages in order"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="picture-title picture-about"><title id="picture-title">{escape(named)}</title>'
        f'<desc id="picture-about">{escape(" ".join(about(telling)))}</desc>{"".join(drawn)}</svg>'
    )


def about(telling: Telling) -> tuple[str, ...]:
    """Return what the picture shows in words, a sentence for each of its boxes."""
    return tuple(
        f"{box.lines[0]}: {'; '.join(box.lines[1:])}." for box in _boxes(telling, wrap=False)
    )


def _boxes(telling: Telling, *, wrap: bool = True) -> Iterator[_Box]:
    def box(name: str, more: list[str], kind: str, indent: int = 0) -> _Box:
        if not wrap:
            return _Box((name, *more), kind, indent)
        room = int((WIDTH - 2 * LEFT - indent - 2 * PAD) / PER_CHARACTER)
        head = wrapped(name, room - 2)  # it is bold
        return _Box(
            (*head, *(line for text in more for line in wrapped(text, room))),
            kind,
            indent,
            len(head),
        )

    workflow = telling.workflow
    yield box("A case opens", [first(telling)], "edge")
    for place, stage in enumerate(workflow.stages, 1):
        name = str(stage["stage"])
        yield box(f"{place}. {name}", [_clocked(stage, telling), title(stage, telling)], "box")
        left = [end for end in workflow.ends if end.get("until") == name]
        if left:
            reach = f"Until {quoted(name)} is proven or skipped it can end"
            yield box(reach, [_end(end) for end in left], "exit", INDENT)
    anywhere = [end for end in workflow.ends if workflow.stage(str(end.get("until"))) is None]
    if anywhere:
        yield box("At any stage it can end", [_end(e) for e in anywhere], "exit", INDENT)
    yield box("The case is completed", [_billed(telling)], "edge")


def _clocked(stage: Words, telling: Telling) -> str:
    due = stage.get("due")
    if due is None:
        return "no clock"
    if isinstance(due, list | tuple):
        return listed(_of_row(row, telling) for row in due)
    return clock(due, telling)


def _of_row(row: Any, telling: Telling) -> str:
    return clock(row.get("to"), telling)


def _end(end: Words) -> str:
    reason = spaced(str(end.get("reason")))
    if "bars" in end:
        return f"{reason} (goes on without its {end['bars']})"
    return f"{reason} ({end.get('as', 'closed')})"


def _billed(telling: Telling) -> str:
    if telling.workflow.bills is None:
        return "nothing is billed"
    codes = telling.workflow.own_codes
    return f"bills {listed(codes)}" if codes else "bills what is charged"


def wrapped(text: str, room: int) -> list[str]:
    """Return a text in lines of at most so many characters; a longer word is broken."""
    lines: list[str] = [""]
    for word in text.split():
        left = word
        while left:
            space = room - len(lines[-1]) - (1 if lines[-1] else 0)
            if len(left) <= space:
                lines[-1] = f"{lines[-1]} {left}".strip()
                left = ""
            elif lines[-1]:
                lines.append("")
            else:
                lines[-1], left = left[:room], left[room:]
                if left:
                    lines.append("")
    return [line for line in lines if line] or [""]


def _drawn(box: _Box, top: int) -> str:
    x, width = LEFT + box.indent, WIDTH - 2 * LEFT - box.indent
    shape = (
        f'<rect class="{box.kind}" x="{x}" y="{top}" width="{width}" height="{box.height}" rx="6"/>'
    )
    words = "".join(
        f'<text class="{"name" if n < box.named else "soft"}" x="{x + PAD}" y="{top + PAD + 9 + n * LINE}">'
        f"{escape(line)}</text>"
        for n, line in enumerate(box.lines)
    )
    return shape + words


def _arrow(top: int, bottom: int) -> str:
    x = LEFT + 24
    return (
        f'<path class="way" d="M{x} {top}V{bottom - 6}"/>'
        f'<path class="tip" d="M{x - 4} {bottom - 7}h8l-4 7z"/>'
    )


def _branch(at: int) -> str:
    """Return the way out to a box that stands beside the way."""
    x, end = LEFT + 24, LEFT + INDENT
    return f'<path class="way" d="M{x} {at}H{end - 6}"/><path class="tip" d="M{end - 7} {at - 4}v8l7-4z"/>'
