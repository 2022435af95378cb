"""Compares two dumps, row by row: what is only in one, and which columns differ.

With renamed sources (`ehr=epic`), ids and names are first replaced by what they stand for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.dump.sections import SECTIONS

KEYS = {name: section.keys for name, section in SECTIONS.items()} | {"numbers": ("number", "place")}
SHOWN = 3
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bT[0-9A-F]{15}\b")
_DEPENDS_ON_IDS = ("payload_sha256", "sha256", "state_digest", "plan_digest", "event_id", "total")
"""Columns derived from ids, and therefore from names: hashes of bytes that contain them, digests, ids of events."""

_WORDS = ("kind", "owner_team", "team", "wanted", "next_step", "stage", "workflow", "reason")
"""Columns that hold words which a source may be called as well: scheduling, billing."""

Row = dict[str, Any]


def compare(one: Path, other: Path, renamed: Mapping[str, str] | None = None) -> list[str]:
    """Return the differences of two dumps as lines of text; none when they agree.

    `renamed` maps the names of sources and connections in `one` to those in `other`.
    """
    told: list[str] = []
    nights = sorted({folder.name for side in (one, other) for folder in side.glob("night-*")})
    if not nights:
        return ["there is no night in either"]
    for night in nights:
        for name, keys in KEYS.items():
            file = f"{night}/{name}.jsonl"
            if not (one / file).exists() or not (other / file).exists():
                told.append(f"{file}: is only in one of them")
                continue
            told += _differences(
                file,
                keys,
                list(_rows(one / file, renamed, True)),
                list(_rows(other / file, renamed, False)),
                by_id=renamed is None,
            )
    return told


def _rows(file: Path, renamed: Mapping[str, str] | None, is_first: bool) -> Iterator[Row]:
    lines = file.read_text(encoding="utf-8").splitlines()
    names = _names(file.parent / "names.jsonl") if renamed is not None else {}
    for line in lines:
        row: Row = json.loads(line)
        if renamed is not None:
            row = _natural(row, names, renamed if is_first else {})
        yield row


def _names(file: Path) -> dict[str, str]:
    known = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        known[entry["id"]] = entry["means"]

    def full(text: str, depth: int = 0) -> str:
        """Replace the ids in what an id means: a task names its case, and the case its person."""
        if depth > 6:
            return text
        return _ID.sub(lambda found: full(known.get(found[0], "an id"), depth + 1), text)

    return {id_: full(means) for id_, means in known.items()}


def _natural(row: Row, names: Mapping[str, str], renamed: Mapping[str, str]) -> Row:
    """Replace ids and names by what they stand for, and drop the columns derived from them."""

    def plain(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: plain(v, k) for k, v in sorted(value.items()) if k not in _DEPENDS_ON_IDS}
        if isinstance(value, list):
            inner = [plain(each, key) for each in value]
            if key == "payload":  # claims and inquiries stand in the order of their ids
                inner = [_unnumbered(each) for each in inner]
            return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True))
        if isinstance(value, str):
            value = _ID.sub(lambda found: names.get(found[0], "an id"), value)
            whole = re.fullmatch(r"(\w+)([./|].*)?", value, re.DOTALL)
            if whole and whole[1] in renamed and key not in _WORDS:
                value = renamed[whole[1]] + (whole[2] or "")
        return value

    natural = plain(row)
    assert isinstance(natural, dict)
    if natural.get("number") in ("feeds", "steps", "calls"):
        natural["place"] = 0
    return natural


def _unnumbered(segment: Any) -> Any:
    """Drop the numbers of loops and lines, which follow the order."""
    if not isinstance(segment, str):
        return segment
    return re.sub(r"^(HL)\*\d+(\*\d*)?|^(ISA\*.*\*)\d{9}(\*)", r"\1\3", segment)


def _differences(
    file: str, keys: tuple[str, ...], one: list[Row], other: list[Row], *, by_id: bool
) -> list[str]:
    """Compare row by row if ids identify the rows, otherwise as sets of whole rows."""
    name = (lambda row: _known_by(row, keys)) if by_id else _whole
    left, right = Counter(map(name, one)), Counter(map(name, other))
    told = []
    for side, only in (("the first", left - right), ("the second", right - left)):
        if only:
            shown = "; ".join(_cut(each, 600) for each in sorted(only)[:SHOWN])
            told.append(f"{file}: {only.total()} rows are only in {side}: {shown}")
    if by_id:
        told += _columns(file, keys, one, other)
    return told


def _columns(file: str, keys: tuple[str, ...], one: list[Row], other: list[Row]) -> Iterator[str]:
    changed: Counter[str] = Counter()
    example: dict[str, str] = {}
    rows = {_known_by(row, keys): row for row in other}
    for row in one:
        same = rows.get(_known_by(row, keys), row)
        for column in {*row, *same}:
            was, now = row.get(column, "(no column)"), same.get(column, "(no column)")
            if was != now:
                changed[column] += 1
                told = f"{_known_by(row, keys)}: {_cut(_text(was))} -> {_cut(_text(now))}"
                example.setdefault(column, told)
    for column, count in sorted(changed.items()):
        yield f"{file}: {column} differs in {count} rows, e.g. {example[column]}"


def _known_by(row: Row, keys: tuple[str, ...]) -> str:
    return _text([row.get(key) for key in keys])


def _whole(row: Row) -> str:
    return _text(row)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _cut(text: str, longest: int = 160) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
