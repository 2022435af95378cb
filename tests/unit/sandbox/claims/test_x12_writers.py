"""The sandbox's X12 stands before a validator that is not of its own writing (pyx12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sandbox.claims.x12 import acknowledgements, eligibility, professional, remittance, segments
from sandbox.claims.x12.forms import (
    Adjustment,
    Benefit,
    Claim,
    ClaimLine,
    ClaimStatus,
    EligibilityAnswer,
    Inquiry,
    PaidClaim,
    PaidLine,
    Party,
    ProviderAdjustment,
    Remittance,
    Subscriber,
)

AT = datetime(2026, 9, 1, 17, 0, tzinfo=UTC)
CLINIC = Party("Lakeside Primary Care", "1992000006", tax_id="161234567")
PAYER = Party("Medicare Part B", "MEDB1", tax_id="521111111")
HOUSE = Party("Lakeshore Clearinghouse", "LAKECLEAR")
BILLING = Party("Lakeside Billing", "LAKEBILL")
PATIENT = Subscriber(
    "1EG4TE5MK73", "Muñoz-O'Brien", "Ana", date(1950, 2, 3), "F", "12 Elm St", "Rochester", "NY", "14604"
)  # fmt: skip


def claim(**changes: object) -> Claim:
    """A claim of two lines; ``changes`` override its fields."""
    values: dict[str, Any] = {
        "control": "B1000001", "frequency": "1", "charge": Decimal("350.00"), "place_of_service": "11",
        "diagnoses": ("I10", "E11.9"),
        "lines": [
            ClaimLine(1, "99495", (), Decimal("250.00"), Decimal(1), date(2026, 8, 28), (1, 2), "C1"),
            ClaimLine(2, "93000", ("25",), Decimal("100.00"), Decimal(1), date(2026, 8, 28), (1,), "C2"),
        ],
        "billing_npi": CLINIC.identifier, "billing_taxonomy": "207Q00000X", "rendering_npi": "1457000005",
        "rendering_name": ("Stone", "Mary"), "payer_id": "MEDB1", "payer_name": "Medicare Part B", "filing_code": "MB",
        "subscriber": PATIENT, "record_number": "MRN1", "submitter": "LAKEBILL", "batch_reference": "REF1",
        "secondary": ("MCAID", "MC123"),
    }  # fmt: skip
    values.update(changes)
    return Claim(**values)


def wrap(
    transactions: list[segments.Transaction], functional_id: str, delimiters: segments.Delimiters
) -> bytes:
    group = segments.Group(
        functional_id, "LAKECLEAR", "LAKEBILL", transactions[0].version, transactions
    )
    return segments.render(
        segments.Interchange("LAKECLEAR", "LAKEBILL", "000000017", [group], AT), delimiters
    )


@pytest.fixture(
    params=[segments.LINES, segments.RUNNING, segments.PIPES], ids=["lines", "running", "pipes"]
)
def delimiters(request: pytest.FixtureRequest) -> segments.Delimiters:
    chosen: segments.Delimiters = request.param
    return chosen


def test_837p_is_valid_and_reads_back(
    delimiters: segments.Delimiters, complaints: Callable[[bytes], str]
) -> None:
    sent = [
        claim(),
        claim(control="B1000002", frequency="7", original_reference="ICN9", secondary=None),
    ]
    content = wrap([professional.write(sent, "REF1", AT, BILLING, HOUSE, CLINIC)], "HC", delimiters)
    assert complaints(content) == ""
    (interchange,) = segments.parse(content)
    got = professional.read(interchange.groups[0].transactions[0], interchange.sender)
    assert [c.control for c in got] == ["B1000001", "B1000002"]
    assert got[0].secondary == ("MCAID", "MC123")
    assert got[0].subscriber.last_name == "MUNOZ-O'BRIEN"
    assert got[0].lines[1].modifiers == ("25",)
    assert got[0].lines[0].line_control == "C1"
    assert got[1].original_reference == "ICN9"
    assert got[0].record_number == "MRN1"
    assert sum(line.charge for line in got[0].lines) == got[0].charge


def test_277ca_is_valid(
    delimiters: segments.Delimiters, complaints: Callable[[bytes], str]
) -> None:
    first = acknowledgements.write_277ca(
        [ClaimStatus(claim(), "A1", "19", "PR")], HOUSE, False, BILLING, CLINIC, "T1", AT.date(), AT
    )
    then = acknowledgements.write_277ca(
        [
            ClaimStatus(claim(), "A2", "20", payer_claim_number="ICN1"),
            ClaimStatus(claim(control="B2"), "A3", "33", "IL"),
            ClaimStatus(claim(control="B3"), "A7", "562", "85"),
            ClaimStatus(claim(control="B4"), "A6", "21"),
            ClaimStatus(claim(control="B5"), "A8", "54"),
        ],
        PAYER, True, BILLING, CLINIC, "T2", AT.date(), AT,
    )  # fmt: skip
    assert complaints(wrap([first, then], "HN", delimiters)) == ""


def test_999_is_valid_and_counts(complaints: Callable[[bytes], str]) -> None:
    content = wrap(
        [professional.write([claim()], "R", AT, BILLING, HOUSE, CLINIC)] * 2, "HC", segments.LINES
    )
    (interchange,) = segments.parse(content)
    group = interchange.groups[0]
    accepted = acknowledgements.write_999(group, {})
    refused = acknowledgements.write_999(group, {group.transactions[1].control: "CLM"})
    assert accepted.body[-1] == ("AK9", "A", "2", "2", "2")
    assert refused.body[-1] == ("AK9", "P", "2", "2", "1")
    assert complaints(wrap([accepted, refused], "FA", segments.LINES)) == ""


def paid(**changes: object) -> PaidClaim:
    values: dict[str, Any] = {
        "control": "B1000001", "status": "1", "charge": Decimal("350"), "paid": Decimal("196"),
        "patient_share": Decimal("49"),
        "filing_code": "MB", "payer_claim_number": "ICN1", "subscriber": PATIENT, "rendering_npi": "1457000005",
        "lines": [
            PaidLine(
                1, "99495", (), Decimal("250"), Decimal("140"), date(2026, 8, 28),
                (
                    Adjustment("CO", "45", Decimal("75")),
                    Adjustment("PR", "1", Decimal("10")),
                    Adjustment("PR", "2", Decimal("25")),
                ),
                line_control="C1", allowed=Decimal("175"),
            ),
            PaidLine(
                2, "93000", ("25",), Decimal("100"), Decimal("56"), date(2026, 8, 28),
                (Adjustment("CO", "45", Decimal("30")), Adjustment("PR", "2", Decimal("14"))),
                ("N117",), "C2", Decimal("70"),
            ),
        ],
        "received_on": date(2026, 8, 30), "crossover": Party("State Medicaid", "MCAID"),
    }  # fmt: skip
    values.update(changes)
    return PaidClaim(**values)


def test_835_is_valid_and_balances(
    delimiters: segments.Delimiters, complaints: Callable[[bytes], str]
) -> None:
    pay = Remittance(
        PAYER, CLINIC, "EFT0001", date(2026, 9, 14), [paid(), paid(control="T0002", status="19")],
        [ProviderAdjustment("L6", "INT1", Decimal("-1.25")), ProviderAdjustment("FB", "FWD1", Decimal("20"))],
    )  # fmt: skip
    assert pay.total() == Decimal("373.25")
    nothing = Remittance(PAYER, CLINIC, "EFT0002", date(2026, 9, 14))
    sets = [remittance.write(pay), remittance.write(nothing)]
    assert complaints(wrap(sets, "HP", delimiters)) == ""


def test_835_out_of_balance_is_not_written() -> None:
    with pytest.raises(remittance.OutOfBalance):
        remittance.write(Remittance(PAYER, CLINIC, "E", AT.date(), [paid(paid=Decimal("1"))]))
    with pytest.raises(remittance.OutOfBalance):
        remittance.write(
            Remittance(
                PAYER, CLINIC, "E", AT.date(), [], [ProviderAdjustment("FB", "X", Decimal(5))]
            )
        )


def test_271_says_what_was_asked() -> None:
    inquiry = Inquiry(
        "TRACE1", "9THROUGH", "MEDB1", "Medicare", "1992000006", "Lakeside", PATIENT, None, ()
    )
    told = EligibilityAnswer(
        inquiry,
        (
            Benefit("1", "30", "MB", dates=(("291", date(2015, 2, 1), None),)),
            Benefit(
                "R",
                "30",
                "HN",
                "Sunrise Advantage",
                dates=(("290", date(2025, 1, 1), date(2026, 12, 31)),),
            ),
            Benefit("D", "30", "MB", hcpcs="G0439", dates=(("348", date(2026, 10, 1), None),)),
        ),
    )
    refused = EligibilityAnswer(inquiry, reject=("75", "C"))
    text = wrap([eligibility.write([told, refused], "R1", AT)], "HB", segments.LINES).decode()
    assert "EB*1**30*MB~\nDTP*291*D8*20150201~" in text
    assert "EB*R**30*HN*SUNRISE ADVANTAGE~\nDTP*290*RD8*20250101-20261231~" in text
    assert "EB*D**30*MB*********HC:G0439~\nDTP*348*D8*20261001~" in text
    assert "TRN*2*TRACE1*9THROUGH~" in text
    assert "AAA*N**75*C~" in text


def test_270_is_read() -> None:
    body: list[segments.Segment] = [
        segments.seg(*text.split("*"))
        for text in (
            "BHT*0022*13*1*20260901*1200", "HL*1**20*1", "NM1*PR*2*MEDICARE*****PI*MEDB1", "HL*2*1*21*1",
            "NM1*1P*2*LAKESIDE*****XX*1992000006", "HL*3*2*22*0", "TRN*1*T1*9X",
            "NM1*IL*1*A*B****MI*M1", "DMG*D8*19500101*F", "DTP*291*D8*20260901", "EQ*30",
            "HL*4*2*22*0", "TRN*1*T2*9X", "NM1*IL*1*C*D****MI*M2", "EQ*30",
        )
    ]  # fmt: skip
    body.append(("SE", str(len(body) + 2), "0001"))
    got = eligibility.read(
        segments.Transaction("270", eligibility.VERSION, body, "0001"), "THROUGHLINE"
    )
    assert [(i.trace, i.subscriber.member_id) for i in got] == [("T1", "M1"), ("T2", "M2")]
    assert got[0].asked_for == date(2026, 9, 1)


def test_an_envelope_that_is_cut_is_refused_with_its_place() -> None:
    content = wrap(
        [professional.write([claim()], "R", AT, BILLING, HOUSE, CLINIC)], "HC", segments.LINES
    )
    for broken in (
        content[:300],
        content[10:],
        b"",
        content.replace(b"IEA*1*000000017", b"IEA*1*000000018"),
    ):
        with pytest.raises(segments.X12Refused):
            segments.parse(broken)
    (interchange,) = segments.parse(content.replace(b"SE*", b"SE*9"))
    with pytest.raises(segments.X12Refused):
        professional.read(interchange.groups[0].transactions[0], "X")
