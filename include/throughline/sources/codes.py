"""What a source's own codes mean: its definition's `conventions.codes`, and the words known to everybody.

Every field of the catalogue that holds codes has a list of those that are known: its words, the entries
of its code maps, the practice's own list. A source may map its own codes to them, by field:

    conventions:
      codes:
        appointment.status: {NS: noshow, X: cancelled}

The text beside a code counts only if it equals an entry after folding case, blanks and punctuation (`fold`).
What is not known stays as it was sent: nothing rests on it (`evidence.unmapped`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from throughline.sources import catalogue
from throughline.sources.checks import instead
from throughline.sources.entry import Code
from throughline.sources.records import entities
from throughline.vocabulary.codes import code_rows
from throughline.vocabulary.lists import PRACTICE_LISTS, vocabulary

TEXT_ONLY = "text:"
"""What the code of a concept begins with that has a text and no code: a digest of the text follows."""

CANCELLED_BY = "appointment.cancelled_by"
"""The field of which the convention `cancelled_by` maps the codes."""

REMEMBERED = 4096
"""How many pairs of code and text a reader of one field remembers."""


COUNTS = "<>*"
"""Marks that tell codes apart: H> is more than H (HL7 v3 ObservationInterpretation). `evidence/mapped.sql` has them."""


def fold(text: str) -> str:
    """Return a text without case, blanks, entities of HTML, and punctuation but for `COUNTS`."""
    if "&" in text:
        text = entities(text)
    return "".join(c for c in text.casefold() if c.isalnum() or c in COUNTS)


def unnamed(text: str) -> str:
    """Return what stands for a concept that has only a text: the text itself may be about a person."""
    return TEXT_ONLY + sha256(fold(text).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Known:
    """The codes of a field that are known: `entries` as they may be written, to the word they stand for.

    `meanings` are the meanings of its maps, each with the first code that has it.
    """

    code: Code
    entries: Mapping[str, str]
    meanings: Mapping[str, str]

    @property
    def words(self) -> frozenset[str]:
        """The words that records keep."""
        return frozenset(self.entries.values())

    @property
    def is_list(self) -> bool:
        """Whether its words are all that there are, and no map picks some of many codes."""
        return bool(self.code.words) and not self.code.maps

    def word(self, said: str) -> str | None:
        """Return the word that a definition names: a code, or a meaning of the maps."""
        return self.entries.get(said) or self.meanings.get(said)


@lru_cache(maxsize=1)
def known_codes() -> Mapping[str, Known]:
    """Return what is known of every field with codes, by `table.column`."""
    maps: dict[str, dict[str, str]] = {}
    for name, _, code, meaning in code_rows():
        maps.setdefault(name, {})[code] = meaning
    lists = vocabulary().words
    own = {each.name: lists[each.name] for each in PRACTICE_LISTS}
    found: dict[str, Known] = {}
    for _, table in catalogue.tables():
        for about in table.codes:
            entries = {word: word for word in about.words}
            meanings: dict[str, str] = {}
            for name in about.maps:
                entries |= {word: word for word in own.get(name, ())}
                entries |= {each: each for each in maps.get(name, ())}
                for each, meaning in maps.get(name, {}).items():
                    meanings.setdefault(meaning, each)
            entries |= {said: word for said, word in about.synonyms if said not in entries}
            found[f"{table.name}.{about.name}"] = Known(about, entries, meanings)
    return found


MEANT: Mapping[str, str] = {"hl7v2": "appointment"}
"""By standard, the table that a column alone means if several have it: definitions say so since it was the only one."""


def field_named(name: str, standard: str) -> str | None:
    """Return the field that a definition means: `table.column`, or a column that one table has (else see `MEANT`)."""
    fields = fields_of(standard)
    if name in fields:
        return name
    found = [field for field in fields if field.partition(".")[2] == name]
    if len(found) == 1:
        return found[0]
    meant = f"{MEANT.get(standard)}.{name}"
    return meant if meant in found else None


@lru_cache(maxsize=8)
def fields_of(standard: str) -> tuple[str, ...]:
    """Return the fields of a standard's feeds whose codes can be mapped: those with known words."""
    known = known_codes()
    return tuple(
        field
        for feed in catalogue.read_by(standard)
        for table in feed.tables
        for code in table.codes
        if known[field := f"{table.name}.{code.name}"].entries
    )


def mistakes(standard: str, codes: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong in `conventions.codes`: a field or a word that does not exist."""
    for name, said in codes.items():
        field = field_named(name, standard)
        if field is None:
            known = instead(name, fields_of(standard))
            yield f"conventions/codes/{name}: {standard} has no such field; {known}"
            continue
        about = known_codes()[field]
        for code, word in said.items():
            if about.word(word) is None:
                words = sorted({*about.words, *about.meanings})
                yield (
                    f"conventions/codes/{name}/{code}: there is no {word!r} in {field};"
                    f" {instead(word, words)}"
                )


class Codes:
    """Reads the codes of one field of one source: `codes("NS", "No Show")` is the word for it."""

    __slots__ = ("_by_code", "_by_fold", "_by_prefix", "_found", "_known", "_words", "unchanged")

    def __init__(self, known: Known, own: Mapping[str, str]) -> None:
        """`own` maps the source's codes (and texts) to words: they outrank what everybody knows."""
        self._by_code = {**known.entries, **own}
        self._by_fold = {fold(said): word for said, word in known.entries.items()}
        self._by_fold |= {fold(said): word for said, word in own.items()}
        self._known = known
        self._by_prefix = known.code.by_prefix
        self._found: dict[tuple[str | None, str | None], tuple[str | None, bool]] = {}
        # what codes without a text stand for, of those that are known: most of what is read
        self._words: dict[str | None, str | None] = {None: None}
        self._words.update(self._by_code)
        # the codes that are words themselves
        self.unchanged = frozenset(c for c, word in self._by_code.items() if c and c == word)

    def __call__(self, code: str | None, text: str | None = None) -> str | None:
        """Return the word for a code and the text beside it; what is not known as it was sent.

        A text without a code that is not known gives `unnamed(text)`. None if nothing was sent.
        """
        if text is None:
            word = self._words.get(code)
            if word is not None or code is None:
                return word
        return self.find(code, text)[0]

    def find(self, code: str | None, text: str | None = None) -> tuple[str | None, bool]:
        """Return the word, as calling it does, and whether it is known."""
        key = (code, text)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            found = self._found[key] = self._find(code or None, text or None)
        return found

    def not_known(self, word: str) -> str:
        """Return why a definition cannot give this word to a record: something rests on it, and nobody knows it.

        Where a system of its own may say what a code means, or only some codes mean anything, any word may stand.
        """
        about = self._known.code
        is_open = bool(about.understood) or not (about.must_be_known or self._known.is_list)
        # longer codes of a map by prefixes are digits, as those of SOPT are (NAHDO, read 2026-11-28 at nahdo.org)
        is_odd = about.by_prefix and word not in self._by_code and not word.isdigit()
        if is_open or (self.find(word)[1] and not is_odd):
            return ""
        return f"there is no such word; {instead(word, sorted(self._known.words))}"

    def _find(self, code: str | None, text: str | None) -> tuple[str | None, bool]:
        if code is not None:
            word = self._by_code.get(code) or self._by_fold.get(fold(code))
            if word is not None:
                return word, True
            if self._by_prefix and any(code[:n] in self._by_code for n in range(1, len(code))):
                return code, True
        if text is not None and (folded := fold(text)):
            word = self._by_fold.get(folded)
            if word is not None:
                return word, True
            if code is None:
                return unnamed(text), False
        return code, False


def with_older(codes: Mapping[str, Any], who: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a source's `conventions.codes` with those of `cancelled_by`, which is older, among them."""
    return {**codes, CANCELLED_BY: {**who, **codes.get(CANCELLED_BY, {})}} if who else codes


def codes_of(standard: str, own: Mapping[str, Any]) -> Mapping[str, Codes]:
    """Return a reader of codes for every field of a standard, with a source's `conventions.codes`.

    The files of a source share their readers, because many of them are small.
    """
    mapped = own_codes(standard, own)
    return _readers(
        standard, tuple((field, tuple(words.items())) for field, words in mapped.items())
    )


@lru_cache(maxsize=64)
def _readers(
    standard: str, mapped: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
) -> Mapping[str, Codes]:
    known, own = known_codes(), {field: dict(words) for field, words in mapped}
    return {field: Codes(known[field], own.get(field, {})) for field in fields_of(standard)}


def own_codes(standard: str, own: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return a source's own codes by field, each with the word that records keep for it."""
    found: dict[str, dict[str, str]] = {}
    for name, said in own.items():
        if (field := field_named(name, standard)) is not None:
            word = known_codes()[field].word
            mapped = {str(code): kept for code, given in said.items() if (kept := word(given))}
            found.setdefault(field, {}).update(mapped)
    return found
