"""Reads a YAML definition and remembers the line of each place in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Use libyaml's parser if the wheel has it: it is ten times as fast and gives the same marks.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The keys that name an entry of a list.
NAMES = ("stage", "reason", "code")

Place = tuple[str | int, ...]
"""A path in a document: keys and list indexes."""


ROOT = Path(__file__).resolve().parents[3]


def shown(path: Path) -> str:
    """Return the path of a file as its reader can open it: below this project relative to it, else whole."""
    whole = path.absolute()
    return whole.relative_to(ROOT).as_posix() if whole.is_relative_to(ROOT) else str(whole)


def version(path: Path) -> tuple[int, int, int]:
    """Return what is another when a file was written anew, or may be read now: what is kept of it is kept by this.

    Raises `OSError`.
    """
    about = path.stat()
    return about.st_ino, about.st_ctime_ns, about.st_size


def data(text: str) -> Any:
    """Return the data of a YAML text, without its lines. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - either is a safe loader


class DefinitionError(ValueError):
    """A definition is incomplete or invalid; the message names the file, the line and the place."""


@dataclass(frozen=True)
class Document:
    """One definition: its data, and the line (from 1) on which each place begins.

    `files` names the file of each place, where a definition is put together of two.
    """

    name: str
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)
    files: Mapping[Place, str] = field(default_factory=dict)

    def at(self, place: Place) -> str:
        """Return a place as in messages: `file:line: stages/seen/clock`, without a line if it is not known."""
        known = next((p for n in range(len(place), -1, -1) if (p := place[:n]) in self.lines), None)
        line = "" if known is None else f":{self.lines[known]}"
        file = self.name if known is None else self.files.get(known, self.name)
        return f"{file}{line}: {'/'.join(self._words(place)) or 'top'}"

    def _words(self, place: Place) -> list[str]:
        """Return the steps of a place, with the names of list entries instead of indexes if they have one."""
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
    """Return the content of a file. Raises `DefinitionError` for invalid YAML and for ambiguous keys.

    A key is ambiguous if it appears twice (the last one would win), or if YAML reads it as a number, a
    date or a boolean: `no` and `020` are words here, and must be quoted.
    """
    name = shown(path)
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise DefinitionError(f"{name}: is not UTF-8: save it as such") from None
    except FileNotFoundError:
        raise DefinitionError(f"{name}: there is no such file") from None
    except OSError as error:
        raise DefinitionError(f"{name}: {cannot_be_read(error)}") from None
    except yaml.YAMLError as error:  # characters that YAML does not allow
        raise DefinitionError(f"{name}: invalid YAML: {error}") from error
    lines: dict[Place, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(name, None, {(): 1})
        _mark(name, node, (), node.start_mark.line, lines)
        return Document(name, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise DefinitionError(f"{name}{line}: invalid YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise DefinitionError(f"{name}: invalid YAML: {error}") from error
    finally:
        loader.dispose()


def cannot_be_read(error: OSError) -> str:
    """Return what is wrong with a file or folder that this program cannot read, and what to do."""
    who = f"this program runs as uid {os.geteuid()}"
    return f"cannot be read ({error.strerror}): {who}; in a container it is another user than yours"


def _mark(name: str, node: yaml.Node, place: Place, line: int, lines: dict[Place, int]) -> None:
    """Record the line of a node and of everything below it. Raises `DefinitionError`."""
    lines[place] = line + 1
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _mark(name, item, (*place, number), item.start_mark.line, lines)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            where = f"{name}:{key.start_mark.line + 1}: {'/'.join(map(str, place)) or 'top'}"
            if key.tag != "tag:yaml.org,2002:str":
                said = key.value if isinstance(key, yaml.ScalarNode) else "a list"
                raise DefinitionError(f"{where}: the key {said} is not a word; write it in quotes")
            if (*place, key.value) in lines:
                raise DefinitionError(f"{where}: the key {key.value} appears twice")
            _mark(name, value, (*place, key.value), key.start_mark.line, lines)
