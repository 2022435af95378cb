"""Codes that nobody has mapped: counted by the gate, and no row is set aside for them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.deliveries import Hand, patient, visit
from throughline.quality import gates


def visits(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Visits of different patients, each with its changes."""
    return [visit(number, 1 + number, **change) for number, change in enumerate(changes)]


def test_codes_are_counted_and_nothing_is_set_aside(hand: Hand) -> None:
    hand.take_in("patient", [patient(number) for number in range(1, 8)])
    done, local = {"status": "DONE"}, {"class": {"code": "5"}}
    verdict = hand.judge("encounter", visits({}, done, done, {"status": "OVER"}, local))
    assert (verdict.verdict, verdict.rows, verdict.failed) == ("warn", 5, 1)
    assert hand.failed() == {
        gates.UNMAPPED: "encounter.status: DONE 2, OVER 1; encounter.class_code: 5 1"
    }
    assert hand.quarantined() == []
    assert hand.load(hand.batch).loaded == 5


def test_codes_that_are_known_are_not_counted(hand: Hand) -> None:
    hand.take_in("patient", [patient(number) for number in range(1, 4)])
    verdict = hand.judge("encounter", visits({"status": "planned"}, {"class": {"code": "emer"}}))
    assert (verdict.verdict, hand.failed()) == ("pass", {})


@pytest.mark.parametrize("code", ["two words", "x" * 41, "1950-02-03"])
def test_what_may_be_about_a_patient_is_not_named(hand: Hand, code: str) -> None:
    hand.take_in("patient", [patient(1, birthDate="1950-02-03"), patient(2)])
    hand.judge("encounter", visits({"status": code}))
    assert hand.failed() == {gates.UNMAPPED: "encounter.status: not shown 1"}


def test_very_many_are_cut(hand: Hand) -> None:
    hand.take_in("patient", [patient(number) for number in range(1, 20)])
    hand.judge("encounter", visits(*({"status": f"S{number:02}"} for number in range(13))))
    assert hand.failed()[gates.UNMAPPED].endswith("S09 1, 3 more")
