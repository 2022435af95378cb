"""Writes the dump of a night: a folder with one file of JSON lines per section, sorted by what a row is known by."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from tests.dump.sections import NAMES, SECTIONS
from throughline.practice import practice
from throughline.told import numbers

CLOCKS = ("seconds", "started_at", "running")
"""What the clock on the wall says of a night's steps: not part of what it did."""


def write(conn: psycopg.Connection, seq: int, folder: Path) -> None:
    """Write all sections of night `seq` into `folder`, as they stand now."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, section in SECTIONS.items():
        rows = (row[0] for row in conn.execute(section.query.encode(), {"seq": seq}))
        lines = sorted(readable(row) for row in rows)
        _put(folder / f"{name}.jsonl", sorted(lines, key=lambda line: _key(line, section.keys)))
    _put(folder / "numbers.jsonl", list(_numbers(conn, seq)))
    named: dict[str, str] = dict(
        row for query in NAMES for row in conn.execute(query.encode(), {"seq": seq}).fetchall()
    )
    _put(folder / "names.jsonl", [_line({"id": id_, "means": named[id_]}) for id_ in sorted(named)])


def readable(row: dict[str, Any]) -> str:
    """Return a row as one line; the bytes of a payload as its lines of JSON, or as its segments of X12."""
    plain = {key: value for key, value in row.items() if key != "bytes"}
    if "bytes" in row:
        plain["payload"] = payload(base64.b64decode(row["bytes"]))
    return _line(plain)


def payload(content: bytes) -> list[Any]:
    """Return JSON lines as JSON with their very text beside it, and anything else line by line, byte for byte."""
    text = content.decode("latin-1")
    if text.startswith("{"):
        return [[json.loads(line), line] for line in text.split("\n")]
    return text.split("\n")


def _key(line: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    row = json.loads(line)
    return tuple(f"{row.get(key)!s:>12}" for key in keys)


def _numbers(conn: Any, seq: int) -> Iterator[str]:
    told = asdict(numbers.collect(conn, seq, practice().time_zone))
    for name in ("seconds", "before"):
        told.pop(name)
    for name, value in told.items():
        rows = value if isinstance(value, list) else [value]
        for place, row in enumerate(rows):
            kept = (
                {key: each for key, each in row.items() if key not in CLOCKS}
                if isinstance(row, dict)
                else row
            )
            if name == "steps":
                kept = {key: kept[key] for key in ("step", "parts", "failed", "row_count")}
            yield _line({"number": name, "place": place, "value": kept})


def _line(row: object) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a dump")


def _put(file: Path, lines: list[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
