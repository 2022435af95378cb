"""Lists the elements of transaction sets and which of them a reader reads, for the profile of a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from throughline.sources.standard import Held
from throughline.sources.x12.envelope import ENVELOPE
from throughline.sources.x12.reader import feed_of, read
from throughline.sources.x12.segments import SegmentReader
from throughline.sources.x12.values import at

_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_QUALIFIER = re.compile(r"[A-Z0-9]{1,3}")
# Segments whose first element (a qualifier) gives the meaning of the others.
_QUALIFIED = frozenset(
    {"AMT", "DTM", "DTP", "HI", "N1", "NM1", "NTE", "PER", "PRV", "QTY", "REF", "CAS", "LQ", "PWK"}
)


class _Noted(list[str]):
    """A segment that records which of its elements are read."""

    asked: set[int]

    def __getitem__(self, index: Any) -> Any:
        self.asked.update(range(len(self))[index] if isinstance(index, slice) else (index,))
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[str]:
        self.asked.update(range(len(self)))
        return super().__iter__()


class _NotedSegments(SegmentReader):
    """The segments of a stream, kept until their transaction set has been read."""

    def __init__(self, stream: BinaryIO, file: str) -> None:
        super().__init__(stream, file)
        self.kept: list[_Noted] = []

    def __iter__(self) -> Iterator[list[str]]:
        for elements in super().__iter__():
            noted = _Noted(elements)
            noted.asked = set()
            self.kept.append(noted)
            yield noted


def held(stream: BinaryIO, file: str) -> Iterator[Held]:
    """Yield what each transaction set of a file holds. Raises `FileRefusedError`.

    A long set is yielded in parts, record by record, to limit memory.
    """
    readers: list[_NotedSegments] = []

    def split(source: BinaryIO, name: str) -> _NotedSegments:
        readers.append(_NotedSegments(source, name))
        return readers[0]

    kind, version = "", ""
    for _ in read(stream, file, segments_of=split):
        kept = readers[0].kept
        # the last segment begins the next record and may not be completely read yet
        readers[0].kept = kept[-1:]
        kind, version, found = _told(kept[:-1], kind, version)
        yield from found
    if readers:
        yield from _told(readers[0].kept, kind, version)[2]


def _told(segments: list[_Noted], kind: str, version: str) -> tuple[str, str, list[Held]]:
    """Return where the segments end (set, version of the group), and what they hold by set."""
    by_kind: dict[str, dict[str, bool]] = {}
    for segment in segments:
        e = list.copy(segment)
        tag = e[0]
        if tag == "GS":
            version = at(e, 8)
        elif tag == "ST":
            name = at(e, 1)
            is_used = feed_of(name, at(e, 3) or version) is not None
            kind = (name if name.isdigit() else "(no set of X12)") + (
                "" if is_used else " (not used)"
            )
        if tag in ENVELOPE or not _TAG.fullmatch(tag):
            continue
        first = at(e, 1)
        is_qualified = tag in _QUALIFIED and _QUALIFIER.fullmatch(first)
        name = f"{tag}*{first}" if is_qualified else tag
        elements = by_kind.setdefault(kind, {})
        for index in range(2 if is_qualified else 1, len(e)):
            if e[index].strip():
                path = f"{name}-{index:02d}"
                elements[path] = elements.get(path, False) or index in segment.asked
    return kind, version, [Held(kind, elements) for kind, elements in by_kind.items()]
