"""What becomes of a night whose definitions are broken: it fails before it begins, and says why where people look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from throughline.practice import told_zone
from throughline.programs.commands import as_here
from throughline.sources.source import SourceDefinitionError
from throughline.vocabulary import DefinitionError
from throughline.warehouse import Connection

TOLD = 5
"""Faults that the page names."""


def zone(conn: Connection) -> str:
    """Return the practice's time zone; while its file cannot be read, that of the last night."""
    row = conn.execute(
        "select value from cases.setting_known where name = 'time_zone' order by known_seq desc limit 1"
    ).fetchone()
    now = told_zone()
    return now if now != "UTC" or row is None else str(row[0])


@contextmanager
def told(conn: Connection, seq: int) -> Iterator[None]:
    """Fail night `seq` if the block finds its definitions broken, and let the error pass."""
    try:
        yield
    except (DefinitionError, SourceDefinitionError) as error:
        _refuse(conn, seq, str(error))
        raise


def _refuse(conn: Connection, seq: int, why: str) -> None:
    """Fail night `seq` at its opening; `why` has one fault a line, of which the page names the first. Commits."""
    faults = why.splitlines()
    said = "; ".join(faults[:TOLD])
    if len(faults) > TOLD:
        said += f"; and {len(faults) - TOLD} more ({as_here('make check-definitions')})"
    conn.execute(
        "update operations.night set status = 'failed', failed_step = 'extract_feeds: open_night', reason = %s"
        " where seq = %s",
        (said, seq),
    )
    conn.commit()
