"""Carries over what retention removed when an older warehouse is restored, which does not know of it.

A backup from before the removal brings the bytes back; then nothing is carried over. A restore point holds no files:
what it refers to and retention removed since stays gone, and the restored warehouse must know why.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

_REMOVAL = "decision_id, kind, before_on, things, bytes, oldest_kept_on, list_sha256, begun_at, ended_at, detail"
_FILE = "path, sha256, bytes, decision_id, kind, removed_at"


def carry_over(replaced: str, conn: psycopg.Connection, landing: Path) -> int:
    """Record in the restored warehouse what the replaced one had removed and is not on the disk; returns how many.

    `replaced` is the address of the warehouse that is replaced; one that is not there, or is of an older version, knows
    nothing. Does not commit.
    """
    files: list[tuple[object, ...]] = []
    removals: list[tuple[object, ...]] = []
    with suppress(psycopg.Error), psycopg.connect(replaced, connect_timeout=10) as old:
        removals = old.execute(f"select {_REMOVAL} from operations.removal".encode()).fetchall()
        files = old.execute(f"select {_FILE} from landing.removed_file".encode()).fetchall()
    known = {path for (path,) in conn.execute("select path from landing.removed_file").fetchall()}
    gone = [row for row in files if row[0] not in known and not (landing / str(row[0])).exists()]
    decided = {row[3] for row in gone}
    with conn.cursor() as cursor:
        cursor.executemany(
            f"insert into operations.removal ({_REMOVAL})"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing".encode(),
            [(*row[:9], Jsonb(row[9])) for row in removals if row[0] in decided],
        )
        cursor.executemany(
            f"insert into landing.removed_file ({_FILE})"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing".encode(),
            gone,
        )
    return len(gone)
