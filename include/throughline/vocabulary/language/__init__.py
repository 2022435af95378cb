"""The words of the language in which a workflow is a file: kinds of facts, meanings, details, links, times, anchors."""

from collections.abc import Iterable, Mapping

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
    "feeding",
    "is_code",
    "periods",
]


def feeding(kinds: Iterable[str], meaning: str | None = None) -> frozenset[str]:
    """Return the kinds of fact that have to be carried for a named fact to be seen: its own, or those of its meaning.

    Raises `KeyError` for a meaning that there is not.
    """
    return frozenset(kinds) if meaning is None else frozenset(MEANINGS[meaning].made_of)
