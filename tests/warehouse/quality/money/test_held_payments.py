"""What becomes of a payment that is held, and what makes two payments one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.unit.throughline.sources.wire import payment
from tests.warehouse.deliveries import Hand
from tests.warehouse.quality.money.test_money import WO, file, held, judge, posted, remittance
from throughline import decisions, quality
from throughline.decisions import NotAllowedError, Request
from throughline.quality.decide import decide_row


def test_money_without_any_claim_is_a_row_that_is_held(hand: Hand) -> None:
    judge(hand, file(remittance("300"), remittance("0", how="H")))
    assert held(hand) == [("payment_without_claims", None, None, "MEDB1", Decimal(300), Decimal(0))]
    assert hand.load(hand.batch) == quality.Counts(1, 0, 0, 1, 0, 0)
    # it was read, so it stops nothing
    assert hand.rows("select status from landing.batch") == [("loaded",)]


def test_a_named_person_says_what_money_without_claims_is(hand: Hand) -> None:
    judge(
        hand, file(remittance("300"), remittance("80", payment("A1", share="9", cas="CAS*CO*45*1")))
    )
    hand.load(hand.batch)
    rows = dict(hand.rows("select reason, quarantine_id::text from quality.quarantine"))
    with pytest.raises(NotAllowedError, match="without claims only"):
        decide_row(hand.people, rows["claim does not balance"], "advance", "Ada Okafor", "")
    row = rows["payment_without_claims"]
    with pytest.raises(NotAllowedError, match="say what the payment is"):
        decide_row(hand.people, row, "release", "Ada Okafor", "")
    assert decide_row(hand.people, row, "advance", "Ada Okafor", "letter of March")
    assert decide_row(hand.people, row, "posted", "Ada Okafor", "") is None
    hand.conn.commit()
    assert hand.counts() == quality.Counts(2, 0, 0, 1, 1, 0)
    assert hand.rows("select kind, about_kind from operations.decision") == [
        ("advance", "quarantine")
    ]


def test_a_later_set_explains_money_without_claims(hand: Hand) -> None:
    judge(hand, file(remittance("160")))
    hand.load(hand.batch)
    first = hand.batch
    for number, (paid, check, status) in enumerate(
        [("80", "CHECK9", "open"), ("160", "OTHER", "open"), ("160", "CHECK9", "corrected")], 2
    ):
        hand.new_night()
        loops = [payment(f"{number}-{one}") for one in range(int(paid) // 80)]
        judge(hand, file(remittance(paid, *loops, check=check), number=number))
        hand.load(hand.batch)
        assert [one for _, _, one in hand.quarantined(first)] == [status], (paid, check)
    assert hand.counts(first) == quality.Counts(1, 0, 0, 1, 0, 0)


def test_a_held_payment_is_released_whole_and_posted_as_it_stands(hand: Hand) -> None:
    """One decision is about all rows of the payment, and about no row of another."""
    other = remittance("300", payment("A2"), check="OTHER")
    judge(hand, file(remittance("300", payment("A1"), after=[WO]), other))
    hand.load(hand.batch)
    [(row,)] = hand.rows("select quarantine_id from quality.quarantine where row_no = 1")
    request = Request("release", "quarantine", str(row), "Ada Okafor", "the bank shows 55")
    assert decisions.preview(hand.people, request).follows == (
        "The next night loads all of the payment of row 1 (2 rows) of the feed payment. The payment states"
        " $300.00; its claims less its adjustments are $55.00, of which $55.00 in these rows.",
    )
    decisions.record(hand.people, request)
    hand.conn.commit()
    hand.new_night()
    assert hand.load(hand.batch) == quality.Counts(3, 2, 0, 1, 0, 0)
    assert posted(hand) == ["A1"]
    assert hand.rows("select reason_code, reference, amount from core.provider_adjustment") == [
        ("WO", "OLD1", Decimal(25))
    ]


def test_a_held_row_that_is_rejected_is_never_posted(hand: Hand) -> None:
    judge(hand, file(remittance("300", payment("A1"))))
    hand.load(hand.batch)
    [(row,)] = hand.rows("select quarantine_id from quality.quarantine")
    assert decide_row(hand.people, str(row), "reject", "Ada Okafor", "not ours")
    hand.conn.commit()
    hand.new_night()
    assert hand.load(hand.batch) == quality.Counts(1, 0, 0, 0, 1, 0)
    assert posted(hand) == []


def test_two_payments_of_one_check_number_count_both_and_the_same_again_once(hand: Hand) -> None:
    """The payer numbers each remittance, and each interchange, as 1."""
    first = remittance("80", payment("A1"), check="1")
    other_payer = [s.replace("*XV*MEDB1", "*XV*MCAID") for s in first]
    part = [s.replace("REF*6R*A1L1", "REF*6R*A1L2") for s in first]
    judge(hand, file(first))
    hand.load(hand.batch)
    hand.new_night()
    judge(hand, file(other_payer), file(part), file(first, number=9))
    assert hand.load(hand.batch) == quality.Counts(3, 2, 1, 0, 0, 0)
    hand.new_night()
    back = [s.replace("*1*100*80*20*", "*22*-100*-80*-20*") for s in payment("A1")]
    back = [s.replace("*100*80**1", "*-100*-80**1").replace("PR*1*20", "PR*1*-20") for s in back]
    paid = payment("A1", "1", "100", "90", share="10")
    later = [s.replace("*20260302", "*20260309") for s in remittance("10", back, paid, check="1")]
    judge(hand, file(later))
    assert hand.load(hand.batch) == quality.Counts(2, 2, 0, 0, 0, 0)
    assert hand.rows(
        "select sum(paid_amount), count(*) from core.payment where retracted_seq is null"
    ) == [(Decimal(250), 5)]


def test_a_remittance_twice_in_one_file_is_posted_once(hand: Hand) -> None:
    first = remittance("80", payment("A1"))
    judge(hand, file(first) + file(first, number=9))
    hand.load(hand.batch)
    assert hand.rows(
        "select sum(paid_amount), count(*) from core.payment where retracted_seq is null"
    ) == [(Decimal(80), 1)]
