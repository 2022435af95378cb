"""What opened no case is told with its reasons: in the summary, on the page, by `make status`."""

from __future__ import annotations

import re

from tests.warehouse.morning import conn, server
from throughline.told import page, status, summary
from throughline.told.numbers import collect
from throughline.warehouse import Connection

__all__ = ["conn", "server"]

ZONE = "America/New_York"


def test_what_opened_no_case_is_told_with_its_reasons(conn: Connection) -> None:
    assert "OPENED NO CASE" not in summary.render(collect(conn, 3, ZONE))
    conn.execute(
        "insert into cases.not_opened (person_id, workflow, trigger_ref, reason, version, source, happened_on,"
        " derived_seq) select gen_random_uuid(), 'transitional_care', 'encounter/n' || n, r, 2, 'ehr',"
        " date '2026-09-03' - age, 3 from (values (1, 'attribution_not_stated', 0), (2, 'attribution_not_stated', 3),"
        " (2, 'coverage_not_stated', 3), (3, 'went_elsewhere', 29), (4, 'went_elsewhere', 30)) as v (n, r, age)"
    )
    conn.execute("update cases.not_opened set person_id = md5(trigger_ref)::uuid")
    told = summary.render(collect(conn, 3, ZONE))
    assert "OPENED NO CASE: 3 of transitional care" in told
    assert re.search(r"transitional care +2 +1 +Nothing says that this practice looks after", told)
    shown = page.render(collect(conn, 3, ZONE))
    assert "Nothing says that this practice looks after the patient" in shown
    assert "have the chart name a practitioner, or say in practice.yaml what else counts" in shown
    assert (
        "3 opened no case of transitional care in the last 30 days:"
        " 2 attribution not stated; 1 coverage not stated; 1 went elsewhere"
    ) in status.tell(conn)


def test_claims_that_no_payer_has_are_told_with_since_when(conn: Connection) -> None:
    conn.execute(
        'update cases.workflow_version set definition = definition || \'{"trigger": {"known_within_days": 120}}\''
    )
    conn.execute(
        "insert into cases.not_opened (person_id, workflow, trigger_ref, reason, version, source, happened_on,"
        " derived_seq) select md5(n::text)::uuid, 'charge_capture', 'encounter/n' || n, r, 2, 'ehr',"
        " date '2026-09-03' - age, 3 from (values (1, 'claim_not_answered', 45), (2, 'claim_not_answered', 12),"
        " (3, 'claim_rejected', 2), (4, 'claim_not_answered', 121), (5, 'note_not_signed', 45)) as v (n, r, age)"
    )
    told = summary.render(collect(conn, 3, ZONE))
    assert "OPENED NO CASE: 3 of charge capture" in told
    assert re.search(r"capture +2 +2 +Its claim was sent, and no payer has answered", told)
    # no day is cut off
    for day in ("2026-07-20", "2026-09-01"):
        assert f"(since {day})" in " ".join(told.split())
    assert max(len(line) for line in told.splitlines()) <= 100
    shown = page.render(collect(conn, 3, ZONE))
    assert "no payer has answered within ten days (since 2026-07-20)" in shown
    assert "has not been sent again (since 2026-09-01)" in shown
    assert "ask the clearinghouse or the payer whether the claim arrived" in shown
    assert (
        "2 claim not answered since 2026-07-20; 1 claim rejected since 2026-09-01"
    ) in status.tell(conn)
