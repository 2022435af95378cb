"""An 835 that does not balance is held, with both sums; what balances beside it is posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.unit.throughline.sources.wire import (
    CLAIMS,
    INSTITUTIONAL,
    REMITTANCE,
    claim,
    claims,
    file_of,
    group,
    interchange,
    payment,
    simple,
    transaction,
)
from tests.warehouse.deliveries import Hand
from throughline import quality

WO = "PLB*1992000006*20261231*WO:OLD1*25"


def remittance(
    paid: str,
    *loops: list[str],
    check: str = "CHECK9",
    after: list[str] | None = None,
    how: str = "I",
) -> list[str]:
    """The body of an 835 that says it pays so much."""
    return [
        f"BPR*{how}*{paid}*C*ACH*CCP*01*111*DA*22*1512345678**01*333*DA*44*20260302",
        f"TRN*1*{check}*1512345678",
        "DTM*405*20260301",
        "N1*PR*MEDICARE*XV*MEDB1",
        "N1*PE*LAKESIDE*XX*1992000006",
        *(["LX*1"] if loops else []),
        *(segment for loop in loops for segment in loop),
        *(after or []),
    ]


def file(*bodies: list[str], number: int = 1) -> bytes:
    """An interchange with these 835s."""
    sets = [
        transaction(REMITTANCE, body, f"{place:04}") for place, body in enumerate(bodies, start=1)
    ]
    header = interchange(number=number)[0].replace("260903*1201", f"260302*12{number:02}")
    made = group(REMITTANCE, *sets, number=number)
    made[0] = made[0].replace("20260903*1201", f"20260302*12{number:02}")
    return file_of(interchange(made, number=number, header=header))


def judge(hand: Hand, *files: bytes) -> quality.Verdict:
    hand.batch = hand.deliver("payment", *files, suffix="x12", source="clearinghouse")
    hand.stage(hand.batch)
    return hand.gate(hand.batch)


def held(hand: Hand, batch: UUID | None = None) -> list[tuple[Any, ...]]:
    return hand.rows(
        "select reason, subject_source, subject_id, payer_id, stated_amount, explained_amount"
        " from quality.quarantine where batch_id = %s and status = 'open' order by row_no, reason",
        batch or hand.batch,
    )


def posted(hand: Hand) -> list[str]:
    return [
        row[0]
        for row in hand.rows(
            "select patient_control_number from core.payment where retracted_seq is null order by 1"
        )
    ]


def test_a_set_that_its_claims_do_not_explain_is_held_whole(hand: Hand) -> None:
    good = remittance("80", payment("G1"), check="GOOD")
    bad = remittance("300", payment("A1"), payment("A2"), check="BAD", after=[WO])
    verdict = judge(hand, file(good, bad))
    assert verdict.verdict == "quarantine"
    assert hand.failed() == {"remittance does not balance": "3 of 4 rows"}
    sums = (Decimal(300), Decimal(135))
    reason = "remittance does not balance"
    assert held(hand) == [
        (reason, "pcn", "A1", "MEDB1", *sums),
        (reason, "pcn", "A2", "MEDB1", *sums),
        (reason, None, None, "MEDB1", *sums),
    ]
    assert hand.load(hand.batch) == quality.Counts(4, 1, 0, 3, 0, 0)
    assert posted(hand) == ["G1"]
    assert hand.rows("select count(*) from core.provider_adjustment") == [(0,)]


@pytest.mark.parametrize(
    ("loop", "reason", "stated", "explained"),
    [
        (payment("A1", cas="CAS*PR*1*19.99"), "claim does not balance", 80, Decimal("80.01")),
        (
            [
                "CLP*A1*1*200*160*40*MB*I*11*1",
                *payment("A1", cas="CAS*PR*1*19.99")[2:],
                *payment("A1", cas="CAS*PR*1*20.01")[2:],
            ],
            "line does not balance",
            80,
            Decimal("80.01"),
        ),
        ([*payment("A1")[:2], "CAS*CO*45*5", *payment("A1")[2:]], "claim does not balance", 80, 75),
        (
            [s.replace("CLP*A1*1*100*80", "CLP*A1*1*150*130") for s in payment("A1")],
            "lines do not add up to the claim",
            150,
            100,
        ),
    ],
)
def test_a_claim_that_does_not_balance_is_held_alone(
    hand: Hand, loop: list[str], reason: str, stated: Any, explained: Any
) -> None:
    paid = loop[0].split("*")[4]
    judge(hand, file(remittance(str(int(paid) + 80), loop, payment("A2"))))
    assert held(hand) == [(reason, "pcn", "A1", None, stated, explained)]
    assert hand.load(hand.batch) == quality.Counts(2, 1, 0, 1, 0, 0)
    assert posted(hand) == ["A2"]


REVERSAL = [
    "CLP*A1*22*-100*-80*-20*MB*ICNA1*11*1",
    "SVC*HC:99213:25*-100*-80**1",
    "DTM*472*20260228",
    "CAS*PR*1*-20",
]


@pytest.mark.parametrize(
    ("paid", "loops", "after"),
    [
        # a reversal with its correction; money taken back elsewhere; more paid than the claims, as interest
        ("10", [REVERSAL, payment("A1", "1", "100", "90", share="10")], []),
        ("55", [payment("A1")], [WO]),
        ("81.25", [payment("A1")], ["PLB*1992000006*20261231*L6*-1.25"]),
        # nothing is paid now: the balance is carried forward
        ("0", [REVERSAL], ["PLB*1992000006*20261231*FB:X*-80"]),
        # an advance without any claim
        ("500", [], ["PLB*1992000006*20261231*AP:ADV7*-500"]),
        # adjusted at both levels; at the claim alone, without lines
        (
            "70",
            [["CLP*A1*1*100*70*20*MB*I*11*1", "CAS*CO*253*10", *payment("A1")[1:]]],
            [],
        ),
        ("60", [["CLP*A1*1*100*60**MB*I*11*1", "CAS*CO*45*40"]], []),
        # an institution's claim may have only the lines that were adjusted
        (
            "180",
            [["CLP*A1*1*200*180**MA*I*11*1", "SVC*NU:0450*100*80**1", "CAS*CO*45*20"]],
            [],
        ),
        # denied: charged, adjusted, nothing paid
        ("0", [payment("A1", "4", paid="0", share="0", cas="CAS*CO*31*100")], []),
    ],
)
def test_what_balances_is_posted(
    hand: Hand, paid: str, loops: list[list[str]], after: list[str]
) -> None:
    rows = len(loops) + len(after)
    assert judge(hand, file(remittance(paid, *loops, after=after))).verdict == "pass"
    assert hand.load(hand.batch) == quality.Counts(rows, rows, 0, 0, 0, 0)


@pytest.mark.parametrize("paid", ["", "8O"])
def test_a_set_whose_payment_cannot_be_read_is_held(hand: Hand, paid: str) -> None:
    judge(hand, file(remittance(paid, payment("A1"))))
    assert held(hand) == [("remittance does not balance", "pcn", "A1", "MEDB1", None, Decimal(80))]


def test_a_set_that_breaks_off_is_held(hand: Hand) -> None:
    whole = file(remittance("160", payment("A1"), payment("A2")))
    judge(hand, whole[: whole.index(b"CLP*A2")])
    assert [reason for reason, *_ in held(hand)] == ["truncated"]
    hand.new_night()
    judge(hand, whole[: whole.index(b"SVC*HC:99213:25*100*80**1~", whole.index(b"CLP*A2"))])
    assert [reason for reason, *_ in held(hand)] == ["truncated"]
    hand.new_night()
    whole = file(remittance("240", payment("A1"), payment("A2"), payment("A3")))
    judge(hand, whole[: whole.index(b"CLP*A3")])
    assert [(reason, subject) for reason, _, subject, *_ in held(hand)] == [
        ("remittance does not balance", "A1"),
        ("truncated", "A2"),
    ]


def test_an_amount_that_cannot_be_read_holds_its_claim_alone(hand: Hand) -> None:
    judge(hand, file(remittance("160", payment("A1", paid="8O"), payment("A2"))))
    assert held(hand) == [("claim_amount_unreadable", "pcn", "A1", None, None, None)]
    hand.load(hand.batch)
    assert posted(hand) == ["A2"]


@pytest.mark.parametrize("is_one_delivery", [False, True])
def test_the_corrected_set_clears_the_hold(hand: Hand, is_one_delivery: bool) -> None:
    wrong = file(remittance("300", payment("A1"), after=[WO]), number=1)
    right = file(remittance("55", payment("A1"), after=[WO]), number=2)
    if is_one_delivery:
        judge(hand, right, wrong)
        hand.load(hand.batch)
    else:
        judge(hand, wrong)
        hand.load(hand.batch)
        first = hand.batch
        assert [status for _, _, status in hand.quarantined(first)] == ["open"] * 2
        hand.new_night()
        judge(hand, right)
        hand.load(hand.batch)
        hand.batch = first
    assert [status for _, _, status in hand.quarantined()] == ["corrected"] * 2
    assert posted(hand) == ["A1"]
    assert hand.rows("select count(*) from core.provider_adjustment") == [(1,)]
    assert hand.rows("select count(*) from staging.payment") == [(0,)]
    assert hand.rows("select count(*) from staging.provider_adjustment") == [(0,)]


def test_an_older_set_corrects_nothing(hand: Hand) -> None:
    judge(hand, file(remittance("300", payment("A1")), number=5))
    hand.load(hand.batch)
    first = hand.batch
    hand.new_night()
    judge(hand, file(remittance("80", payment("A1")), number=2))
    hand.load(hand.batch)
    assert [status for _, _, status in hand.quarantined(first)] == ["open"]


def stated(hand: Hand) -> list[tuple[Any, ...]]:
    """Load the batch and state its facts: code, amount, what the contract took off, code paid instead."""
    hand.load(hand.batch)
    hand.admin.execute(
        "insert into cases.setting_known (name, key, known_seq, value)"
        " values ('time_zone', '', 0, 'America/New_York') on conflict do nothing"
    )
    hand.facts("payment")
    return hand.rows(
        "select code, amount, (detail ->> 'contractual')::numeric,"
        " (detail ->> 'patient_responsibility')::numeric, detail ->> 'paid_code'"
        " from evidence.fact where kind = 'remittance' order by source_ref"
    )


def test_a_line_paid_under_another_code_is_the_submitted_one(hand: Hand) -> None:
    loop = [
        "CLP*A2*1*150*80**12*PC1*11*1",
        "SVC*HC:80053*150*80**1*HC:80048:59*2",
        "DTM*472*20260228",
        "CAS*CO*45*70",
        "REF*6R*L1",
    ]
    judge(hand, file(remittance("80", loop)))
    assert stated(hand) == [("80048", Decimal(80), Decimal(70), Decimal(0), "80053")]
    assert hand.rows(
        "select code, modifiers, units, paid_code, paid_units, line_control_number"
        " from core.payment_line"
    ) == [("80048", ["59"], 2, "80053", 1, "L1")]


def test_what_a_claim_was_adjusted_beside_its_lines_is_posted_too(hand: Hand) -> None:
    loop = payment("A1")
    loop[0:1] = ["CLP*A1*1*100*65*25*MB*I*11*1", "CAS*CO*253*10", "CAS*PR*1*5"]
    judge(hand, file(remittance("65", loop)))
    assert stated(hand) == [
        (None, Decimal(-15), Decimal(10), Decimal(5), None),
        ("99213", Decimal(80), Decimal(0), Decimal(20), None),
    ]


def test_lines_that_say_it_all_state_nothing_beside_them(hand: Hand) -> None:
    judge(hand, file(remittance("80", payment("A1", share="999", cas="CAS*PR*1*20"))))
    assert stated(hand) == [("99213", Decimal(80), Decimal(0), Decimal(20), None)]


@pytest.mark.parametrize("status", ["23", "25"])
def test_neither_a_forwarded_claim_nor_a_price_is_a_payment(hand: Hand, status: str) -> None:
    loop = payment("A1", status, paid="0", cas="CAS*OA*101*100")
    bare = [f"CLP*A2*{status}*100*0**MB*I*11*1", "CAS*OA*101*100"]
    judge(hand, file(remittance("0", loop, bare, how="H")))
    assert stated(hand) == []
    assert posted(hand) == ["A1", "A2"]


def test_a_reversal_that_names_only_the_paid_code_finds_its_payment(hand: Hand) -> None:
    paid = ["CLP*A2*1*150*80**12*PC1*11*1", "SVC*HC:80053*150*80**1*HC:80048", "CAS*CO*45*70"]
    back = ["CLP*A2*22*-150*-80**12*PC1*11*1", "SVC*HC:80053*-150*-80**1", "CAS*CO*45*-70"]
    judge(hand, file(remittance("80", paid), number=1))
    stated(hand)
    hand.new_night()
    judge(
        hand,
        file(remittance("0", back, check="LATER", after=["PLB*1*20261231*FB:X*-80"]), number=2),
    )
    stated(hand)
    assert hand.rows("select count(*) from evidence.fact where reverses is not null") == [(1,)]


@pytest.mark.parametrize("guide", [CLAIMS, INSTITUTIONAL])
def test_a_claim_whose_charges_are_not_its_total_is_held(hand: Hand, guide: str) -> None:
    wrong = claim("C1", "100")
    wrong[0] = wrong[0].replace("*100*", "*150*")
    both = [*wrong, *claim("C2", "70")]
    if guide == INSTITUTIONAL:
        both = [s.replace("SV1*HC:99213:25*", "SV2*0450*HC:99213*") for s in both]
    hand.batch = hand.deliver(
        "claim", simple(guide, claims(both)), suffix="x12", source="clearinghouse"
    )
    hand.stage(hand.batch)
    hand.gate(hand.batch)
    assert held(hand) == [
        ("charges do not add up to the claim", "pcn", "C1", None, Decimal(150), Decimal(100))
    ]
    hand.load(hand.batch)
    assert hand.rows("select patient_control_number from core.claim") == [("C2",)]
