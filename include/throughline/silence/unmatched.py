"""Opens exceptions about money and answers that match nothing, and clears them when the missing piece comes.

A remittance or a 277CA for a claim that nobody sent, a TA1 or 999 of a file that nobody sent or that refuses one
of ours, a claim whose patient nobody knows, money that belongs to no claim (PLB), a file or a claim of ours that
nobody answers, a stay of which the chart never says that it ended, a discharge of which it does not say where
the patient went, and one that two sources tell differently. Each has an owner, a due date and, where money is in
it, an amount; it names claims, files and payers, never a patient. This affects exceptions only: no case, stage or
task depends on it.
"""

from __future__ import annotations

from datetime import datetime

from throughline.exceptions import REST
from throughline.practice import practice
from throughline.warehouse import Connection, failpoints, nights, sql
from throughline.warehouse.moment import moment_of

REASONS = (
    "unmatched_remittance",
    "claim_without_person",
    "unmatched_acknowledgement",
    "provider_adjustment",
    "file_rejected",
    "file_unanswered",
    "claim_unanswered",
    "stay_not_ended",
    "disposition_not_stated",
    "sources_disagree",
)
"""The reasons of `include/definitions/exceptions.yaml` that only this module opens."""

LIMITS: dict[str, int] = {"acknowledgement_days": 2, "claim_answer_days": 5, "many": 100}
"""The defaults, in business days, of payers whose own time `payers.yaml` does not say.

CAQH CORE 155 (batch response time, https://ediacademy.com/blog/caqh-core-155-batch-response-time) has the 999
within an hour and answers by 7:00 of the next business day; a second day is for the clearinghouse between. A
277CA comes once from it and once from the payer, later. Its five days are our own choice: the rule about
claims (CAQH CORE 450, version 4.0.0, September 2015) could not be read beyond its contents (2026-11-28). More
than a hundred of one reason and source on one night become one exception.
"""

HISTORY_DAYS = 400
"""Money and answers that are older than this when they come open nothing: they are the history of a first load.

Payers take claims for a year (42 CFR 424.44 for Medicare; `timely_filing_days`), and answer within weeks.
"""

_MADE = (
    "silence/unmatched.sql",
    "silence/never_ended.sql",
    "silence/disposition_not_stated.sql",
    "silence/sources_disagree.sql",
    "silence/unmatched_exceptions.sql",
)


def notice(conn: Connection, seq: int, as_of: datetime) -> dict[str, int]:
    """Open and clear the exceptions of night `seq`; a rerun of it gives the same ones. Returns counts.

    A night that is not the newest changes nothing. Does not commit.
    """
    if not nights.is_newest(conn, seq):
        return {}
    moment = moment_of(conn, seq, as_of)
    params = {
        **moment.params,
        **LIMITS,
        "longest_stay_days": practice().longest_stay_days,
        "reasons": list(REASONS),
        "rest": REST,
        "history_days": HISTORY_DAYS,
    }
    sql.drop_made(conn, *_MADE)
    sql.run(conn, "silence/take_back.sql", **params)
    for path in _MADE:
        done = sql.run(conn, path, **params)
    failpoints.hit("unmatched.after_exceptions")
    sql.drop_made(conn, *_MADE)
    return dict(done.counts)
