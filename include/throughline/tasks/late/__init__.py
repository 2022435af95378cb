"""Which feeds are late that a list rests on: what they would have proven or opened is not on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from throughline.sources import catalogue
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
class Opens:
    """What opens a case: the kind of fact that the feed carries, and what a list lacks without it."""

    kind: str
    lacks: str


OPENS: Mapping[str, Opens] = {
    "due": Opens("coverage", "patients whose coverage began"),
    "fact": Opens("discharge", "patients who were discharged"),
    "unbilled": Opens("visit", "visits that took place"),
}
"""What opens the cases of a workflow, by the kind of its trigger."""


@dataclass(frozen=True)
class Late:
    """A late feed, as `sql/tasks/late_feeds.sql` gives it. `last_on`: the newest business date that is there.

    `cases` counts the open cases whose next step is not known because of it. `proves`: it carries what proves a stage
    of the list. `opens` are the kinds of trigger that it carries, of cases that would come onto the list.
    """

    title: str
    source: str
    feed: str
    last_on: date | None
    cases: int
    proves: bool
    opens: list[str]


def late_feeds(conn: Connection, seq: int | None, proofs: Sequence[str]) -> list[Late]:
    """Return the feeds that are late as of a night and would carry what these stages rest on.

    That is what proves the stages of these proofs, and what opens cases whose first work is one of them.
    """
    if seq is None:
        return []
    openers = {
        name: [each.name for each, table in catalogue.tables() if opens.kind in table.facts]
        for name, opens in OPENS.items()
    }
    rows = sql.run(
        conn, "tasks/late_feeds.sql", seq=seq, proofs=list(proofs), openers=json.dumps(openers)
    ).rows
    return [Late(*row) for row in rows]


def said(late: Late) -> str:
    """Return what is late since when, and what follows for a list, in words."""
    what = CARRIES.get(late.feed, late.feed.replace("_", " "))
    if "fact" in late.opens:
        what += " and discharges"
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
    lacks = " and ".join(OPENS[each].lacks for each in late.opens)
    lacks += " since then" if lacks and late.last_on else ""
    may = f"may lack {lacks}" if lacks else ""
    list_ = ", ".join(part for part in ("is not complete" if late.proves else "", may) if part)
    return (
        f"What carries {what} is late ({late.source}/{late.feed} of {late.title}) {since}.{waits} This list {list_},"
        " and an empty one does not mean that nothing is to be done."
    )
