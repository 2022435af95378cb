"""What falls silent and what says something new: noticed by a night, told to its owner, over by itself.

A workflow that opens no case, a kind of fact that does not come, a code that nobody knows, a feed all of
one status: nothing fails, and nothing happens. Each is one exception, of the team that owns the workflow or
the feed, and names these alone, never a patient. The night keeps a small history for it
(`operations.signal`, `operations.code_seen`, the profiles of `quality.verdict`), so that the work grows
with what came tonight. Days are business dates; no clock of a wall is asked.
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
"""The reasons of `include/definitions/exceptions.yaml` that are opened here, and nowhere else."""

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
"""When something is noticed.

A workflow or a kind of fact: from the night on that is the 28th since its first signal, when it is silent for more
than three times the longest gap of the 90 days before its last signal, and for seven days at least. Three gaps are
needed: what comes by chance stays away for longer than three times its longest gap once in four times after one gap,
once in twenty after three (with n gaps, 6 in (n + 1)(n + 2)(n + 3)). A code: on the 15th night of its feed and later;
more than twenty of one field in a night are one exception. A feed all of one status: of 20 rows and more, after 14
deliveries of that size with two statuses and more each.
"""

_MADE = ("quiet", "new_codes", "one_status", "exceptions")


def notice(conn: Connection, seq: int, as_of: datetime) -> dict[str, int]:
    """Write down what night `seq` brought, and open and clear the exceptions of what is silent or new.

    Run again for the same night it takes back what it wrote and writes the same rows; what earlier
    nights left undone is written down with it. A night that is not the newest is written down alone.
    Returns counts. Does not commit.
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
    """Write down the codes of some fields that came after night `after`; returns how many are new."""
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
    sql.drop_made(conn, *made)
    return dict(done.counts)
