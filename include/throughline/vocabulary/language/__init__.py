"""The words of the language in which a workflow is a file: kinds of facts, meanings, details, links, times, anchors."""

from collections.abc import Collection, Mapping
from typing import Any

from throughline.vocabulary.language.awaited import AWAITED, OWN
from throughline.vocabulary.language.carried import CARRIED
from throughline.vocabulary.language.details import DETAILS
from throughline.vocabulary.language.kind import Codes, Detail, Kind, Meaning, Slot
from throughline.vocabulary.language.links import (
    ANCHORS,
    NOT_A_WORD,
    PERIODS_OF_THE_CALENDAR,
    SLOTS,
    TIMES,
    anchors,
    periods,
)
from throughline.vocabulary.language.meanings import MEANINGS
from throughline.vocabulary.language.shape import is_code

KINDS: Mapping[str, Kind] = dict(sorted({**CARRIED, **AWAITED, **OWN}.items()))
"""Every kind of fact that a definition may name."""

__all__ = [
    "ANCHORS",
    "DETAILS",
    "KINDS",
    "MEANINGS",
    "NEEDS_NO_FEED",
    "NOT_A_WORD",
    "PERIODS_OF_THE_CALENDAR",
    "SLOTS",
    "TIMES",
    "Codes",
    "Detail",
    "Kind",
    "Meaning",
    "Slot",
    "anchors",
    "is_code",
    "lacking",
    "periods",
]


NEEDS_NO_FEED = frozenset({*OWN, "decision"})
"""Kinds that no feed needs to carry: our own cases, and what a named person stated."""


def lacking(fact: Mapping[str, Any], carried: Collection[str]) -> frozenset[str]:
    """Return the kinds that a named fact needs and nothing carries; empty if it can be there.

    `fact` has `kind`, one or several of which one is enough, or `meaning`, which may need several at once. What it
    names and there is not needs nothing.
    """
    if isinstance(fact.get("meaning"), str):
        meaning = MEANINGS.get(fact["meaning"])
        groups = meaning.needs if meaning else ()
    else:
        said = fact.get("kind")
        kinds = tuple(said) if isinstance(said, list | tuple) else (said,)
        groups = (tuple(each for each in kinds if each in KINDS),)
    return frozenset(
        kind
        for group in groups
        if not any(each in carried or each in NEEDS_NO_FEED for each in group)
        for kind in group
    )
