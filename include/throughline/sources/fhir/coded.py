"""The code of a concept: of several codings, the one that is known, else by the text beside it."""

from __future__ import annotations

from collections.abc import Iterable

from throughline.sources.codes import Codes
from throughline.sources.fhir.values import Concept


def code_of(codes: Codes, concept: Concept | None) -> str | None:
    """Return the word for a concept: see `coding_of`."""
    return coding_of(codes, concept)[1]


def coding_of(codes: Codes, concept: Concept | None) -> tuple[str | None, str | None]:
    """Return system and word of a concept, of which the first coding that is known counts.

    A word that the text gave, or that stands for another code, has no system. Without a known one, the
    first coding is returned as it was sent. (None, None) if nothing was sent.
    """
    if concept is None:
        return None, None
    codings = concept.coding
    if len(codings) == 1 and concept.text is None:
        only = codings[0]
        word = codes(only.code, only.display)
        return only.system if word == only.code else None, word
    first: tuple[str | None, str | None] = (None, None)
    for coding in codings:
        word, is_known = codes.find(coding.code, coding.display)
        if is_known:
            return coding.system if word == coding.code else None, word
        if first[1] is None and word is not None:
            first = (coding.system if word == coding.code else None), word
    if concept.text:
        word, is_known = codes.find(None, concept.text)
        if is_known or first[1] is None:
            return None, word
    return first


def pick_of(codes: Codes, concepts: Iterable[Concept]) -> str | None:
    """Return the word for the first of several concepts that is known, else for the first one."""
    first: str | None = None
    for concept in concepts:
        word = code_of(codes, concept)
        if word is None:
            continue
        if codes.find(word)[1]:
            return word
        first = first or word
    return first
