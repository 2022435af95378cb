"""The merge: newest versions stand, one bad row never takes another with it, and again is the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.warehouse.deliveries import Hand, patient
from throughline import quality
from throughline.quality.decide import decide_row
from throughline.quality.load import Counts
from throughline.warehouse import failpoints


def claim(row: int, key: str, file_id: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "source_id": key,
        "row_no": row,
        "file_id": file_id,
        "patient_control_number": key,
        "total_charge": 100,
        **more,
    }


def line(
    row: int, key: str, number: int, file_id: str | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "source_id": f"{key}#{number}",
        "row_no": row,
        "file_id": file_id,
        "claim_source_id": key,
        "line_no": number,
        "code": "99213",
        **more,
    }


def test_versions_settle_by_their_own_order(hand: Hand) -> None:
    hand.take_in("patient", [patient(1, 5, gender="male")])
    hand.new_night()
    assert hand.take_in("patient", [patient(1, 3)]) == Counts(1, 0, 1, 0, 0, 0)
    hand.new_night()
    seq = hand.seq
    assert hand.take_in("patient", [patient(1, 6)]) == Counts(1, 1, 0, 0, 0, 0)
    assert hand.rows(
        "select sex, known_seq, retracted_seq from core.patient order by known_seq"
    ) == [("M", 1, seq), ("F", seq, None)]


def test_the_same_again_is_superseded(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.new_night()
    assert hand.take_in("patient", [patient(1, 2)]) == Counts(1, 0, 1, 0, 0, 0)


def test_the_order_of_rows_does_not_matter(hand: Hand) -> None:
    rows = [
        patient(n, v, gender=("male", "female")[v % 2]) for n in range(1, 6) for v in range(1, 5)
    ]
    random.Random(3).shuffle(rows)
    hand.take_in("patient", rows)
    assert {one[-1] for one in hand.standing("patient").values()} == {"4"}
    assert hand.counts() == Counts(20, 5, 15, 0, 0, 0)


def test_a_value_that_no_index_takes_is_set_aside_alone(hand: Hand, long_value: str) -> None:
    hand.put(
        "patient",
        {
            "patient": [
                {
                    "source_id": f"p{n}",
                    "row_no": n,
                    "birth_date": "1950-01-01",
                    "mrn": long_value if n == 17 else f"M{n}",
                }
                for n in range(1, 41)
            ]
        },
        40,
    )
    hand.gate(hand.batch)
    assert hand.load(hand.batch) == Counts(40, 39, 0, 1, 0, 0)
    assert hand.quarantined() == [(17, "load: ProgramLimitExceeded", "open")]
    assert "p17" not in hand.standing("patient")
    before = hand.everything()
    assert hand.load(hand.batch) == Counts(40, 39, 0, 1, 0, 0)
    assert hand.everything() == before


@pytest.mark.parametrize("seed", range(3))
def test_any_number_of_culprits_is_found(hand: Hand, long_value: str, seed: int) -> None:
    chance = random.Random(seed)
    bad = {n for n in range(1, 121) if chance.random() < (0.02, 0.2, 0.45)[seed]}
    hand.put(
        "patient",
        {
            "patient": [
                {
                    "source_id": f"p{n}",
                    "row_no": n,
                    "birth_date": "1950-01-01",
                    "mrn": long_value if n in bad else f"M{n}",
                }
                for n in range(1, 121)
            ]
        },
        120,
    )
    hand.gate(hand.batch)
    assert hand.load(hand.batch) == Counts(120, 120 - len(bad), 0, len(bad), 0, 0)
    assert {row for row, _, _ in hand.quarantined()} == bad


def test_a_row_of_another_file_with_the_same_number_is_not_to_blame(
    hand: Hand, long_value: str
) -> None:
    one, other = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
    hand.put(
        "patient",
        {
            "patient": [
                {
                    "source_id": f"{file[-1]}p{n}",
                    "row_no": n,
                    "file_id": file,
                    "birth_date": "1950-01-01",
                    "mrn": long_value if (n, file) == (2, one) else f"M{n}",
                }
                for n in range(1, 4)
                for file in (one, other)
            ]
        },
        6,
    )
    hand.gate(hand.batch)
    assert hand.load(hand.batch) == Counts(6, 5, 0, 1, 0, 0)
    assert set(hand.standing("patient")) == {"1p1", "1p3", "2p1", "2p2", "2p3"}


def test_a_claim_is_loaded_with_all_its_lines_or_not_at_all(hand: Hand, long_value: str) -> None:
    """A line that the database refuses takes its claim with it: half a claim is another claim."""
    hand.put(
        "claim",
        {
            "claim": [claim(n, f"C{n}") for n in range(1, 6)],
            "claim_line": [
                line(n, f"C{n}", k, source_version=long_value if (n, k) == (3, 2) else "1")
                for n in range(1, 6)
                for k in (1, 2)
            ],
        },
        5,
    )
    assert hand.gate(hand.batch).verdict == "pass"
    assert hand.load(hand.batch) == Counts(5, 4, 0, 1, 0, 0)
    assert set(hand.standing("claim")) == {"C1", "C2", "C4", "C5"}
    assert len(hand.standing("claim_line")) == 8
    assert hand.quarantined() == [(3, "load: ProgramLimitExceeded", "open")]


def test_lines_of_a_claim_that_a_gate_set_aside_wait_with_it(hand: Hand) -> None:
    hand.put(
        "claim",
        {
            "claim": [claim(1, "C1"), claim(2, "C2", total_charge=-1), claim(3, "C3")],
            "claim_line": [line(n, f"C{n}", 1) for n in (1, 2, 3)],
        },
        3,
    )
    assert hand.gate(hand.batch).verdict == "quarantine"
    assert hand.load(hand.batch) == Counts(3, 2, 0, 1, 0, 0)
    assert set(hand.standing("claim_line")) == {"C1#1", "C3#1"}
    one = hand.rows("select quarantine_id from quality.quarantine")[0][0]
    decide_row(hand.people, str(one), "release", "Ada Okafor", "a credit")
    hand.conn.commit()
    hand.new_night()
    assert hand.load(hand.batch) == Counts(3, 3, 0, 0, 0, 0)
    assert set(hand.standing("claim_line")) == {"C1#1", "C2#1", "C3#1"}


def test_provider_adjustments_are_rows_of_their_own(hand: Hand) -> None:
    hand.put(
        "payment",
        {
            "payment": [
                {"source_id": "P1", "row_no": 1, "patient_control_number": "C1", "paid_amount": 80}
            ],
            "payment_line": [
                {"source_id": "P1#1", "row_no": 1, "payment_source_id": "P1", "line_no": 1}
            ],
            "provider_adjustment": [{"source_id": "A1", "row_no": 2, "amount": 5}],
        },
        2,
    )
    hand.gate(hand.batch)
    assert hand.load(hand.batch) == Counts(2, 2, 0, 0, 0, 0)
    before = hand.everything()
    hand.load(hand.batch)
    assert hand.everything() == before


def test_a_released_row_that_cannot_be_loaded_waits_again(hand: Hand, long_value: str) -> None:
    hand.put(
        "patient",
        {
            "patient": [
                {"source_id": "p1", "row_no": 1, "birth_date": "1950-01-01"},
                {"source_id": "p2", "row_no": 2, "mrn": long_value},
            ]
        },
        2,
    )
    hand.gate(hand.batch)
    assert hand.load(hand.batch).quarantined == 1
    one = hand.rows("select quarantine_id from quality.quarantine")[0][0]
    decide_row(hand.people, str(one), "release", "Ada Okafor", "")
    hand.conn.commit()
    hand.new_night()
    assert hand.load(hand.batch) == Counts(2, 1, 0, 1, 0, 0)
    assert (2, "load: ProgramLimitExceeded", "open") in hand.quarantined()


def test_a_batch_whose_rows_a_crash_took_is_asked_for_again(hand: Hand) -> None:
    hand.judge("patient", [patient(1), patient(2)])
    hand.admin.execute("truncate staging.patient")
    with pytest.raises(quality.StagingLost):
        hand.load(hand.batch)
    hand.stage(hand.batch)
    hand.gate(hand.batch)
    assert hand.load(hand.batch).loaded == 2


def test_two_deliveries_of_one_night_may_be_loaded_again_in_any_order(hand: Hand) -> None:
    """What a delivery of the same night took the place of does not come back beside it."""
    hand.take_in("patient", [patient(1)])
    hand.new_night()
    hand.take_in("patient", [patient(1, 2, gender="male")])
    first = hand.batch
    hand.take_in("patient", [patient(1, 3, gender="other")], behind=1)
    hand.stage(first)
    hand.gate(first)
    hand.load(first)
    assert list(hand.standing("patient").values()) == ["2026-02-01T10:00:03.000000Z/000003"]


def test_a_deletion_stands_like_any_version(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.new_night()
    hand.put(
        "patient",
        {
            "patient": [
                {
                    "source_id": "p1",
                    "row_no": 1,
                    "is_deleted": True,
                    "source_version": "2026-03-02T00:00:00.000000Z/000000",
                }
            ]
        },
        1,
    )
    assert hand.gate(hand.batch).verdict == "pass"
    assert hand.load(hand.batch).loaded == 1
    assert hand.standing("patient") == {}


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "point",
    [
        "stage.before_commit",
        "stage.after_commit",
        "gate.before_commit",
        "load.after_patient",
        "load.before_commit",
        "load.after_commit",
    ],
)
def test_a_process_that_dies_anywhere_leaves_nothing_to_repair(hand: Hand, point: str) -> None:
    rows = [*[patient(n) for n in range(1, 20)], patient(20, birthDate=None)]
    batch = hand.deliver("patient", rows)

    def die(name: str) -> None:
        if name == point:
            raise Killed

    def work() -> Counts:
        hand.stage(batch)
        hand.gate(batch)
        return hand.load(batch)

    failpoints.install(die)
    try:
        with pytest.raises(Killed):
            work()
    finally:
        failpoints.install(None)
        hand.conn.rollback()
    assert work() == Counts(20, 19, 0, 1, 0, 0)
    assert len(hand.standing("patient")) == 19
    assert hand.rows("select count(*) from quality.verdict") == [(1,)]
