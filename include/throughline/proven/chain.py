"""Keeps the head of the chain outside the database, and compares the chain with what was kept.

The chain (`operations.chain`) holds decisions, outcomes and digests, each hashed over the one before. Whoever owns the
database could write all of it anew; not so that its heads of earlier nights are those that stand in a file elsewhere,
and at the monitor that was told them.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from throughline.warehouse import Connection

FILE = "chain.jsonl"
"""One line for each night: its number, the last entry's place and hash, and when that was read."""


@dataclass(frozen=True)
class Head:
    """The last entry of the chain after a night: its place `n`, from 1, and its SHA-256 in hexadecimal."""

    seq: int
    n: int
    sha256: str
    at: str

    def __str__(self) -> str:
        """Return it as it is told: place and hash."""
        return f"chain {self.n} {self.sha256}"


def head(conn: Connection, seq: int) -> Head | None:
    """Return the head of the chain now, for night `seq`, or None while the chain is empty."""
    row = conn.execute("select n, sha256 from operations.chain order by n desc limit 1").fetchone()
    return None if row is None else Head(seq, row[0], row[1], datetime.now(UTC).isoformat())


def keep(conn: Connection, seq: int, folder: Path) -> Head | None:
    """Add the head of the chain to the file in `folder`, durably; returns it. A repeated call adds nothing."""
    now = head(conn, seq)
    if now is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    known = kept(folder)
    if not known or (known[-1].seq, known[-1].n, known[-1].sha256) != (now.seq, now.n, now.sha256):
        with (folder / FILE).open("a", encoding="utf-8") as out:
            out.write(f"{json.dumps(asdict(now))}\n")
            out.flush()
            os.fsync(out.fileno())
    return now


def kept(folder: Path) -> list[Head]:
    """Return the heads in the file, oldest first; none if there is no file. Raises `ValueError` for a broken line."""
    file = folder / FILE
    if not file.exists():
        return []
    try:
        return [Head(**json.loads(line)) for line in file.read_text("utf-8").splitlines() if line]
    except (ValueError, TypeError) as error:
        raise ValueError(f"{file} cannot be read") from error


def compare(conn: Connection, heads: list[Head]) -> list[str]:
    """Return each kept head that the chain does not have, as text.

    A head between a backup and its restore is left out: the restored warehouse never knew what came after the backup.
    """
    there = dict(
        conn.execute(
            "select n, sha256 from operations.chain where n = any(%s)",
            ([each.n for each in heads],),
        ).fetchall()
    )
    restores = conn.execute(
        "select backup_taken_at, restored_at from operations.restored"
    ).fetchall()
    return [
        f"after night {each.seq}, entry {each.n} was {each.sha256}, and is {there.get(each.n, 'missing')}"
        for each in heads
        if there.get(each.n) != each.sha256
        and not any(start < datetime.fromisoformat(each.at) < end for start, end in restores)
    ]
