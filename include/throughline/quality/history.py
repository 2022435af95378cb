"""What a feed usually brings: the volume that tonight's delivery is held against."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from throughline.warehouse import Connection

DELIVERIES = 7
LEAST_DELIVERIES = 3
LEAST_SHARE = 0.3
SMALL = 20


@dataclass(frozen=True)
class Volume:
    """The least number of rows that is believed, and what it was made from."""

    least: int
    usual: float | None


def expected_volume(conn: Connection, batch_id: str) -> Volume:
    """Hold a batch against the median of the feed's last deliveries of ordinary nights.

    A first load and a small feed have no bound: there is nothing to compare with.
    """
    rows = conn.execute(
        "select p.rows_received from landing.batch as b"
        " inner join landing.batch as p on p.source = b.source and p.feed = b.feed"
        " and p.business_date < b.business_date and p.status = 'loaded' and p.known_seq > ("
        "  select min(f.known_seq) from landing.batch as f"
        "  where f.source = b.source and f.feed = b.feed)"
        " where b.batch_id = %s order by p.business_date desc, p.known_seq desc limit %s",
        (batch_id, DELIVERIES),
    ).fetchall()
    volumes = [row[0] for row in rows]
    if len(volumes) < LEAST_DELIVERIES:
        return Volume(0, None)
    usual = median(volumes)
    return Volume(int(usual * LEAST_SHARE) if usual >= SMALL else 0, usual)
