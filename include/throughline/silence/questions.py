"""Questions that nobody answers: a team's lead is told, and in time the question becomes an exception.

A batch of claims and a delivery that a gate stopped wait for a named person. Those who may answer are told when
the question is asked. After the wait of their team (`lead_after_days` of `teams.yaml`, in business days), its lead
is told. A delivery is an exception on the next night; claims are one at the reserve before the payer's filing
limit (`filing_reserve_days` of `payers.yaml`). The question stays open: silence is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from throughline.exceptions import REST
from throughline.practice import Team, teams
from throughline.warehouse import Connection, failpoints, nights, sql
from throughline.warehouse.moment import moment_of

REASONS = ("claims_not_released", "feed_not_released")
"""The reasons of `include/definitions/exceptions.yaml` that only this module opens."""

PATH = "silence/questions.sql"


@dataclass(frozen=True)
class Unanswered:
    """A question of which a lead is told tonight: about claims to a payer, or a delivery of a feed.

    `asked_on` is the morning on which it was asked, `exception_from` the one from which it is an exception.
    """

    about_kind: str
    about_id: str
    about: str
    owner_team: str
    asked_on: date
    exception_from: date | None


def notice(
    conn: Connection, seq: int, as_of: datetime, known: Mapping[str, Team] | None = None
) -> tuple[dict[str, int], list[Unanswered]]:
    """Escalate what nobody has answered up to night `seq`; returns counts, and of what leads are to be told.

    `known` are the teams, by default those of the definitions. A rerun of the night gives the same; a night
    that is not the newest changes nothing. Does not commit.
    """
    if not nights.is_newest(conn, seq):
        return {}, []
    params = {**moment_of(conn, seq, as_of).params, "reasons": list(REASONS), "rest": REST}
    sql.drop_made(conn, PATH)
    sql.run(conn, "silence/take_back.sql", **params)
    done = sql.run(conn, PATH, {"lead_wait": _waits(known or teams())}, **params)
    failpoints.hit("questions.after_exceptions")
    sql.drop_made(conn, PATH)
    return dict(done.counts), [Unanswered(*row) for row in done.rows]


def team_asked(conn: Connection, about_id: str) -> str | None:
    """Return the team that is asked about a waiting batch of claims or a stopped delivery; None if neither."""
    row = conn.execute(
        "select owner_team from operations.question where about_id = %s", (about_id,)
    ).fetchone()
    return row[0] if row else None


def _waits(known: Mapping[str, Team]) -> str:
    """Return the query for how long each team's questions wait before the lead is told: business days."""
    rows = ", ".join(f"('{name}', {team.lead_after_days})" for name, team in known.items())
    return f"select * from (values {rows}) as v (team, lead_after_days)"
