"""A feed whose deliveries used to be of several statuses, and now are all of one, is noticed."""

from __future__ import annotations

from typing import Any

import pytest

ABOUT = "ehr/encounter.status"
MIXED = {"finished": 15, "planned": 5}


def nights(watch: Any, *statuses: dict[str, int]) -> None:
    """Run nights, each with a delivery."""
    for each in statuses:
        watch.begin(watch.last + 1)
        watch.delivery(statuses=each)
        watch.notice()


@pytest.fixture
def mixed(watch: Any) -> Any:
    """Return a practice after 14 deliveries of two statuses each."""
    for _ in range(14):
        watch.begin(watch.last + 1)
        watch.delivery(statuses=MIXED)
    return watch


def test_a_delivery_all_of_one_status_is_noticed(mixed: Any) -> None:
    nights(mixed, {"finished": 20})
    row = mixed.one(ABOUT)
    assert (row["reason"], row["about_kind"], row["status"]) == ("one_status", "status", "open")
    assert row["owner_team"] == "data_engineering"
    assert row["detail"] == {
        "source": "ehr",
        "feed": "encounter",
        "field": "encounter.status",
        "rows": 20,
    }
    assert (row["person_id"], row["case_id"]) == (None, None)


def test_nineteen_rows_are_too_few(mixed: Any) -> None:
    nights(mixed, {"finished": 19})
    assert mixed.open() == []


def test_thirteen_deliveries_of_that_size_are_too_few(watch: Any) -> None:
    nights(watch, *[MIXED] * 13, {"finished": 20})
    assert watch.open() == []


def test_each_of_the_fourteen_had_two(watch: Any) -> None:
    nights(watch, *[MIXED] * 5, {"finished": 25}, *[MIXED] * 13, {"finished": 20})
    assert watch.open() == []


def test_one_of_before_the_fourteen_does_not_matter(watch: Any) -> None:
    nights(watch, {"finished": 25}, *[MIXED] * 14, {"finished": 20})
    assert watch.open() == [ABOUT]


def test_smaller_deliveries_before_do_not_count(watch: Any) -> None:
    few = {"finished": 19}
    small = {"planned": 10, "finished": 9}
    nights(watch, *[few, MIXED, small] * 13, {"finished": 20})
    assert watch.open() == []


def test_smaller_deliveries_between_do_not_disturb(watch: Any) -> None:
    nights(watch, *[MIXED, {"finished": 19}] * 14, {"finished": 20})
    assert watch.open() == [ABOUT]


def test_it_closes_when_a_delivery_has_two_again(mixed: Any) -> None:
    nights(mixed, {"finished": 20}, {"finished": 30}, {"finished": 3}, {})
    assert mixed.open() == [ABOUT]
    assert mixed.one(ABOUT)["opened_seq"] == 15
    nights(mixed, {"finished": 2, "planned": 1})
    assert mixed.open() == []
    assert (mixed.one(ABOUT)["status"], mixed.one(ABOUT)["closed_seq"]) == ("cleared", 19)


def test_it_is_another_one_the_next_time(mixed: Any) -> None:
    nights(mixed, {"finished": 20}, *[MIXED] * 14, {"finished": 20})
    assert mixed.rows("select status, opened_seq from operations.exception order by 2") == [
        ("cleared", 15),
        ("open", 30),
    ]


def test_what_a_person_acknowledged_is_asked_again_after_a_week(mixed: Any) -> None:
    nights(mixed, {"finished": 20})
    mixed.conn.execute("update operations.exception set status = 'resolved', closed_seq = 16")
    nights(mixed, *[{"finished": 20}] * 7)
    assert mixed.open() == []
    nights(mixed, {})
    assert mixed.open() == [ABOUT]


def test_a_status_that_was_acknowledged_and_is_two_again_is_over(mixed: Any) -> None:
    nights(mixed, {"finished": 20})
    mixed.conn.execute("update operations.exception set status = 'resolved', closed_seq = 16")
    nights(mixed, MIXED, *[{"finished": 20}] * 8)
    assert mixed.open() == []


def test_the_same_night_again_writes_the_same(mixed: Any) -> None:
    for statuses in ({"finished": 20}, {"finished": 20}, MIXED):
        nights(mixed, statuses)
        before = mixed.everything()
        mixed.notice()
        assert mixed.everything() == before


def test_the_newest_delivery_of_a_night_counts(mixed: Any) -> None:
    mixed.begin(15)
    mixed.delivery(statuses={"finished": 20})
    mixed.conn.execute("update operations.night set status = 'failed' where seq = 15")
    mixed.begin(16)
    mixed.delivery(statuses={"finished": 1, "planned": 1})
    mixed.notice()
    assert mixed.open() == []


def test_a_feed_that_is_not_expected_any_more_is_not_watched(mixed: Any) -> None:
    nights(mixed, {"finished": 20})
    mixed.conn.execute("delete from operations.feed where feed = 'encounter'")
    nights(mixed, {"finished": 20})
    assert mixed.open() == []


def test_deliveries_of_before_tell_their_statuses_by_name(watch: Any) -> None:
    """Profiles that are older than this say how many rows are in each status that is known by name."""
    for _ in range(14):
        watch.begin(watch.last + 1)
        watch.profile(
            "encounter", {"rows": 20, "filled": {}, "by_status": {"finished": {}, "planned": {}}}
        )
    nights(watch, {"finished": 20})
    assert watch.open() == [ABOUT]
