"""Detects silence and new codes, and opens an exception that clears by itself.

A workflow opens no cases, a kind of fact stops coming, an unknown code appears, all rows of a feed have
one status: nothing fails, so nobody would notice. Each becomes one exception for the team that owns the
workflow or the feed. It names the workflow, feed, fact or code, never a patient. The night keeps a small
history (`operations.signal`, `operations.code_seen`, the profiles of `quality.verdict`), so the cost
depends only on what came tonight. Days are business dates; wall-clock time is not used.
"""

from __future__ import annotations

from datetime import datetime

from throughline.exceptions import REST
from throughline.silence.watched import (
    Field,
    coded,
    fields,
    known_codes,
    stated_kinds,
    status_fields,
    watched_codes,
)
from throughline.warehouse import Connection, failpoints, nights, sql
from throughline.warehouse.moment import Moment, moment_of

REASONS = ("workflow_silent", "facts_silent", "new_code", "one_status")
SWITCHED_OFF = "workflow_switched_off"
"""The reasons of `exceptions.yaml` that only this package opens: what is silent or new, and what is switched off."""

LIMITS: dict[str, int] = {
    "quiet_nights": 28,
    "gap_days": 90,
    "least_gaps": 3,
    "times_the_gap": 3,
    "least_days": 7,
    "learning_nights": 14,
    "many_codes": 20,
    "status_rows": 20,
    "status_deliveries": 14,
}
"""The thresholds.

A workflow or a kind of fact counts as silent after at least seven days that are more than three times the longest gap
in the 90 days before its last signal. This needs 28 nights since its first signal, and three gaps:
for random arrivals, the chance of exceeding three times the longest gap is one in four after one gap, but one in
twenty after three (with n gaps, 6 in (n + 1)(n + 2)(n + 3)). New codes are reported from the 15th night of a feed on;
more than twenty new codes of one field on a night become one exception. A delivery with a single status is reported
if it has at least 20 rows and the last 14 deliveries of that size had at least two statuses each.
"""

_MADE = ("quiet", "new_codes", "one_status", "exceptions")
_OFF = "silence/switched_off.sql"


def notice(conn: Connection, seq: int, as_of: datetime) -> dict[str, int]:
    """Record the signals of night `seq`, and open and clear exceptions about silence and new codes.

    Also records what earlier nights left undone. A rerun of the night undoes its rows and writes the
    same ones again. A night that is not the newest is recorded but changes no exceptions. Returns
    counts. Does not commit.
    """
    moment = moment_of(conn, seq, as_of)
    counts = _remember(conn, moment)
    failpoints.hit("silence.after_remember")
    if nights.is_newest(conn, seq):
        counts |= _judge(conn, moment)
    return counts


def _remember(conn: Connection, moment: Moment) -> dict[str, int]:
    signals = sql.run(conn, "silence/signals.sql", seq=moment.seq, since=moment.since)
    read = {row[0] for row in conn.execute("select field from operations.coded_field").fetchall()}
    codes = 0
    for after, some in (
        (moment.since, [one for one in fields() if one.name in read]),
        (0, [one for one in fields() if one.name not in read]),
    ):
        codes += _remember_codes(conn, moment.seq, after, some)
    return {"signals": signals.count("signals"), "codes": codes}


def _remember_codes(conn: Connection, seq: int, after: int, some: list[Field]) -> int:
    """Record the codes of some fields that came after night `after`; returns how many are new."""
    if not some:
        return 0
    return sql.run(
        conn,
        "silence/codes.sql",
        {"coded": coded(some)},
        seq=seq,
        after=after,
        fields=[one.name for one in some],
    ).count("codes")


def _judge(conn: Connection, moment: Moment) -> dict[str, int]:
    made = [f"silence/{name}.sql" for name in _MADE]
    given = {
        "stated_kind": stated_kinds(),
        "watched_code": watched_codes(),
        "known_code": known_codes(),
        "status_field": status_fields(),
    }
    params = {**moment.params, **LIMITS, "reasons": list(REASONS), "rest": REST}
    sql.drop_made(conn, *made)
    sql.run(conn, "silence/take_back.sql", **params)
    for path in made:
        done = sql.run(conn, path, given, **params)
    failpoints.hit("silence.after_exceptions")
    sql.drop_made(conn, *made, _OFF)
    off = _ask_what_becomes(conn, moment)
    return {name: times + off.get(name, 0) for name, times in done.counts.items()}


def _ask_what_becomes(conn: Connection, moment: Moment) -> dict[str, int]:
    """Open and clear the exceptions about workflows that are switched off and have open cases; returns counts."""
    sql.run(conn, "silence/take_back.sql", **moment.params, reasons=[SWITCHED_OFF])
    counts = dict(sql.run(conn, _OFF, **moment.params).counts)
    sql.drop_made(conn, _OFF)
    return counts
