"""Two that have one identity and one version and say something else: the later one waits for a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.throughline.sources.wire import payment, siu
from tests.warehouse.deliveries import Hand, patient
from tests.warehouse.quality.money.test_money import WO, file, judge, posted, remittance
from throughline import decisions, quality
from throughline.decisions import Request
from throughline.quality.decide import decide_row
from throughline.quality.merge import OTHER_CONTENT


def take_in(hand: Hand, *files: bytes) -> quality.Counts:
    judge(hand, *files)
    return hand.load(hand.batch)


def paid(what: str, amount: int) -> list[str]:
    """A claim of $100 of which the payer pays so much, and the patient the rest."""
    return payment(
        what, "1", "100", str(amount), share=str(100 - amount), cas=f"CAS*PR*1*{100 - amount}"
    )


def waiting(hand: Hand) -> list[tuple[Any, ...]]:
    return hand.rows(
        "select row_no, status, stated_amount, explained_amount from quality.quarantine"
        " where batch_id = %s and reason = %s order by file_id, row_no",
        hand.batch,
        OTHER_CONTENT,
    )


FIRST = remittance("160", paid("A1", 80), paid("A2", 80))
OTHERS = {
    "another amount": (remittance("140", paid("A1", 80), paid("A2", 60)), 160, 140),
    "a claim more": (remittance("200", paid("A1", 80), paid("A2", 80), paid("A3", 40)), 160, 200),
    "a claim less": (remittance("80", paid("A1", 80)), 160, 80),
    "an adjustment more": (remittance("135", paid("A1", 80), paid("A2", 80), after=[WO]), 160, 135),
    "another status": (
        [s.replace("CLP*A2*1*", "CLP*A2*2*") for s in FIRST],
        160,
        160,
    ),
    "another kind of plan": ([s.replace("*MB*ICNA2", "*HM*ICNA2") for s in FIRST], 160, 160),
    "another reason": ([s.replace("CAS*PR*1*20", "CAS*PR*2*20") for s in FIRST], 160, 160),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_second_835_of_one_identity_waits_whole_with_both_sums(hand: Hand, what: str) -> None:
    other, stands, says = OTHERS[what]
    assert take_in(hand, file(FIRST)) == quality.Counts(2, 2, 0, 0, 0, 0)
    before = hand.rows("select * from core.payment order by source_id")
    hand.new_night()
    counts = take_in(hand, file(other))
    assert {row[1:] for row in waiting(hand)} == {("open", Decimal(stands), Decimal(says))}
    assert counts.quarantined == counts.received
    assert hand.rows("select * from core.payment order by source_id") == before
    assert hand.rows("select count(*) from core.provider_adjustment") == [(0,)]
    # a rerun of the load decides the same
    assert hand.load(hand.batch) == counts


def test_the_same_835_again_is_a_known_duplicate(hand: Hand) -> None:
    body = remittance("135", paid("A1", 80), paid("A2", 80), after=[WO])
    take_in(hand, file(body))
    hand.new_night()
    assert take_in(hand, file(body) + b"\n") == quality.Counts(3, 0, 3, 0, 0, 0)
    # with a newer envelope it is a correction
    hand.new_night()
    newer = remittance("140", paid("A1", 80), paid("A2", 60))
    assert take_in(hand, file(newer, number=2)).loaded == 1
    hand.new_night()
    assert take_in(hand, file(body) + b"\n\n") == quality.Counts(3, 0, 3, 0, 0, 0)
    assert hand.rows("select count(*) from quality.quarantine") == [(0,)]


def test_a_claim_that_a_later_set_leaves_out_stays_until_it_is_reversed(hand: Hand) -> None:
    """Only CLP02 22 undoes a payment (X12 RFI 1776, 2442): a set does not replace another."""
    take_in(hand, file(FIRST))
    hand.new_night()
    take_in(hand, file(remittance("80", paid("A1", 80)), number=2))
    assert posted(hand) == ["A1", "A2"]
    assert hand.rows("select count(*) from quality.quarantine") == [(0,)]
    hand.new_night()
    reversal = ["CLP*A2*22*-100*-80*-20*MB*ICNA2*11*1", *paid("A2", 80)[1:]]
    reversal = [
        s.replace("*100*80**1", "*-100*-80**1").replace("CAS*PR*1*20", "CAS*PR*1*-20")
        for s in reversal
    ]
    take_in(hand, file(remittance("0", paid("A1", 80), reversal, check="NEXT"), number=3))
    assert hand.rows(
        "select patient_control_number, sum(paid_amount) from core.payment"
        " where retracted_seq is null and check_number in ('CHECK9', 'NEXT') group by 1 order by 1"
    ) == [("A1", Decimal(160)), ("A2", Decimal(0))]


def test_two_contents_in_one_delivery_both_wait(hand: Hand) -> None:
    other = OTHERS["another amount"][0]
    assert take_in(hand, file(FIRST), file(other)) == quality.Counts(4, 0, 0, 4, 0, 0)
    assert {row[1:] for row in waiting(hand)} == {
        ("open", Decimal(160), Decimal(140)),
        ("open", Decimal(140), Decimal(160)),
    }
    hand.new_night()
    assert take_in(hand, file(FIRST) + file(OTHERS["a claim less"][0])).quarantined == 3
    # what differs in nothing does not wait
    hand.new_night()
    third = remittance("80", paid("B1", 80), check="THIRD")
    assert take_in(hand, file(third), file(third) + b"\n") == quality.Counts(2, 1, 1, 0, 0, 0)


def test_what_waits_is_not_asked_about_twice(hand: Hand) -> None:
    other = file(OTHERS["another amount"][0])
    take_in(hand, file(FIRST))
    hand.new_night()
    take_in(hand, other)
    first = hand.batch
    hand.new_night()
    assert take_in(hand, other + b"\n").quarantined == 2
    assert {row[1] for row in waiting(hand)} == {"corrected"}
    hand.new_night()
    assert take_in(hand, file(FIRST) + b"\n").superseded == 2
    assert [status for _, _, status in hand.quarantined(first)] == ["open", "open"]
    row = hand.rows("select quarantine_id::text from quality.quarantine where batch_id = %s", first)
    assert decide_row(hand.people, row[0][0], "reject", "Ada Okafor", "the first is right")
    hand.conn.commit()
    hand.new_night()
    assert take_in(hand, other + b"\n\n").rejected == 2
    # a newer version is a correction: nothing waits any more
    assert posted(hand) == ["A1", "A2"]


def test_a_newer_version_ends_the_wait(hand: Hand) -> None:
    take_in(hand, file(FIRST))
    hand.new_night()
    take_in(hand, file(OTHERS["another amount"][0]))
    first = hand.batch
    hand.new_night()
    take_in(hand, file(remittance("150", paid("A1", 80), paid("A2", 70)), number=2))
    assert [status for _, _, status in hand.quarantined(first)] == ["corrected", "corrected"]


def test_a_named_person_lets_the_second_count_in_place_of_the_first(hand: Hand) -> None:
    two_lines = [
        "CLP*A1*1*200*160*40*MB*ICNA1*11*1",
        *paid("A1", 80)[1:],
        *[s.replace("A1L1", "A1L2") for s in paid("A1", 80)[1:]],
    ]
    one_line = [
        "CLP*A1*1*200*150*50*MB*ICNA1*11*1",
        *[
            s.replace("*100*80**1", "*200*150**1").replace("CAS*PR*1*20", "CAS*PR*1*50")
            for s in paid("A1", 80)[1:]
        ],
    ]
    take_in(hand, file(remittance("160", two_lines)))
    hand.new_night()
    take_in(hand, file(remittance("150", one_line)))
    assert waiting(hand) == [(1, "open", Decimal(160), Decimal(150))]
    [(row,)] = hand.rows("select quarantine_id::text from quality.quarantine")
    request = Request("release", "quarantine", row, "Ada Okafor", "the bank shows 150")
    assert decisions.preview(hand.people, request).follows == (
        "The next night loads all of the payment of row 1 (1 row) of the feed payment. Another of this id"
        " and version says something else. One says $160.00, this one $150.00. This one counts in place"
        " of it.",
    )
    decisions.record(hand.people, request)
    hand.conn.commit()
    hand.new_night()
    assert hand.load(hand.batch) == quality.Counts(1, 1, 0, 0, 0, 0)
    standing = "select sum(paid_amount), count(*) from core.{} where retracted_seq is null"
    assert hand.rows(standing.format("payment")) == [(Decimal(150), 1)]
    assert hand.rows(standing.format("payment_line")) == [(Decimal(150), 1)]
    # either content again is older than the choice
    hand.new_night()
    assert take_in(hand, file(remittance("160", two_lines)) + b"\n") == quality.Counts(
        1, 0, 1, 0, 0, 0
    )


def test_another_payment_of_the_same_number_is_posted_by_hand(hand: Hand) -> None:
    take_in(hand, file(FIRST))
    hand.new_night()
    take_in(hand, file(OTHERS["another amount"][0]))
    [(row,), _] = hand.rows("select quarantine_id::text from quality.quarantine order by row_no")
    assert decide_row(hand.people, row, "posted", "Ada Okafor", "a second payment")
    hand.conn.commit()
    assert hand.counts() == quality.Counts(2, 0, 0, 0, 2, 0)


def test_when_the_first_is_taken_back_the_second_counts(hand: Hand) -> None:
    take_in(hand, file(FIRST))
    first = hand.batch
    hand.new_night()
    take_in(hand, file(OTHERS["another amount"][0]))
    request = Request("reject", "delivery", str(first), "Ada Okafor", "sent by mistake")
    decisions.record(hand.people, request)
    hand.conn.commit()
    hand.new_night()
    quality.withdraw(hand.conn, "clearinghouse", hand.seq, hand.landing_root)
    assert hand.rows(
        "select sum(paid_amount), count(*) from core.payment where retracted_seq is null"
    ) == [(Decimal(140), 2)]
    assert hand.counts() == quality.Counts(2, 2, 0, 0, 0, 0)


def test_rows_that_other_code_read_are_compared_by_their_amounts_alone(hand: Hand) -> None:
    take_in(hand, file(FIRST))
    hand.admin.execute("update landing.batch set read_as = 'before'")
    hand.new_night()
    assert take_in(hand, file(OTHERS["another reason"][0])).superseded == 2
    hand.new_night()
    assert take_in(hand, file(OTHERS["another amount"][0])).quarantined == 2


def test_a_chart_record_of_one_version_with_other_content_waits(hand: Hand) -> None:
    hand.take_in("patient", [patient(1), patient(2)])
    hand.new_night()
    counts = hand.take_in("patient", [patient(1, gender="male"), patient(2)])
    assert counts == quality.Counts(2, 0, 1, 1, 0, 0)
    assert waiting(hand) == [(1, "open", None, None)]
    assert hand.rows("select distinct subject_source, subject_id from quality.quarantine") == [
        ("ehr", "p1")
    ]
    # the chart serves it every night: it is asked about once
    hand.new_night()
    again = [patient(1, gender="male"), patient(2), patient(3)]
    assert hand.take_in("patient", again) == quality.Counts(3, 1, 1, 1, 0, 0)
    assert waiting(hand) == [(1, "corrected", None, None)]
    hand.new_night()
    hand.take_in("patient", [patient(1, 2, gender="male"), patient(2)])
    assert hand.rows("select distinct status from quality.quarantine") == [("corrected",)]


def test_two_messages_of_one_number_and_time_do_not_replace_each_other(hand: Hand) -> None:
    def deliver(*messages: str) -> quality.Counts:
        content = "".join(messages).encode()
        return hand.take_in("appointment", content, suffix="hl7", source="scheduling")

    deliver(siu())
    hand.new_night()
    other = siu().replace("^^30^20260910143000", "^^30^20260911143000")
    assert deliver(other) == quality.Counts(1, 0, 0, 1, 0, 0)
    hand.new_night()
    assert deliver(siu(), siu(control="M2")).loaded == 0
