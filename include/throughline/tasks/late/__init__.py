"""Which feeds are late that a list rests on: what they would have brought is not on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from throughline.vocabulary.counts import count
from throughline.warehouse import Connection, sql

CARRIES = {
    "communication": "calls",
    "appointment": "appointments",
    "encounter": "visits",
    "document_reference": "notes",
    "charge_item": "charges",
    "procedure": "procedures",
    "claim": "claims",
    "claim_response": "answers to claims",
    "payment": "payments",
    "eligibility_response": "answers about coverage",
}
"""What a feed carries, by its name in the catalogue; any other is called by its name."""


@dataclass(frozen=True)
class Late:
    """A late feed, as `sql/tasks/late_feeds.sql` gives it. `last_on`: the newest business date that is there.

    `cases` counts the open cases whose next step is not known because of it.
    """

    title: str
    source: str
    feed: str
    last_on: date | None
    cases: int


def late_feeds(conn: Connection, seq: int | None, proofs: Sequence[str]) -> list[Late]:
    """Return the feeds that are late as of a night and would carry what proves the stages of these proofs."""
    if seq is None:
        return []
    rows = sql.run(conn, "tasks/late_feeds.sql", seq=seq, proofs=list(proofs)).rows
    return [Late(*row) for row in rows]


def said(late: Late) -> str:
    """Return what is late since when, and what follows for a list, in words."""
    what = CARRIES.get(late.feed, late.feed.replace("_", " "))
    since = (
        f"since {late.last_on:%a %d %b %Y}, the last day that is there"
        if late.last_on
        else "and has never come"
    )
    waits = (
        f" Of {count(late.cases, 'open case')} it is not known what is to be done next."
        if late.cases
        else ""
    )
    return (
        f"What carries {what} is late ({late.source}/{late.feed} of {late.title}) {since}.{waits} This list is not"
        " complete, and an empty one does not mean that nothing is to be done."
    )
