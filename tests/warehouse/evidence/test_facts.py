"""What each record states, and that it is taken back with the record and written the same again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.warehouse.clinic import (
    Clinic,
    Record,
    again,
    answer,
    appointment,
    call,
    charge,
    claim,
    consent,
    coverage,
    deleted,
    eligibility,
    note,
    patient,
    payment,
    procedure,
    reconciliation,
    stay,
    visit,
)

NIGHTS = ["2026-07-06", "2026-07-07", "2026-07-08"]


def facts(clinic: Clinic, *kinds: str) -> list[tuple[str, str | None]]:
    """Return (kind, code) of the standing facts, of these kinds or of all but the patient's own."""
    return [
        (row.kind, row.code)
        for row in clinic.rows(
            "select kind, code from evidence.fact where retracted_seq is null and ("
            " kind = any(%s) or (cardinality(%s::text[]) = 0"
            " and kind not in ('preference', 'attribution'))) order by 1, 2",
            list(kinds),
            list(kinds),
        )
    ]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        # two-way contact, and what is only a try
        (
            call("p1", "2026-07-06 10:00", "reached"),
            [("attempt", "reached"), ("contact", "reached")],
        ),
        (
            call("p1", "2026-07-06 10:00", "declined"),
            [("attempt", "declined"), ("contact", "declined")],
        ),
        (call("p1", "2026-07-06 10:00", "left_message"), [("attempt", "left_message")]),
        (call("p1", "2026-07-06 10:00", "no_answer"), [("attempt", "no_answer")]),
        (
            call("p1", "2026-07-06 10:00", None, medium_code="SMSWRIT"),
            [("attempt", "message_sent")],
        ),
        (call("p1", "2026-07-06 10:00", None), []),
        (call("p1", "2026-07-06 10:00", "no_answer", status="stopped"), [("attempt", "no_answer")]),
        (call("p1", "2026-07-06 10:00", status="in-progress"), []),
        (call("p1", "2026-07-06 10:00", status="not-done"), []),
        (call("p1", "2026-07-06 10:00", sender_id=None), [("attempt", "reached")]),
        (call("p1", "2026-07-06 10:00", category_code="scheduling"), [("attempt", "reached")]),
        # stays and visits
        (
            stay("p1", "2026-07-01", "2026-07-03 11:00"),
            [("admission", "IMP"), ("discharge", "home")],
        ),
        (
            stay("p1", "2026-07-01", "2026-07-03 11:00", "aadvc"),
            [("admission", "IMP"), ("discharge", "ama")],
        ),
        (
            stay("p1", "2026-07-01", "2026-07-03 11:00", "86"),
            [("admission", "IMP"), ("discharge", "home_health")],
        ),
        (
            stay("p1", "2026-07-01", "2026-07-03 11:00", None),
            [("admission", "IMP"), ("discharge", "other")],
        ),
        (
            stay("p1", "2026-07-01", "2026-07-03 11:00", "hosp"),
            [("admission", "IMP"), ("discharge", "hospice"), ("hospice", None)],
        ),
        (stay("p1", "2026-07-01"), [("admission", "IMP")]),
        (stay("p1", "2026-07-01", status="entered-in-error"), []),
        (visit("p1", "2026-07-06 09:00"), [("visit", "185349003")]),
        (visit("p1", "2026-07-06 09:00", status="in-progress"), [("visit_open", "185349003")]),
        (visit("p1", "2026-07-06 09:00", status="cancelled"), []),
        (visit("p1", "2026-07-06 09:00", class_code="EMER"), []),
        (visit("p1", "2026-07-06 09:00", class_code="VR"), [("visit", "185349003")]),
        # notes
        (note("p1", "2026-07-06"), [("note", "11506-3")]),
        (note("p1", "2026-07-06", doc_status="preliminary"), []),
        (note("p1", "2026-07-06", authenticator_id=None), []),
        (note("p1", "2026-07-06", status="superseded"), [("note", "11506-3")]),
        (note("p1", "2026-07-06", status="entered-in-error"), []),
        # charges, medicines, hospice
        (charge("p1", "2026-07-06"), [("charge", "99214")]),
        (charge("p1", "2026-07-06", status="aborted"), []),
        (
            reconciliation("p1", "2026-07-06"),
            [("medication_reconciliation", "430193006"), ("procedure", "430193006")],
        ),
        (
            procedure("p1", "1111F", "2026-07-06"),
            [("medication_reconciliation", "1111F"), ("procedure", "1111F")],
        ),
        (
            procedure("p1", "430193006", "2026-07-06", status="not-done"),
            [("not_done", "430193006")],
        ),
        (procedure("p1", "73761001", "2026-07-06", status="stopped"), [("procedure", "73761001")]),
        (procedure("p1", "73761001", "2026-07-06", status="preparation"), []),
        (
            procedure("p1", "385763009", "2026-07-06", status="in-progress"),
            [("hospice", "385763009"), ("procedure", "385763009")],
        ),
        # bookings
        (appointment("p1", "2026-07-10"), [("booking", "TCM")]),
        (appointment("p1", "2026-07-10", status="arrived"), [("arrived", "TCM")]),
        (appointment("p1", "2026-07-10", status="noshow"), [("no_show", "TCM")]),
        (appointment("p1", "2026-07-10", status="pending"), []),
        # answers of payers
        (answer("p1", "2026-07-06", "A2"), [("claim_accepted", "A2:20")]),
        (answer("p1", "2026-07-06", "A2", is_from_payer=False), [("claim_forwarded", "A2:20")]),
        (answer("p1", "2026-07-06", "A1"), [("claim_forwarded", "A1:20")]),
        (answer("p1", "2026-07-06", "A0"), [("claim_forwarded", "A0:20")]),
        (answer("p1", "2026-07-06", "A7"), [("claim_rejected", "A7:20")]),
        (eligibility("p1", "2026-07-06"), [("eligibility", "active")]),
        (eligibility("p1", "2026-07-06", is_active=False), [("eligibility", "inactive")]),
        (eligibility("p1", "2026-07-06", reject_code="75"), [("eligibility", "rejected")]),
        (eligibility("p1", "2026-07-06", is_plan_unclear=True), [("eligibility", "unclear")]),
        # covered by nobody knows what: with Part B beside it, or not covered, it decides nothing
        (
            eligibility("p1", "2026-07-06", insurance_code="BB", part_b_from=None),
            [("eligibility", "unclear")],
        ),
        (eligibility("p1", "2026-07-06", insurance_code="BB"), [("eligibility", "active")]),
        (
            eligibility("p1", "2026-07-06", insurance_code="BB", part_b_from=None, is_active=False),
            [("eligibility", "inactive")],
        ),
        (consent("p1"), [("consent", "contact"), ("opt_out", "contact")]),
        (consent("p1", provision="permit"), [("consent", "contact")]),
        (consent("p1", status="inactive"), []),
        (coverage("p1"), [("coverage", "part_b")]),
        (coverage("p1", "SUNADV", "11"), [("coverage", "advantage")]),
        (coverage("p1", "OTHER", "2"), [("coverage", "medicaid")]),
        (coverage("p1", "OTHER", "81"), [("coverage", "self_pay")]),
        (coverage("p1", status="cancelled"), []),
    ],
    ids=lambda value: value.table if isinstance(value, Record) else "",
)
def test_what_a_record_states(
    clinic: Clinic, record: Record, expected: list[tuple[str, str | None]]
) -> None:
    clinic.know(record)
    clinic.begin(NIGHTS[0])
    clinic.derive()
    assert facts(clinic) == expected

    clinic.know(deleted(record))
    clinic.night(NIGHTS[1])
    assert not facts(clinic)


def test_dates_are_days_of_the_practice(clinic: Clinic) -> None:
    clinic.know(
        coverage("p1", starts="2026-07-01", ends="2026-07-31"),
        claim("p1", "2026-07-01"),
        answer("p1", "2026-07-03"),
        payment("p1", "2026-07-20", 100),
        eligibility("p1", "2026-07-02"),
    )
    clinic.night("2026-07-21")

    assert {
        (row.kind, str(row.day))
        for row in clinic.rows(
            "select kind, cases.local_day(coalesce(starts_at, occurred_at)) as day from evidence.fact"
            " where kind <> 'preference'"
        )
    } == {
        ("coverage", "2026-07-01"),
        ("claim", "2026-07-01"),
        ("claim_accepted", "2026-07-03"),
        ("remittance", "2026-07-20"),
        ("eligibility", "2026-07-02"),
    }


def test_lines_follow_their_claim(clinic: Clinic) -> None:
    head, line = claim("p1", "2026-07-01")
    clinic.know(head, line)
    clinic.night(NIGHTS[0])
    clinic.know(again(head, total_charge=150))
    clinic.night(NIGHTS[1])
    standing = clinic.rows(
        "select detail ->> 'total' as total, known_seq from evidence.fact"
        " where kind = 'claim' and retracted_seq is null"
    )
    assert [(float(row.total), row.known_seq) for row in standing] == [(150.0, 2)]

    clinic.know(again(head, status="cancelled"))
    clinic.night(NIGHTS[2])
    assert not facts(clinic, "claim")


def test_a_reversal_points_at_what_it_reverses(clinic: Clinic) -> None:
    clinic.know(payment("p1", "2026-07-01", 100), payment("p1", "2026-07-02", 80, key="b"))
    clinic.night(NIGHTS[0])
    clinic.know(payment("p1", "2026-07-04", -100, status="22"))
    clinic.night(NIGHTS[1])

    (row,) = clinic.rows(
        "select o.amount from evidence.fact as f inner join evidence.fact as o on o.fact_id = f.reverses"
    )
    assert row.amount == 100


def everything(who: str) -> list[Record]:
    return [
        patient(who),
        coverage(who),
        consent(who),
        stay(who, "2026-06-20", "2026-06-23 10:00"),
        call(who, "2026-06-24 10:00"),
        appointment(who, "2026-06-26 09:00"),
        visit(who, "2026-06-26 09:00"),
        note(who, "2026-06-26"),
        charge(who, "2026-06-26"),
        reconciliation(who, "2026-06-26"),
        *claim(who, "2026-06-26"),
        answer(who, "2026-06-29"),
        payment(who, "2026-07-05", 150, contractual=50),
        eligibility(who, "2026-06-20"),
    ]


LEDGER = """
    select fact_id, subject_source, subject_id, kind, code, amount, occurred_at, source_ref,
        source_version, identifiers, detail, reverses
    from evidence.fact where retracted_seq is null order by fact_id
"""


def test_the_ledger_is_the_same_in_any_order_and_when_a_night_runs_again(clinic: Clinic) -> None:
    records = [record for who in ("p1", "p2") for record in everything(who)]
    clinic.know(records)
    clinic.night(NIGHTS[0])
    whole: list[Any] = clinic.rows("select * from evidence.fact order by fact_id")
    once = clinic.rows(LEDGER)
    clinic.derive()
    assert clinic.rows("select * from evidence.fact order by fact_id") == whole

    clinic.conn.rollback()
    shuffled = Clinic(clinic.conn)
    random.Random(7).shuffle(records)
    shuffled.know(records[:13])
    shuffled.night(NIGHTS[0])
    shuffled.know(records[13:])
    shuffled.night(NIGHTS[1])
    assert shuffled.rows(LEDGER) == once
