"""Applies the ordered files of `sql/schema/` with yoyo-migrations, and the checks that follow from the vocabulary."""

from __future__ import annotations

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
    backend = get_backend(urlunsplit(parts._replace(scheme="postgresql+psycopg")))
    migrations = read_migrations(str(ROOT / "schema"))
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
