"""Applies the ordered files of `sql/schema/` with yoyo-migrations, and the checks that follow from the vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from throughline.warehouse.sql import ROOT
from throughline.warehouse.words import check_words

LOCK = 7_240_122
"""Advisory lock of whoever migrates this warehouse."""


def migrate(dsn: str) -> list[str]:
    """Bring the warehouse at `dsn` (a URI, the owner's role) up to the newest schema.

    Returns the names of the migrations applied now. Also updates the checks on columns that hold vocabulary
    words, even if there was no migration. Concurrent calls wait for each other; a call that was killed holds up
    no later one.
    """
    from yoyo import get_backend, read_migrations  # slow to import, and needed only here

    parts = urlsplit(dsn)
    migrations = _whole(read_migrations(str(ROOT / "schema")))
    backend = get_backend(urlunsplit(parts._replace(scheme="postgresql+psycopg")))
    try:
        with psycopg.connect(dsn, autocommit=True) as alone:
            # The server lets this lock go with its session. That of yoyo is a row, and outlives who was killed:
            # whoever is alone here takes it away.
            alone.execute("select pg_advisory_lock(%s)", (LOCK,))
            backend.break_lock()
            with backend.lock():
                pending = backend.to_apply(migrations)
                backend.apply_migrations(pending)
                with psycopg.connect(dsn) as conn:
                    check_words(conn)
    finally:
        backend.connection.close()
    return [migration.id for migration in pending]


def _whole(migrations: Any) -> Any:
    """Let each of these migrations (yoyo's list) go to the server in one piece; returns them.

    yoyo splits each file into its statements with a parser of SQL in Python, which takes seconds of a first start.
    The server does it too.
    """
    from yoyo.exceptions import BadMigration
    from yoyo.migrations import StepCollector, parse_metadata_from_sql_comments

    named = {one.id: one for one in migrations}
    for one in migrations:
        text = Path(one.path).read_text(encoding="utf-8")
        before = parse_metadata_from_sql_comments(text)[0].get("depends", "").split()
        unknown = [name for name in before if name not in named]
        if unknown:
            raise BadMigration(f"{one.path}: depends on {', '.join(unknown)}, which is not there")
        steps = StepCollector(migration=one)
        steps.add_step(text)
        one._depends = {named[name] for name in before}
        one.steps = steps.create_steps(one.use_transactions)
    return migrations
