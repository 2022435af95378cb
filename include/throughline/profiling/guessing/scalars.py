"""Writes a text as one scalar of YAML, within a line: the library says whether it needs quotes."""

from __future__ import annotations

import sys
from typing import Any

import yaml


def quoted(text: str) -> str:
    """Return a text as YAML that loads as the same text, also as a key and within [] or {}; in quotes if it must be."""
    plain = _dumped(text)
    # quotes of one kind, in which a line end is an escape and no line end
    return plain if plain == text else _dumped(text, default_style='"')


def _dumped(text: str, **style: Any) -> str:
    in_a_list: str = yaml.safe_dump(
        [text], default_flow_style=True, allow_unicode=True, width=sys.maxsize, **style
    )
    return in_a_list.strip()[1:-1]
