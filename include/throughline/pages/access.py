"""How a page opens the warehouse: for one request, with a time limit; and what it writes about who looked at whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from throughline.orchestration.connections import DECIDER, READER, open_warehouse
from throughline.pages.visitor import Visitor
from throughline.warehouse import Connection

SECONDS = 5
"""How long a statement of a page may take. Behind it a person waits, and pages must not slow the night."""


@contextmanager
def reading() -> Iterator[Connection]:
    """Open the warehouse for the queries of one page, in the reader's role."""
    with open_warehouse(READER) as conn:
        _limit(conn)
        yield conn


@contextmanager
def deciding() -> Iterator[Connection]:
    """Open the warehouse to show or record one decision; the caller commits."""
    with open_warehouse(DECIDER) as conn:
        _limit(conn)
        yield conn


def _limit(conn: Connection) -> None:
    conn.execute(f"set statement_timeout = '{SECONDS}s'".encode())
    conn.execute(f"set lock_timeout = '{SECONDS}s'".encode())
    conn.commit()


def look(
    conn: Connection, visitor: Visitor, page: str, persons: Iterable[str | None], about_id: str = ""
) -> None:
    """Keep that the visitor is shown these persons on a page, before the page shows them. Commits."""
    shown = sorted({person for person in persons if person})
    if not shown:
        return
    conn.execute(
        "select operations.look(%s, %s, %s::uuid[], %s)", (visitor.who, page, shown, about_id)
    )
    conn.commit()
