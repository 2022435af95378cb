"""Says where a thing is decided whose number somebody gave to another command."""

from __future__ import annotations

from throughline.programs.commands import as_here
from throughline.warehouse import Connection

IN_AIRFLOW = "release or reject it under Required Actions in Airflow"
_FOUND = """
    select e.reason, left(e.exception_id::text, 8), e.detail ->> 'about', left(e.about_id, 8)
    from operations.exception as e
    where e.status = 'open'
        and (starts_with(e.exception_id::text, %(start)s) or starts_with(e.case_id::text, %(start)s))
    union all
    select b.status, left(b.batch_id::text, 8), b.source || '/' || b.feed || ' of ' || b.business_date, ''
    from landing.batch as b
    where b.status in ('stopped', 'replaced', 'rejected') and starts_with(b.batch_id::text, %(start)s)
    union all
    select 'claims', left(c.batch_id::text, 8), c.payer_id, left(c.batch_id::text, 8)
    from tasks.claim_batch as c
    where c.status = 'waiting' and starts_with(c.batch_id::text, %(start)s)
    limit 2
"""


def where_decided(conn: Connection, start: str) -> str:
    """Return what the id that begins with `start` is and where it is decided: `; it is …`, or an empty text.

    It names a delivery, a batch, an exception: no patient.
    """
    found = conn.execute(_FOUND, {"start": start.lower()}).fetchall()
    if len(found) != 1:
        return ""
    ((what, number, about, claims),) = found
    if what in ("stopped", "feed_not_released"):
        return f"; a gate stopped {about}: {IN_AIRFLOW}"
    if what == "replaced":
        return f"; a later delivery has replaced {about}: nobody has to decide about it"
    if what == "rejected":
        return f"; {about} is rejected already"
    if what in ("claims", "claims_not_released"):
        told = as_here(f"make claims BATCH={claims}")
        return f"; it is a batch of claims: see `{told}`, and attest or refuse it there"
    if what in ("rows_set_aside", "file_refused"):
        return as_here(f"; it is decided by `make decide ID={number} ACTION=<act>`")
    return as_here(f"; it is an exception: `make resolve ID={number} ACTION=<act>`")
