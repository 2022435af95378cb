"""Finds the standards: the packages next to this module that have a module `standard`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from throughline.sources.entry import STANDARDS
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
