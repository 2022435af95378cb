"""Reads YAML as a person writes it: YAML 1.2 words, every place with its line, all faults of a file at once.

`on`, `yes` and `07` are words here; only whole numbers, decimal fractions, `true` and `false` are not. Aliases and tags
are refused: whoever signs the file must see what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from throughline.vocabulary import Document, Place, shown
from throughline.vocabulary.documents import cannot_be_read

# The C parser gives the same events, at a tenth of the time.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

MOST_BYTES, MOST_DEPTH = 1_000_000, 40
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of a file, and what to write instead. `line` is known where the place is not enough.

    `hides` are the places at and below which other problems would only follow from this one. `is_unreadable` says that
    what stands at the place is of no use to further checks, `is_lack` that something is missing there.
    """

    place: Place
    text: str
    line: int | None = None
    hides: tuple[Place, ...] = ()
    is_unreadable: bool = False
    is_lack: bool = False


@dataclass
class _Built:
    """What has been read so far."""

    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, place: Place, line: int, text: str) -> None:
        self.problems.append(Problem(place, text, line, (place,) if place else ()))


def read(path: Path) -> tuple[Document, list[Problem]]:
    """Return what a file says, and what is wrong with it as YAML. Raises nothing.

    What cannot be read is left out; a key that stands twice has its first value.
    """
    name = shown(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            return _unread(name, f"is larger than {MOST_BYTES:,} bytes: this is not a workflow")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return _unread(name, "is not UTF-8: save it as such")
    except FileNotFoundError:
        return _unread(name, "there is no such file")
    except OSError as error:
        return _unread(name, cannot_be_read(error))
    return parse(text, name)


def parse(text: str, name: str = "") -> tuple[Document, list[Problem]]:
    """Return what a YAML text says, and what is wrong with it. Raises nothing."""
    built = _Built()
    try:
        events = yaml.parse(text, Loader=_Loader)
        data = _document(events, built)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        what = (error.problem or "it ends too early").replace("\n", " ")
        return _unread(name, f"this is not valid YAML from here on: {what}", line)
    except yaml.YAMLError as error:  # a character that YAML does not allow
        return _unread(name, f"this is not valid YAML: {' '.join(str(error).split())}")
    except _TooDeepError as error:
        return _unread(
            name,
            f"is nested more than {MOST_DEPTH} levels deep: this is not a workflow",
            error.line,
        )
    return Document(name, data, built.lines), built.problems


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def _line(event: Any) -> int:
    """Return the line (from 1) on which an event begins."""
    return int(event.start_mark.line) + 1


def _unread(name: str, text: str, line: int | None = None) -> tuple[Document, list[Problem]]:
    return Document(name, None), [Problem((), text, line)]


def _document(events: Iterator[Any], built: _Built) -> Any:
    """Return the one document of a file; a second one is a problem."""
    data: Any = None
    is_read = False
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and is_read:
            built.wrong(
                (), _line(event), "a second document begins here: write one workflow to a file"
            )
            break
        if isinstance(event, yaml.NodeEvent):
            data = _node(event, events, (), _line(event), built)
            is_read = True
    if not is_read:
        built.wrong((), 1, "the file is empty")
    return data


def _node(event: Any, events: Iterator[Any], place: Place, line: int, built: _Built) -> Any:
    """Return the data that begins with an event, and note the line of each place in it."""
    if len(place) > MOST_DEPTH:
        raise _TooDeepError(_line(event))
    built.lines.setdefault(place, line)
    if isinstance(event, yaml.AliasEvent):
        built.wrong(place, line, f"*{event.anchor} stands for another part: write it out here")
        return ""
    if getattr(event, "anchor", None):
        built.wrong(place, line, f"&{event.anchor} names a part to repeat it: write each out")
    if getattr(event, "tag", None) not in (None, "!"):
        built.wrong(place, line, f"the tag {event.tag} is not read here: leave it out")
    if isinstance(event, yaml.SequenceStartEvent):
        return _list(events, place, built)
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, place, built)
    return _scalar(event, place, line, built)


def _list(events: Iterator[Any], place: Place, built: _Built) -> list[Any]:
    found: list[Any] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        here = (*place, len(found))
        found.append(_node(event, events, here, _line(event), built))
    return found


def _mapping(events: Iterator[Any], place: Place, built: _Built) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent):
            _node(event, events, (*place, ""), line, built)
            built.wrong(place, line, "a key must be a word")
            _skipped(events, built)
            continue
        key = event.value
        if key in found:
            first = built.lines[(*place, key)]
            told = f"the key {key!r} is on line {first} already: write it once"
            built.wrong((*place, key), line, told)
            _skipped(events, built)
            continue
        found[key] = None  # noted before its value is read: what is in it may be wrong
        value = next(events)
        found[key] = _node(value, events, (*place, key), line, built)
    return found


def _skipped(events: Iterator[Any], built: _Built) -> None:
    """Read past a value that is not kept."""
    event = next(events)
    _node(event, events, ("",), _line(event), _Built())


def _scalar(event: Any, place: Place, line: int, built: _Built) -> Any:
    said: str = event.value
    if event.style not in (None, ""):  # in quotes, or a block of text
        return said
    if said in _NOTHING:
        built.wrong(place, line, "this is empty: write a value, or leave the key out")
        return ""
    if said in _TRUTHS:
        return _TRUTHS[said]
    if _INTEGER.fullmatch(said):
        return int(said)
    return float(said) if _DECIMAL.fullmatch(said) else said
