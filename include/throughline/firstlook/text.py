"""Renders what a look has found as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from throughline.firstlook.found import BAD, GOOD, NOTE, Finding, Look
from throughline.told.text import section, table, wrap
from throughline.vocabulary.counts import count

MARKS = {GOOD: "+", NOTE: "-", BAD: "!"}


def render(look: Look) -> str:
    """Return a look as text."""
    parts = [f"{look.source}: {look.title} ({look.how}), {look.place}"]
    for tone, name in (
        (GOOD, "IN ORDER"),
        (NOTE, "TO BE KNOWN"),
        (BAD, "TO BE CHANGED BEFORE A FIRST NIGHT"),
    ):
        told = [line for one in look.findings if one.tone == tone for line in _lines(one)]
        if told:
            parts.append(section(name, *told))
    if look.offers:
        header = ("feed", "read by", "offered", "sample")
        parts.append(section("WHAT THE SOURCE ASKS FOR", table(header, look.offers, (3,))))
    wrong = sum(one.tone == BAD for one in look.findings)
    parts.append(
        f"{count(wrong, 'thing')} to change before a first night."
        if wrong
        else "Nothing has to change."
    )
    return "\n\n".join(parts)


def _lines(one: Finding) -> Iterator[str]:
    yield wrap(f"{MARKS[one.tone]} {one.text}").replace("\n", "\n  ")
    if one.write:
        yield "    " + wrap(one.write).replace("\n", "\n    ")
