"""What a list of words is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WordList:
    """One list of words: each word with what it means.

    `not_yet` lists words without effect so far, each with the reason: definitions may not use them, rows of earlier
    versions may. `columns` are the warehouse columns that hold only words of the list, as `schema.table.column`.
    """

    name: str
    title: str
    about: str
    words: Mapping[str, str]
    not_yet: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
