"""Makes the lists of the pages long: as if no system took the practice's work, and it had only been observed so far.

This is done once the nights have been measured: it costs none of them anything.
"""

from __future__ import annotations

import psycopg

INSIDE = """
    insert into tasks.inside (task_id, source, known_seq)
    select t.task_id, 'ehr', t.planned_seq from tasks.task as t where t.closed_seq is null
"""
OBSERVED = """
    insert into tasks.observed (
        case_id, stage, kind, from_seq, is_held, person_id, workflow, attempt, owner_team, priority, detail
    )
    select
        t.case_id, t.stage, t.kind, t.planned_seq, true, t.person_id, c.workflow, 1, t.owner_team, t.priority, t.detail
    from tasks.task as t
    inner join cases.case_record as c on c.case_id = t.case_id
    where t.closed_seq is null
"""


def lengthen(dsn: str) -> None:
    """Put every open task on our own pages, and among what is held until somebody lets it out."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(INSIDE)
        conn.execute(OBSERVED)
        conn.execute("analyze tasks.inside, tasks.observed")
