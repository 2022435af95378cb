"""In how many statuses the rows of a delivery are, as its gate writes it down."""

from __future__ import annotations

from tests.warehouse.deliveries import Hand, visit

STATUSES: list[tuple[list[str | None], int]] = [
    ([], 0),
    ([None, None], 0),
    (["finished"] * 3, 1),
    (["moon"] * 3, 1),
    (["finished", "planned"], 2),
    (["moon", "sun"], 2),
    (["finished", "moon"], 2),
    (["finished", "planned", "arrived"], 2),
    (["finished", None], 2),
]


def test_a_gate_counts_statuses_by_none_one_and_more(hand: Hand) -> None:
    for statuses, how_many in STATUSES:
        hand.judge(
            "encounter", [visit(number, 1, status=each) for number, each in enumerate(statuses)]
        )
        found = hand.rows(
            "select profile -> 'statuses' from quality.verdict where batch_id = %s", hand.batch
        )
        assert found == [({"status": how_many},)], statuses
        hand.new_night()
