"""837: what a claim says, and who says it of whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.wire import CLAIMS, INSTITUTIONAL, claim, claims, found, reasons
from throughline.sources.x12.claim import Claim


def one(body: list[str], version: str = CLAIMS) -> Claim:
    """The only claim of a body that has no fault."""
    records, faults = found(wire.simple(version, body))
    assert faults == []
    [record] = records
    assert isinstance(record, Claim)
    return record


def test_a_professional_claim() -> None:
    c = one(claims(claim("A1", "100.50")))
    assert (c.kind, c.use, c.patient_control_number, c.total_charge) == (
        "P",
        "CH",
        "A1",
        Decimal("100.50"),
    )
    assert (c.place_of_service, c.frequency_code, c.filing_code) == ("11", "1", "MB")
    assert (c.billing_npi, c.billing_tax_id, c.rendering_npi) == (
        "1992000006",
        "161234567",
        "1457000005",
    )
    assert (c.payer_id, c.payer_name, c.subscriber.member_id) == (
        "MEDB1",
        "MEDICARE",
        "1EG4TE5MK73",
    )
    assert (c.patient.family, c.patient.birth_date, c.patient.sex) == (
        "QUIRK",
        date(1950, 2, 3),
        "M",
    )
    assert (c.diagnoses, c.medical_record_number) == (["I10", "E119"], "MRN7")
    assert (c.service_from, c.service_to) == (date(2026, 8, 28), date(2026, 8, 28))
    assert c.created_at is not None
    assert c.created_at.isoformat() == "2026-09-03T12:01:00"
    [line] = c.lines
    assert (line.code, line.modifiers, line.charge, line.units) == (
        "99213",
        ["25"],
        Decimal("100.50"),
        Decimal(1),
    )
    assert (line.diagnosis_pointers, line.control_number) == ("1:2", "A1L1")


def test_an_institutional_claim_takes_its_dates_from_the_statement() -> None:
    body = claims(
        [
            "CLM*I1*500***13:A:7*Y*A*Y*Y",
            "DTP*434*RD8*20260801-20260803",
            "REF*F8*ICN9",
            "HI*ABK:I10",
            "LX*1",
            "SV2*0450*HC:99284*500*UN*1",
            "DTP*472*D8*20260802",
        ]
    )
    c = one(body, INSTITUTIONAL)
    assert (c.kind, c.frequency_code, c.original_payer_claim_number) == ("I", "7", "ICN9")
    assert (c.service_from, c.service_to) == (date(2026, 8, 1), date(2026, 8, 3))
    assert (c.lines[0].code, c.lines[0].charge) == ("99284", Decimal(500))


def test_a_dependent_is_the_patient_and_the_subscriber_keeps_the_number() -> None:
    body = claims()
    body += ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*QUIRK*ADA", "DMG*D8*20150601*F", *claim("A1")]
    body += [
        "HL*4*1*22*0",
        "SBR*P*18*******CI",
        "NM1*IL*1*ROE*JAN****MI*M2",
        "NM1*PR*2*ACME*****PI*ACME1",
        *claim("A2"),
    ]
    first, second = found(wire.simple(CLAIMS, body))[0]
    assert (first.patient.given, first.patient.birth_date, first.subscriber.given) == (
        "ADA",
        date(2015, 6, 1),
        "ZEBULON",
    )
    assert first.subscriber.member_id == "1EG4TE5MK73"
    assert (second.patient.family, second.payer_id, second.filing_code) == ("ROE", "ACME1", "CI")


def test_another_payer_of_the_same_patient_is_not_this_claims() -> None:
    loop = claim("A1")
    loop[4:4] = [
        "SBR*S*18*******MC",
        "OI***Y***Y",
        "NM1*IL*1*OTHER*NAME****MI*ELSE",
        "NM1*PR*2*MEDICAID*****PI*MCAID",
        "REF*F8*THEIRS",
        "NM1*82*1*WHO****XX*1999999999",
    ]
    c = one(claims(loop))
    assert (c.payer_id, c.subscriber.member_id, c.rendering_npi) == (
        "MEDB1",
        "1EG4TE5MK73",
        "1457000005",
    )
    assert c.original_payer_claim_number is None


def test_a_claim_that_cannot_be_read_is_set_aside_and_the_rest_goes_on() -> None:
    bad = [
        claim("", "100"),
        claim("B2", "1OO"),
        claim("B3", "NaN"),
        claim("B4", day="20261340"),
        [s.replace("*UN*1", "*UN*x").replace("*100*UN", "**UN") for s in claim("B5")],
    ]
    records, faults = found(wire.simple(CLAIMS, claims(claim("A1"), *bad, claim("A2"))))
    assert [(r.row, r.patient_control_number) for r in records] == [(1, "A1"), (7, "A2")]
    assert [(f.row, f.reason) for f in faults] == [
        (2, "claim_number_missing"),
        (3, "claim_charge_unreadable"),
        (4, "claim_charge_unreadable"),
        (5, "service_date_unreadable"),
        (6, "line_charge_unreadable"),
    ]
    assert faults[1].source_id == "B2"
    assert (faults[1].payload or "").startswith("CLM*B2*1OO*")
    assert "B2" not in str(faults[1])


def test_a_guide_that_is_not_named_is_found_by_its_lines() -> None:
    body = claims(["CLM*I1*500***13:A:1", "LX*1", "SV2*0450*HC:99284*500*UN*1"])
    segs = wire.interchange(wire.group(CLAIMS, wire.transaction(CLAIMS, body)))
    unnamed = [s.replace(f"*{CLAIMS}", "") for s in segs]
    assert found(wire.file_of(unnamed))[0][0].kind == "I"
    dental = [s.replace("SV2*0450*HC:99284*500*UN*1", "SV3*AD:D1110*500") for s in unnamed]
    assert reasons(found(wire.file_of(dental))[1])[-1] == "transaction_set_not_used_here"


def test_a_service_without_its_counter_is_a_line_all_the_same() -> None:
    loop = [s for s in claim("A1") if not s.startswith("LX")]
    loop += ["SV1*HC:93000*50*UN*1", "DTP*472*D8*20260829"]
    c = one(claims(loop))
    assert [(line.line_no, line.code, line.charge) for line in c.lines] == [
        (1, "99213", Decimal(100)),
        (2, "93000", Decimal(50)),
    ]
    assert (c.service_from, c.service_to) == (date(2026, 8, 28), date(2026, 8, 29))
