"""A line that its record does not have any more is deleted with its fact, and comes back if that is taken back."""

from __future__ import annotations

from typing import Any

from tests.warehouse.deliveries import Hand, patient
from tests.warehouse.quality.test_withdraw import reject, take_back

STANDING = "select line_no, charge::int from core.claim_line where retracted_seq is null and not is_deleted order by 1"
FACTS = (
    "select identifiers ->> 'line', amount::int, known_seq, retracted_seq from evidence.fact"
    " where kind = 'claim' order by 3, 1"
)


def claim(version: int, *charges: int) -> dict[str, Any]:
    """Return a version of one claim of the chart, with a line for each charge."""
    items = [
        {
            "sequence": number,
            "productOrService": {"coding": [{"code": "99213"}]},
            "servicedDate": "2026-02-01",
            "net": {"value": charge},
        }
        for number, charge in enumerate(charges, 1)
    ]
    return {
        "resourceType": "Claim",
        "id": "c1",
        "meta": {"versionId": str(version), "lastUpdated": f"2026-02-03T11:00:{version:02}Z"},
        "status": "active",
        "use": "claim",
        "patient": {"reference": "Patient/p1"},
        "created": "2026-02-02",
        "total": {"value": sum(charges)},
        "item": items,
    }


def test_a_line_that_a_newer_version_leaves_out_is_deleted(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(1, 100, 40, 20)])
    hand.facts("claim_line")
    hand.new_night()
    hand.take_in("claim", [claim(2, 100)])
    hand.facts("claim_line")
    assert hand.rows(STANDING) == [(1, 100)]
    assert hand.rows(FACTS) == [
        ("1", 100, 1, 2),
        ("2", 40, 1, 2),
        ("3", 20, 1, 2),
        ("1", 100, 2, None),
    ]
    # a line that comes again stands again
    hand.new_night()
    hand.take_in("claim", [claim(3, 100, 45)])
    hand.facts("claim_line")
    assert hand.rows(STANDING) == [(1, 100), (2, 45)]


def test_an_older_version_in_the_same_delivery_adds_no_line(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(1, 100, 40), claim(2, 90)])
    hand.facts("claim_line")
    assert hand.rows(STANDING) == [(1, 90)]
    assert hand.rows(FACTS) == [("1", 90, 1, None)]


def test_an_older_version_that_comes_late_takes_nothing_away(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(3, 100, 40)])
    hand.new_night()
    hand.take_in("claim", [claim(2, 100)])
    assert hand.rows(STANDING) == [(1, 100), (2, 40)]


def test_the_same_night_again_leaves_out_the_same(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(1, 100, 40)])
    hand.new_night()
    hand.take_in("claim", [claim(2, 100)])
    hand.load(hand.batch)
    assert hand.rows(STANDING) == [(1, 100)]


def test_a_line_comes_back_when_the_delivery_that_left_it_out_is_rejected(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(1, 100, 40)])
    hand.new_night()
    hand.take_in("claim", [claim(2, 100)])
    reject(hand, hand.batch)
    hand.new_night()
    take_back(hand)
    assert hand.rows(STANDING) == [(1, 100), (2, 40)]


def test_an_older_version_that_comes_late_adds_no_line(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(3, 100)])
    hand.facts("claim_line")
    hand.new_night()
    hand.take_in("claim", [claim(1, 100, 40, 20), claim(2, 100, 40)])
    hand.facts("claim_line")
    assert hand.rows(STANDING) == [(1, 100)]
    assert hand.rows(FACTS) == [("1", 100, 1, None)]


def test_a_version_that_was_taken_back_leaves_out_its_lines_again(hand: Hand) -> None:
    hand.take_in("patient", [patient(1)])
    hand.take_in("claim", [claim(1, 100, 40)])
    hand.new_night()
    hand.take_in("claim", [claim(2, 100)])
    reject(hand, hand.batch)
    hand.new_night()
    take_back(hand)
    assert hand.rows(STANDING) == [(1, 100), (2, 40)]
    hand.new_night()
    hand.take_in("claim", [claim(2, 100) | {"language": "en"}])
    assert hand.rows(STANDING) == [(1, 100)]
