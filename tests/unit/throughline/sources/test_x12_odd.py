"""Remittances and answers of other systems (docs/foreign-inputs.md names who reported them)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.throughline.sources.wire import (
    ELIGIBILITY,
    REMITTANCE,
    answer,
    file_of,
    found,
    group,
    interchange,
    payment,
    remittance,
    simple,
    transaction,
)
from throughline.sources.x12.remittance import Payment, ProviderAdjustment

OTHER_PAYER = "N1*PR*OTHER HOUSE*XV*OTH9"
OTHER_PAYEE = "N1*PE*ELSE*XX*1457000005"


def bpr(amount: str, flag: str = "C", how: str = "I") -> str:
    """The head of a payment."""
    return f"BPR*{how}*{amount}*{flag}*ACH*CCP*01*111*DA*22*1512345678**01*333*DA*44*20260902"


def paid(body: list[str], head: str | None = None) -> tuple[list[Any], list[Any]]:
    """The records and faults of an 835."""
    return found(simple(REMITTANCE, [head or body[0], *body[1:]]))


REVERSAL = payment("A1", "22", "-100", "-80", share="-20", cas="CAS*CR*1*-20")


# --- whose money it is


@pytest.mark.parametrize("party", [OTHER_PAYER, OTHER_PAYEE])
@pytest.mark.parametrize("before", [[], ["LX*2"]])
def test_a_claim_of_another_party_than_the_payments_is_held(party: str, before: list[str]) -> None:
    """The last payer that was named was taken for all claims, also for those above it."""
    records, [fault] = paid(remittance(payment("A1"), [*before, party], payment("A2")), bpr("160"))
    assert [(r.patient_control_number, r.remittance.payer_id) for r in records] == [("A1", "MEDB1")]
    assert (fault.reason, fault.subject_id) == ("claim_of_another_party", "A2")
    assert records[0].remittance.payee_id == "1992000006"
    assert records[0].remittance.explained == 160


@pytest.mark.parametrize(
    "party",
    [
        "N1*PR*MEDICARE",
        "N1*PR*MEDICARE SOLUTIONS*XV*MEDB1",
        "N1*PE*LAKESIDE*XX*1992000006",
        "N1*PE*LAKESIDE*FI",
        "N1*TT*OTHER*XV*OTH9",
    ],
)
def test_payer_and_payee_that_stand_above_each_claim(party: str) -> None:
    """Files that a clearinghouse puts together repeat them, under names that vary."""
    body = remittance(["LX*1", party], payment("A1"), ["LX*2", party], payment("A2"))
    records, faults = paid(body, bpr("160"))
    assert ([r.patient_control_number for r in records], faults) == (["A1", "A2"], [])
    assert {r.remittance.payer_name for r in records} <= {"MEDICARE", "MEDICARE SOLUTIONS"}
    assert {r.remittance.payer_id for r in records} <= {"MEDB1", None}


def test_after_a_claim_of_another_party_the_payments_own_are_posted() -> None:
    again = "N1*PR*MEDICARE*XV*MEDB1"
    body = remittance(payment("A1"), [OTHER_PAYER], payment("A2"), [again], payment("A3"))
    records, faults = paid(body, bpr("240"))
    assert [r.patient_control_number for r in records] == ["A1", "A3"]
    assert [f.subject_id for f in faults] == ["A2"]


# --- sums


@pytest.mark.parametrize(
    ("loops", "after", "head", "kept"),
    [
        # reversals beside their corrections, with either sign of the payment
        ([REVERSAL, payment("A1", paid="70", share="30")], [], bpr("-10"), 2),
        ([REVERSAL, payment("A1", paid="70", share="30")], [], bpr("10", "D"), 2),
        ([REVERSAL], [], bpr("80", "D"), 1),
        # the same claim twice in one set
        ([payment("A1"), payment("A1")], [], bpr("160"), 2),
        ([payment("A1", s) for s in ("1", "2", "3", "19", "20", "21")], [], bpr("480"), 6),
        # what PLB moves: forwarded, taken back, interest, several in one segment
        ([payment("A1")], ["PLB*1992000006*20261231*FB:OLD1*80"], bpr("0"), 2),
        ([payment("A1")], ["PLB*1992000006*20261231*FB:OLD1*-20"], bpr("100"), 2),
        ([payment("A1")], ["PLB*1992000006*20261231*L6:ICN1*-1.50"], bpr("81.50"), 2),
        ([payment("A1")], ["PLB*1992000006*20261231*WO:X*5*72:Y*5*CS*0"], bpr("70"), 4),
        ([payment("A1")], ["PLB*1992000006*20269999*WO*5"], bpr("75"), 2),
        ([payment("A1")], ["PLB**20261231*WO:Z*5", "PLB*1*20261231*L6*-5"], bpr("80"), 3),
        # nothing is paid
        (
            [payment("A1", "4", "100", "0", share="0", cas="CAS*CO*29*100")],
            [],
            "BPR*H*0*C*NON************20260902",
            1,
        ),
        # more is paid than was charged
        (
            [payment("A1", "1", "100", "120", share="0", cas="CAS*CO*94*-20")],
            [],
            bpr("120"),
            1,
        ),
    ],
)
def test_sums_that_hold(loops: list[list[str]], after: list[str], head: str, kept: int) -> None:
    records, faults = paid(remittance(*loops, after=after), head)
    assert (len(records), faults) == (kept, [])
    assert records[0].remittance.total_paid == records[0].remittance.explained
    assert not any(r.doubt for r in records if isinstance(r, Payment))


@pytest.mark.parametrize(
    ("loops", "head", "stated", "explained"),
    [
        # interest of a claim (AMT*I) is no part of its payment: PLB pays it
        ([[*payment("A1"), "AMT*I*1.5"]], bpr("81.50"), "81.50", "80"),
        ([payment("A1")], "BPR*I**C*ACH", None, "80"),
        ([payment("A1")], bpr("80", "D"), "-80", "80"),
    ],
)
def test_sums_that_do_not_hold(
    loops: list[list[str]], head: str, stated: str | None, explained: str
) -> None:
    records, _ = paid(remittance(*loops), head)
    of_set = records[0].remittance
    assert of_set.total_paid == (Decimal(stated) if stated is not None else None)
    assert of_set.explained == Decimal(explained)


@pytest.mark.parametrize(
    "odd",
    [
        ["TS3*1992000006*11*20261231*1*100", "TS2*1"],
        ["LX*2"],
        ["PLX*1"],
    ],
)
def test_segments_between_claims_that_are_not_read(odd: list[str]) -> None:
    records, faults = paid(remittance(payment("A1"), odd, payment("A2")), bpr("160"))
    assert ([r.patient_control_number for r in records], faults) == (["A1", "A2"], [])


# --- several of what there may be several of

ONE = transaction(REMITTANCE, remittance(payment("A1")))
TWO = transaction(
    REMITTANCE, [s.replace("CHECK9", "CHECK10") for s in remittance(payment("A2"))], "0002"
)


@pytest.mark.parametrize(
    "data",
    [
        file_of(interchange(group(REMITTANCE, ONE, TWO))),
        file_of(interchange(group(REMITTANCE, ONE), group(REMITTANCE, TWO, number=2))),
        file_of(interchange(group(REMITTANCE, ONE), group(REMITTANCE, TWO))),
        # appended without a line end, or after another time of the same minute
        file_of(interchange(group(REMITTANCE, ONE))) + file_of(interchange(group(REMITTANCE, TWO))),
        file_of(interchange(group(REMITTANCE, ONE)))
        + b"\r\n\r\n"
        + file_of(interchange(group(REMITTANCE, TWO), number=1), "~\r\n"),
        file_of(interchange(group(REMITTANCE, ONE))[:-1])
        + file_of(interchange(group(REMITTANCE, TWO))),
        file_of(interchange(group(REMITTANCE, [s.replace("*0002", "*0001") for s in TWO], ONE))),
    ],
)
def test_several_sets_groups_and_interchanges(data: bytes) -> None:
    records, _ = found(data)
    assert sorted((r.patient_control_number, r.remittance.check_number) for r in records) == [
        ("A1", "CHECK9"),
        ("A2", "CHECK10"),
    ]
    assert {r.remittance.explained for r in records} == {80}


@pytest.mark.parametrize("version", ["005010X221", "004010X091A1", ""])
def test_an_835_of_another_version(version: str) -> None:
    whole = interchange(group(REMITTANCE, ONE))
    records, _ = found(file_of([s.replace("005010X221A1", version) for s in whole]))
    assert [r.patient_control_number for r in records] == ["A1"]


def test_a_provider_adjustment_without_reference_or_with_an_odd_day() -> None:
    after = ["PLB*1992000006*20269999*WO*5"]
    records, _ = paid(remittance(payment("A1"), after=after), bpr("75"))
    [plb] = [r for r in records if isinstance(r, ProviderAdjustment)]
    assert (plb.reason_code, plb.reference, plb.fiscal_period_end) == ("WO", None, None)


# --- answers about several people, or none

DEPENDENT = [
    "BHT*0022*11*10001235*20060501*1319",
    "HL*1**20*1",
    "NM1*PR*2*ABC COMPANY*****PI*842610001",
    "HL*2*1*21*1",
    "NM1*1P*2*BONE AND JOINT CLINIC*****SV*2000035",
    "HL*3*2*22*1",
    "NM1*IL*1*SMITH*JOHN****MI*123456789",
    "DMG*D8*19630519*M",
    "HL*4*3*23*0",
    "TRN*2*93175-012547*9877281234",
    "NM1*03*1*SMITH*MARY",
    "DMG*D8*19981014*F",
    "INS*N*19",
    "DTP*346*D8*20060101",
    "EB*1**30**GOLD 123 PLAN",
    "EB*L",
    "LS*2120",
    "NM1*P3*1*JONES*MARCUS****SV*0202034",
    "LE*2120",
    "EB*1**1^33^35^47^86^88^98^AL^MH^UC",
]
SECOND = ["HL*5*3*23*0", "TRN*2*T2*9", "NM1*03*1*SMITH*BOB", "DMG*D8*20000101*M", "EB*6**30"]


def told(body: list[str]) -> list[tuple[Any, ...]]:
    """Who is answered, under which number, and whether they are covered."""
    records, faults = found(simple(ELIGIBILITY, body))
    assert faults == []
    return [(r.trace_number, r.given, r.member_id, r.is_active) for r in records]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (DEPENDENT, [("93175-012547", "MARY", "123456789", True)]),
        (
            DEPENDENT + SECOND,
            [("93175-012547", "MARY", "123456789", True), ("T2", "BOB", "123456789", False)],
        ),
        (
            [*DEPENDENT[:8], "TRN*2*T0*9", "EB*6**30", *DEPENDENT[8:]],
            [("T0", "JOHN", "123456789", False), ("93175-012547", "MARY", "123456789", True)],
        ),
        (
            [
                *answer("EB*1**30"),
                "HL*4*2*22*0",
                "TRN*2*TRACE2*9LAKE",
                "NM1*IL*1*ROE*ANN****MI*2AA",
                "EB*6**30",
            ],
            [("TRACE1", "ZEBULON", "1EG4TE5MK73", True), ("TRACE2", "ANN", "2AA", False)],
        ),
    ],
)
def test_whom_an_answer_is_about(body: list[str], said: list[tuple[Any, ...]]) -> None:
    assert told(body) == said


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([*answer()[:2], "AAA*Y**42*Y"], "answer_about_nobody_42"),
        ([*answer()[:5], "AAA*N**51*C"], "answer_about_nobody_51"),
    ],
)
def test_a_refusal_of_all(body: list[str], reason: str) -> None:
    records, faults = found(simple(ELIGIBILITY, body))
    assert (records, [f.reason for f in faults]) == ([], [reason])


@pytest.mark.parametrize("code", ["71", "72", "73", "75", "76", "58"])
def test_a_refusal_of_one_person(code: str) -> None:
    who = ["TRN*2*TRACE1*9LAKE", "NM1*IL*1*QUIRK*ZEBULON****MI*1EG4TE5MK73", f"AAA*N**{code}*C"]
    [one] = found(simple(ELIGIBILITY, answer(person=who)))[0]
    assert (one.reject_code, one.is_active) == (code, None)


# --- benefits that are over

OVER = [
    "DTP*347*D8*20260801",
    "DTP*349*D8*20260801",
    "DTP*357*D8*20260801",
    "DTP*291*RD8*20250101-20260801",
    "DTP*307*RD8*20250101-20260801",
    "DTP*292*RD8*20250101-20260801",
]


@pytest.mark.parametrize("over", OVER)
def test_part_b_that_is_over_is_none(over: str) -> None:
    """Asked on 2026-09-03. An end in a DTP of its own was not looked at, and the claim went to Medicare."""
    [one] = found(simple(ELIGIBILITY, answer("EB*1**30*MB", over)))[0]
    assert (one.is_active, str(one.part_b_to)) == (False, "2026-08-01")
    again = answer("EB*1**30*MB", over, "EB*1**30*MB", "DTP*291*D8*20260815")
    [one] = found(simple(ELIGIBILITY, again))[0]
    assert (one.is_active, one.part_b_to) == (True, None)


@pytest.mark.parametrize("over", [*OVER, "DTP*346*D8*20261001"])
def test_a_plan_that_is_over_or_not_begun_says_nothing_about_the_day(over: str) -> None:
    [one] = found(simple(ELIGIBILITY, answer("EB*1**30**GOLD", over)))[0]
    assert one.is_active is None
    [one] = found(simple(ELIGIBILITY, answer("EB*1**30**GOLD", over, "EB*1**30**SILVER")))[0]
    assert one.is_active is True
    [one] = found(simple(ELIGIBILITY, answer("EB*6**30", "EB*1**30**GOLD", over)))[0]
    assert one.is_active is False


@pytest.mark.parametrize("end", ["347", "349", "357"])
def test_an_end_at_the_person_is_that_of_each_benefit_without_dates(end: str) -> None:
    """Loop 2100C of 005010X279A1: it holds for all benefits that do not say otherwise."""
    who = [
        "TRN*2*TRACE1*9LAKE",
        "NM1*IL*1*QUIRK*ZEBULON****MI*1EG4TE5MK73",
        f"DTP*{end}*D8*20260801",
    ]
    for benefit, is_active in (("EB*1**30**GOLD", None), ("EB*1**30*MB", False)):
        [one] = found(simple(ELIGIBILITY, answer(benefit, person=who)))[0]
        assert one.is_active is is_active
        own = answer(benefit, "DTP*291*D8*20260815", person=who)
        [one] = found(simple(ELIGIBILITY, own))[0]
        assert one.is_active is True


@pytest.mark.parametrize(
    "held", ["DTP*347*D8*20261231", "DTP*291*RD8*20260101-20261231", "DTP*346*D8*20260101", "MSG*x"]
)
def test_a_plan_that_holds(held: str) -> None:
    [one] = found(simple(ELIGIBILITY, answer("EB*1**30**GOLD", held)))[0]
    assert one.is_active is True
