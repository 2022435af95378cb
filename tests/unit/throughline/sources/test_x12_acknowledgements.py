"""999, TA1 and 277CA: what became of the files and the claims that were sent."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.wire import STATUS, SYNTAX, found, reasons, status, statuses
from throughline.sources.definitions import definition
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow
from throughline.sources.x12.rows import rows


def judged(*body: str) -> tuple[list[Any], list[Fault]]:
    """Records and faults of a 999."""
    return found(wire.simple(SYNTAX, ["AK1*HC*77*005010X222A1", *body]))


def test_each_set_of_a_999_gets_its_verdict() -> None:
    records, faults = judged(
        "AK2*837*0001*005010X222A1",
        "IK5*A",
        "AK2*837*0002*005010X222A1",
        "IK3*NM1*8**8",
        "IK4*9*67*7*X",
        "IK5*R*5*I5",
        "AK9*P*2*2*1",
    )
    assert faults == []
    assert [(a.transaction_control_number, a.status_code) for a in records] == [
        ("0001", "A"),
        ("0002", "R"),
    ]
    assert {a.group_control_number for a in records} == {"77"}
    assert {a.group_status_code for a in records} == {"P"}
    assert (records[0].error_codes, records[1].error_codes) == (
        [],
        ["IK3:8", "IK4:7", "IK5:5", "IK5:I5"],
    )
    assert records[0].functional_id == "HC"


@pytest.mark.parametrize("verdict", ["A", "E", "R", "P"])
def test_a_999_without_sets_judges_the_group(verdict: str) -> None:
    [a], faults = judged(f"AK9*{verdict}*1*1*0*2")
    assert (a.status_code, a.group_control_number, a.transaction_control_number) == (
        verdict,
        "77",
        None,
    )
    assert a.error_codes == ["AK9:2"]
    assert faults == []


def test_the_older_997_is_read_too() -> None:
    body = [
        s.replace("*005010X231A1", "")
        for s in wire.transaction(
            SYNTAX,
            ["AK1*HC*7", "AK2*837*0001", "AK3*CLM*9**8", "AK4*1**1", "AK5*R*1", "AK9*R*1*1*0"],
        )
    ]
    segs = [
        s.replace("ST*999", "ST*997").replace(SYNTAX, "004010")
        for s in wire.interchange(wire.group(SYNTAX, body))
    ]
    [a], _ = found(wire.file_of(segs))
    assert (a.status_code, a.error_codes) == ("R", ["AK3:8", "AK4:1", "AK5:1"])


def test_a_verdict_that_is_missing_or_cut_is_a_fault() -> None:
    assert reasons(judged("AK2*837*0001", "AK9*A*1*1*1")[1]) == ["acknowledgement_without_status"]
    assert reasons(found(wire.simple(SYNTAX, []))[1]) == ["acknowledgement_of_nothing"]
    whole = wire.simple(SYNTAX, ["AK1*HC*77", "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"])
    records, faults = found(whole[: whole.index(b"AK9") + 5])
    assert records == []
    assert [f.reason for f in faults if f.severity == "row"] == ["truncated"]


def test_an_interchange_is_acknowledged_by_itself() -> None:
    segs = [
        wire.isa(),
        "TA1*000000905*260903*1200*R*025",
        "TA1*000000906*260903*1200*A*000",
        "IEA*0*000000001",
    ]
    (bad, good), faults = found(wire.file_of(segs), "functional_acknowledgement")
    assert faults == []
    assert (bad.transaction_set, bad.transaction_control_number, bad.status_code) == (
        "TA1",
        "000000905",
        "R",
    )
    assert (bad.error_codes, good.error_codes) == (["025"], [])
    half = wire.file_of(segs)[: wire.file_of(segs).index(b"TA1*000000906") + 9]
    records, faults = found(half)
    assert len(records) == 1
    assert [(f.row, f.reason) for f in faults] == [(2, "acknowledgement_without_status")]
    assert found(wire.file_of(segs), "claim") == ([], [])


def said(*patients: list[str], **parts: Any) -> tuple[list[Any], list[Fault]]:
    """Records and faults of a 277CA."""
    return found(wire.simple(STATUS, statuses(*patients, **parts)))


def test_who_speaks_is_told_apart() -> None:
    [payer], _ = said(
        status("A1", "A2:20:PR", more=["REF*1K*ICN1", "REF*D9*TR1", "DTP*472*D8*20260828"])
    )
    [house], _ = said(status("A1", "A2:20"), source="AY")
    assert payer.is_from_payer
    assert not house.is_from_payer
    assert (payer.category_code, payer.status_code, payer.entity_code) == ("A2", "20", "PR")
    assert (payer.patient_control_number, payer.payer_claim_number, payer.clearinghouse_trace) == (
        "A1",
        "ICN1",
        "TR1",
    )
    assert (payer.effective_on, payer.total_charge, payer.action_code) == (
        date(2026, 9, 3),
        Decimal(100),
        "WQ",
    )
    assert (payer.source_id, payer.batch_reference, payer.member_id) == (
        "MEDB1",
        "B1",
        "1EG4TE5MK73",
    )
    assert payer.service_from == date(2026, 8, 28)


@pytest.mark.parametrize("source", ["P5", "GB", "41", "", "X"])
def test_a_claim_accepted_by_nobody_known_is_set_aside(source: str) -> None:
    """Only the payer's A2 is acceptance; what anybody turns away is turned away."""
    records, faults = said(
        status("A1", "A2:20"), status("A2", "A7:33"), status("A3", "A1:19"), source=source
    )
    told = [(f.row, f.reason, f.severity, f.subject_id, f.subject_source) for f in faults]
    assert told == [(1, "status_source_unknown", "row", "A1", "pcn")]
    assert [(r.row, r.category_code, r.is_from_payer) for r in records] == [
        (2, "A7", False),
        (3, "A1", False),
    ]


def test_a_payer_in_lower_case_is_the_payer() -> None:
    [accepted], faults = said(status("A1", "A2:20"), source="pr")
    assert (accepted.is_from_payer, faults) == (True, [])


@pytest.mark.parametrize("level", ["20", "21", "19"])
@pytest.mark.parametrize("category", ["A3", "A4", "A6", "A7", "A8", "E0", "E1"])
def test_a_batch_turned_away_without_any_claim(level: str, category: str) -> None:
    """At each level that may say so: information source, receiver, provider."""
    body = statuses()
    begins = next(n for n, s in enumerate(body) if s[:3] == "HL*" and s.split("*")[3] == level)
    cut = [s for s in body[: begins + 3] if not s.startswith("STC")]
    batch = wire.simple(STATUS, [*cut, f"STC*{category}:496:85*20260903*U*100"])
    [record], faults = found(batch)
    assert faults == []
    assert (record.patient_control_number, record.category_code) == (None, category)
    assert record.batch_reference == (None if level == "20" else "B1")


@pytest.mark.parametrize("category", ["A0", "A1", "A2"])
def test_a_batch_taken_in_without_any_claim_says_nothing_of_one(category: str) -> None:
    assert said(provider=[f"STC*{category}:19:PR*20260903*WQ*100"]) == ([], [])


@pytest.mark.parametrize("category", ["A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"])
def test_every_category_is_kept(category: str) -> None:
    [s], faults = said(status("A1", f"{category}:20"))
    assert (s.category_code, faults) == (category, [])


def test_several_statuses_of_a_claim_are_rows_each() -> None:
    three = "STC*A7:164:IL*20260903*U*100******A7:33*A7:562:85"
    records, faults = said(status("A1", three, "A3:21"))
    assert faults == []
    assert [(r.category_code, r.status_code, r.entity_code) for r in records] == [
        ("A7", "164", "IL"),
        ("A7", "33", None),
        ("A7", "562", "85"),
        ("A3", "21", None),
    ]
    assert [r.row for r in records] == [1, 2, 3, 4]


def test_lines_of_a_claim_do_not_speak_for_it() -> None:
    lines = [
        "SVC*HC:99213*100",
        "STC*A7:104*20260903*U",
        "REF*FJ*1",
        "REF*1K*NOT",
        "DTP*472*D8*20260830",
    ]
    [s], _ = said(status("A1", "A3:21", more=lines))
    assert (s.category_code, s.payer_claim_number) == ("A3", None)


def test_two_claims_of_one_patient() -> None:
    both = [*status("A1", "A2:20", more=["REF*1K*ICN1"]), "TRN*2*A2", "STC*A7:33*20260903*U*50"]
    first, second = said(both)[0]
    assert (first.patient_control_number, second.patient_control_number) == ("A1", "A2")
    assert (second.payer_claim_number, second.family, second.category_code) == (None, "QUIRK", "A7")


def test_a_batch_that_is_turned_away_is_a_row_and_one_that_is_taken_is_none() -> None:
    records, _ = said(provider=["STC*A8:496:85*20260903*U*100"])
    assert [(r.patient_control_number, r.category_code) for r in records] == [(None, "A8")]
    assert said() == ([], [])


def test_claims_without_number_or_status_are_faults() -> None:
    records, faults = said(
        ["NM1*QC*1*QUIRK", "STC*A2:20*20260903"],
        ["NM1*QC*1*QUIRK", "TRN*2*A2"],
        status("A3", ":20"),
        status("A4", "A2:20"),
    )
    assert [(r.row, r.patient_control_number) for r in records] == [(4, "A4")]
    assert [(f.row, f.reason) for f in faults] == [
        (1, "claim_number_missing"),
        (2, "claim_status_missing"),
        (3, "claim_status_missing"),
    ]


def test_the_last_claim_of_a_cut_file_is_not_believed() -> None:
    whole = wire.simple(STATUS, statuses(status("A1", "A2:20"), status("A2", "A2:20")))
    records, faults = found(whole[: whole.index(b"~SE*") + 1])
    assert [r.patient_control_number for r in records] == ["A1"]
    assert [(f.row, f.reason) for f in faults if f.severity == "row"] == [(2, "truncated")]
    batch = wire.simple(STATUS, statuses(provider=["STC*A8:496*20260903*U*100"]))
    assert reasons(found(batch[: batch.index(b"~SE*") + 1])[1]) == ["truncated", "truncated"]


def test_a_status_that_cannot_be_read_names_its_claim() -> None:
    whole = wire.simple(STATUS, statuses(status("PCN1", "A2:20")))
    for data, whose in (
        (whole.replace(b"STC*A2:20", b"STC*:20"), "PCN1"),
        (whole[: whole.index(b"~SE*") + 1], "PCN1"),
        # the last number may be half of one
        (whole[: whole.index(b"TRN*2*PCN1") + len(b"TRN*2*PC")], None),
    ):
        [fault] = [f for f in found(data)[1] if f.severity == "row"]
        assert (fault.subject_id, fault.subject_source) == (whose, "pcn")


@pytest.mark.parametrize(
    ("said", "of_group", "kept"),
    [
        ("A", "P", ("A", "P")),
        ("r", "r", ("R", "R")),
        ("OK", "Q", ("A", "Q")),
        ("Q", "", ("Q", None)),
    ],
)
def test_what_a_999_says_is_read_by_the_sources_codes(
    said: str, of_group: str, kept: tuple[str, str | None]
) -> None:
    house = definition("clearinghouse")
    codes = {"functional_acknowledgement.status_code": {"OK": "A"}}
    own = replace(house, conventions={**house.conventions, "codes": codes})
    body = ["AK1*HC*41*005010X222A1", "AK2*837*0001", f"IK5*{said}", f"AK9*{of_group}*1*1*0"]
    data = wire.simple(wire.SYNTAX, body)
    [row] = rows(io.BytesIO(data), "f.x12", own, "functional_acknowledgement", False)
    assert isinstance(row, StagedRow)
    assert row.values is not None
    assert (row.values[4], row.values[6]) == kept
