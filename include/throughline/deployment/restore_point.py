"""Takes a restore point before migrations: both databases, as a backup without files, so that an upgrade can be undone.

Migrations only go forward, and an older version does not read a newer schema. Landed bytes and pages stay where they
are; nothing that is landed is ever changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from throughline.deployment import archive, backup
from throughline.vocabulary.counts import count as counted
from throughline.warehouse.sql import ROOT

KEPT = 3
"""Restore points that are kept, the newest ones."""


def take(folder: Path, dsn: str, fernet: str, say: Callable[[str], None] = print) -> Path | None:
    """Take a restore point below `folder` if a warehouse with nights waits for migrations; returns it.

    `dsn` is the superuser's. The oldest ones beyond `KEPT` are removed. Raises `ArchiveError`, `OSError` and
    `psycopg.Error`: then nothing should be migrated.
    """
    waiting = pending(make_conninfo(dsn, dbname="throughline"))
    if not waiting:
        return None
    name = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
    made = backup.take(folder / name, dsn, None, None, fernet=fernet, wait_s=0, say=lambda _: None)
    say(f"restore point before {counted(len(waiting), 'migration')}: {made}")
    points = sorted(file.parent for file in folder.glob(f"*/{archive.MANIFEST}"))
    for old in points[:-KEPT]:
        shutil.rmtree(old)
    return made


def pending(dsn: str) -> list[str]:
    """Return the migrations that a warehouse waits for; none if it has no night yet, because nothing could be lost."""
    with psycopg.connect(dsn) as conn:
        row = conn.execute(
            "select to_regclass('operations.night') is not null"
            " and to_regclass('public._yoyo_migration') is not null"
        ).fetchone()
        if not row or not row[0]:
            return []
        row = conn.execute("select exists (select from operations.night)").fetchone()
        if not row or not row[0]:
            return []
        had = {name for (name,) in conn.execute("select migration_id from public._yoyo_migration")}
    return sorted({file.stem for file in (ROOT / "schema").glob("*.sql")} - had)
