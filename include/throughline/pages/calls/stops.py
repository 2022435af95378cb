"""Whom nobody may call, and why: asked by every page that shows a number, as it is asked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from throughline.vocabulary import words as vocabulary
from throughline.warehouse import Connection, sql

WARNINGS = {kind: vocabulary.FACT_KIND.words[kind] for kind in (
    "death", "hospice", "opt_out", "left_practice",
)}  # fmt: skip
"""What somebody should know before a call, whether or not it forbids one: facts by their kinds."""
STOPS = WARNINGS | {
    "admission": "The patient is in a facility",
    "identity_doubt": "Somebody has to decide which records are this person's",
    "consent_not_mapped": "Something was permitted or refused with a code that nobody has mapped",
    "stay_not_mapped": "Something goes on, perhaps a stay in a facility, with a code that nobody has mapped",
}
"""Why nobody may call, by the reasons of `tasks.not_called` in the warehouse."""


@dataclass(frozen=True)
class Stop:
    """Why nobody may call now. `occurred_at` is None for what nobody has decided or mapped."""

    kind: str
    occurred_at: datetime | None
    source: str

    @property
    def said(self) -> str:
        """What it is, in words."""
        return STOPS[self.kind]


def not_called(conn: Connection, persons: Iterable[str], as_of: datetime) -> dict[str, list[Stop]]:
    """Return why nobody may call, as of a moment, by person; who is not in it may be called. It is patient data."""
    found: dict[str, list[Stop]] = {}
    asked = sorted(persons)
    if not asked:
        return found
    rows = sql.run(conn, "told/pages/not_called.sql", persons=asked, as_of=as_of).rows
    for person_id, *stop in rows:
        found.setdefault(person_id, []).append(Stop(*stop))
    return found


def open_not_called(conn: Connection, as_of: datetime) -> list[str]:
    """Return the persons with an open call or booking whom nobody may call as of a moment. It is patient data."""
    return [row[0] for row in sql.run(conn, "told/pages/open_not_called.sql", as_of=as_of).rows]


def warned(warnings: Iterable[str] | None, stops: Iterable[Stop]) -> list[str]:
    """Return warnings in words, without those that are said already as why nobody may call."""
    said = {stop.kind for stop in stops}
    return [WARNINGS[kind] for kind in warnings or () if kind not in said]
