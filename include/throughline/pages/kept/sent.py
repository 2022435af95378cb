"""The batches of claims that were sent, the newest first: when, who attested them, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from throughline.vocabulary.counts import count
from throughline.warehouse import Connection, sql

SIZE = 10
"""Batches on one page."""


@dataclass(frozen=True)
class Sent:
    """A batch that was sent, as `sql/told/pages/sent_batches.sql` gives it. Times are UTC.

    `taken` and `not_taken` count what the receiver said of the file; `accepted`, `rejected` and `paid` its claims.
    """

    batch_id: str
    payer_id: str
    billing_npi: str
    claims: int
    charge: Decimal
    sent_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    taken: int
    not_taken: int
    accepted: int
    rejected: int
    paid: int

    @property
    def answers(self) -> str:
        """What was answered so far, in words."""
        said = []
        if self.not_taken:
            said.append("file refused by the receiver")
        elif self.taken:
            said.append("file taken by the receiver")
        for number, what in (
            (self.accepted, "accepted"),
            (self.rejected, "rejected"),
            (self.paid, "remitted"),
        ):
            if number:
                said.append(f"{count(number, 'claim')} {what}")
        return "; ".join(said) or "no answer yet"


def sent(conn: Connection, page: int) -> tuple[list[Sent], int]:
    """Return one page of the sent batches, and how many there are."""
    (total,) = conn.execute(
        "select count(*) from tasks.claim_batch where status = 'sent'"
    ).fetchone() or (0,)
    rows = sql.run(conn, "told/pages/sent_batches.sql", size=SIZE, skip=(page - 1) * SIZE).rows
    return [Sent(*row) for row in rows], total
