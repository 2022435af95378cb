"""What is seen of the practice after a night, in the words of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

Rows = Callable[..., list[tuple[Any, ...]]]

_CASES = """
select
    p.mrn,
    case
        when c.case_id is null then '-'
        when c.workflow = 'transitional_care' then 'TC ' else 'CC '
    end,
    case when c.status = 'open' then c.stage else concat_ws(':', c.status, c.close_reason) end,
    (
        select string_agg(distinct e.reason, ' ' order by e.reason)
        from operations.exception as e
        where e.status = 'open' and e.about_id = c.case_id::text
    ),
    (
        select string_agg(n.reason, ' ' order by n.reason)
        from cases.not_opened as n
        where n.person_id = l.person_id and c.case_id is null
    )
from core.patient as p
inner join identity.link as l
    on l.source = p.source and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null
left join cases.case_record as c on c.person_id = l.person_id
where p.source = 'epic' and p.retracted_seq is null
order by p.mrn, c.workflow
"""


def cases_of(rows: Rows) -> dict[str, str]:
    """Return by record number what each patient of the EHR has."""
    found: dict[str, list[str]] = {}
    for mrn, workflow, stage, exceptions, reasons in rows(_CASES):
        stands = f"{workflow}{stage}" if workflow != "-" else "-"
        found.setdefault(mrn, []).append(
            " ".join(each for each in (stands, exceptions, reasons) if each)
        )
    return {mrn: "; ".join(each) for mrn, each in found.items()}


def exceptions_of(rows: Rows) -> dict[str, int]:
    """Return how many exceptions are open, by reason."""
    return dict(
        Counter(
            reason
            for (reason,) in rows("select reason from operations.exception where status = 'open'")
        )
    )
