"""Money and answers that match nothing: an exception with owner and amount, until the missing piece comes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse.clinic import (
    CLEARINGHOUSE,
    Clinic,
    Record,
    again,
    answer,
    claim,
    coverage,
    deleted,
    moment,
    patient,
    payment,
    practitioner,
    stay,
)
from throughline.exceptions.resolve import resolve
from throughline.silence import unmatched
from throughline.told import page
from throughline.told.numbers import collect
from throughline.warehouse import sql

ON = "2026-06-20"


def known(who: str) -> list[Record]:
    return [patient(who), coverage(who)]


def acknowledged(
    number: str, part: str = "999", group: str = "HC", said: str = "A", of_group: str | None = None
) -> Record:
    """A 999 of a group with this number, or a TA1 of an interchange, and what it says."""
    is_interchange = part == "TA1"
    return Record(
        "functional_acknowledgement",
        f"{part}-{number}",
        CLEARINGHOUSE,
        None,
        {
            "group_control_number": None if is_interchange else number,
            "transaction_control_number": number if is_interchange else "0001",
            "functional_id": None if is_interchange else group,
            "transaction_set": "TA1" if is_interchange else "837",
            "status_code": said,
            "group_status_code": of_group,
        },
    )


def adjustment(code: str, reference: str, amount: float, check: str = "T1") -> Record:
    """One PLB of a remittance."""
    return Record(
        "provider_adjustment",
        f"{check}|PLB|{code}|{reference}",
        CLEARINGHOUSE,
        None,
        {
            "reason_code": code,
            "reference": reference,
            "amount": amount,
            "check_number": check,
            "payer_id": "MEDB1",
        },
    )


def night(clinic: Clinic, on: str, *records: Record | list[Record]) -> list[tuple[Any, ...]]:
    """Run a night on these records; return the open exceptions of this module."""
    clinic.know(*records)
    clinic.begin(on)
    clinic.derive()
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    return opened(clinic)


def opened(clinic: Clinic) -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for row in clinic.rows(
            "select reason, about_id, amount, owner_team from operations.exception"
            " where status = 'open' and reason = any(%s) order by reason, about_id",
            list(unmatched.REASONS),
        )
    ]


def closed(clinic: Clinic) -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for row in clinic.rows(
            "select reason, about_id, status from operations.exception where status <> 'open'"
            " and reason = any(%s) order by reason, about_id",
            list(unmatched.REASONS),
        )
    ]


NOBODY_SENT = ("unmatched_remittance", "C-p1", Decimal(90), "billing")


def test_a_remittance_before_its_claim(clinic: Clinic) -> None:
    assert night(clinic, "2026-07-06", known("p1"), payment("p1", ON, 90)) == [NOBODY_SENT]
    assert night(clinic, "2026-07-07") == [NOBODY_SENT]
    assert night(clinic, "2026-07-08", claim("p1", ON)) == []
    assert closed(clinic) == [("unmatched_remittance", "C-p1", "cleared")]


def test_a_remittance_after_its_claim(clinic: Clinic) -> None:
    assert night(clinic, "2026-07-06", known("p1"), claim("p1", ON)) == []
    assert night(clinic, "2026-07-07", payment("p1", ON, 90)) == []
    # the claim's copy is taken back: the remittance has none again
    assert night(clinic, "2026-07-08", *[deleted(r) for r in claim("p1", ON)]) == [NOBODY_SENT]


def test_what_a_payer_pays_later_adds_up(clinic: Clinic) -> None:
    night(clinic, "2026-07-06", payment("p1", ON, 90))
    late = payment("p1", "2026-06-25", 10, key="b")
    assert night(clinic, "2026-07-07", late)[0][2] == Decimal(100)
    assert night(clinic, "2026-07-08", deleted(payment("p1", ON, 90)), deleted(late)) == []


def test_a_claim_before_its_patient(clinic: Clinic) -> None:
    expected = ("claim_without_person", "C-p1", Decimal(200), "registration")
    assert night(clinic, "2026-07-06", claim("p1", ON)) == [expected]
    assert night(clinic, "2026-07-07", known("p1")) == []
    assert closed(clinic) == [("claim_without_person", "C-p1", "cleared")]


@pytest.mark.parametrize(
    ("part", "column"),
    [("999", "group_control_number"), ("TA1", "interchange_control_number")],
)
def test_an_answer_about_a_file(clinic: Clinic, part: str, column: str) -> None:
    name = {"999": "clearinghouse/group/77", "TA1": "clearinghouse/interchange/77"}[part]
    expected = ("unmatched_acknowledgement", name, None, "billing")
    assert night(clinic, "2026-07-06", known("p1"), acknowledged("77", part)) == [expected]
    copy = claim("p1", ON)
    assert night(clinic, "2026-07-07", again(copy[0], **{column: "77"}), copy[1]) == []
    # in the other order nothing opens
    other = claim("p1", ON, number="C2")
    other[0] = again(other[0], **{column: "78"})
    assert night(clinic, "2026-07-08", other) == []
    assert night(clinic, "2026-07-09", acknowledged("78", part)) == []


def test_other_systems_ask_questions_of_which_no_copies_come(clinic: Clinic) -> None:
    assert night(clinic, "2026-07-06", acknowledged("9", group="HS")) == []


@pytest.mark.parametrize(("said", "asks"), [("A", 0), ("E", 0), ("R", 1), ("9", 1)])
def test_where_no_copies_come_only_a_refusal_asks(clinic: Clinic, said: str, asks: int) -> None:
    clinic.conn.execute(
        "delete from operations.feed where source = 'clearinghouse' and feed = 'claim'"
    )
    assert len(night(clinic, "2026-07-06", acknowledged("77", said=said))) == asks


def test_an_answer_about_a_claim(clinic: Clinic) -> None:
    [one] = night(clinic, "2026-07-06", known("p1"), answer("p1", ON))
    assert one[:2] == ("unmatched_acknowledgement", "C-p1")
    # the remittance for it says the same, with the money
    assert night(clinic, "2026-07-07", payment("p1", ON, 90)) == [NOBODY_SENT]
    assert night(clinic, "2026-07-08", claim("p1", ON)) == []


def test_money_of_no_claim_waits_until_it_is_posted(clinic: Clinic) -> None:
    found = night(clinic, "2026-07-06", adjustment("WO", "OLD1", 25), adjustment("L6", "", -1.5))
    assert found == [("provider_adjustment", "clearinghouse/T1", Decimal("23.5"), "billing")]
    [row] = clinic.rows("select exception_id, detail from operations.exception")
    assert [(one["code"], one["amount"]) for one in row.detail["adjustments"]] == [
        ("L6", -1.5),
        ("WO", 25),
    ]
    [(_, payment_, amount, told)] = sql.run(clinic.conn, "told/adjustments.sql").rows
    assert (payment_, amount) == ("clearinghouse/T1", Decimal("23.5"))
    assert told == "L6 interest -1.50, WO recovery of an overpayment 25.00"
    numbers = collect(clinic.conn, clinic.seq, "America/New_York")
    assert [
        (r.payer, r.code, r.meaning, r.amount, r.payments, r.owner_team) for r in numbers.unposted
    ] == [
        ("MEDB1", "WO", "recovery of an overpayment", Decimal(25), 1, "billing"),
        ("MEDB1", "L6", "interest", Decimal("-1.5"), 1, "billing"),
    ]
    html = page.render(numbers)
    assert 'recovery of an overpayment (WO)</td><td class="r">$25.00 taken off' in html
    assert 'interest (L6)</td><td class="r">$1.50 added' in html
    assert "OLD1" not in html
    resolve(clinic.conn, row.exception_id, "Ada Okafor", "acknowledge", "posted")
    clinic.rows(
        "update operations.exception set status = 'resolved', closed_seq = %s returning 1",
        clinic.seq,
    )
    assert night(clinic, "2026-07-20") == []


def test_what_a_person_acknowledged_comes_back_after_a_week(clinic: Clinic) -> None:
    night(clinic, "2026-07-06", payment("p1", ON, 90))
    clinic.rows(
        "update operations.exception set status = 'resolved', closed_seq = %s returning 1",
        clinic.seq,
    )
    assert night(clinic, "2026-07-08") == []
    assert night(clinic, "2026-07-20") == [NOBODY_SENT]


def test_a_rerun_opens_and_clears_the_same(clinic: Clinic) -> None:
    night(clinic, "2026-07-06", known("p1"), payment("p1", ON, 90))
    clinic.know(claim("p1", ON), payment("p2", ON, 5))
    clinic.begin("2026-07-07")
    clinic.derive()
    for _ in range(2):
        unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
        assert [row[:2] for row in opened(clinic)] == [("unmatched_remittance", "C-p2")]
        assert closed(clinic) == [("unmatched_remittance", "C-p1", "cleared")]


def test_very_many_at_once_are_one_exception(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(unmatched.LIMITS, "many", 2)
    found = night(clinic, "2026-07-06", *[payment(f"p{n}", ON, 10) for n in range(3)])
    assert [(reason, amount) for reason, _, amount, _ in found] == [
        ("unmatched_remittance", Decimal(30))
    ]
    assert night(clinic, "2026-07-07") == found


SENT = "2026-07-06"


def sent(clinic: Clinic, on: str = SENT) -> None:
    """Send a file with one claim of ours on a night, released by a named person."""
    clinic.begin(on)
    for statement in (
        "insert into operations.decision (decision_id, decided_by, kind, about_kind, about_id, detail)"
        " select md5('d')::uuid, 'Ada Okafor', 'release', 'claim_batch', md5('b')::uuid::text,"
        " jsonb_build_object('sha256', encode(sha256(''), 'hex'))",
        "insert into operations.opened (who, about_kind, about_id, digest, door) values ('Ada Okafor',"
        " 'claim_batch', md5('b')::uuid::text, encode(sha256(''), 'hex'), 'page')",
        "insert into tasks.task (task_id, case_id, person_id, workflow, stage, kind, attempt, status,"
        " owner_team, planned_seq, planned_at, due_at) values (md5('t')::uuid, md5('c')::uuid,"
        " md5('p')::uuid, 'charge_capture', 'billed', 'billing', 1, 'requested', 'billing', %(seq)s,"
        " now(), now())",
        "insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count,"
        " total_charge, payload, payload_sha256, interchange_control_number, status, decision_id)"
        " values (md5('b')::uuid, 'MEDB1', '1', %(seq)s, 1, 200, '', encode(sha256(''), 'hex'),"
        " '000000041', 'sent', md5('d')::uuid)",
        "insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source,"
        " encounter_id, task_id, payer_id, billing_npi, total_charge, content, batch_id, planned_seq,"
        " status) values ('T1', 'claim|1', md5('p')::uuid, 'ehr', 'e1', md5('t')::uuid, 'MEDB1', '1',"
        " 200, '{}', md5('b')::uuid, %(seq)s, 'sent')",
        "insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload,"
        " payload_sha256, control_numbers, planned_seq, intended_at, outcome, outcome_seq)"
        " values (md5('x')::uuid, 'claim_batch|' || md5('b')::uuid, 'claim_batch',"
        " 'clearinghouse_main', 1, '', encode(sha256(''), 'hex'), '{\"interchange\": \"000000041\"}',"
        " %(seq)s, now(), 'accepted', %(seq)s)",
    ):
        clinic.conn.execute(statement.encode(), {"seq": clinic.seq})


def reasons(clinic: Clinic, on: str, *records: Record, late: tuple[str, ...] = ()) -> list[str]:
    clinic.know(*records)
    clinic.begin(on, late=late)
    clinic.derive()
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    return [row[0] for row in opened(clinic)]


def test_what_nobody_answers_in_time(clinic: Clinic) -> None:
    sent(clinic)
    # two business days for the file, five for the claim; the night of a day is at its end
    assert reasons(clinic, "2026-07-09") == []
    assert reasons(clinic, "2026-07-10") == ["file_unanswered"]
    assert reasons(clinic, "2026-07-14") == ["file_unanswered"]
    assert reasons(clinic, "2026-07-15") == ["claim_unanswered", "file_unanswered"]
    [row] = clinic.rows(
        "select amount, detail from operations.exception where about_kind = 'claim'"
    )
    assert (row.amount, row.detail["payer_id"]) == (Decimal(200), "MEDB1")
    # the answers come after all
    assert reasons(clinic, "2026-07-16", acknowledged("41"), answer("p1", ON, number="T1")) == []


@pytest.mark.parametrize("part", ["999", "TA1"])
def test_a_file_that_is_answered(clinic: Clinic, part: str) -> None:
    sent(clinic)
    number = "41" if part == "999" else "000000041"
    found = reasons(
        clinic, "2026-07-07", acknowledged(number, part), payment("p1", ON, 9, number="T1")
    )
    assert found == []
    assert reasons(clinic, "2026-07-20") == []


@pytest.mark.parametrize(
    ("part", "said", "of_group"),
    [
        *(("999", "R", "R"), ("999", "A", "P"), ("999", "E", "R"), ("999", "M", None)),
        *(("999", "W", None), ("TA1", "R", None)),
    ],
)
def test_a_file_that_is_refused(clinic: Clinic, part: str, said: str, of_group: str | None) -> None:
    sent(clinic)
    number = "41" if part == "999" else "000000041"
    refused = acknowledged(number, part, said=said, of_group=of_group)
    assert reasons(clinic, "2026-07-07", refused) == ["file_rejected"]
    [row] = clinic.rows("select amount, detail, owner_team from operations.exception")
    code = (of_group or said).upper() if said != "R" else "R"
    assert (row.amount, row.detail["code"]) == (Decimal(200), code)
    assert (row.detail["interchange"], row.owner_team) == ("000000041", "data_engineering")
    # it is answered: nobody asks whether it arrived
    assert reasons(clinic, "2026-07-10") == ["file_rejected"]
    # what refused it is taken back
    assert reasons(clinic, "2026-07-13", deleted(refused)) == ["file_unanswered"]


def test_a_file_that_is_taken_with_errors_is_taken(clinic: Clinic) -> None:
    sent(clinic)
    assert reasons(clinic, "2026-07-07", acknowledged("41", said="E", of_group="E")) == []


@pytest.mark.parametrize("said", ["Q", "OK"])
def test_an_answer_in_a_code_of_no_list_is_no_answer(clinic: Clinic, said: str) -> None:
    sent(clinic)
    assert reasons(clinic, "2026-07-07", acknowledged("41", said=said)) == []
    assert reasons(clinic, "2026-07-10") == ["file_unanswered"]
    counted = clinic.rows("select field, code, count(*) from evidence.unmapped group by 1, 2")
    assert [tuple(row) for row in counted] == [("functional_acknowledgement.status_code", said, 1)]


def test_a_payer_with_a_time_of_its_own(clinic: Clinic) -> None:
    clinic.rows(
        "insert into cases.setting_known (name, key, known_seq, value) values"
        " ('payer_acknowledgement_days', 'MEDB1', 0, '1'), ('payer_claim_answer_days', 'MEDB1', 0, '2')"
        " returning 1"
    )
    sent(clinic)
    assert reasons(clinic, "2026-07-08") == []
    assert reasons(clinic, "2026-07-09") == ["file_unanswered"]
    assert reasons(clinic, "2026-07-10") == ["claim_unanswered", "file_unanswered"]


def test_while_the_answers_feed_is_late_nobody_is_accused(clinic: Clinic) -> None:
    sent(clinic)
    late = ("clearinghouse.functional_acknowledgement", "clearinghouse.claim_response")
    assert reasons(clinic, "2026-07-20", late=late) == []


def test_a_claim_whose_copy_waits_for_a_decision_was_sent(clinic: Clinic) -> None:
    clinic.begin("2026-07-05")
    clinic.conn.execute(
        "insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no, reason,"
        " subject_source, subject_id) select md5('q')::uuid, batch_id, source, feed, 1, 1, 'x', 'pcn',"
        " 'C-p1' from landing.batch where source = 'clearinghouse' and feed = 'claim' limit 1"
    )
    assert night(clinic, "2026-07-06", payment("p1", ON, 90)) == []
    clinic.conn.execute("update quality.quarantine set status = 'rejected'")
    assert night(clinic, "2026-07-07", payment("p1", ON, 5, key="b")) == [
        ("unmatched_remittance", "C-p1", Decimal(95), "billing")
    ]


@pytest.mark.parametrize("code", ["IMP", "LOCAL-OBS"])
def test_a_stay_that_never_ends(clinic: Clinic, code: str) -> None:
    seen = [coverage("p1"), stay("p1", "2026-07-01", "2026-07-04 11:00"), practitioner()]
    assert night(clinic, "2026-07-06", known("p1"), seen) == []
    [(number, cases)] = clinic.rows(
        "select left(min(case_id::text), 8), count(*) from cases.case_record where status = 'open'"
    )
    told = ("stay_not_ended", f"case {number}", None, "care_management")
    recent = stay("p1", "2026-04-10", kind=code, key="recent")
    assert night(clinic, "2026-07-07", recent) == []
    old = stay("p1", "2026-03-01", kind=code, key="old")
    assert night(clinic, "2026-07-08", old) == [told]
    [row] = clinic.rows("select detail from operations.exception where reason = 'stay_not_ended'")
    assert (row.detail["since"], row.detail["cases"]) == ("2026-03-01", cases)
    ended = again(old, ends_at=moment("2026-03-05"), status="finished")
    assert night(clinic, "2026-07-09", ended) == []


def test_a_visit_that_is_planned_or_goes_on_is_no_stay(clinic: Clinic) -> None:
    seen = [coverage("p1"), stay("p1", "2026-07-01", "2026-07-04 11:00"), practitioner()]
    night(clinic, "2026-07-06", known("p1"), seen)
    planned = stay("p1", "2026-03-01", key="planned", status="planned")
    visited = stay("p1", "2026-03-01", kind="AMB", key="open")
    assert night(clinic, "2026-07-07", planned, visited) == []
