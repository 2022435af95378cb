"""Expected money is what the payer and the patient are expected to pay, never what was charged."""

from __future__ import annotations

import importlib
from decimal import Decimal

import pytest

from tests.warehouse.clinic import (
    CLEARINGHOUSE,
    Clinic,
    Record,
    again,
    answer,
    call,
    charge,
    claim,
    coverage,
    moment,
    note,
    notice,
    patient,
    payment,
    reconciliation,
    stay,
    visit,
)
from throughline import workflows
from throughline.told import exceptions

module = importlib.import_module("throughline.workflows.register")

CHARGE, TCM = "charge_capture", "transitional_care"
DAY = "2026-07-06"
SHARES = {"part_b": 0.5, "commercial": 0.8, "self_pay": 1}


@pytest.fixture(autouse=True)
def shares(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The shares that the payers' definition says; a test may change them between two nights."""
    said, real = dict(SHARES), module._yaml
    monkeypatch.setattr(
        module,
        "_yaml",
        lambda name: (
            {**real(name), "allowed_shares": said} if name == "payers.yaml" else real(name)
        ),
    )
    workflows.register(clinic.conn, 0)
    return said


def seen(*covered: Record, amount: float = 200) -> list[Record]:
    """A patient who was seen and has not been billed."""
    return [
        patient("p1"),
        *covered,
        visit("p1", f"{DAY} 09:00"),
        note("p1", f"{DAY} 17:00"),
        charge("p1", f"{DAY} 09:00", amount=amount),
    ]


def seen_after_discharge(level: str) -> list[Record]:
    """A patient who went home, was called and seen, and whose charge is documented at a level."""
    return [
        patient("p1"),
        coverage("p1", "COMM1", "5"),
        stay("p1", "2026-06-20", "2026-07-04 11:00"),
        call("p1", "2026-07-05 10:00"),
        visit("p1", f"{DAY} 09:00"),
        note("p1", f"{DAY} 17:00"),
        reconciliation("p1", f"{DAY} 09:00"),
        charge("p1", f"{DAY} 09:00", "99496", level=level),
    ]


def expected(clinic: Clinic, workflow: str = CHARGE) -> Decimal | None:
    """What is expected of the patient's case; what is kept is what is derived anew."""
    assert clinic.digest() == clinic.derived_digest()
    [row] = clinic.rows(
        "select expected_amount from cases.case_record where workflow = %s", workflow
    )
    amount: Decimal | None = row.expected_amount
    return amount


@pytest.mark.parametrize(
    ("covered", "amount"),
    [
        (coverage("p1", "MEDB1", "12"), "100.00"),
        (coverage("p1", "COMM1", "5"), "160.00"),
        # the payer of the day of the visit
        (coverage("p1", "COMM1", "5", starts=DAY, ends=DAY), "160.00"),
        # a class whose share nobody said: counted, not valued
        (coverage("p1", "WORK", "95"), None),
    ],
)
def test_until_it_is_claimed_the_allowed_share_of_the_charge(
    clinic: Clinic, covered: Record, amount: str | None
) -> None:
    clinic.know(seen(covered))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    assert expected(clinic) == (Decimal(amount) if amount else None)


def test_nobody_known_to_pay_is_not_valued(clinic: Clinic) -> None:
    clinic.know(
        patient("p1"),
        coverage("p1", "COMM1", "5", ends="2026-07-05"),
        stay("p1", "2026-07-01", "2026-07-04 11:00"),
        call("p1", "2026-07-05 10:00"),
        visit("p1", f"{DAY} 09:00"),
        reconciliation("p1", f"{DAY} 09:00"),
        note("p1", f"{DAY} 17:00"),
        charge("p1", f"{DAY} 09:00", "99496", level="high"),
    )
    clinic.night(DAY)
    assert clinic.case("p1", TCM).stage == "billed"
    assert expected(clinic, TCM) is None


def test_the_share_is_rounded_to_cents(clinic: Clinic, shares: dict[str, float]) -> None:
    shares["commercial"] = 0.3333
    workflows.register(clinic.conn, 0)
    clinic.know(seen(coverage("p1", "COMM1", "5"), amount=100.01))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    assert expected(clinic) == Decimal("33.33")


def billed(clinic: Clinic) -> None:
    """Carry the patient as far as a claim that the payer has accepted."""
    clinic.know(seen(coverage("p1", "COMM1", "5")))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    clinic.know(claim("p1", DAY, payer="COMM1", sent="2026-07-20"), answer("p1", "2026-07-21"))
    clinic.night("2026-07-21")
    assert clinic.case("p1", CHARGE).stage == "settled"


def test_accepted_and_not_paid_yet(clinic: Clinic) -> None:
    billed(clinic)
    assert expected(clinic) == Decimal("160.00")


@pytest.mark.parametrize(
    ("records", "open_"),
    [
        # the patient's share
        ([payment("p1", "2026-07-25", 120, contractual=50, share=30)], "30.00"),
        (
            [
                payment("p1", "2026-07-25", 120, contractual=50, share=30),
                notice("p1", "2026-07-27", 20),
            ],
            "10.00",
        ),
        # of what was denied, what would be allowed: 50 x 0.8
        ([payment("p1", "2026-07-25", 100, contractual=30, share=20, denied=50)], "60.00"),
        ([payment("p1", "2026-07-25", 0, denied=200)], "160.00"),
        # nothing is open any more
        ([payment("p1", "2026-07-25", 150, contractual=50)], "0.00"),
        # paid twice
        ([payment("p1", "2026-07-25", 190, contractual=50)], "0.00"),
        # the payer did not recognise the patient: nothing is decided yet
        ([payment("p1", "2026-07-25", 0, status="4")], "160.00"),
        # taken back, and not corrected yet
        (
            [
                payment("p1", "2026-07-25", 150, contractual=50),
                payment("p1", "2026-07-26", -150, contractual=-50, status="22"),
            ],
            "160.00",
        ),
        # paid before the payer had its say
        ([notice("p1", "2026-07-24", 25)], "135.00"),
    ],
    ids=[
        "share",
        "share paid in part",
        "a line denied",
        "all denied",
        "settled",
        "overpaid",
        "not recognised",
        "reversed",
        "copay",
    ],
)
def test_what_was_remitted_leaves_what_is_open(
    clinic: Clinic, records: list[Record], open_: str
) -> None:
    billed(clinic)
    clinic.know(records)
    clinic.night("2026-07-27")
    assert expected(clinic) == Decimal(open_)


def test_a_denied_line_among_paid_ones_is_told(clinic: Clinic) -> None:
    clinic.know(seen(coverage("p1", "COMM1", "5")))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    codes = ("99214", "36415")
    clinic.know(
        claim("p1", DAY, codes, payer="COMM1", sent="2026-07-20"),
        answer("p1", "2026-07-21"),
        payment("p1", "2026-07-25", 80, share=20, denied=100),
    )
    for line, (code, paid) in enumerate(zip(codes, (80, 0), strict=True), 1):
        values = {
            "payment_source_id": "C-p1-2026-07-25-1",
            "patient_control_number": "C-p1",
            "line_no": 3 - line,
            "code": code,
            "charge": 100,
            "paid_amount": paid,
            "patient_responsibility": 20 if paid else 0,
            "denied_amount": 0 if paid else 100,
        }
        clinic.know(Record("payment_line", f"pay#{line}", CLEARINGHOUSE, None, values))
    clinic.night("2026-07-27")
    [row] = clinic.rows(
        "select exception_id::text from operations.exception where reason = 'claim_denied'"
    )
    [stuck] = exceptions.rows(clinic.conn, [row.exception_id])
    assert exceptions.why(stuck, "America/New_York").endswith(
        "By line: line 1 (99214): charged 100.00, paid 80.00, denied 0.00;"
        " line 2 (36415): charged 100.00, paid 0.00, denied 100.00."
    )


def test_a_write_off_is_not_expected_any_more(clinic: Clinic) -> None:
    billed(clinic)
    clinic.know(payment("p1", "2026-07-25", 100, contractual=30, share=20, denied=50))
    clinic.night("2026-07-27")
    clinic.decide(
        "resolve", "case", str(clinic.case("p1", CHARGE).case_id), action="write_off", amount=50
    )
    clinic.night("2026-07-28")
    # 20 are open, and the patient's share alone accounts for them
    assert expected(clinic) == Decimal("20.00")


def test_an_exception_says_what_is_expected(clinic: Clinic) -> None:
    clinic.know(seen_after_discharge("moderate"))
    clinic.night(DAY)
    assert clinic.exceptions("p1") == ["charge_check"]
    assert [row.amount for row in clinic.rows("select amount from operations.exception")] == [
        Decimal(160)
    ]


# ---- what supports no claim ---------------------------------------------------------------------


def do_not_bill(clinic: Clinic) -> list[tuple[str, str]]:
    """Return the reason, and what the case asks for."""
    rows = clinic.rows(
        "select n.reason, c.wanted from cases.do_not_bill as n"
        " inner join cases.case_record as c on c.case_id = n.case_id"
    )
    return [(row.reason, row.wanted) for row in rows]


def test_a_case_that_supports_no_claim_says_so_whatever_it_waits_for(clinic: Clinic) -> None:
    clinic.know(seen_after_discharge("high"))
    clinic.night(DAY)
    assert do_not_bill(clinic) == []

    # a bundled payment is for thirty days that the patient lived
    clinic.know(again(patient("p1"), is_deceased=True, deceased_at=moment("2026-07-12")))
    clinic.night("2026-07-13")
    assert do_not_bill(clinic) == [("charge_check", "exception")]
    (found,) = clinic.rows("select exception_id from operations.exception where status = 'open'")
    clinic.decide("resolve", "exception", str(found.exception_id), action="acknowledge")
    clinic.night("2026-07-14")
    assert do_not_bill(clinic) == [("charge_check", "wait")]
    clinic.night("2026-07-15", late=["claim"])
    assert [reason for reason, _ in do_not_bill(clinic)] == ["charge_check"]


# ---- definitions ---------------------------------------------------------------------------------


def test_another_share_holds_from_its_night_on(clinic: Clinic, shares: dict[str, float]) -> None:
    clinic.know(seen(coverage("p1", "COMM1", "5")))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    before, cut_off, digest = clinic.seq, clinic.cut_off, clinic.digest()

    shares["commercial"] = 0.6
    clinic.begin("2026-07-10")
    workflows.register(clinic.conn, clinic.seq)
    workflows.register(clinic.conn, clinic.seq)
    clinic.derive()
    assert expected(clinic) == Decimal("120.00")
    assert clinic.digest() != digest

    clinic.seq, clinic.cut_off = before, cut_off
    assert clinic.derived_digest() == digest


def test_a_share_that_is_said_no_more_values_nothing(
    clinic: Clinic, shares: dict[str, float]
) -> None:
    clinic.know(seen(coverage("p1", "COMM1", "5")))
    clinic.night(DAY)
    clinic.begin("2026-07-09")
    del shares["commercial"]
    workflows.register(clinic.conn, clinic.seq)
    clinic.derive()
    assert expected(clinic) is None


def test_an_ended_case_agrees_with_another_share(clinic: Clinic, shares: dict[str, float]) -> None:
    clinic.know(seen(coverage("p1", "COMM1", "5")))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    clinic.know(again(visit("p1", f"{DAY} 09:00"), status="entered-in-error"))
    clinic.night("2026-07-10")
    assert clinic.case("p1", CHARGE).status == "closed"
    shares["commercial"] = 0.6
    clinic.begin("2026-07-13")
    workflows.register(clinic.conn, clinic.seq)
    clinic.derive()
    assert clinic.digest() == clinic.derived_digest()


def test_nights_before_any_share_was_known_expected_the_charge(clinic: Clinic) -> None:
    """They were recorded so, and compute to what was recorded."""
    clinic.conn.execute("delete from cases.allowed_share")
    clinic.know(seen(coverage("p1", "COMM1", "5")))
    clinic.night(DAY)
    clinic.night("2026-07-09")
    assert expected(clinic) == Decimal("200.00")
