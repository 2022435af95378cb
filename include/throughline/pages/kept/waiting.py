"""The planned tasks that wait because sending is paused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from throughline.vocabulary import words as vocabulary
from throughline.warehouse import Connection, sql

SIZE = 25
"""Tasks on one page."""


@dataclass(frozen=True)
class Waits:
    """A task that waits, as `sql/told/pages/waits_for_pause.sql` gives it. Times are UTC."""

    task_id: str
    case_id: str
    kind: str
    stage: str
    title: str
    due_at: datetime
    owner_team: str
    owner: str | None

    @property
    def what(self) -> str:
        """What is to be done."""
        return vocabulary.TASK_KIND.words.get(self.kind, self.kind.replace("_", " "))


def waiting(conn: Connection, page: int, case_id: str | None = None) -> list[Waits]:
    """Return one page of what waits for a pause to end, of one case or of all, and one more if there is a next page."""
    rows = sql.run(
        conn,
        "told/pages/waits_for_pause.sql",
        cases=[case_id] if case_id else None,
        of_kind=None,
        size=SIZE + 1,
        skip=(page - 1) * SIZE,
    ).rows
    return [Waits(*row) for row in rows]


def waiting_calls(conn: Connection, cases: Iterable[str]) -> set[str]:
    """Return those of the cases whose call nobody was asked for, because sending is paused."""
    asked = list(cases)
    if not asked:
        return set()
    rows = sql.run(
        conn, "told/pages/waits_for_pause.sql", cases=asked, of_kind="outreach", size=None, skip=0
    ).rows
    return {Waits(*row).case_id for row in rows}
