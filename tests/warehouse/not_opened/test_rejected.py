"""A visit whose claim was rejected or never answered is counted; a rejected one that nobody sends again is a leak."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import (
    Clinic,
    Record,
    answer,
    charge,
    claim,
    coverage,
    note,
    patient,
    payment,
    visit,
)

VISIT = "2026-06-15"
SENT = "2026-06-17 10:00"
CHARGE = "charge_capture"


def seen(clinic: Clinic, *records: Record | list[Record], signed: bool = True) -> None:
    """Let a visit of Monday 15 June be charged and claimed on Wednesday."""
    clinic.know(
        patient("p1"),
        coverage("p1", "COMM1", "5"),
        visit("p1", f"{VISIT} 09:00"),
        charge("p1", f"{VISIT} 09:00"),
        claim("p1", VISIT, payer="COMM1", sent=SENT),
        *records,
    )
    if signed:
        clinic.know(note("p1", f"{VISIT} 12:00"))


def told(clinic: Clinic) -> list[tuple[str, str]]:
    """Return why charge capture opened no case, each with the day that it counts from."""
    return [
        (row.reason, str(row.happened_on))
        for row in clinic.rows(
            "select reason, happened_on from cases.not_opened where workflow = 'charge_capture' order by 1"
        )
    ]


def opened(clinic: Clinic) -> list[tuple[str, str]]:
    """Return the cases of charge capture: status and what they wait for."""
    return [
        (row.status, row.reason or "")
        for row in clinic.rows(
            "select c.status, coalesce(c.close_reason, e.reason) as reason from cases.case_record as c"
            " left join operations.exception as e on e.case_id = c.case_id and e.status = 'open'"
            " where c.workflow = 'charge_capture'"
        )
    ]


def asked(clinic: Clinic) -> int:
    """Return how many billing tasks there are for charge capture."""
    found = clinic.rows("select count(*) as n from tasks.task where kind = 'billing'")
    return int(found[0].n)


REJECTED = ("claim_rejected", "2026-06-19")


@pytest.mark.parametrize("category", ["A3", "A7"])
def test_a_rejected_claim_is_told_and_opens_a_case_after_the_lag(
    clinic: Clinic, category: str
) -> None:
    seen(clinic, answer("p1", "2026-06-19", category))
    clinic.night("2026-06-23")
    assert (told(clinic), opened(clinic)) == ([REJECTED], [])
    clinic.night("2026-06-24")
    assert (told(clinic), opened(clinic)) == ([], [("open", "claim_rejected")])
    assert asked(clinic) == 0, "a resubmission is decided by a person"
    assert clinic.digest() == clinic.derived_digest()


ACCEPTED = answer("p1", "2026-06-22")
RESENT = claim("p1", VISIT, payer="COMM1", sent="2026-06-22 10:00")
OTHER = claim("p1", VISIT, number="C-second", payer="COMM1", sent="2026-06-22 10:00")


@pytest.mark.parametrize(
    "also",
    [
        [ACCEPTED],
        RESENT,
        [*RESENT, answer("p1", "2026-06-24")],
        OTHER,
        [*OTHER, answer("p1", "2026-06-24", number="C-second")],
        [payment("p1", "2026-06-26", 200)],
        # accepted, and its replacement rejected
        [
            answer("p1", "2026-06-18"),
            *claim("p1", VISIT, payer="COMM1", sent="2026-06-18 10:00", frequency="7"),
        ],
        # accepted by the first payer, rejected by the second
        [
            answer("p1", "2026-06-18"),
            *claim("p1", VISIT, payer="OTHER", sent="2026-06-18 10:00"),
        ],
    ],
    ids=[
        "accepted later", "sent again", "sent again and accepted", "another claim", "another claim accepted", "paid",
        "replacement rejected", "second payer rejects",
    ],
)  # fmt: skip
def test_a_claim_that_stands_opens_no_case(clinic: Clinic, also: list[Record]) -> None:
    seen(clinic, answer("p1", "2026-06-19", "A3"), also)
    clinic.night("2026-06-29")
    assert (told(clinic), opened(clinic)) == ([], [])


def test_a_denied_claim_was_filed(clinic: Clinic) -> None:
    seen(clinic, answer("p1", "2026-06-19"), payment("p1", "2026-06-25", 0, status="4", denied=200))
    clinic.night("2026-06-29")
    assert (told(clinic), opened(clinic)) == ([], [])


def test_both_claims_of_a_visit_rejected_are_one_leak(clinic: Clinic) -> None:
    seen(
        clinic,
        answer("p1", "2026-06-18", "A3"),
        OTHER,
        answer("p1", "2026-06-23", "A3", number="C-second"),
    )
    clinic.night("2026-06-25")
    assert (told(clinic), opened(clinic)) == ([("claim_rejected", "2026-06-23")], [])
    clinic.night("2026-06-29")
    assert (told(clinic), opened(clinic)) == ([], [("open", "claim_rejected")])


def test_what_else_keeps_it_is_told_beside(clinic: Clinic) -> None:
    seen(clinic, answer("p1", "2026-06-19", "A3"), signed=False)
    clinic.night("2026-06-29")
    assert told(clinic) == [REJECTED, ("note_not_signed", VISIT)]
    assert opened(clinic) == []


def test_sent_again_after_its_case_opened_it_is_not_called_in_time(clinic: Clinic) -> None:
    seen(clinic, answer("p1", "2026-06-19", "A3"))
    clinic.night("2026-06-29")
    clinic.know(claim("p1", VISIT, payer="COMM1", sent="2026-06-30 10:00"))
    clinic.night("2026-07-01")
    assert opened(clinic) == [("open", "")]
    clinic.know(answer("p1", "2026-07-02"))
    clinic.night("2026-07-03")
    assert clinic.case("p1", CHARGE).stage == "settled"
    assert asked(clinic) == 0


def test_sent_again_in_time_and_learned_of_late_it_is_called_so(clinic: Clinic) -> None:
    seen(clinic, answer("p1", "2026-06-19", "A3"))
    clinic.night("2026-06-29")
    clinic.know(RESENT)
    clinic.night("2026-06-30")
    assert opened(clinic) == [("excluded", "billed_in_time")]


def test_a_rejection_of_a_claim_that_came_late_does_not_close_its_case(clinic: Clinic) -> None:
    """Sent in time, but learned of late, a claim ends the case; a rejected one was never filed."""
    clinic.know(
        patient("p1"),
        coverage("p1", "COMM1", "5"),
        visit("p1", f"{VISIT} 09:00"),
        charge("p1", f"{VISIT} 09:00"),
        note("p1", f"{VISIT} 12:00"),
    )
    clinic.night("2026-06-19")
    clinic.know(claim("p1", VISIT, payer="COMM1", sent=SENT), answer("p1", "2026-06-19", "A3"))
    clinic.night("2026-06-22")
    assert opened(clinic) == [("open", "claim_rejected")]


# ---- nobody answers ------------------------------------------------------------------------------


def test_a_claim_that_nobody_answers_is_told_with_since_when(clinic: Clinic) -> None:
    seen(clinic)
    clinic.night("2026-06-27")
    assert told(clinic) == []
    clinic.night("2026-06-28")
    assert (told(clinic), opened(clinic)) == ([("claim_not_answered", "2026-06-17")], [])
    clinic.know(answer("p1", "2026-06-29", "A1", is_from_payer=False))
    clinic.night("2026-06-30")
    assert told(clinic) == [("claim_not_answered", "2026-06-17")], "forwarded is no answer"
    clinic.know(answer("p1", "2026-07-01"))
    clinic.night("2026-07-02")
    assert (told(clinic), opened(clinic)) == ([], [])
    assert clinic.digest() == clinic.derived_digest()


def test_answers_that_are_late_are_no_silence(clinic: Clinic) -> None:
    seen(clinic)
    clinic.night("2026-06-24")
    for on in ("2026-06-25", "2026-06-26", "2026-06-27", "2026-06-28", "2026-06-29"):
        clinic.night(on, late=("clearinghouse.claim_response",))
        assert told(clinic) == []
    clinic.night("2026-06-30")
    assert told(clinic) == [("claim_not_answered", "2026-06-17")]


def test_after_an_upgrade_claims_without_a_case_are_looked_at(clinic: Clinic) -> None:
    seen(clinic, answer("p1", "2026-06-19", "A3"))
    clinic.night("2026-06-22")
    clinic.conn.execute("update operations.night set derivation = derivation - 1")
    clinic.conn.execute("delete from cases.watch")
    clinic.conn.execute("delete from cases.not_opened")
    clinic.night("2026-06-23")
    assert told(clinic) == [REJECTED]
