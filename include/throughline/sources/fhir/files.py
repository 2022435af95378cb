"""Scans the NDJSON files of a folder: which resource types they hold, or whether they hold deletions.

An export saved to files has the types in the file names (`Patient.ndjson`, `Patient.0001.ndjson.gz`).
NDJSON has no envelope, so a file counts as complete up to its modification time.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import BinaryIO

import msgspec

from throughline.sources.fhir.ndjson import FEED_OF_TYPE, Entry, deleted, lines
from throughline.sources.fhir.rows import DELETIONS
from throughline.sources.files import is_broken
from throughline.sources.records import FileRefusedError
from throughline.sources.standard import Contents
from throughline.transports.files import RemoteFile

_WORD = re.compile("[A-Za-z]+")


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    entry: list[Entry] = []


_HEAD = msgspec.json.Decoder(_Head)


class _Look:
    """Counts of one file's lines: resources by type, deletions by type, and whether it is truncated."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.gone: Counter[str] = Counter()
        self.lines = self.unreadable = 0
        self.is_cut_off = False

    def at(self, stream: BinaryIO, name: str) -> None:
        """Count every line of a file. Raises `FileRefusedError` if the file cannot be decompressed."""
        for self.lines, line in lines(stream, name):
            self.is_cut_off = False
            try:
                head = _HEAD.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.unreadable += 1
                self.is_cut_off = line[-1:] != b"\n"
                continue
            self.types[head.resource_type] += 1
            if head.resource_type == "Bundle":
                self.gone.update(deleted(one)[0] for one in head.entry if one.request is not None)
        self.is_cut_off = self.is_cut_off or is_broken(stream)

    @property
    def is_of_deletions(self) -> bool:
        return self.types.keys() == {"Bundle"} and bool(self.gone)


def feed_named(name: str) -> str | None:
    """Return the feed whose type is in a file's name, or None if there is not exactly one."""
    types = set(_WORD.findall(name)) & FEED_OF_TYPE.keys()
    return FEED_OF_TYPE[types.pop()] if len(types) == 1 else None


def scan(stream: BinaryIO, file: RemoteFile) -> Contents:
    """Return what a file holds. Raises `FileRefusedError` if no line of it is a resource.

    A file of Bundles that request deletions, or one named `deleted`, belongs to the types that the
    requests name. Any other file belongs to the type in its name or, failing that, to the types of its
    lines.
    """
    look = _Look()
    is_called_deleted = "deleted" in _WORD.findall(file.name.lower())
    try:
        look.at(stream, file.name)
    except FileRefusedError:
        if not is_called_deleted:
            raise
        look.is_cut_off = True
    if look.is_of_deletions or (is_called_deleted and (look.lines or look.is_cut_off)):
        is_whole = not (look.unreadable or look.is_cut_off or look.gone[""]) and bool(look.gone)
        return Contents(
            _by_feed(look.gone),
            file.modified_at,
            is_whole,
            look.lines,
            may_repeat=True,
            adds=True,
            suffix=DELETIONS,
        )
    named = feed_named(file.name)
    if look.lines and not any(look.types):
        raise FileRefusedError(file.name, look.lines, "no_resource")
    if not look.lines and named is None:
        raise FileRefusedError(file.name, 0, "empty_file")
    feeds = {named: look.lines} if named is not None else _by_feed(look.types)
    return Contents(
        feeds, file.modified_at, not look.is_cut_off, look.lines, may_repeat=not look.lines
    )


def _by_feed(types: Counter[str]) -> dict[str, int]:
    return {FEED_OF_TYPE[name]: n for name, n in types.items() if name in FEED_OF_TYPE}
