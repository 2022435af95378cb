"""Finds the standards: the packages next to this module that have a module `standard`."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from throughline.sources.entry import STANDARDS
from throughline.sources.source import SourceDefinition
from throughline.sources.standard import Standard


class UnknownStandardError(LookupError):
    """No package with this name reads a standard."""


def names() -> tuple[str, ...]:
    """Return the names of all standards, in order, without importing their packages."""
    return STANDARDS


@cache
def standard(name: str) -> Standard:
    """Return a standard by its name. Raises `UnknownStandardError`."""
    if name not in STANDARDS:
        raise UnknownStandardError(f"unknown standard {name!r}; known are {', '.join(names())}")
    return cast("Standard", import_module(f"{__package__}.{name}.standard").STANDARD)


def read_as(about: SourceDefinition) -> str:
    """Return a digest of what decides how bytes of a source become rows: the code and the conventions."""
    said = json.dumps([about.time_zone, about.conventions], sort_keys=True, default=str)
    return hashlib.sha256(f"{_code()}{said}".encode()).hexdigest()[:16]


@cache
def _code() -> str:
    whole = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        whole.update(file.read_bytes())
    return whole.hexdigest()
