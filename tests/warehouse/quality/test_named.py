"""Whom the rows in quarantine name: what they would have proven is not known of these people only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.deliveries import MRN_SYSTEM, Hand, ndjson, patient, visit

NAMED = "select source_id, reason, subject_source, subject_id from quality.quarantine order by 1, 2"


def test_a_row_that_breaks_a_rule_names_its_patient(hand: Hand) -> None:
    classless: dict[str, Any] = {"class": None}
    hand.judge("encounter", [visit(1, 7, **classless), *[visit(n, n) for n in range(2, 9)]])
    assert hand.rows(NAMED) == [("e1", "class missing", "ehr", "p7")]


@pytest.mark.parametrize("reference", ["Patient/p7", "https://ehr/fhir/Patient/p7/_history/2"])
def test_a_line_that_cannot_be_read_names_its_patient(hand: Hand, reference: str) -> None:
    subject = {"identifier": {"value": "7"}, "reference": reference}
    broken = visit(1, 7, period={"start": ["no moment"]}, subject=subject)
    hand.judge("encounter", ndjson([broken, visit(2, 2)]))
    assert [row[2:] for row in hand.rows(NAMED)] == [("ehr", "p7")]


def test_a_patient_that_cannot_be_read_names_itself(hand: Hand) -> None:
    hand.judge("patient", ndjson([patient(3, birthDate=["?"]), patient(4)]))
    assert [row[2:] for row in hand.rows(NAMED)] == [("ehr", "p3")]


def test_a_row_without_a_patient_is_named_by_the_version_that_stands(hand: Hand) -> None:
    hand.take_in("encounter", [visit(1, 7), visit(2, 8)])
    hand.new_night()
    later: dict[str, Any] = {
        "subject": None,
        "meta": {"versionId": "2", "lastUpdated": "2026-02-02T10:00:00Z"},
    }
    hand.judge("encounter", [visit(1, 7, **later), *[visit(n, n) for n in range(3, 9)]])
    assert hand.rows(NAMED) == [("e1", "patient missing", "ehr", "p7")]


def test_a_row_that_shows_nobody_names_nobody(hand: Hand) -> None:
    hand.judge("encounter", ndjson([visit(1, 1)]) + b'{"resourceType": "Encounter", "st\n')
    assert [row[2:] for row in hand.rows(NAMED)] == [(None, None)]


def test_a_row_that_the_load_sets_aside_names_its_patient(hand: Hand, long_value: str) -> None:
    bad = patient(7, identifier=[{"system": MRN_SYSTEM, "value": long_value}])
    hand.take_in("patient", [bad, patient(2)])
    assert [row[2:] for row in hand.rows(NAMED)] == [("ehr", "p7")]
