"""One day, several visits with one practitioner: which claim is of which, and what it proves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.clinic import (
    DOCTOR_NPI,
    Clinic,
    Record,
    answer,
    appointment,
    call,
    charge,
    claim,
    coverage,
    deleted,
    note,
    patient,
    payment,
    practitioner,
    stay,
    visit,
)
from throughline import cases

DAY = "2026-07-10"
CHARGE, TCM = "charge_capture", "transitional_care"
# by key: the hour, and what the clinician charged
Visits = dict[str, tuple[str, tuple[str, ...]]]
# by number: what is on the claim
Claims = dict[str, tuple[str, ...]]


def lived(
    clinic: Clinic, visits: Visits, claims: Claims, nights: tuple[str, ...] = ("2026-07-16",)
) -> None:
    """Let a patient have these visits, documented and charged, and these claims of another submitter."""
    clinic.know(patient("p1"), coverage("p1", "COMM1", "5"))
    for key, (hour, codes) in visits.items():
        clinic.know(
            visit("p1", f"{DAY} {hour}", key), note("p1", f"{DAY} 18:00", key, key=f"n-{key}")
        )
        clinic.know(
            [
                charge(
                    "p1",
                    f"{DAY} {hour}",
                    code.partition("-")[0],
                    key,
                    key=f"c-{key}-{place}",
                    modifiers=code.split("-")[1:],
                )
                for place, code in enumerate(codes)
            ]
        )
    for place, (number, codes) in enumerate(claims.items()):
        clinic.know(
            coded(
                "p1",
                DAY,
                codes,
                number=number,
                payer="COMM1",
                total=200 * len(codes),
                sent=f"2026-07-11 0{place}:00",
            )
        )
    for night in nights:
        clinic.night(night)


def coded(who: str, on: str, codes: tuple[str, ...], **values: Any) -> list[Record]:
    """Return a claim whose lines have the modifiers that follow their codes."""
    made = claim(who, on, [code.partition("-")[0] for code in codes], **values)
    for line, code in zip(made[1:], codes, strict=True):
        line.values["modifiers"] = code.split("-")[1:]
    return made


def assigned(clinic: Clinic) -> set[tuple[str, str]]:
    """Return which claim is of which visit: (number, key)."""
    cases.derive_all(clinic.conn, clinic.seq, clinic.cut_off)
    found = {
        (row.pcn, row.encounter.removeprefix("p1-"))
        for row in clinic.rows("select * from w_visit_claim")
    }
    clinic.forget_temporary()
    return found


def billed(clinic: Clinic) -> set[str]:
    """Return the visits of which a case has its claim accepted."""
    return {
        row.encounter_ref.removeprefix("p1-")
        for row in clinic.rows(
            "select c.encounter_ref from cases.case_record as c inner join cases.stage as s on s.case_id = c.case_id"
            " where s.stage = 'billed' and s.state = 'complete'"
        )
    }


def leaks(clinic: Clinic) -> set[str]:
    """Return the visits that charge capture found without a claim."""
    return {
        row.encounter_ref.removeprefix("p1-")
        for row in clinic.rows(
            "select encounter_ref from cases.case_record where workflow = 'charge_capture' and status = 'open'"
        )
    }


def ours(clinic: Clinic, key: str) -> None:
    """Let a claim T1 of a visit have been sent by us."""
    task = clinic.task(
        "p1",
        CHARGE,
        f"encounter/p1-{key}",
        "billed",
        "billing",
        planned=clinic.seq,
        due="2026-07-20",
    )
    clinic.conn.execute(
        "insert into tasks.claim (patient_control_number, effect_key, person_id, encounter_source, encounter_id,"
        " task_id, payer_id, billing_npi, total_charge, content, planned_seq, status)"
        " values ('T1', 'claim|' || %s, %s, 'ehr', %s, %s, 'COMM1', '2000000001', 200, '{}', %s, 'sent')",
        (f"p1-{key}", clinic.person("p1"), f"p1-{key}", task, clinic.seq),
    )


@pytest.mark.parametrize(
    ("visits", "claims", "expected"),
    [
        # one visit has whatever claims there are
        ({"a": ("09:00", ("99214",))}, {"1": ("99214",)}, {"1a"}),
        ({"a": ("09:00", ("99214",))}, {"1": ("99213",), "2": ("99214",)}, {"1a", "2a"}),
        # the same codes
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("99213",))}, {"1": ("99213",)}, {"1b"}),
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("G0439",))}, {"1": ("G0439",), "2": ("99214",)}, {"1b", "2a"}),
        ({"a": ("09:00", ("99213",)), "b": ("11:00", ("99213", "93000"))}, {"1": ("93000", "99213")}, {"1b"}),
        # charged alike: the first is of the first, and one more of the first again
        ({"a": ("09:00", ("99213",)), "b": ("11:00", ("99213",))}, {"1": ("99213",)}, {"1a"}),
        ({"a": ("09:00", ("99213",)), "b": ("11:00", ("99213",))}, {"1": ("99213",), "2": ("99213",)}, {"1a", "2b"}),
        ({"a": ("09:00", ("99213",)), "b": ("11:00", ("99213",))},
         {"1": ("99213",), "2": ("99213",), "3": ("99213",)}, {"1a", "2b", "3a"}),
        # told apart by a modifier, which a biller may have added
        ({"a": ("09:00", ("99214-95",)), "b": ("11:00", ("99214",))}, {"1": ("99214",)}, {"1b"}),
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("99214-95",))},
         {"1": ("99214-95",), "2": ("99214",)}, {"1b", "2a"}),
        ({"a": ("09:00", ("99214-95",)), "b": ("11:00", ("99214",))},
         {"1": ("99214-25",), "2": ("99214-95",)}, {"1b", "2a"}),
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("99214",))},
         {"1": ("99214-25",), "2": ("99214-25",)}, {"1a", "2b"}),
        # a claim for all of them
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("93000",))}, {"1": ("99214", "93000")}, {"1a", "1b"}),
        ({"a": ("09:00", ("99213",)), "b": ("11:00", ("99213",))}, {"1": ("99213", "99213")}, {"1a", "1b"}),
        # coded otherwise than charged: what shares most with it, and of what is left the first
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("99213", "93000"))}, {"1": ("99212", "93000")}, {"1b"}),
        ({"a": ("09:00", ("99214", "99215")), "b": ("11:00", ("93000",))}, {"1": ("93000", "99212")}, {"1b"}),
        ({"a": ("09:00", ("99214", "99215")), "b": ("11:00", ("99213",))}, {"1": ("99212",)}, {"1b"}),
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("99495",))}, {"1": ("99495",), "2": ("99213",)}, {"1b", "2a"}),
        ({"a": ("09:00", ("99214",)), "b": ("11:00", ("99213",))}, {"1": ("99215",)}, {"1a"}),
        # nothing was charged for one of them
        ({"a": ("09:00", ()), "b": ("11:00", ("99213",))}, {"1": ("99213",)}, {"1b"}),
        ({"a": ("09:00", ("99213",)), "b": ("11:00", ())}, {"1": ("99213",), "2": ("99214",)}, {"1a", "2b"}),
        # three
        ({"a": ("08:00", ("99213",)), "b": ("09:00", ("99215",)), "c": ("10:00", ("99495",))},
         {"1": ("99495",), "2": ("99213",)}, {"1c", "2a"}),
    ],
)  # fmt: skip
def test_a_claim_is_of_the_visit_that_it_bills(
    clinic: Clinic, visits: Visits, claims: Claims, expected: set[str]
) -> None:
    lived(clinic, visits, claims)
    assert {number + key for number, key in assigned(clinic)} == expected
    assert leaks(clinic) == set(visits) - {pair[1] for pair in expected}


def test_a_claim_for_another_practitioner_is_of_that_ones_visit(clinic: Clinic) -> None:
    lived(clinic, {"a": ("09:00", ("99214",)), "b": ("11:00", ("99214",))}, {})
    clinic.know(
        practitioner("dr2", "1000000002"),
        visit("p1", f"{DAY} 08:00", "c", practitioner_id="dr2"),
        note("p1", f"{DAY} 18:00", "c", key="n-c"),
        charge("p1", f"{DAY} 08:00", "99214", "c", key="c-c", performer_id="dr2"),
        claim("p1", DAY, ["99214"], number="1", payer="COMM1", npi=DOCTOR_NPI),
    )
    clinic.night("2026-07-17")
    assert assigned(clinic) == {("1", "a")}


def test_what_is_proven_moves_when_the_second_visit_becomes_known(clinic: Clinic) -> None:
    """The claim of the second visit was here before its record: until then it was taken for the first one's."""
    lived(clinic, {"a": ("09:00", ("99214",))}, {"1": ("99213",)})
    assert leaks(clinic) == set()
    clinic.know(
        visit("p1", f"{DAY} 11:00", "b"),
        note("p1", f"{DAY} 18:00", "b", key="n-b"),
        charge("p1", f"{DAY} 11:00", "99213", "b", key="c-b"),
    )
    clinic.night("2026-07-17")
    assert assigned(clinic) == {("1", "b")}
    assert leaks(clinic) == {"a"}
    assert clinic.digest() == clinic.derived_digest()


def test_a_claim_of_ours_is_of_the_visit_that_it_was_made_for(clinic: Clinic) -> None:
    """Its copy comes back without the visit's number; both visits are charged alike, and the second was meant."""
    lived(clinic, {"a": ("09:00", ("99213",)), "b": ("11:00", ("99213",))}, {})
    assert leaks(clinic) == {"a", "b"}
    ours(clinic, "b")
    clinic.know(
        claim("p1", DAY, ["99213"], number="T1", payer="COMM1", sent="2026-07-17"),
        answer("p1", "2026-07-18", number="T1"),
    )
    clinic.night("2026-07-18")
    assert assigned(clinic) == {("T1", "b")}
    assert billed(clinic) == {"b"}


def test_the_visit_of_a_discharge_is_the_one_that_was_charged_as_such(clinic: Clinic) -> None:
    """The first of the day is an ordinary one: with it the case would be billed as that."""
    clinic.know(
        patient("p1"),
        coverage("p1", "COMM1", "5"),
        stay("p1", "2026-07-01", "2026-07-06 11:00"),
        call("p1", "2026-07-07 10:00"),
        appointment("p1", f"{DAY} 11:00"),
    )
    lived(
        clinic,
        {"a": ("09:00", ("99213",)), "b": ("11:00", ("99495",))},
        {"1": ("99213",), "2": ("99495",)},
        ("2026-07-13",),
    )
    clinic.know(
        answer("p1", "2026-07-14", number="2"),
        payment("p1", "2026-07-24", 150, contractual=50, number="2"),
    )
    clinic.night("2026-07-25")
    assert clinic.case("p1", TCM).status == "completed"
    assert billed(clinic) == {"b"}
    assert clinic.cases_of("p1", CHARGE) == []


def test_a_visit_beside_the_one_of_a_discharge_is_billed_for_itself(clinic: Clinic) -> None:
    clinic.know(
        patient("p1"),
        coverage("p1", "COMM1", "5"),
        stay("p1", "2026-07-01", "2026-07-06 11:00"),
        call("p1", "2026-07-07 10:00"),
        appointment("p1", f"{DAY} 11:00"),
    )
    lived(clinic, {"a": ("09:00", ("99213",)), "b": ("11:00", ("99495",))}, {})
    assert leaks(clinic) == {"a"}


def test_the_claim_of_a_visit_that_stands_was_not_paid_for_one_that_fell_away(
    clinic: Clinic,
) -> None:
    lived(clinic, {"a": ("09:00", ("99214",)), "b": ("11:00", ("99213",))}, {"1": ("99213",)})
    assert leaks(clinic) == {"a"}
    clinic.know(payment("p1", "2026-07-17", 150, contractual=50, number="1"))
    clinic.night("2026-07-17")
    clinic.know(deleted(visit("p1", f"{DAY} 09:00", "a")))
    clinic.night("2026-07-18")
    assert "overpayment" not in clinic.exceptions("p1")


def test_what_was_paid_for_a_visit_that_fell_away_is_an_overpayment_although_it_fits_another(
    clinic: Clinic,
) -> None:
    lived(clinic, {"a": ("09:00", ("99214",)), "b": ("11:00", ("99213",))}, {})
    assert leaks(clinic) == {"a", "b"}
    for number, code in (("1", "99214"), ("2", "99213")):
        clinic.know(
            claim("p1", DAY, [code], number=number, payer="COMM1", sent="2026-07-17"),
            payment("p1", "2026-07-24", 150, contractual=50, number=number, key=number),
        )
    clinic.night("2026-07-24")
    assert leaks(clinic) == set()
    clinic.know(deleted(visit("p1", f"{DAY} 09:00", "a")))
    clinic.night("2026-07-25")
    found = clinic.rows(
        "select c.trigger_ref, x.amount from operations.exception as x"
        " inner join cases.case_record as c on c.case_id = x.case_id where x.reason = 'overpayment'"
    )
    assert [(row.trigger_ref, float(row.amount)) for row in found] == [("encounter/p1-a", 150.0)]


def test_what_is_paid_on_our_claim_for_a_visit_that_fell_away_before_is_an_overpayment(
    clinic: Clinic,
) -> None:
    lived(clinic, {"a": ("09:00", ("99213",)), "b": ("11:00", ("99213",))}, {})
    ours(clinic, "b")
    clinic.know(claim("p1", DAY, ["99213"], number="T1", payer="COMM1", sent="2026-07-17"))
    clinic.night("2026-07-17")
    clinic.know(deleted(visit("p1", f"{DAY} 11:00", "b")))
    clinic.night("2026-07-18")
    assert "overpayment" not in clinic.exceptions("p1")
    clinic.know(payment("p1", "2026-07-24", 150, contractual=50, number="T1"))
    clinic.night("2026-07-24")
    assert "overpayment" in clinic.exceptions("p1")
