"""Every way in which one word, number or key of a definition can be another, or be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.workflows.language.lengths import is_length, length

ONE_OF = {
    "is": ("proven", "in_time", "late", "pending", "skipped"),
    "bills": ("agree", "disagree", "unknown", "nothing"),
    "as": ("closed", "excluded", "void"),
    "bars": ("code", "outreach"),
}
NEEDED = frozenset({"stage", "workflow", "version"})
"""Keys that no definition can be without."""
DEFAULTS = {
    "owner": "care_management",
    "as": "closed",
    "attempts": 1,
    "once_per": "event",
}
"""What holds if nothing is written."""

Place = tuple[Any, ...]


def changes(words: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield (place, the whole with one thing changed) for a part of a definition."""
    if isinstance(words, Mapping):
        for key, value in words.items():
            for at, other in changes(value, (*place, key)):
                yield at, {**words, key: other}
            if key not in NEEDED and DEFAULTS.get(key, "") != value:
                yield (*place, key, "left out"), {k: v for k, v in words.items() if k != key}
    elif isinstance(words, list):
        for number, value in enumerate(words):
            for at, other in changes(value, (*place, number)):
                yield at, [*words[:number], other, *words[number + 1 :]]
            if len(words) > 1:
                yield (*place, number, "left out"), words[:number] + words[number + 1 :]
        if words != words[::-1]:
            yield (*place, "turned round"), words[::-1]
    else:
        yield place, _other(place, words)


def _other(place: Place, said: Any) -> Any:
    if isinstance(said, bool):
        return not said
    if isinstance(said, int | float):
        return said + 1
    if is_length(str(said)):
        read = length(said)
        return f"{read.number + 1} {read.unit}"
    choices = ONE_OF.get(place[-1], ())
    if said in choices:
        return next(each for each in choices if each != said)
    return f"{said}x"
