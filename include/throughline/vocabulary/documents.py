"""Reads a YAML file of the definitions, and knows the line of everything that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# The parser of libyaml, where the wheel has it: ten times as fast, with the same marks.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What an entry of a list is known by.
NAMES = ("stage", "reason", "code")

Place = tuple[str | int, ...]
"""Where something stands in a document: keys, and indexes of lists."""


class DefinitionError(ValueError):
    """A definition is incomplete or says what it may not; the text names the file, the line and the place."""


@dataclass(frozen=True)
class Document:
    """One definition: what it says, and the line on which each place begins (from 1)."""

    name: str
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def at(self, place: Place) -> str:
        """Return a place as a message names it: `file:line: stages/seen/clock`, without a line where none is known."""
        known = next((p for n in range(len(place), -1, -1) if (p := place[:n]) in self.lines), None)
        line = "" if known is None else f":{self.lines[known]}"
        return f"{self.name}{line}: {'/'.join(self._words(place)) or 'top'}"

    def _words(self, place: Place) -> list[str]:
        """Return the steps of a place; an entry of a list goes by its name, if it has one."""
        words, here = [], self.data
        for step in place:
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                here = None
            names = [here.get(key) for key in NAMES] if isinstance(here, dict) else []
            name = next((each for each in names if isinstance(each, str)), None)
            words.append(name if name and isinstance(step, int) else str(step))
        return words


def read(path: Path) -> Document:
    """Return what a file says. Raises `DefinitionError` for what is no YAML, or is not sure to mean what it shows.

    That is a key that stands twice (the last one would win), and a key that YAML reads as a number, a
    date or a truth value: `no` and `020` are words here, and are written in quotes.
    """
    loader = _Loader(path.read_text(encoding="utf-8"))
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(path.name, None, {(): 1})
        _mark(path.name, node, (), node.start_mark.line, lines)
        return Document(path.name, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise DefinitionError(f"{path.name}{line}: this is no YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise DefinitionError(f"{path.name}: this is no YAML: {error}") from error
    finally:
        loader.dispose()


def _mark(name: str, node: yaml.Node, place: Place, line: int, lines: dict[Place, int]) -> None:
    """Note the line of a node and of all below it. Raises `DefinitionError`."""
    lines[place] = line + 1
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _mark(name, item, (*place, number), item.start_mark.line, lines)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            where = f"{name}:{key.start_mark.line + 1}: {'/'.join(map(str, place)) or 'top'}"
            if key.tag != "tag:yaml.org,2002:str":
                said = key.value if isinstance(key, yaml.ScalarNode) else "a list"
                raise DefinitionError(f"{where}: the key {said} is no word: write it in quotes")
            if (*place, key.value) in lines:
                raise DefinitionError(f"{where}: the key {key.value} stands here twice")
            _mark(name, value, (*place, key.value), key.start_mark.line, lines)
