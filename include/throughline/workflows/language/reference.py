"""Writes the tables of `docs/workflow-language.md`: every key from the schema, every word from the vocabulary.

`python -m throughline.workflows.language.reference [--check]`; with `--check` it writes nothing and exits with 1 if the
page differs. What stands outside the marks is written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from throughline import programs
from throughline.vocabulary.documents import ROOT
from throughline.vocabulary.language import ANCHORS, DETAILS, KINDS, MEANINGS, SLOTS, TIMES
from throughline.vocabulary.language.kind import Codes, Kind
from throughline.vocabulary.schemas import schema_of
from throughline.workflows.language.structure import MAY, SCHEMA

PAGE = ROOT / "docs" / "workflow-language.md"
PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "The file": ("", ()),
    "A named fact": ("fact", ()),
    "What opens a case": ("opens", ()),
    "A condition": ("condition", ()),
    "A stage": ("stage", ()),
    "The task of a stage": ("task", ()),
    "A row of `otherwise`": ("stage", ("otherwise",)),
    "A row of `escalate`": ("stage", ("escalate",)),
    "Bills": ("bills", ()),
    "A row of bills": ("bills", ("first_of",)),
    "Further units, `add`": ("bills", ("first_of", "add")),
    "An end": ("end", ()),
    "A block (standing rules only)": ("block", ()),
}
"""The tables of keys: title, the part of the schema, and the keys below it."""


def render(page: str) -> str:
    """Return the page with its generated parts written anew. Raises `ValueError` if a mark is missing."""
    for name, lines in (("keys", _keys()), ("words", _words())):
        begin, end = f"<!-- {name}: written by `make docs` -->", f"<!-- end of the {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"{PAGE.name}: the marks of the {name} are missing")
        head, _, rest = page.partition(begin)
        page = f"{head}{begin}\n\n" + "\n".join(lines) + f"\n\n{end}{rest.partition(end)[2]}"
    return page


def _keys() -> Iterator[str]:
    schema = schema_of(SCHEMA)
    for number, (title, (part, steps)) in enumerate(PARTS.items()):
        here = schema if not part else schema["$defs"][part]
        for step in steps:
            here = _items(schema, here["properties"][step])
        must = set(here.get("required", ()))
        yield from ["", f"### {title}", "", "| key | meaning |", "| --- | --- |"][number == 0 :]
        for key, said in here["properties"].items():
            needed = " **Needed.**" if key in must else ""
            yield f"| `{key}` | {_cell(_about(schema, said))}{needed} |"
        yield from _together(title)


def _together(title: str) -> Iterator[str]:
    """Yield which keys of a condition go together."""
    if title != "A condition":
        return
    yield from ["", "A condition asks one thing. Beside it may stand:", ""]
    yield from ["| asks | may stand beside it |", "| --- | --- |"]
    for head, may in MAY.items():
        beside = ", ".join(f"`{key}`" for key in may) or "nothing"
        yield f"| `{head}` | {beside} |"


def _items(schema: Mapping[str, Any], said: Mapping[str, Any]) -> Any:
    """Return what a key holds: the entries of a list, what a reference names."""
    while "$ref" in said and said["$ref"].startswith("#"):
        said = schema["$defs"][said["$ref"].rpartition("/")[2]]
    return _items(schema, said["items"]) if "items" in said else said


def _about(schema: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    if "description" in said:
        return str(said["description"])
    found = _items(schema, said)
    return str(found.get("description", "The same as above."))


def _words() -> Iterator[str]:
    yield from ["### Kinds of fact", ""]
    yield "A kind that is marked *no feed yet* comes from a table of yours, once one is connected that carries it."
    yield from ["", *_kinds(KINDS)]
    yield from [
        "",
        "### Meanings",
        "",
        "What is worked out from several records.",
        "",
        *_kinds(MEANINGS),
    ]
    yield from ["", "### Links", "", "| link | meaning |", "| --- | --- |"]
    yield from (f"| `{name}` | {_cell(slot.meaning)} |" for name, slot in SLOTS.items())
    yield from ["", "### Details", "", "| detail | holds | meaning |", "| --- | --- | --- |"]
    for name, detail in sorted(DETAILS.items()):
        words = ": " + ", ".join(f"`{word}`" for word in detail.words) if detail.words else ""
        yield f"| `{name}` | {detail.holds} | {_cell(detail.meaning)}{words} |"
    yield from ["", "### Times of a fact", "", "| time | meaning |", "| --- | --- |"]
    yield from (f"| `{name}` | {_cell(means)} |" for name, means in TIMES.items())
    yield from ["", "### Moments of every workflow", "", "| moment | meaning |", "| --- | --- |"]
    yield from (f"| `{name}` | {_cell(means)} |" for name, means in ANCHORS.items())


def _kinds(kinds: Mapping[str, Kind]) -> Iterator[str]:
    yield "| name | meaning | codes | statuses | details | links |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, kind in kinds.items():
        marks = "" if kind.carried else " *No feed yet.*"
        lasts = " *Lasts.*" if kind.lasts else ""
        cells = [
            f"`{name}`",
            f"{kind.meaning}.{lasts}{marks}",
            _codes(kind.codes),
            _named(kind.status),
            _named(sorted(kind.where)),
            _named(sorted(kind.links - {"record"})),
        ]
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _codes(codes: Codes | None) -> str:
    if codes is None:
        return ""
    parts = [_named(codes.words)] if codes.words else []
    parts += [system.rpartition("/")[2] for system in codes.systems]
    parts += [codes.of.replace("_", " ")] if codes.of else []
    return ", ".join(parts)


def _named(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it differs; returns 1 if it does."""
    before = PAGE.read_text(encoding="utf-8")
    now = render(before)
    if "--check" not in arguments:
        PAGE.write_text(now, encoding="utf-8")
        return 0
    if now != before:
        print(f"{PAGE.name} differs: make docs", file=sys.stderr)
    return int(now != before)


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]))
