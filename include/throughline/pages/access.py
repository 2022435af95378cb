"""How a page opens the warehouse: for one request, with a time limit; and what it writes about who looked at whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from throughline.orchestration.connections import DECIDER, READER, kept_warehouse
from throughline.pages.visitor import Visitor
from throughline.warehouse import Connection

SECONDS = 5
"""How long a statement of a page may take. Behind it a person waits, and pages must not slow the night."""


def open_warehouse(connection_id: str) -> AbstractContextManager[Connection]:
    """Open the warehouse in the role of a connection of Airflow, for the statements of one page."""
    limits = f"-c statement_timeout={SECONDS}s -c lock_timeout={SECONDS}s"
    return kept_warehouse(connection_id, limits)


@contextmanager
def reading() -> Iterator[Connection]:
    """Open the warehouse for the queries of one page, in the reader's role."""
    with open_warehouse(READER) as conn:
        yield conn


@contextmanager
def deciding() -> Iterator[Connection]:
    """Open the warehouse to show or record one decision; the caller commits."""
    with open_warehouse(DECIDER) as conn:
        yield conn


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
