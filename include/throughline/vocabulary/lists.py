"""All words of one practice: Throughline's own, and those that its definitions add."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughline.vocabulary.documents import DefinitionError, read
from throughline.vocabulary.language import listed
from throughline.vocabulary.overlay import SOURCES, Layers, layers
from throughline.vocabulary.reasons import END_REASON
from throughline.vocabulary.words import LISTS, PAYER_CLASS

OWN_WORDS = "vocabulary.yaml"
UNREAD = object()
"""In place of what a file says that cannot be read."""


@dataclass(frozen=True)
class PracticeList:
    """A list of words in a definition file, below the keys in `at`: a mapping of words to entries.

    `meaning` is the key of an entry that holds the word's meaning; empty if the entry is the meaning.
    """

    name: str
    title: str
    about: str
    file: str
    at: tuple[str, ...] = ()
    meaning: str = ""


PRACTICE_LISTS = (
    PracticeList("team", "team", "Who owns a workflow, a stage, a task, an exception or a feed.", "teams.yaml",
                 meaning="title"),
    PracticeList("payer", "payer", "Who pays.", "payers.yaml", ("payers",), "name"),
    PracticeList("visit_type", "type of visits", "The types of visit that the scheduling system can book.",
                 OWN_WORDS, ("visit_types",)),
    PracticeList("note_type", "type of notes", "Which notes document a visit (LOINC).",
                 OWN_WORDS, ("note_types",)),
    PracticeList("site", "site", "Where the practice sees patients.", "practice.yaml", ("sites",), "name"),
)  # fmt: skip
"""The lists that a practice writes. To add one, add an entry here and the file that it names."""

ADDED = {END_REASON.name: "end_reasons", PAYER_CLASS.name: "payer_classes"}
"""Throughline's lists that a practice may extend: list to its key in `vocabulary.yaml`."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of a practice: by list, each word with its meaning, and the words not supported yet.

    `roles` are the roles that at least one of its sources has. `unread` are the lists of files that cannot be read: any
    word may be in them.
    """

    words: Mapping[str, Mapping[str, str]]
    titles: Mapping[str, str]
    not_yet: Mapping[str, Mapping[str, str]]
    roles: frozenset[str]
    unread: frozenset[str] = frozenset()


def vocabulary(definitions: Path | Layers | None = None) -> Vocabulary:
    """Return the words of this practice, or of the one that a folder defines.

    Feeds of the folder's sources are words as well: `source.feed`, `role.feed` (any source with the role), and
    `feed` (any source). Errors are ignored here: the check of each file reports them.
    """
    folder = definitions if isinstance(definitions, Layers) else layers(definitions)
    files: dict[str, Any] = {}
    words = {each.name: dict(each.words) for each in LISTS}
    for own in PRACTICE_LISTS:
        words[own.name] = _words(_below(files, folder, own.file, own.at), own.meaning)
    for name, key in ADDED.items():
        words[name] |= _words(_below(files, folder, OWN_WORDS, (key,)), "")
    sources = list(_sources(files, folder))
    # A stage may name a feed that no source has yet: whether anything proves it is asked later.
    words["feed"] = _feeds(sources)
    for name in _feeds(list(_sources({}, Layers(folder.ours))), named=False):
        words["feed"].setdefault(name, "Of no source yet")
    words["who"] = words["team"] | _members(_below(files, folder, "teams.yaml", ()))
    words |= listed.lists(
        _words(_below(files, folder, "calendars.yaml", ("seasons",)), "title"), words["team"]
    )
    words["source"] = {str(s.get("source")): str(s.get("title", "")) for s in sources}
    lists = {own.name: own.file for own in PRACTICE_LISTS} | dict.fromkeys(ADDED, OWN_WORDS)
    lists |= {"who": "teams.yaml", "feed": SOURCES, "source": SOURCES}
    return Vocabulary(
        words,
        {each.name: each.title for each in LISTS}
        | {each.name: each.title for each in PRACTICE_LISTS}
        | {"feed": "feed", "source": "source", "who": "team or member of one"}
        | dict(listed.TITLES),
        {each.name: each.not_yet for each in LISTS if each.not_yet},
        frozenset(role for source in sources for role in source["roles"]),
        frozenset(name for name, file in lists.items() if files.get(file) is UNREAD),
    )


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word of a list that is most similar to a given one; None if the list is empty."""
    by_fold = {each.casefold(): each for each in words}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0)
    return by_fold[found[0]] if found else None


def _below(files: dict[str, Any], folder: Layers, name: str, keys: tuple[str, ...]) -> Any:
    """Return the mapping below some keys of a file; empty if there is no such file or key."""
    if name not in files:
        files[name] = _read(folder.file(name))
    found = files[name]
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _words(entries: Any, meaning: str) -> dict[str, str]:
    """Return the words of a mapping. Errors are ignored here: the check of the file reports them."""
    if not isinstance(entries, dict):
        return {}
    return {
        word: str((entry.get(meaning, "") if isinstance(entry, dict) else "") if meaning else entry)
        for word, entry in entries.items()
    }


def _members(teams: Any) -> dict[str, str]:
    """Return the members of all teams, each with a team of theirs."""
    return {
        member: str(said.get("title", ""))
        for said in (teams if isinstance(teams, dict) else {}).values()
        if isinstance(said, dict) and isinstance(said.get("members"), list)
        for member in said["members"]
        if isinstance(member, str)
    }


def _read(path: Path) -> Any:
    try:
        return read(path).data if path.is_file() else None
    except DefinitionError:
        return UNREAD


def _sources(files: dict[str, Any], folder: Layers) -> Iterator[dict[str, Any]]:
    """Yield the content of each source definition, and note in `files` whether one cannot be read."""
    for path in folder.files(SOURCES).values():
        said = _read(path)
        if said is UNREAD:
            files[SOURCES] = UNREAD
        if isinstance(said, dict):
            parts = {key: said.get(key) for key in ("feeds", "roles")}
            yield said | {
                key: part if isinstance(part, dict) else {} for key, part in parts.items()
            }


def _feeds(sources: list[dict[str, Any]], *, named: bool = True) -> dict[str, str]:
    """Return all ways to name a feed, each with its meaning; with its source only if `named`."""
    found = {
        f"{s.get('source')}.{feed}": str(s.get("title", ""))
        for s in sources
        for feed in s["feeds"]
        if named
    }
    for source in sources:
        for feed in source["feeds"]:
            for role in source["roles"]:
                found.setdefault(f"{role}.{feed}", f"Of every source with the role {role}")
            found.setdefault(str(feed), "Of every source")
    return found
